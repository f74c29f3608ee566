//! A refusal: a user's affair, told with a stable code, a message and a hint.

use serde::Serialize;

/// Why something is not done, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Stable, `snake_case`.
    pub code: &'static str,
    /// What was refused and why. Others' words in it are untrusted.
    pub message: String,
    /// What to do instead; may be empty.
    pub hint: String,
}

impl Refusal {
    /// A refusal without a hint.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: String::new() }
    }

    /// Says what to do instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}
