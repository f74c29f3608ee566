//! A head that was told, and whether its event is still in a record.
//!
//! A chain proves that nothing in it was changed, not that nothing is missing at its end: whoever cuts it,
//! sets it back or makes it anew leaves one that holds. A head that somebody kept elsewhere shows that.

use std::fmt;
use std::str::FromStr;

use super::chain::Head;
use crate::domain::id::{Digest, IdError};

/// A head as it was told: `SEQ:HASH`, or the hash alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The event, if it was told.
    pub seq: Option<u64>,
    /// Its hash.
    pub hash: Digest,
}

/// Why a text is no anchor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// What stands before the colon.
    #[error("`{0}` is not the number of an event: a head is SEQ:HASH as it was told, or the hash alone")]
    Seq(String),
    /// The hash.
    #[error("{0}: a head is SEQ:HASH as it was told, or the hash alone")]
    Hash(#[from] IdError),
}

impl From<Head> for Anchor {
    fn from(head: Head) -> Self {
        Self { seq: Some(head.seq), hash: head.hash }
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "{seq}:{}", self.hash),
            None => write!(f, "{}", self.hash),
        }
    }
}

impl FromStr for Anchor {
    type Err = AnchorError;

    fn from_str(text: &str) -> Result<Self, AnchorError> {
        let (seq, hash) = match text.split_once(':') {
            Some((seq, hash)) => (Some(seq.parse().map_err(|_| AnchorError::Seq(seq.to_owned()))?), hash),
            None => (None, text),
        };
        Ok(Self { seq, hash: hash.parse()? })
    }
}

/// What a record says of an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchored {
    /// Its event is in the record.
    Here(u64),
    /// The record ends at this event, before the one of the anchor.
    EndsBefore(u64),
    /// The event of its number has another hash.
    Another,
    /// No event has its hash.
    Nowhere,
}

/// The search for an anchor among the events of a chain, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    anchor: Anchor,
    last: u64,
    here: Option<u64>,
}

impl Search {
    /// A search that has seen nothing.
    pub fn new(anchor: Anchor) -> Self {
        Self { anchor, last: 0, here: None }
    }

    /// Takes in the next sound event.
    pub fn see(&mut self, head: Head) {
        self.last = head.seq;
        if head.hash == self.anchor.hash && self.anchor.seq.is_none_or(|seq| seq == head.seq) {
            self.here = Some(head.seq);
        }
    }

    /// What was found among the events seen.
    pub fn found(&self) -> Anchored {
        match (self.here, self.anchor.seq) {
            (Some(seq), _) => Anchored::Here(seq),
            (None, Some(seq)) if seq > self.last => Anchored::EndsBefore(self.last),
            (None, Some(_)) => Anchored::Another,
            (None, None) => Anchored::Nowhere,
        }
    }
}

#[cfg(test)]
mod tests;
