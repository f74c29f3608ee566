//! The log, beside a line that is being typed.
//!
//! Invariant: while a line editor owns the terminal, nothing is written to it past the editor; where
//! standard error is no terminal, the log goes there as ever.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, PoisonError};

use super::orders::Orders;
use super::render::one_line;

/// The editor that owns the terminal, if one does.
static OWNER: Mutex<Option<Orders>> = Mutex::new(None);

/// Lines of the log go through these orders from now on.
pub(super) fn take_over(orders: &Orders) {
    if io::stderr().is_terminal() {
        *OWNER.lock().unwrap_or_else(PoisonError::into_inner) = Some(orders.clone());
    }
}

/// They go to standard error again.
pub(super) fn give_back() {
    *OWNER.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// Where the log is written to.
#[derive(Debug, Clone, Copy)]
pub struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let owner = OWNER.lock().unwrap_or_else(PoisonError::into_inner);
        match &*owner {
            None => io::stderr().write(bytes),
            Some(orders) => {
                let text = String::from_utf8_lossy(bytes);
                let lines: String = text.lines().map(|line| one_line(line) + "\n").collect();
                orders.log(&lines);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
