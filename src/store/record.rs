//! The versioned bytes of one event in the engine.
//!
//! A record is `version (1 byte) | hash (32 bytes) | canonical envelope`. It is cut into parts of at
//! most [`PART_LEN_MAX`] bytes under the keys `seq (8 bytes, big-endian) | part (1 byte, from 0)`:
//! sled splits a leaf by the number of its entries (more than 16), not by their size, and moves a
//! leaf over 128 KiB to a file that it does not sync. Parts keep a leaf far below that.
//!
//! A flipped bit in a record is noticed by the version or by the hash, never here: this codec only
//! takes apart and puts together.

use crate::domain::audit::chain::{EVENT_LEN_MAX, Envelope};
use crate::domain::id::Digest;

/// An event that is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded<E> {
    /// What was hashed.
    pub envelope: Envelope<E>,
    /// The hash over the event before and this one.
    pub hash: Digest,
}

/// The version of the bytes that this module writes.
pub(super) const RECORD_VERSION: u8 = 1;

/// Bytes of one value in the engine at the most: 31 of them still fit below 128 KiB.
pub(super) const PART_LEN_MAX: usize = 4096;

const HEADER_LEN: usize = 1 + 32;
const PARTS_MAX: usize = (HEADER_LEN + EVENT_LEN_MAX).div_ceil(PART_LEN_MAX);
const _: () = assert!(PARTS_MAX <= 255, "a part's number is one byte");

/// Bytes of a key.
pub(super) const KEY_LEN: usize = 8 + 1;

/// One event: its hash and what was hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub hash: Digest,
    pub canonical_envelope: Vec<u8>,
}

/// Why bytes are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordError {
    /// Too few bytes, or version 0.
    Malformed,
    /// A version that came later.
    Newer(u8),
}

impl Record {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.canonical_envelope.len());
        bytes.push(RECORD_VERSION);
        bytes.extend_from_slice(&self.hash.0);
        bytes.extend_from_slice(&self.canonical_envelope);
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let (&version, rest) = bytes.split_first().ok_or(RecordError::Malformed)?;
        match version {
            RECORD_VERSION => {
                let (hash, envelope) = rest.split_first_chunk::<32>().ok_or(RecordError::Malformed)?;
                Ok(Self { hash: Digest(*hash), canonical_envelope: envelope.to_vec() })
            }
            0 => Err(RecordError::Malformed),
            newer => Err(RecordError::Newer(newer)),
        }
    }
}

/// The key of one part.
pub(super) fn key(seq: u64, part: u8) -> [u8; KEY_LEN] {
    let mut key = [0; KEY_LEN];
    key[..8].copy_from_slice(&seq.to_be_bytes());
    key[8] = part;
    key
}

/// The event and the part that a key names.
pub(super) fn parse_key(key: &[u8]) -> Option<(u64, u8)> {
    let (seq, part) = key.split_first_chunk::<8>()?;
    match part {
        [part] => Some((u64::from_be_bytes(*seq), *part)),
        _ => None,
    }
}

/// A record's bytes as the engine keeps them, with their keys.
pub(super) fn parts(seq: u64, record: &[u8]) -> impl Iterator<Item = ([u8; KEY_LEN], &[u8])> {
    debug_assert!(record.len() <= PARTS_MAX * PART_LEN_MAX, "the caller checked EVENT_LEN_MAX");
    (0..=u8::MAX).zip(record.chunks(PART_LEN_MAX)).map(move |(part, bytes)| (key(seq, part), bytes))
}

/// Puts parts together again, in the order of their keys.
#[derive(Debug)]
pub(super) struct Assembly {
    after: u64,
    current: Option<(u64, u8, Vec<u8>)>,
}

/// A part is missing or stands where none should; this is the event it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InPieces(pub u64);

impl Assembly {
    /// Of the events after this one.
    pub(super) fn after(seq: u64) -> Self {
        Self { after: seq, current: None }
    }

    /// Takes the next part; gives back the record that ended before it, if one did.
    pub(super) fn push(&mut self, key: &[u8], bytes: &[u8]) -> Result<Option<(u64, Vec<u8>)>, InPieces> {
        let here = self.current.as_ref().map_or(self.after, |(seq, ..)| *seq);
        let (seq, part) = parse_key(key).ok_or(InPieces(here + 1))?;
        match &mut self.current {
            Some((open, last, record)) if *open == seq => {
                if last.checked_add(1) != Some(part) {
                    return Err(InPieces(seq));
                }
                *last = part;
                record.extend_from_slice(bytes);
                Ok(None)
            }
            // Events count from 1 without gaps, parts from 0.
            _ if seq != here + 1 || part != 0 => Err(InPieces(here + 1)),
            _ => Ok(self.current.replace((seq, part, bytes.to_vec())).map(|(seq, _, record)| (seq, record))),
        }
    }

    /// The last record.
    pub(super) fn finish(self) -> Option<(u64, Vec<u8>)> {
        self.current.map(|(seq, _, record)| (seq, record))
    }
}
