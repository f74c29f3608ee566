//! The bytes of the entries beside the events.
//!
//! An entry is cut into parts of at most [`PART_LEN_MAX`] bytes under the keys
//! `name | 0 | part (2 bytes, big-endian, from 0)`, for the reason given in `record`.

use super::record::PART_LEN_MAX;

/// What is kept beside the events, by name.
pub type Entries = [(String, Vec<u8>)];

/// Bytes of one entry at the most.
pub(super) const ENTRY_LEN_MAX: usize = 1024 * 1024;

const _: () = assert!(ENTRY_LEN_MAX / PART_LEN_MAX <= u16::MAX as usize, "a part's number has two bytes");

/// What all keys of an entry begin with.
pub(super) fn prefix(name: &str) -> Vec<u8> {
    [name.as_bytes(), &[0]].concat()
}

/// An entry as the engine keeps it; an empty one has one part.
pub(super) fn parts<'a>(name: &str, value: &'a [u8]) -> Vec<(Vec<u8>, &'a [u8])> {
    let key = |part: u16| [prefix(name).as_slice(), &part.to_be_bytes()].concat();
    if value.is_empty() {
        return vec![(key(0), value)];
    }
    (0..=u16::MAX).zip(value.chunks(PART_LEN_MAX)).map(|(part, bytes)| (key(part), bytes)).collect()
}

/// Puts entries together from their parts, in the order of their keys. None: a key is no part.
pub(super) fn assembled(parts: impl Iterator<Item = (Vec<u8>, Vec<u8>)>) -> Option<Vec<(String, Vec<u8>)>> {
    let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
    let mut next = 0;
    for (key, bytes) in parts {
        let (name, part) = key.split_last_chunk::<2>()?;
        let (part, name) = (u16::from_be_bytes(*part), name.strip_suffix(&[0])?);
        let name = String::from_utf8(name.to_vec()).ok()?;
        match entries.last_mut() {
            Some((open, value)) if *open == name && part == next => value.extend(bytes),
            _ if part == 0 => {
                entries.push((name, bytes));
                next = 0;
            }
            _ => return None,
        }
        next += 1;
    }
    Some(entries)
}
