//! The words of commands, on standard output.
//!
//! Invariant: a command whose words could not be written has failed, unless whoever read them has gone.

use std::io;
use std::sync::{Mutex, PoisonError};

use super::failure::{Done, Failure};
use crate::chat::console;

/// Writes a line to standard output; see [`output`].
macro_rules! out {
    ($($text:tt)*) => {
        crate::cli::output::output(&format!("{}\n", format_args!($($text)*)))
    };
}

pub(super) use out;

/// What went wrong when a command wrote to standard output.
static UNWRITTEN: Mutex<Option<io::Error>> = Mutex::new(None);

/// Writes what a command says. Where that fails the command has failed, unless it is that whoever read has gone:
/// that is no failure of ours.
pub(super) fn output(text: &str) {
    if let Err(error) = console::write(text) {
        *UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// Whether all that was said could be written.
pub(super) fn is_written() -> bool {
    UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).is_none()
}

/// Takes the error of a write, if there was one.
pub(super) fn written() -> Done {
    match UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(anyhow::Error::new(error).context("could not write to standard output")))
        }
        _ => Ok(()),
    }
}
