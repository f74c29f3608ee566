//! The articles of a folder, as the loop needs them: followed, indexed, and at hand for a decision.
//!
//! Everything here stands between files and the ports of [`app`](crate::app): [`library`] answers questions
//! from an index that follows the folder, [`sources`] hands a decision its articles and the configuration as
//! they stand in files now. `following` and `encoding` keep the library up to date while nobody waits,
//! `meaning` is the model beside its index, `found` turns an answer into the words of the domain, `shelf`
//! keeps articles from one decision to the next, `progress` shows whoever waits how far something is.
//!
//! Invariant: what can't be read takes nothing away that could be read before without a word about it. What
//! it does not do: it reads no Markdown ([`kb`](crate::kb)), ranks nothing ([`search`](crate::search)), and
//! decides nothing.

pub(crate) mod shelf;
