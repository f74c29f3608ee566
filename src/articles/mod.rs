//! The articles of a folder, as the loop needs them: followed, indexed, and at hand for a decision.
//!
//! Everything here stands between files and the ports of [`app`](crate::app): [`library`] answers questions
//! from an index that follows the folder, [`sources`] hands a decision its articles and the configuration as
//! they stand in files now. `following` and `encoding` keep the library up to date while nobody waits,
//! `meaning` is the model beside its index, `found` turns an answer into the words of the domain, `shelf`
//! keeps articles from one decision to the next, `progress` shows whoever waits how far something is.
//!
//! Invariant: nothing is left out without a word: whatever can't be read is told. What it does not do: it
//! takes no Markdown apart ([`kb`](crate::kb)), ranks nothing ([`search`](crate::search)), and decides nothing.

mod encoding;
mod following;
pub(crate) mod found;
pub mod library;
pub mod meaning;
pub(crate) mod progress;
pub(crate) mod shelf;
pub mod sources;
