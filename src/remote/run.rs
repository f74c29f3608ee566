//! One remote run, from its start to an end that is known or honestly unknown.
//!
//! Invariant: `start` is sent at most once for a run id, by [`begin`] alone, and only on ground that the host
//! has made for it. After anything that leaves its fate open the host is asked with `fence`, which either
//! claims the run so that it can never begin, or says what became of it; an answer counts only from that
//! ground in the same boot of the host. What was heard to have begun is never believed not to have.
//!
//! | lost | what the host says then | the end |
//! |---|---|---|
//! | before `start` was sent | - | not run |
//! | after that | fenced | not run, and never will |
//! | | done, timed out, cancelled | just that |
//! | | running | followed further |
//! | | unknown, the ground is gone, another boot id, none | unknown |
//! | | nothing within `SshConfig::reconnect_for` | unknown |

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::answer::{Answer, End, State};
use super::error::RemoteError;
use super::exchange::Opened;
use super::ground;
use super::live;
use super::session::Session;
use super::step::{Look, Step};
use super::verdict::{Verdict, after_loss, in_touch, met_before};
use super::wire::{Claim, Verb, fresh_run_id};
use crate::domain::plan::HostPlan;
use crate::domain::record::run::{Output, StepEnd, StepReport};

/// The pause before the second attempt; each one doubles it.
const RECONNECT_PAUSE: Duration = Duration::from_millis(250);
/// No pause is longer.
const RECONNECT_PAUSE_MAX: Duration = Duration::from_secs(8);
/// How long a host may be out of reach before a run that has not begun is given up.
const FIRST_CONTACT_MAX: Duration = Duration::from_secs(45);
/// What the host gets beyond the step's own limit to stop it and to say so.
const GRACE: Duration = Duration::from_secs(30);
/// From asking the host to stop a step until that must have had an effect.
const STOP_MAX: Duration = Duration::from_secs(45);
/// Between two looks at least; the host itself waits longer.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The host closes an output 2 s after the end of its step; some room for slow ones.
const CLOSE_MAX: Duration = Duration::from_secs(4);
/// For having hosts remove what is old.
const TIDY_MAX: Duration = Duration::from_secs(5);
/// For fetching the output over a new connection when the old one broke just then.
const OUTPUT_MAX: Duration = Duration::from_secs(20);

/// Runs a step and follows it to its end; `printed` gets its output as far as it has come.
pub(super) async fn execute(
    step: Step<'_>,
    mut cancel: watch::Receiver<bool>,
    printed: watch::Sender<Output>,
) -> StepReport {
    let (session, opened) = tokio::select! {
        biased;
        () = asked(&mut cancel) => return without_output(StepEnd::Cancelled),
        contact = step.first_contact() => match contact {
            Ok(contact) => contact,
            Err(error) => {
                let report = without_output(StepEnd::NotRun(error.advice()));
                return StepReport { passes: !error.is_permanent(), ..report };
            }
        },
    };
    begin(step, session, opened, cancel, printed).await
}

/// Looks at a host with a command that changes nothing, on ground of its own.
pub(super) async fn look(step: Look<'_>) -> StepReport {
    let contact = persist(FIRST_CONTACT_MAX, step.host, || async move {
        let session = Session::connect(step.config, step.host).await?;
        let made = ground::make(&session, step.host, step.digest).await?;
        let opened = session.open().await?;
        Ok((session, opened, made.ground))
    });
    let ((session, opened, ground), run) = match (contact.await, fresh_run_id()) {
        (Ok(contact), Ok(run)) => (contact, run),
        (Err(error), _) | (_, Err(error)) => return without_output(StepEnd::NotRun(error.advice())),
    };
    let Look { config, over, host, digest, command } = step;
    let step = Step { config, over, host, digest, command, run, ground: &ground, claim: Claim::None };
    let (_sender, cancel) = watch::channel(false);
    // A look is short: its output is wanted at its end.
    begin(step, session, opened, cancel, watch::Sender::new(Output::default())).await
}

/// Sends `start`, and follows what may have come of it.
async fn begin(
    step: Step<'_>,
    session: Session,
    opened: Opened,
    cancel: watch::Receiver<bool>,
    printed: watch::Sender<Output>,
) -> StepReport {
    step.over.forget(step.ground);
    let ask = match step.ask(Verb::Start) {
        Ok(ask) => ask,
        Err(error) => return without_output(StepEnd::NotRun(error.advice())),
    };
    // From here on `start` may have reached the host.
    let contact = match ask.over(opened).await {
        Ok(answer) => match &answer.state {
            State::Accepted => Contact::Heard(session, Box::new(answer)),
            // It was sent once and was turned down: nothing else can begin this run.
            State::Refused(why) => {
                let (host, folder) = (&step.host.name, &step.ground.folder);
                let why =
                    format!("{host} turned it down: {folder}: {}. {}", ground::cause(why), ground::ADVICE);
                return without_output(StepEnd::NotRun(why));
            }
            State::Unknown(why) => {
                return without_output(StepEnd::Unknown(format!(
                    "{} says: {}",
                    step.host.name,
                    ground::cause(why)
                )));
            }
            // It was sent for the first time: what has become of the run already is no answer to that.
            _ => return without_output(StepEnd::Unknown(met_before(&step.host.name))),
        },
        Err(error) => Contact::Lost(error.explain()),
    };
    Following::new(step, cancel).follow(contact, &printed).await
}

