//! A run goes from host to host and from step to step, one at a time.
//!
//! Invariant: the next step begins only in the decision that records the end of the one before,
//! and never in a run that was recovered after a crash.

use super::effect::{Decision, StepRef};
use super::turn::Turn;
use crate::domain::id::{HostName, RequestId, RunId};
use crate::domain::plan::Command;
use crate::domain::record::event::Event;
use crate::domain::record::request::HostPhase;
use crate::domain::record::run::{
    BOOT_LEN_MAX, FOLDER_LEN_MAX, Ground, Outcome, StepEnd, StepReport, Verdict, VerifyReport, WHY_LEN_MAX,
};
use crate::domain::rules::expectation::{Judgement, judge};
use crate::domain::rules::view::View;
use crate::domain::say::replies;
use crate::domain::text::shortened;

/// A host answered the probe: its first step begins, or nothing does.
pub fn probed(view: View<'_>, id: RequestId, host: &HostName, ground: Result<Ground, String>) -> Decision {
    let Some(mut turn) = Turn::of(view, id) else { return Decision::default() };
    if !turn.is_next(host) {
        return turn.decision;
    }
    let ground = ground.and_then(|ground| {
        let too_long = |text: &str, most| text.chars().nth(most).is_some();
        if too_long(&ground.boot.0, BOOT_LEN_MAX) {
            return Err(format!("its boot id has more than {BOOT_LEN_MAX} characters"));
        }
        if too_long(&ground.folder, FOLDER_LEN_MAX) {
            return Err(format!("its base folder has more than {FOLDER_LEN_MAX} characters"));
        }
        Ok(ground)
    });
    let stopped = turn.run().is_some_and(|run| run.cancel_asked);
    let recovered = turn.run().is_some_and(|run| run.recovered);
    match ground {
        _ if stopped => turn.end_host(host, Outcome::Cancelled, "not started"),
        _ if recovered => {
            turn.end_host(host, Outcome::Failed, "not started: the bot was restarted");
        }
        Err(why) => turn.end_host(host, Outcome::Failed, &format!("nothing was sent: {why}")),
        Ok(ground) => turn.begin_step(host, 0, ground),
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
    let Some(HostPhase::Step { step, run: current, ground }) = turn.phase(host).cloned() else {
        return turn.decision;
    };
    let Some(planned) = turn.request.host_index(host).and_then(|at| turn.request.plan.hosts.get(at)).cloned()
    else {
        return turn.decision;
    };
    let Some(command) = planned.steps.get(step).filter(|_| current == run) else { return turn.decision };
    let (end, problem) = judged(command, &report);
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
    turn.follow(replies::run::step_ended(id, host, (step, planned.steps.len()), problem.as_deref(), &output));
    turn.go_on(host, &planned, StepRef { step, run, ground }, end, problem);
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
            turn.end_host(host, Outcome::Unknown, &format!("nobody knows how the step ended; {found} now"));
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
        left => format!("; still alive there, in a session of its own: {}", left.join(", ")),
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
        StepEnd::Unknown(why) => {
            (StepEnd::Unknown(short(why)), Some(format!("unknown whether it ran: {why}")))
        }
    };
    (end, problem.map(|problem| short(&problem)))
}
