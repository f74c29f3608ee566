//! A run goes from host to host and from step to step, one at a time.
//!
//! Invariant: the next step begins only in the decision that records the end of the one before,
//! and never in a run that was recovered after a crash.

use regex::Regex;

use super::{
    BOOT_LEN_MAX, BootId, OUTPUT_HEAD, OUTPUT_TAIL, Outcome, Output, StepEnd, StepReport, Verdict,
    VerifyReport, WHY_LEN_MAX,
};
use crate::domain::action::Risk;
use crate::domain::actor::ActorId;
use crate::domain::decide::{Decision, Effect, Say, StepRef, To, View};
use crate::domain::event::Event;
use crate::domain::id::{HostName, RequestId, RunId};
use crate::domain::incident::shortened;
use crate::domain::plan::{Command, HostPlan};
use crate::domain::replies;
use crate::domain::reply::Reply;
use crate::domain::request::{HostPhase, HostRun, Request, Run, Status, turns};
use crate::domain::state::Moment;

/// Bytes of output in one event: six times as many as JSON still fit.
const OUTPUT_PIECE: usize = 4 * 1024;
/// Events of output that one step may leave; what an executor keeps beyond its own limit is not
/// recorded. A piece can lack the bytes of a split character, and a note stands between two.
const OUTPUT_PIECES_MAX: usize = (OUTPUT_HEAD + OUTPUT_TAIL) / OUTPUT_PIECE + 2;

/// A run in the middle of a decision: what is recorded is taken in at once.
pub(super) struct Turn<'a> {
    view: View<'a>,
    pub(super) request: Request,
    pub(super) decision: Decision,
}

impl<'a> Turn<'a> {
    /// The turn of a running request; none if it isn't running.
    pub(super) fn of(view: View<'a>, id: RequestId) -> Option<Self> {
        let request = view.state.requests.get(&id)?.clone();
        (request.status == Status::Running).then_some(Self { view, request, decision: Decision::default() })
    }

    pub(super) fn record(&mut self, event: Event) {
        let actor = ActorId::bot();
        let moment = Moment { seq: 0, at_ms: self.view.context.now_ms, actor, event };
        self.request.apply(&moment);
        self.decision.events.push((moment.actor, moment.event));
    }

    /// Says something on the way, which the card of the run shows as well.
    fn follow(&mut self, reply: Reply) {
        self.decision.effects.push(Effect::Follow(self.request.conversation.clone(), reply));
    }

    pub(super) fn say(&mut self, reply: Reply) {
        let to = To::request(&self.request);
        self.decision.effects.push(Effect::Say(Say { to, reply, card: None }));
    }

    fn run(&self) -> Option<&Run> {
        self.request.run.as_ref()
    }

    fn phase(&self, host: &HostName) -> Option<&HostPhase> {
        let at = self.request.host_index(host)?;
        self.run()?.hosts.get(at).map(|host| &host.phase)
    }

    /// Whether a host is the next one: it waits, those before it are over.
    fn is_next(&self, host: &HostName) -> bool {
        let Some((at, run)) = self.request.host_index(host).zip(self.run()) else { return false };
        let is_over = |host: &HostRun| matches!(host.phase, HostPhase::Ended(..));
        run.hosts[..at].iter().all(is_over) && run.hosts[at].phase == HostPhase::Waiting
    }