/// Finds out what became of a step that was in flight when the bot stopped. Starts nothing.
pub(super) async fn settle(
    step: Step<'_>,
    cancel: watch::Receiver<bool>,
    printed: watch::Sender<Output>,
) -> StepReport {
    if step.ground.nonce.is_none() {
        let why = "an earlier version of the bot began it, so this one can't ask for it".to_owned();
        return without_output(StepEnd::Unknown(why));
    }
    step.over.forget(step.ground);
    let why = "the bot stopped while this step was in flight".to_owned();
    Following::new(step, cancel).follow(Contact::Lost(why), &printed).await
}

impl Step<'_> {
    /// What it has printed; shortly after its end the output may still be on its way.
    async fn output(&self, session: &Session) -> Result<Output, RemoteError> {
        let deadline = Instant::now() + CLOSE_MAX;
        loop {
            let answer = self.put(session, Verb::Out).await?;
            match answer.output() {
                Some((_, End::Open)) if Instant::now() < deadline => sleep(LOOK_EVERY).await,
                Some((output, End::Open)) => {
                    let unseen = Some("it was still open when its time was over".to_owned());
                    return Ok(Output { unseen, ..output });
                }
                Some((output, End::Closed | End::Cut)) => return Ok(output),
                None => return Ok(unseen("the host did not hand it over")),
            }
        }
    }

    /// A connection with an open channel, for which nothing of the step has been sent.
    async fn first_contact(&self) -> Result<(Session, Opened), RemoteError> {
        persist(FIRST_CONTACT_MAX, self.host, || async move {
            let session = Session::connect(self.config, self.host).await?;
            let opened = session.open().await?;
            Ok((session, opened))
        })
        .await
    }

    /// Asks until the host says whether the run is fenced off or what became of it.
    async fn fence(&self) -> Result<(Session, Answer), RemoteError> {
        persist(self.config.reconnect_for, self.host, || async move {
            let session = Session::connect(self.config, self.host).await?;
            let answer = self.put(&session, Verb::Fence).await?;
            Ok((session, answer))
        })
        .await
    }
}

/// Tries until it works, until trying is pointless, or until the limit.
async fn persist<T, F>(limit: Duration, host: &HostPlan, attempt: impl Fn() -> F) -> Result<T, RemoteError>
where
    F: Future<Output = Result<T, RemoteError>>,
{
    let deadline = Instant::now() + limit;
    let mut pause = RECONNECT_PAUSE;
    let mut last = None;
    loop {
        match timeout_at(deadline, attempt()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) if error.is_permanent() => return Err(error),
            Ok(Err(error)) => last = Some(error),
            Err(_) => {}
        }
        if Instant::now() + pause >= deadline {
            let host = host.name.clone();
            let unreachable = RemoteError::TimedOut { host, operation: "connect", limit };
            return Err(last.unwrap_or(unreachable));
        }
        sleep(pause).await;
        pause = (pause * 2).min(RECONNECT_PAUSE_MAX);
    }
}

/// What the bot last heard of a run.
enum Contact {
    Heard(Session, Box<Answer>),
    Lost(String),
}

/// A run that may have begun, on its way to an end.
struct Following<'a> {
    step: Step<'a>,
    cancel: watch::Receiver<bool>,
    /// When the step must be over by its own limit, the host's time to stop it included.
    deadline: Instant,
    /// Since when the host has been asked to stop it, and what that makes of the end.
    stopping: Option<Stopping>,
    /// Whether the host has said that it began.
    has_begun: bool,
    /// What it named as living on after it was stopped.
    left: Vec<String>,
    /// No question before, however soon a host answers.
    next_look: Instant,
}

struct Stopping {
    since: Instant,
    /// What being stopped makes of the end.
    end: StepEnd,
    /// Whether the host has answered the wish.
    heard: bool,
}

impl<'a> Following<'a> {
    fn new(step: Step<'a>, cancel: watch::Receiver<bool>) -> Self {
        let now = Instant::now();
        let limit = Duration::from_secs(step.command.timeout_s.into());
        Self {
            step,
            cancel,
            deadline: now + limit + GRACE,
            stopping: None,
            has_begun: false,
            left: Vec::new(),
            next_look: now,
        }
    }

    async fn follow(mut self, mut contact: Contact, printed: &watch::Sender<Output>) -> StepReport {
        let step = self.step;
        loop {
            let (session, verdict) = match contact {
                Contact::Heard(session, answer) => (session, self.heard(&answer)),
                Contact::Lost(why) => match step.fence().await {
                    Ok((session, answer)) => {
                        let heard = self.heard(&answer);
                        (session, after_loss(&answer, heard, step.ground, &why))
                    }
                    Err(error) => {
                        return without_output(StepEnd::Unknown(format!("{why}; then: {}", error.explain())));
                    }
                },
            };
            let ended = tokio::select! {
                // An end that is known is not held up by what the step has printed before it.
                biased;
                ended = self.stay(&session, verdict) => ended,
                never = live::show(step, &session, printed) => match never {},
            };
            contact = match ended {
                Ok(end) => return self.finish(session, end).await,
                Err(why) => Contact::Lost(why),
            };
        }
    }

