//! Severities, and the words that people type for them.

use serde::{Deserialize, Serialize};

/// How bad an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Users can't work.
    Sev1,
    /// Users are hampered.
    Sev2,
    /// Nobody has noticed yet.
    Sev3,
}

impl Severity {
    /// The word people type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sev1 => "sev1",
            Self::Sev2 => "sev2",
            Self::Sev3 => "sev3",
        }
    }

    /// The severity of a word, if it is one.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Sev1, Self::Sev2, Self::Sev3].into_iter().find(|severity| severity.word() == word)
    }
}
