//! Identifiers. People type `i1` and `r1`; machines use 128 random bits and SHA-256 digests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// Why a text is not the identifier it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct IdError {
    text: String,
    expected: &'static str,
    letter: &'static str,
}

impl IdError {
    /// The identifier that was probably meant by a number alone.
    pub fn meant(&self) -> Option<String> {
        let number = self.text.trim_matches(ID_PUNCTUATION);
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        (is_number && !self.letter.is_empty()).then(|| format!("{}{number}", self.letter))
    }
}

/// What people write around an identifier.
pub const ID_PUNCTUATION: &[char] = &[
    '#', ',', ':', '.', ';', '!', '?', '*', '_', '~', '/', '\\', '|', '=', '-', '–', '—', '…', '(', ')', '[',
    ']', '{', '}', '<', '>', '`', '\'', '"', '“', '”', '„', '‘', '’', '«', '»', '，', '：', '。', '！', '？',
];

/// The identifier that somebody typed, whatever its case and the punctuation around it.
pub fn typed<T: FromStr<Err = IdError>>(word: &str) -> Result<T, IdError> {
    word.trim_matches(ID_PUNCTUATION).to_lowercase().parse().or_else(|_: IdError| word.parse())
}

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident, $letter:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let error = || IdError { text: text.to_owned(), expected: $expected, letter: $letter };
                let number = text.strip_prefix($letter).ok_or_else(error)?;
                if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(error());
                }
                number.parse().map(Self).map_err(|_| error())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! hexadecimal {
    ($(#[$doc:meta])* $name:ident, $bytes:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let mut bytes = [0; $bytes];
                match hex::decode_to_slice(text, &mut bytes) {
                    Ok(()) if text == hex::encode(bytes) => Ok(Self(bytes)),
                    _ => Err(IdError { text: text.to_owned(), expected: $expected, letter: "" }),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as people write it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

numbered! {
    /// An incident, typed as `i1`.
    IncidentId, "i", "an incident such as i1"
}
numbered! {
    /// A request, typed as `r1`.
    RequestId, "r", "a request such as r1"
}
numbered! {
    /// An answer that was given, written as `a1`.
    AnswerId, "a", "an answer such as a1"
}
hexadecimal! {
    /// The beginning of a digest, in a reference that a digest does not fit into: 12 lowercase hex
    /// digits. It tells what was shown from anything else by accident, and proves nothing.
    Prefix, 6, "the beginning of a digest: 12 lowercase hex digits"
}
hexadecimal! {
    /// A record: 128 random bits, drawn when it is made; 32 lowercase hex digits.
    StoreId, 16, "a store id of 32 lowercase hex digits"
}
hexadecimal! {
    /// One attempt at a step on one host, or one look at it: 128 bits, 32 lowercase hex digits.
    RunId, 16, "a run id of 32 lowercase hex digits"
}
hexadecimal! {
    /// What tells the ground of a run on a host from any other: 128 random bits, 32 lowercase hex digits.
    Nonce, 16, "a nonce of 32 lowercase hex digits"
}
hexadecimal! {
    /// A SHA-256 digest: 64 lowercase hex digits. Compared in full, shown short.
    Digest, 32, "a SHA-256 digest of 64 lowercase hex digits"
}
named! {
    /// The permanent id of an article, such as `linux-disk-full`.
    ArticleId
}
named! {
    /// The permanent id of an action, such as `esx-vm-stop`.
    ActionId
}
named! {
    /// The name of a host in the inventory.
    HostName
}
named! {
    /// A group of accounts that a chat platform knows, such as `discord:ID` of a role.
    GroupId
}
named! {
    /// Where people talk: in the terminal one conversation an actor, in Discord one a channel.
    ConversationId
}

impl Digest {
    /// The SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The beginning of it, for a reference.
    pub fn prefix(&self) -> Prefix {
        let mut bytes = [0; 6];
        bytes.copy_from_slice(&self.0[..6]);
        Prefix(bytes)
    }

    /// The first 8 bytes as a number: to find something by where nobody gains from a collision.
    pub fn key(&self) -> u64 {
        self.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    /// The first 12 characters, for people to read. Never compare these.
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(12);
        text
    }
}

/// Whether `text` is a permanent id of an article or an action: lowercase words joined by `-`.
pub fn is_slug(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= 64 && text.split('-').all(word)
}

#[cfg(test)]
mod tests;