    /// Looks over one connection until the run has ended; the error says why that is out of touch.
    async fn stay(&mut self, session: &Session, mut verdict: Verdict) -> Result<StepEnd, String> {
        loop {
            match verdict {
                Verdict::Ended(end) => return Ok(end),
                Verdict::Running if self.is_unstoppable() => {
                    return Ok(StepEnd::Unknown("it still runs although it was stopped".to_owned()));
                }
                Verdict::Running => {}
            }
            let answer = self.look_again(session).await.map_err(|error| error.explain())?;
            verdict = self.heard(&answer);
        }
    }

    /// What an answer makes of the run, beside what was heard before.
    fn heard(&mut self, answer: &Answer) -> Verdict {
        let had_begun = std::mem::replace(&mut self.has_begun, true);
        self.left = answer.left();
        match in_touch(&answer.state) {
            Verdict::Ended(StepEnd::NotRun(_)) if had_begun && answer.state == State::Fenced => {
                Verdict::Ended(StepEnd::Unknown(
                    "the host had said that it began, and says now that it never did".to_owned(),
                ))
            }
            verdict => verdict,
        }
    }

    fn is_unstoppable(&self) -> bool {
        self.stopping.as_ref().is_some_and(|stopping| stopping.since.elapsed() > STOP_MAX)
    }

    /// Waits on the host for a change, unless somebody wants the step stopped meanwhile.
    async fn look_again(&mut self, session: &Session) -> Result<Answer, RemoteError> {
        sleep_until(self.next_look).await;
        self.next_look = Instant::now() + LOOK_EVERY;
        if self.stopping.is_none() {
            let end = tokio::select! {
                heard = self.step.put(session, Verb::Wait) => return heard,
                () = asked(&mut self.cancel) => StepEnd::Cancelled,
                () = sleep_until(self.deadline) => StepEnd::TimedOut,
            };
            self.stopping = Some(Stopping { since: Instant::now(), end, heard: false });
        }
        match &mut self.stopping {
            Some(stopping) if !stopping.heard => {
                let heard = self.step.put(session, Verb::Cancel).await;
                stopping.heard = heard.is_ok();
                heard
            }
            _ => self.step.put(session, Verb::Wait).await,
        }
    }

    /// Fetches what the run has printed; the end does not depend on whether that succeeds.
    async fn finish(&self, session: Session, end: StepEnd) -> StepReport {
        let end = match (end, &self.stopping) {
            // Stopped by the bot, because the host had not done so in time.
            (StepEnd::Cancelled, Some(stopping)) => stopping.end.clone(),
            // Stopped before it began.
            (StepEnd::NotRun(_), Some(stopping)) if stopping.end == StepEnd::Cancelled => StepEnd::Cancelled,
            (end, _) => end,
        };
        if matches!(end, StepEnd::NotRun(_)) {
            // The link broke, or the host did not begin in time; what it turned down ended before.
            return StepReport { passes: true, ..without_output(end) };
        }
        let step = self.step;
        let output = match step.output(&session).await {
            Ok(output) => Ok(output),
            Err(_) => {
                persist(OUTPUT_MAX, step.host, || async move {
                    let session = Session::connect(step.config, step.host).await?;
                    step.output(&session).await
                })
                .await
            }
        };
        let Step { host, digest, over, ground, claim, .. } = step;
        if matches!(end, StepEnd::Done(_) | StepEnd::TimedOut | StepEnd::Cancelled) {
            over.add(&host.name, digest, ground, matches!(claim, Claim::Made(_)));
        }
        // An end that is known does not wait for what is decoration.
        let _late = timeout(TIDY_MAX, self.tidy(&session)).await;
        let output = output.unwrap_or_else(|error: RemoteError| {
            unseen(&format!("it could not be fetched: {}", error.explain()))
        });
        StepReport { end, output, left: self.left.clone(), passes: false }
    }

    /// Removes ground of which the record needs nothing more; this one's turn comes later.
    async fn tidy(&self, session: &Session) {
        let Step { host, digest, over, .. } = self.step;
        for (ground, digest) in over.take(&host.name, digest) {
            if let Err(error) = ground::leave(session, host, digest, &ground).await {
                tracing::debug!(error = error.explain(), "ground stays on the host");
                break;
            }
        }
    }
}

async fn asked(cancel: &mut watch::Receiver<bool>) {
    if cancel.wait_for(|cancelled| *cancelled).await.is_err() {
        // Nobody is left who could ask.
        std::future::pending::<()>().await;
    }
}

/// An output of which nothing was seen.
fn unseen(why: &str) -> Output {
    Output { unseen: Some(why.to_owned()), ..Output::default() }
}

pub(super) fn without_output(end: StepEnd) -> StepReport {
    StepReport { end, output: Output::default(), left: Vec::new(), passes: false }
}
