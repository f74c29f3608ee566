//! What a verification of the record found.

use super::chain::Head;

/// A part of a record whose events follow from each other, from the first on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound {
    /// Its last event; the sequence is how many there are.
    pub head: Head,
    /// When that happened, in ms since 1970; none where there is no event.
    pub until_ms: Option<u64>,
}

/// The store and its text copy, as they stand on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// What is wrong; nothing where the record holds.
    pub fault: Option<String>,
    /// The sound part of the store.
    pub store: Sound,
    /// The sound part of the text copy; none where there is no copy yet.
    pub text: Option<Sound>,
    /// Both are sound somewhere where they differ: nobody but people can say which one to believe.
    pub contradicts: bool,
    /// A bot has the record open, so that nothing is salvaged of it.
    pub is_in_use: bool,
}
