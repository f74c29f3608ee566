//! How much is imported at once.

/// Texts that are taken in at once.
pub(super) const TEXTS_MAX: usize = 2_000;
/// Drafts that may want the same id.
pub(super) const NUMBER_MAX: usize = 1000;
