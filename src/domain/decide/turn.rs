//! The decision about a running request, as it is built.
//!
//! Invariant: each event is applied to the request at once, so the next step decides on it.

use super::effect::{Decision, Effect, StepRef};
use super::input::Reached;
use crate::domain::id::{HostName, RequestId};
use crate::domain::plan::HostPlan;
use crate::domain::plan::run_id::{FIRST_ATTEMPT, run_id};
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::request::{HostPhase, HostRun, Request, Run, Status};
use crate::domain::record::run::{
    BOOT_LEN_MAX, FOLDER_LEN_MAX, Ground, OUTPUT_SHOWN, OUTPUT_TAIL, Outcome, Output, StepEnd, WHY_LEN_MAX,
};
use crate::domain::rules::reach::{Tries, Unreached};
use crate::domain::rules::turns;
use crate::domain::rules::view::View;
use crate::domain::say::address::To;
use crate::domain::say::reply::Reply;
use crate::domain::say::{Say, replies};
use crate::domain::text::shortened;
use crate::domain::world::action::Risk;
use crate::domain::world::actor::ActorId;

/// Bytes of output in one event: six times as many as JSON still fit.
const OUTPUT_PIECE: usize = 4 * 1024;
/// Events of output that one step may leave; what an executor keeps beyond its own limit is not
/// recorded. A piece can lack the bytes of a split character, and a note stands between two.
const OUTPUT_PIECES_MAX: usize = 2 * (OUTPUT_SHOWN + OUTPUT_TAIL) / OUTPUT_PIECE + 3;

/// A run in the middle of a decision: what is recorded is taken in at once.
pub(super) struct Turn<'a> {
    view: View<'a>,
    pub(super) request: Request,
    pub(super) decision: Decision,
}

impl<'a> Turn<'a> {
    /// The turn of a running request; none if it isn't running.
    pub(super) fn of(view: View<'a>, id: RequestId) -> Option<Self> {
        let request = view.state.requests.get(&id)?;
        (request.status == Status::Running).then(|| Self::on(view, request.clone()))
    }

    /// The turn of a request that is about to run.
    pub(super) fn on(view: View<'a>, request: Request) -> Self {
        Self { view, request, decision: Decision::default() }
    }

    pub(super) fn record(&mut self, event: Event) {
        let actor = ActorId::bot();
        let moment = Moment { seq: 0, at_ms: self.view.context.now_ms, actor, event };
        self.request.apply(&moment);
        self.decision.events.push((moment.actor, moment.event));
    }

    /// Says something on the way, which the card of the run shows as well.
    pub(super) fn follow(&mut self, reply: Reply) {
        self.decision.effects.push(Effect::Follow(self.request.conversation.clone(), reply));
    }

    pub(super) fn say(&mut self, reply: Reply) {
        let to = To::request(&self.request);
        self.decision.effects.push(Effect::Say(Say { to, reply, card: None }));
    }

    pub(super) fn run(&self) -> Option<&Run> {
        self.request.run.as_ref()
    }

    pub(super) fn host_run(&self, host: &HostName) -> Option<&HostRun> {
        self.run()?.hosts.get(self.request.host_index(host)?)
    }

    pub(super) fn phase(&self, host: &HostName) -> Option<&HostPhase> {
        self.host_run(host).map(|host| &host.phase)
    }

    /// Whether a host is the next one: it waits, those before it are over.
    pub(super) fn is_next(&self, host: &HostName) -> bool {
        let Some((at, run)) = self.request.host_index(host).zip(self.run()) else { return false };
        let is_over = |host: &HostRun| matches!(host.phase, HostPhase::Ended(..));
        run.hosts[..at].iter().all(is_over) && run.hosts[at].phase == HostPhase::Waiting
    }

