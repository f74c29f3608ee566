//! The end of what runs here, as each task waits for it.
//!
//! Invariant: a task ends when it is asked to, and when nobody is left who could ask.

use tokio::sync::watch;

/// Returns once the end is asked for, or nobody is left who could ask.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The value is let go of at once: it must not be held across an await.
    let _ = stop.wait_for(|stop| *stop).await;
}
