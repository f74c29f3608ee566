//! The threads that asynchronous commands run on.

use anyhow::Context as _;

/// The runtime that asynchronous commands run on.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start the runtime")
}
