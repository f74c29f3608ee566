//! What an answer of a host makes of a run.
//!
//! Invariant: an answer counts only for the ground and the boot that were noted before the start.

use super::answer::{Answer, State};
use super::ground;
use crate::domain::id::HostName;
use crate::domain::record::run::{Ground, StepEnd};

/// What an answer makes of a run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Ended(StepEnd),
    Running,
}

/// On the connection over which the run was begun or found again.
pub(super) fn in_touch(state: &State) -> Verdict {
    let stopped = |gone: bool, end: StepEnd| {
        let left = || StepEnd::Unknown("it was stopped, but a part of it is still there".to_owned());
        if gone { end } else { left() }
    };
    Verdict::Ended(match state {
        State::Accepted | State::Running => return Verdict::Running,
        State::Done(code) => StepEnd::Done(*code),
        State::TimedOut { gone } => stopped(*gone, StepEnd::TimedOut),
        State::Cancelled { gone } => stopped(*gone, StepEnd::Cancelled),
        State::Fenced => StepEnd::NotRun("it had not begun and was fenced off".to_owned()),
        State::NotRun(why) => StepEnd::NotRun(format!("the host could not begin it: {why}")),
        State::NotStarted => StepEnd::Unknown("the host knows nothing of it".to_owned()),
        State::Met => StepEnd::Unknown(
            "the host has met this very run before, at another time. The record was probably set back to an \
             earlier state: what was done since then is missing in it"
                .to_owned(),
        ),
        State::Unknown(why) => StepEnd::Unknown(format!("the host says: {}", ground::cause(why))),
        State::Refused(why) => StepEnd::Unknown(format!("the host refuses to say: {}", ground::cause(why))),
        State::Ground { .. } | State::Have(_) | State::Out(_) | State::Left => {
            StepEnd::Unknown("the host answered something else".to_owned())
        }
    })
}

/// After a loss: an answer counts only from the boot that was noted before the start. The ground, which the
/// wrapper looks at, may outlive a restart of the host.
pub(super) fn after_loss(answer: &Answer, heard: Verdict, noted: &Ground, why: &str) -> Verdict {
    let unknown = |what: &str| Verdict::Ended(StepEnd::Unknown(format!("{why}; then: {what}")));
    match (noted.boot.0.as_str(), answer.boot.0.as_str()) {
        (_, "none") => unknown("the host has no boot id, so nobody can tell whether it restarted"),
        (noted, now) if noted != now => unknown("the host has restarted (another boot id)"),
        _ => match heard {
            Verdict::Ended(StepEnd::NotRun(what)) => {
                Verdict::Ended(StepEnd::NotRun(format!("{why}; then: {what}")))
            }
            Verdict::Ended(StepEnd::Unknown(what)) => unknown(&what),
            verdict => verdict,
        },
    }
}

/// Why a first start that met a run of before is unknown.
pub(super) fn met_before(host: &HostName) -> String {
    format!(
        "{host} has met this very run before, so it did not begin now. The record was probably set back to an \
         earlier state: what was done since then is missing in it. Look at {host} for what that run did"
    )
}
