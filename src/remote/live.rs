//! What a step has printed so far, fetched while it runs.
//!
//! Invariant: this is decoration. It uses a channel of its own beside the one on which the end is
//! waited for, and nothing waits for it: a fetch that fails is forgotten, and whoever follows the
//! run drops it when the run has ended or the connection is lost.
//!
//! How a run ends and what it printed in all is found out in `run`, as if this did not exist.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::answer::End;
use super::session::Session;
use super::step::Step;
use super::wire::Verb;
use crate::domain::record::run::Output;

/// Before each fetch. With what the fetch itself takes, people see something new about every second.
pub(super) const FETCH_PAUSE: Duration = Duration::from_millis(750);
/// After so many failures nothing more is fetched over a connection: a fetch that hangs on the host
/// keeps its channel, and OpenSSH allows ten in one connection.
pub(super) const FAILURES_MAX: usize = 3;

/// Publishes what the step has printed whenever that has changed, as long as it is polled.
///
/// A host refuses the question as long as the run has not begun; that is no failure.
pub(super) async fn show(step: Step<'_>, session: &Session, printed: &watch::Sender<Output>) -> Infallible {
    let mut failures = 0;
    // Where nobody watches, nobody is asked.
    while failures < FAILURES_MAX && !printed.is_closed() {
        sleep(FETCH_PAUSE).await;
        match step.put(session, Verb::Peek).await {
            Ok(answer) => {
                let Some((output, end)) = answer.output() else { continue };
                printed.send_if_modified(|last| {
                    let changed = *last != output;
                    *last = output;
                    changed
                });
                if end != End::Open {
                    break;
                }
            }
            Err(error) => {
                failures += 1;
                tracing::debug!(run = %step.run, error = error.explain(), "its output so far can't be fetched");
            }
        }
    }
    pending().await
}