    pub(super) fn keep_output(&mut self, host: &HostName, step: Option<usize>, output: &Output) {
        let text = output.text();
        let mut rest = text.as_str();
        for _ in 0..OUTPUT_PIECES_MAX {
            if rest.is_empty() {
                return;
            }
            let fits = (0..=OUTPUT_PIECE.min(rest.len())).rev().find(|end| rest.is_char_boundary(*end));
            let (piece, after) = rest.split_at(fits.unwrap_or(rest.len()));
            let (request, host) = (self.request.id, host.clone());
            self.record(Event::OutputKept { request, host, step, text: piece.to_owned() });
            rest = after;
        }
    }

    /// Has a host probed before something is sent to it.
    pub(super) fn probe(&mut self, host: &HostName) {
        let tries = Tries::first(host, self.view.context.now_ms);
        self.decision.effects.push(Effect::Tries(self.request.id, Some(tries)));
        self.decision.effects.push(Effect::Probe(self.request.id, host.clone(), 0));
    }

    /// A host that nothing is under way on has answered: what would change there is preceded by its
    /// verification; else its first step begins, or the one that has not begun is sent again. Or it could not be
    /// asked, and is over.
    pub(super) fn answered(&mut self, host: &HostName, reached: Reached) {
        self.decision.effects.push(Effect::Tries(self.request.id, None));
        let sent = self.host_run(host).and_then(|host| host.sent);
        match (reached, sent) {
            (Ok(ground), None) if self.looks_before(host) => {
                self.decision.effects.push(Effect::VerifyBefore(self.request.id, host.clone(), ground));
            }
            (Ok(ground), _) => self.begin_step(host, sent.map_or(0, |(step, _)| step), ground),
            (Err(Unreached { why, .. }), None) => {
                self.end_host(host, Outcome::Failed, &format!("nothing was sent: {why}"));
            }
            (Err(Unreached { why, .. }), Some((step, _))) => {
                let why = format!("step {} did not begin and was not sent again: {why}", step + 1);
                self.end_host(host, Outcome::Failed, &why);
            }
        }
    }

    fn looks_before(&self, host: &HostName) -> bool {
        let planned = self.request.host_index(host).and_then(|at| self.request.plan.hosts.get(at));
        self.request.plan.risk != Risk::Read && planned.is_some_and(|planned| !planned.verify.is_empty())
    }

    pub(super) fn begin_step(&mut self, host: &HostName, step: usize, ground: Ground) {
        let request = self.request.id;
        let Some(attempt) = self.host_run(host).map(|host| host.attempt_at(step)) else { return };
        let run = run_id(self.view.context.store, self.request.digest, host, step, attempt);
        let earlier = self.host_run(host).filter(|_| attempt > FIRST_ATTEMPT);
        let earlier = earlier.map(|host| host.attempts.clone()).unwrap_or_default();
        self.record(Event::StepStarted { request, host: host.clone(), step, run, ground: ground.clone() });
        self.follow(replies::run::step_started(&self.request, host, step, attempt));
        let at = StepRef { step, run, ground, earlier };
        self.decision.effects.push(Effect::Execute(request, host.clone(), at));
    }

    /// Ends the run on a host and goes on with the next one, or ends the run.
    pub(super) fn end_host(&mut self, host: &HostName, outcome: Outcome, why: &str) {
        let (request, why) = (self.request.id, shortened(why, WHY_LEN_MAX));
        self.record(Event::HostEnded { request, host: host.clone(), outcome, why: why.clone() });
        if self.request.plan.hosts.len() > 1 {
            self.follow(replies::run::host_ended(request, host, outcome, &why));
        }
        let Some(run) = self.run() else { return };
        let waiting = |(run, planned): (&HostRun, &HostPlan)| {
            (run.phase == HostPhase::Waiting).then(|| planned.name.clone())
        };
        let next = run.hosts.iter().zip(&self.request.plan.hosts).find_map(waiting);
        match next {
            Some(next) if run.recovered || run.cancel_asked => self.end_interrupted(&next),
            Some(next) if self.request.plan.risk != Risk::Read && outcome > Outcome::Succeeded => {
                self.end_host(&next, Outcome::Cancelled, &format!("not started after {host}"));
            }
            Some(next) => self.probe(&next),
            None => self.end_run(),
        }
    }

