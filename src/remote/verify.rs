//! Whether a plan had its effect on a host.
//!
//! Invariant: every look is a run of its own under a fresh id. Looking is reading, so a look that
//! got lost is simply followed by the next one.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::config::SshConfig;
use super::over::OverRuns;
use super::run;
use super::step::Step;
use super::wire::fresh_run_id;
use crate::domain::id::Digest;
use crate::domain::plan::{Command, HostPlan};
use crate::domain::record::run::{Output, StepEnd, StepReport, Verdict, VerifyReport};
use crate::domain::rules::expectation::{Judgement, judge};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long the last look may take beyond the command's own limit before it is dropped.
const LATE_MAX: Duration = Duration::from_secs(60);

/// Looks until the verification holds or its time is over; at least once.
pub(super) async fn verify(
    config: &SshConfig,
    over: &OverRuns,
    host: &HostPlan,
    digest: Digest,
) -> VerifyReport {
    let Some(check) = &host.verify else {
        return VerifyReport {
            verdict: Verdict::NotSeen,
            why: "the plan has no verification".to_owned(),
            output: Output::default(),
        };
    };
    let deadline = Instant::now() + Duration::from_secs(check.within_s.into());
    loop {
        let last =
            deadline.max(Instant::now()) + Duration::from_secs(check.command.timeout_s.into()) + LATE_MAX;
        let looking = look(config, over, host, digest, &check.command);
        let report = timeout_at(last, looking)
            .await
            .unwrap_or_else(|_| nothing_known("the host did not answer in time"));
        let (verdict, why) = verdict(&check.command, &report);
        if verdict == Verdict::Holds || Instant::now() + LOOK_EVERY > deadline {
            return VerifyReport { verdict, why, output: report.output };
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn look(
    config: &SshConfig,
    over: &OverRuns,
    host: &HostPlan,
    digest: Digest,
    command: &Command,
) -> StepReport {
    let run = match fresh_run_id() {
        Ok(run) => run,
        Err(error) => return nothing_known(&error.advice()),
    };
    let (_sender, cancel) = watch::channel(false);
    let step = Step { config, over, host, digest, command, run, boot: None };
    // A look is short: its output is wanted at its end.
    let nobody_watches = watch::Sender::new(Output::default());
    run::execute(step, cancel, nobody_watches).await
}

fn nothing_known(why: &str) -> StepReport {
    StepReport { end: StepEnd::Unknown(why.to_owned()), output: Output::default(), passes: false }
}

/// What a look says, and in a few words what is not as the command expects.
pub(super) fn verdict(command: &Command, look: &StepReport) -> (Verdict, String) {
    match &look.end {
        StepEnd::Done(code) => match judge(command, *code, &look.output) {
            Judgement::Met => (Verdict::Holds, String::new()),
            Judgement::Unmet(why) => (Verdict::Fails, why),
            Judgement::NotSeen(why) => (Verdict::NotSeen, why),
        },
        StepEnd::TimedOut => (Verdict::NotSeen, format!("no end within {} s", command.timeout_s)),
        StepEnd::Cancelled => (Verdict::NotSeen, "cancelled".to_owned()),
        StepEnd::NotRun(why) | StepEnd::Unknown(why) => (Verdict::NotSeen, why.clone()),
    }
}
