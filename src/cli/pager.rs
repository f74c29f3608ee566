//! Long answers in a terminal, page by page, in the program that `$PAGER` names, or `less`.
//!
//! Invariant: what is not read in a terminal is written as it is; and where a pager can't be started or fails,
//! nothing is lost.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use tokio::signal::unix::{SignalKind, signal};

use super::output::output;
use super::runtime::runtime;

/// Where `$PAGER` is not set: ends by itself where one page is enough, and leaves the text on the screen.
const DEFAULT: &str = "less -FRX";

/// Shows a text page by page in a terminal; elsewhere writes it to standard output.
pub(super) fn paged(text: &str) {
    let shown = io::stdout().is_terminal() && through_pager(text).is_some_and(|status| status.success());
    if !shown {
        output(text);
    }
}

/// How the pager ended; none if there is none.
fn through_pager(text: &str) -> Option<ExitStatus> {
    // An empty `$PAGER` is a wish for none.
    let line = std::env::var("PAGER").unwrap_or_else(|_| DEFAULT.to_owned());
    let words = shlex::split(&line)?;
    let (program, arguments) = words.split_first()?;
    // Ctrl-C is the pager's, which goes on: we wait for its end, or the shell would take the terminal from it.
    runtime().ok()?.block_on(async {
        let _interrupts = signal(SignalKind::interrupt()).ok()?;
        let mut pager = Command::new(program).args(arguments).stdin(Stdio::piped()).spawn().ok()?;
        if let Some(mut pages) = pager.stdin.take() {
            // Whoever leaves before the end has read enough.
            let _ = pages.write_all(text.as_bytes());
        }
        pager.wait().ok()
    })
}
