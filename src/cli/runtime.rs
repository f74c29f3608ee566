//! The threads that asynchronous commands run on.

use std::time::Duration;

use anyhow::Context as _;

/// How long the end of the process waits for what is still being done on a file system that may hang.
const ENDING_MAX: Duration = Duration::from_secs(10);

/// The runtime that asynchronous commands run on.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start the runtime")
}

/// Runs to the end, and waits for what blocks beside it no longer than the end of the process may.
pub(super) fn run<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    run_and_wait(work, ENDING_MAX)
}

fn run_and_wait<T>(work: impl Future<Output = T>, most: Duration) -> anyhow::Result<T> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(most);
    Ok(done)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    #[test]
    fn what_hangs_does_not_keep_the_process_from_ending() {
        let (_never, hangs) = mpsc::channel::<()>();
        let begin = Instant::now();
        let done = run_and_wait(
            async {
                tokio::task::spawn_blocking(move || hangs.recv_timeout(Duration::from_secs(60)));
                7
            },
            Duration::from_millis(100),
        );
        assert_eq!(done.unwrap(), 7);
        assert!(begin.elapsed() < Duration::from_secs(30));
    }
}
