//! Whether a plan had its effect on a host.
//!
//! Invariant: every look is a run of its own under a fresh id. Looking is reading, so a look that
//! got lost is simply followed by the next one.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::config::SshConfig;
use super::over::OverRuns;
use super::run;
use super::step::Look;
use crate::app::ports::When;
use crate::domain::id::Digest;
use crate::domain::plan::{Command, HostPlan, command_line};
use crate::domain::record::run::{Output, StepEnd, StepReport, Verdict, VerifyReport};
use crate::domain::rules::expectation::{Judgement, judge};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long the last look may take beyond the command's own limit before it is dropped.
const LATE_MAX: Duration = Duration::from_secs(60);

/// Looks until all verifications of a plan hold or their time is over; each at least once, and before anything
/// is done no more than once. What is told is the first that does not hold.
pub(super) async fn verify(
    config: &SshConfig,
    over: &OverRuns,
    host: &HostPlan,
    digest: Digest,
    when: When,
) -> VerifyReport {
    let mut last = VerifyReport {
        verdict: Verdict::NotSeen,
        why: "the plan has no verification".to_owned(),
        output: Output::default(),
    };
    for check in &host.verify {
        let within_s = if when == When::Before { 0 } else { check.within_s };
        last = one(Look { config, over, host, digest, command: &check.command }, within_s).await;
        if last.verdict != Verdict::Holds {
            if host.verify.len() > 1 {
                last.why = format!("{}: {}", command_line(&check.command), last.why);
            }
            break;
        }
    }
    last
}

/// Looks until one verification holds or its time is over.
async fn one(look: Look<'_>, within_s: u32) -> VerifyReport {
    let deadline = Instant::now() + Duration::from_secs(within_s.into());
    loop {
        let limit = Duration::from_secs(look.command.timeout_s.into());
        let last = deadline.max(Instant::now()) + limit + LATE_MAX;
        let report = timeout_at(last, run::look(look)).await.unwrap_or_else(|_| {
            run::without_output(StepEnd::Unknown("the host did not answer in time".to_owned()))
        });
        let (verdict, why) = verdict(look.command, &report);
        let settled = matches!(verdict, Verdict::Holds | Verdict::NotApplicable);
        if settled || Instant::now() + LOOK_EVERY > deadline {
            return VerifyReport { verdict, why, output: report.output };
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Whether an exit code is an answer. The wrapper and shells end with 126 and 127 where there is nothing to
/// execute, and with 128 and its number after a signal.
fn answers(command: &Command, code: i32) -> bool {
    !matches!(code, 126 | 127 | 129..=192)
        || [&command.expect_exit, &command.not_applicable_exit].iter().any(|codes| codes.contains(&code))
}

/// What a look says, and in a few words what is not as the command expects.
pub(super) fn verdict(command: &Command, look: &StepReport) -> (Verdict, String) {
    match &look.end {
        StepEnd::Done(code) if !answers(command, *code) => {
            (Verdict::NotSeen, format!("exit code {code} says that it was not run, or was killed"))
        }
        StepEnd::Done(code) => match judge(command, *code, &look.output) {
            Judgement::Met => (Verdict::Holds, String::new()),
            Judgement::Unmet(why) => (Verdict::Fails, why),
            Judgement::NotApplicable(why) => (Verdict::NotApplicable, why),
            Judgement::NotSeen(why) => (Verdict::NotSeen, why),
        },
        StepEnd::TimedOut => (Verdict::NotSeen, format!("no end within {} s", command.timeout_s)),
        StepEnd::Cancelled => (Verdict::NotSeen, "cancelled".to_owned()),
        StepEnd::NotRun(why) | StepEnd::Unknown(why) => (Verdict::NotSeen, why.clone()),
    }
}
