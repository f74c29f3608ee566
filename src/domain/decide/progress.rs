//! A run goes from host to host and from step to step, one at a time.
//!
//! Invariant: the next step begins only in the decision that records the end of the one before,
//! and never in a run that was recovered after a crash. A step is sent again only if it is proven that it has
//! not begun and never will, in the same life of the bot, and a few times.

use super::effect::{Decision, Effect, StepRef};
use super::input::Reached;
use super::turn::{Turn, believed};
use crate::domain::id::{HostName, RequestId, RunId};
use crate::domain::plan::Command;
use crate::domain::record::event::Event;
use crate::domain::record::request::HostPhase;
use crate::domain::record::run::{Ground, Outcome, StepEnd, StepReport, Verdict, VerifyReport, WHY_LEN_MAX};
use crate::domain::rules::expectation::{Judgement, judge};
use crate::domain::rules::reach::Tries;
use crate::domain::rules::view::View;
use crate::domain::say::replies;
use crate::domain::text::shortened;
use crate::domain::world::action::VerifyBefore;

/// What a verification says that proves nothing: what the steps said is what counts.
const HOLDS_AS_BEFORE: &str = "the verification holds, as it did before; it worked by what the steps printed";

/// Why nothing was done where there is nothing to do. What was named may be the wrong thing.
const WAS_SO: &str =
    "it was so before, and nothing was sent; if the trouble is still there, check what was named";

/// The same where nobody knows what they did.
const PROVES_NOTHING: &str = "the verification, which held before too, holds and proves nothing";

/// Times that one step is sent to one host at the most.
pub const ATTEMPTS_MAX: u32 = 3;

/// A host answered the probe, or could not be asked: then it is tried again for a while.
pub fn probed(view: View<'_>, id: RequestId, host: &HostName, reached: Reached) -> Decision {
    let Some(mut turn) = Turn::of(view, id) else { return Decision::default() };
    if !turn.is_next(host) {
        return turn.decision;
    }
    if turn.run().is_some_and(|run| run.cancel_asked || run.recovered) {
        turn.decision.effects.push(Effect::Tries(id, None));
        turn.end_interrupted(host);
        return turn.decision;
    }
    let now_ms = view.context.now_ms;
    let tries = view.context.reach.of(&turn.request).filter(|tries| tries.host == *host);
    let tries = match tries {
        None => Tries::first(host, now_ms),
        Some(tries) if tries.under_way => tries.clone(),
        Some(tries) => tries.again(),
    };
    let unreached = match believed(reached) {
        Err(unreached) => unreached,
        reached => {
            turn.answered(host, reached);
            return turn.decision;
        }
    };
    let failed = tries.failed(&unreached.why, now_ms);
    if !unreached.passes || failed.is_last(turn.request.plan.risk) {
        turn.answered(host, Err(failed.in_vain()));
        return turn.decision;
    }
    if failed.why != tries.why {
        turn.follow(replies::reach::out_of_reach(id, &failed));
    }
    let pause_ms = failed.next_ms.saturating_sub(now_ms);
    turn.decision.effects.push(Effect::Tries(id, Some(failed)));
    turn.decision.effects.push(Effect::Probe(id, host.clone(), pause_ms));
    turn.decision
}

/// The verification was asked before anything was sent: where it holds already there is nothing to do, and
/// where nobody can tell, nothing is done.
pub fn verified_before(
    view: View<'_>,
    id: RequestId,
    host: &HostName,
    ground: Ground,
    report: VerifyReport,
) -> Decision {
    let Some(mut turn) = Turn::of(view, id) else { return Decision::default() };
    let is_asked = turn.host_run(host).is_some_and(|run| run.before.is_none() && run.sent.is_none());
    let planned = turn.request.host_index(host).and_then(|at| turn.request.plan.hosts.get(at));
    let Some(may_hold) = planned.map(|planned| planned.verify_before == VerifyBefore::MayHold) else {
        return turn.decision;
    };
    if !turn.is_next(host) || !is_asked {
        return turn.decision;
    }
    let VerifyReport { verdict: found, why, output } = report;
    let why = shortened(&why, WHY_LEN_MAX);
    turn.record(Event::VerifiedBefore { request: id, host: host.clone(), found, why: why.clone() });
    if turn.run().is_some_and(|run| run.cancel_asked || run.recovered) {
        turn.end_interrupted(host);
        return turn.decision;
    }
    let (outcome, instead) = match found {
        Verdict::Fails => {
            turn.begin_step(host, 0, ground);
            return turn.decision;
        }
        Verdict::Holds if may_hold => {
            turn.begin_step(host, 0, ground);
            return turn.decision;
        }
        Verdict::Holds => (Outcome::NothingDone, WAS_SO.to_owned()),
        Verdict::NotApplicable => (
            Outcome::Failed,
            format!("nothing was done: the verification says that it does not apply: {why}"),
        ),
        Verdict::NotSeen => {
            (Outcome::Failed, format!("nothing was done: nobody could see how it is before: {why}"))
        }
    };
    turn.keep_output(host, None, &output);
    turn.follow(replies::run::left_alone(id, host, outcome, &instead, &output));
    turn.end_host(host, outcome, &instead);
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
    let Some(HostPhase::Step { step, run: current, ground }) = turn.phase(host).cloned() else {
        return turn.decision;
    };
    let Some(planned) = turn.request.host_index(host).and_then(|at| turn.request.plan.hosts.get(at)).cloned()
    else {
        return turn.decision;
    };
    let Some(command) = planned.steps.get(step).filter(|_| current == run) else { return turn.decision };
    let (end, problem) = judged(command, &report);
    let again = attempt_to_come(&turn, host, step, &report);
    let output = report.output;
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
    let at = (step, planned.steps.len());
    if let (Some(attempt), StepEnd::NotRun(why)) = (again, &end) {
        turn.follow(replies::run::not_begun(id, host, at, why, (attempt, ATTEMPTS_MAX)));
        turn.probe(host);
    } else {
        turn.follow(replies::run::step_ended(id, host, at, problem.as_deref(), &output));
        turn.go_on(host, &planned, StepRef { step, run, ground, earlier: Vec::new() }, end, problem);
    }
    turn.decision
}

