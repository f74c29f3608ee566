//! The origin of an index: the one in its folder, or one that was built, and why.

use super::folder::Unusable;

/// Where the index in use comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The one in the folder was good.
    Reused,
    /// The one in the folder was good, and has been brought up to date.
    Updated,
    /// It was built anew, for this reason.
    Rebuilt(Unusable),
    /// It was built and is in memory only, because no folder was given.
    Memory,
    /// It was built and is in memory only: what to tell people.
    Unsaved(String),
}
