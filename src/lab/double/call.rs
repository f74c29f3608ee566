//! A call of a double: the host it acts on, its arguments, and its output so far.
//!
//! Invariant: output is kept here until the play is over; a double writes to no stream itself.

use std::io;

use super::super::lock::Locked;
use super::super::root::{Root, reason};
use super::super::state::Kind;

/// What a double needs to act, and what it printed so far.
pub(super) struct Call<'a> {
    /// The state, locked while the double runs.
    pub(super) host: Locked,
    /// The simulated `/`.
    pub(super) root: Root,
    /// Without the name of the tool.
    pub(super) args: &'a [String],
    /// What came on standard input, for tools that read it.
    pub(super) input: Vec<u8>,
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

impl Call<'_> {
    pub(super) fn kind(&self) -> Kind {
        self.host.state.kind
    }

    pub(super) fn say(&mut self, text: impl AsRef<str>) {
        self.out.extend_from_slice(text.as_ref().as_bytes());
        self.out.push(b'\n');
    }

    pub(super) fn complain(&mut self, text: impl AsRef<str>) {
        self.err.extend_from_slice(text.as_ref().as_bytes());
        self.err.push(b'\n');
    }

    /// The options and the operands; after `--` everything is an operand.
    pub(super) fn split_args(&self) -> (Vec<String>, Vec<String>) {
        let mut options = Vec::new();
        let mut operands = Vec::new();
        let mut ended = false;
        for arg in self.args {
            if !ended && arg == "--" {
                ended = true;
            } else if !ended && arg.len() > 1 && arg.starts_with('-') {
                options.push(arg.clone());
            } else {
                operands.push(arg.clone());
            }
        }
        (options, operands)
    }

    /// The usual complaint of a GNU tool about an option that the double does not know.
    pub(super) fn unknown_option(&mut self, tool: &str, option: &str, code: u8) -> u8 {
        let option = option.trim_start_matches('-');
        self.complain(format!("{tool}: invalid option -- '{option}'"));
        code
    }

    /// `TOOL: PATH: REASON`, as `cat`, `grep`, `tee` and `df` complain.
    pub(super) fn complain_about(&mut self, tool: &str, path: &str, error: &io::Error) {
        self.complain(format!("{tool}: {path}: {}", reason(error)));
    }
}
