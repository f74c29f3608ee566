//! The mode of the terminal while its keys are read one by one.
//!
//! Invariant: whatever happens, the terminal is put back into the mode in which it was found.

use std::io;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use rustix::termios::{tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr};

/// A paste comes between marks (xterm's mode 2004).
const PASTES_MARKED: &str = "\x1b[?2004h";
const PASTES_PLAIN: &str = "\x1b[?2004l";

const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// The terminal of standard input and output.
#[derive(Debug)]
pub(super) struct Mode {
    found: Termios,
}

impl Mode {
    /// Goes into it.
    pub fn enter() -> io::Result<Self> {
        let mode = Self { found: tcgetattr(io::stdin())? };
        mode.resume().inspect_err(|_| mode.leave())?;
        Ok(mode)
    }

    /// Goes into it again.
    pub fn resume(&self) -> io::Result<()> {
        let mut keys = self.found.clone();
        // What is written is translated as before: others write lines to this terminal too.
        keys.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN | LocalModes::ISIG;
        keys.input_modes -= InputModes::ICRNL | InputModes::INLCR | InputModes::ISTRIP | InputModes::IXON;
        keys.special_codes[SpecialCodeIndex::VMIN] = 1;
        keys.special_codes[SpecialCodeIndex::VTIME] = 0;
        if is_in_front() {
            tcsetattr(io::stdin(), OptionalActions::Now, &keys)?;
        }
        write(PASTES_MARKED)
    }

    /// Leaves it. Where the terminal has gone there is nothing to leave; one that takes nothing at present
    /// keeps nobody.
    pub fn leave(&self) {
        if is_in_front() {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.found);
        }
        let out = io::stdout();
        let writable = poll(&mut [PollFd::new(&out, PollFlags::OUT)], Some(&AT_ONCE));
        if writable.is_ok_and(|count| count > 0) {
            let _ = write(PASTES_PLAIN);
        }
    }
}

/// Whether the terminal is ours at present. To somebody else's, which a shell has while this job is in the
/// background, a change of mode would only stop the process; the shell looks after the mode itself.
fn is_in_front() -> bool {
    tcgetpgrp(io::stdin()).map_or(true, |front| front == getpgrp())
}

/// The columns and rows of the window; 0 where nobody knows.
pub(super) fn window() -> (usize, usize) {
    tcgetwinsize(io::stdout()).map_or((0, 0), |size| (usize::from(size.ws_col), usize::from(size.ws_row)))
}

/// Writes a text whole, also where whoever shares the terminal has made it non-blocking.
pub(super) fn write(text: &str) -> io::Result<()> {
    let out = io::stdout();
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match rustix::io::write(&out, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => match poll(&mut [PollFd::new(&out, PollFlags::OUT)], None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            },
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