    /// Ends the run on a host on which nothing is under way and, since it was interrupted, nothing begins.
    pub(super) fn end_interrupted(&mut self, host: &HostName) {
        let recovered = self.run().is_some_and(|run| run.recovered);
        let ran = self.host_run(host).and_then(|host| host.ran).map_or(0, |step| step + 1);
        let at = self.request.host_index(host);
        let steps = at.map_or(0, |at| self.request.plan.hosts[at].steps.len());
        let (outcome, why) = match (recovered, ran) {
            (true, 0) => (Outcome::Failed, "not started: the bot was restarted".to_owned()),
            (true, ran) => {
                (Outcome::Failed, format!("the bot was restarted: {ran} of {steps} steps have run"))
            }
            (false, 0) => (Outcome::Cancelled, "not started".to_owned()),
            (false, ran) => (Outcome::Cancelled, format!("stopped after step {ran}")),
        };
        self.end_host(host, outcome, &why);
    }

    /// What follows the end of a step, which is recorded: the next step only in a run that nothing
    /// has interrupted.
    pub(super) fn go_on(
        &mut self,
        host: &HostName,
        planned: &HostPlan,
        at: StepRef,
        end: StepEnd,
        problem: Option<String>,
    ) {
        let (id, StepRef { step, ground, .. }) = (self.request.id, at);
        let stopped = self.run().is_some_and(|run| run.cancel_asked);
        let recovered = self.run().is_some_and(|run| run.recovered);
        let more = step + 1 < planned.steps.len();
        match (end, problem) {
            (StepEnd::Unknown(_), _) if !planned.verify.is_empty() => {
                self.decision.effects.push(Effect::Verify(id, host.clone()));
            }
            (StepEnd::Unknown(why), _) => self.end_host(host, Outcome::Unknown, &why),
            (StepEnd::Cancelled, _) => {
                self.end_host(host, Outcome::Cancelled, &format!("step {} was stopped", step + 1));
            }
            (StepEnd::NotRun(_), _) if stopped => {
                self.end_host(host, Outcome::Cancelled, "stopped before it began");
            }
            (_, Some(problem)) => {
                self.end_host(host, Outcome::Failed, &format!("step {}: {problem}", step + 1));
            }
            (_, None) if more && (recovered || stopped) => self.end_interrupted(host),
            (_, None) if more => self.begin_step(host, step + 1, ground),
            (_, None) if !planned.verify.is_empty() => {
                self.decision.effects.push(Effect::Verify(id, host.clone()));
            }
            (_, None) => self.end_host(host, Outcome::Succeeded, ""),
        }
    }

    fn end_run(&mut self) {
        let Some(outcome) = self.run().and_then(Run::outcome) else { return };
        let request = self.request.id;
        self.record(Event::RunEnded { request, outcome });
        self.decision.effects.push(Effect::Release(request));
        self.say(replies::run::ended(self.view.catalogue, &self.request, outcome));
        self.decision.effects.extend(turns::startable(self.view, Some(request)).map(Effect::Start));
    }
}

/// What a host answered, if it can be recorded.
pub(super) fn believed(reached: Reached) -> Reached {
    let ground = reached?;
    let too_long = |text: &str, most| text.chars().nth(most).is_some();
    let why = if too_long(&ground.boot.0, BOOT_LEN_MAX) {
        format!("its boot id has more than {BOOT_LEN_MAX} characters")
    } else if too_long(&ground.folder, FOLDER_LEN_MAX) {
        format!("its base folder has more than {FOLDER_LEN_MAX} characters")
    } else {
        return Ok(ground);
    };
    Err(Unreached { why, passes: false })
}