    fn keep_output(&mut self, host: &HostName, step: Option<usize>, output: &Output) {
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

    fn begin_step(&mut self, host: &HostName, step: usize, boot: BootId) {
        let (request, run) = (self.request.id, self.view.context.fresh_run);
        self.record(Event::StepStarted { request, host: host.clone(), step, run, boot: boot.clone() });
        self.follow(replies::run::step_started(&self.request, host, step));
        self.decision.effects.push(Effect::Execute(request, host.clone(), StepRef { step, run, boot }));
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
        let (recovered, cancelled) = (run.recovered, run.cancel_asked);
        match next {
            Some(next) if recovered => {
                self.end_host(&next, Outcome::Failed, "not started: the bot was restarted");
            }
            Some(next) if cancelled => self.end_host(&next, Outcome::Cancelled, "not started"),
            Some(next) if self.request.plan.risk != Risk::Read && outcome != Outcome::Succeeded => {
                self.end_host(&next, Outcome::Cancelled, &format!("not started after {host}"));
            }
            Some(next) => self.decision.effects.push(Effect::Probe(request, next)),
            None => self.end_run(),
        }
    }

    /// What follows the end of a step, which is recorded: the next step only in a run that nothing
    /// has interrupted.
    fn go_on(
        &mut self,
        host: &HostName,
        planned: &HostPlan,
        at: StepRef,
        end: StepEnd,
        problem: Option<String>,
    ) {
        let (id, StepRef { step, boot, .. }) = (self.request.id, at);
        let stopped = self.run().is_some_and(|run| run.cancel_asked);
        let recovered = self.run().is_some_and(|run| run.recovered);
        let more = step + 1 < planned.steps.len();
        match (end, problem) {
            (StepEnd::Unknown(_), _) if planned.verify.is_some() => {
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
            (_, None) if more && recovered => {
                let why =
                    format!("the bot was restarted: {} of {} steps have run", step + 1, planned.steps.len());
                self.end_host(host, Outcome::Failed, &why);
            }
            (_, None) if more && stopped => {
                self.end_host(host, Outcome::Cancelled, &format!("stopped after step {}", step + 1));
            }
            (_, None) if more => self.begin_step(host, step + 1, boot),
            (_, None) if planned.verify.is_some() => {
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
        self.decision.effects.extend(turns::startable(self.view, Some(request)));
    }
}

/// A host answered the probe: its first step begins, or nothing does.
pub fn probed(view: View<'_>, id: RequestId, host: &HostName, boot: Result<BootId, String>) -> Decision {
    let Some(mut turn) = Turn::of(view, id) else { return Decision::default() };
    if !turn.is_next(host) {
        return turn.decision;
    }
    let boot = boot.and_then(|boot| match boot.0.chars().nth(BOOT_LEN_MAX) {
        None => Ok(boot),
        Some(_) => Err(format!("its boot id has more than {BOOT_LEN_MAX} characters")),
    });
    let stopped = turn.run().is_some_and(|run| run.cancel_asked);
    let recovered = turn.run().is_some_and(|run| run.recovered);
    match boot {
        _ if stopped => turn.end_host(host, Outcome::Cancelled, "not started"),
        _ if recovered => {
            turn.end_host(host, Outcome::Failed, "not started: the bot was restarted");
        }
        Err(why) => turn.end_host(host, Outcome::Failed, &format!("nothing was sent: {why}")),
        Ok(boot) => turn.begin_step(host, 0, boot),
    }
    turn.decision
}

/// A step is over: the next begins, or the verification is asked, or the host is over.
pub fn step_ended(
    view: View<'_>,
    id: RequestId,
    host: &HostName,
    run: RunId,
    report: StepReport,
) -> Decision {
    let Some(mut turn) = Turn::of(view, id) else { return Decision::default() };
    let Some(HostPhase::Step { step, run: current, boot }) = turn.phase(host).cloned() else {
        return turn.decision;
    };
    let Some(planned) = turn.request.host_index(host).and_then(|at| turn.request.plan.hosts.get(at)).cloned()
    else {
        return turn.decision;
    };
    let Some(command) = planned.steps.get(step).filter(|_| current == run) else { return turn.decision };
    let problem = problem(command, &report).map(|problem| shortened(&problem, WHY_LEN_MAX));
    let StepReport { end, output } = report;
    let end = match end {
        StepEnd::NotRun(why) => StepEnd::NotRun(shortened(&why, WHY_LEN_MAX)),
        StepEnd::Unknown(why) => StepEnd::Unknown(shortened(&why, WHY_LEN_MAX)),
        end => end,
    };
    turn.keep_output(host, Some(step), &output);
    let (request, end_of_step) = (id, end.clone());
    turn.record(Event::StepEnded {
        request,
        host: host.clone(),
        step,
        run,
        end: end_of_step,
        problem: problem.clone(),
    });
    turn.follow(replies::run::step_ended(id, host, (step, planned.steps.len()), problem.as_deref(), &output));
    turn.go_on(host, &planned, StepRef { step, run, boot }, end, problem);
    turn.decision
}

/// The verification is over, and with it the host. It never makes an unknown step known: what it
/// found is shown to whoever settles.
pub fn verified(view: View<'_>, id: RequestId, host: &HostName, report: VerifyReport) -> Decision {
    let Some(mut turn) = Turn::of(view, id) else { return Decision::default() };
    let Some(HostPhase::Verifying(unknown)) = turn.phase(host).cloned() else { return turn.decision };
    let VerifyReport { verdict, why, output } = report;
    turn.keep_output(host, None, &output);
    let why = shortened(&why, WHY_LEN_MAX);
    let (found, problem) = match verdict {
        Verdict::Holds => ("the verification holds", None),
        Verdict::Fails => ("the verification does not hold", Some(why.clone())),
        Verdict::NotSeen => {
            ("the verification could not be asked", Some(format!("could not be asked: {why}")))
        }
    };
    turn.record(Event::VerifyEnded { request: id, host: host.clone(), problem });
    turn.follow(replies::run::verified(id, host, found, &why, &output));
    match verdict {
        _ if unknown => {
            turn.end_host(host, Outcome::Unknown, &format!("nobody knows how the step ended; {found} now"));
        }
        Verdict::Holds => turn.end_host(host, Outcome::Succeeded, ""),
        Verdict::Fails => turn.end_host(host, Outcome::Failed, &format!("{found}: {why}")),
        Verdict::NotSeen => {
            turn.end_host(host, Outcome::Unknown, &format!("the steps are done, but {found}: {why}"));
        }
    }
    turn.decision
}

/// Why a step's end is not what was expected.
fn problem(command: &Command, report: &StepReport) -> Option<String> {
    match &report.end {
        StepEnd::Done(code) => unexpected(command, *code, &report.output.text()),
        StepEnd::TimedOut => Some(format!("stopped after its {} s", command.timeout_s)),
        StepEnd::Cancelled => Some("stopped because somebody asked".to_owned()),
        StepEnd::NotRun(why) => Some(format!("did not run: {why}")),
        StepEnd::Unknown(why) => Some(format!("unknown whether it ran: {why}")),
    }
}

/// Why exit code and output are not what the command expects; none if they are.
pub fn unexpected(command: &Command, code: i32, text: &str) -> Option<String> {
    if !command.expect_exit.contains(&code) {
        let expected: Vec<_> = command.expect_exit.iter().map(ToString::to_string).collect();
        return Some(format!("exit code {code}, expected {}", expected.join(" or ")));
    }
    let pattern = command.expect_stdout.as_deref()?;
    match Regex::new(pattern) {
        Ok(regex) if regex.is_match(text) => None,
        Ok(_) => Some(format!("the output does not match {pattern}")),
        Err(_) => Some(format!("the expectation {pattern} is no regular expression")),
    }
}