/// The number of the attempt with which a step is sent again; none if it is not.
fn attempt_to_come(turn: &Turn<'_>, host: &HostName, step: usize, report: &StepReport) -> Option<u32> {
    let attempt = turn.host_run(host)?.attempt_at(step);
    let may = matches!(report.end, StepEnd::NotRun(_)) && report.passes && attempt <= ATTEMPTS_MAX;
    let goes_on = turn.run().is_some_and(|run| !run.recovered && !run.cancel_asked);
    (may && goes_on).then_some(attempt)
}

/// The verification is over, and with it the host. It never makes an unknown step known: what it
/// found is shown to whoever settles.
pub fn verified(view: View<'_>, id: RequestId, host: &HostName, report: VerifyReport) -> Decision {
    let Some(mut turn) = Turn::of(view, id) else { return Decision::default() };
    let Some(HostPhase::Verifying(unknown)) = turn.phase(host).cloned() else { return turn.decision };
    let VerifyReport { verdict, why, output } = report;
    turn.keep_output(host, None, &output);
    let why = shortened(&why, WHY_LEN_MAX);
    let held_before = turn.host_run(host).and_then(|host| host.before) == Some(Verdict::Holds);
    let (found, problem) = match verdict {
        Verdict::Holds if held_before && unknown => (PROVES_NOTHING, None),
        Verdict::Holds if held_before => (HOLDS_AS_BEFORE, None),
        Verdict::Holds => ("the verification holds", None),
        Verdict::Fails => ("the verification does not hold", Some(why.clone())),
        Verdict::NotApplicable => ("the verification does not apply", Some(why.clone())),
        Verdict::NotSeen => {
            ("the verification could not be asked", Some(format!("could not be asked: {why}")))
        }
    };
    let not_applicable = verdict == Verdict::NotApplicable;
    turn.record(Event::VerifyEnded { request: id, host: host.clone(), problem, not_applicable });
    turn.follow(replies::run::verified(id, host, found, &why, &output));
    match verdict {
        _ if unknown => {
            let why = turn.host_run(host).and_then(|host| host.unknown.clone()).unwrap_or_default();
            let why = shortened(&why, WHY_LEN_MAX / 2);
            let told = format!("nobody knows how the step ended: {why}; {found} now");
            turn.end_host(host, Outcome::Unknown, &told);
        }
        Verdict::Holds => turn.end_host(host, Outcome::Succeeded, ""),
        Verdict::Fails | Verdict::NotApplicable => {
            turn.end_host(host, Outcome::Failed, &format!("{found}: {why}"));
        }
        Verdict::NotSeen => {
            turn.end_host(host, Outcome::Unknown, &format!("the steps are done, but {found}: {why}"));
        }
    }
    turn.decision
}

/// A step's end as it is recorded, and why it is not what was expected. An end that only an output tells,
/// of which not all was seen, is unknown.
fn judged(command: &Command, report: &StepReport) -> (StepEnd, Option<String>) {
    let short = |why: &str| shortened(why, WHY_LEN_MAX);
    let left = match report.left.as_slice() {
        [] => String::new(),
        left => format!("; what still lives there: {}", left.join(", ")),
    };
    let (end, problem) = match &report.end {
        StepEnd::Done(code) => match judge(command, *code, &report.output) {
            Judgement::Met => (report.end.clone(), None),
            Judgement::Unmet(why) | Judgement::NotApplicable(why) => (report.end.clone(), Some(why)),
            Judgement::NotSeen(why) => (StepEnd::Unknown(short(&why)), Some(why)),
        },
        StepEnd::TimedOut => {
            (StepEnd::TimedOut, Some(format!("stopped after its {} s{left}", command.timeout_s)))
        }
        StepEnd::Cancelled => (StepEnd::Cancelled, Some(format!("stopped because somebody asked{left}"))),
        StepEnd::NotRun(why) => (StepEnd::NotRun(short(why)), Some(format!("did not run: {why}"))),
        StepEnd::Unknown(why) => (
            StepEnd::Unknown(short(&format!("{why}{left}"))),
            Some(format!("unknown how it ended: {why}{left}")),
        ),
    };
    (end, problem.map(|problem| short(&problem)))
}
