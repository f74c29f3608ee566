//! What an article holds too much of, and where.

use super::finding::{Code, Finding};

/// More than an article may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excess {
    line: usize,
    code: Code,
    message: String,
    advice: &'static str,
}

impl Excess {
    pub(super) fn new(line: usize, code: Code, message: String, advice: &'static str) -> Self {
        Self { line, code, message, advice }
    }

    pub(super) fn finding(&self, file: &str) -> Finding {
        Finding::new(file, self.line, self.code, &self.message, self.advice)
    }
}
