//! Why nothing is imported, or one text is not, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::limits::{NUMBER_MAX, TEXTS_MAX};
use crate::kb::files::{FILE_LEN_MAX, KbError};

/// Why nothing can be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The articles or the drafts can't be read.
    #[error(transparent)]
    Kb(#[from] KbError),
    /// The folder for the drafts can't be made or looked at.
    #[error("cannot use {} as the folder of drafts", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// People would be answered from what is written there.
    #[error("{} is part of the knowledge base: drafts in it would be answered from; name {} or a folder elsewhere", path.display(), drafts.display())]
    Published {
        /// The folder that was named.
        path: PathBuf,
        /// The folder for drafts.
        drafts: PathBuf,
    },
}

/// Why a text is not imported.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It can't be read.
    #[error("cannot read it: {source}")]
    Look {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// More than is read.
    #[error("more than {TEXTS_MAX} texts or too many other files; import its folders one by one")]
    TooMany,
    /// It, or the draft it would become, is longer than an article may be.
    #[error("longer than the {FILE_LEN_MAX} bytes of an article; split it")]
    TooLong,
    /// The draft would hold more of something than an article may.
    #[error("{what}; {advice}")]
    TooMuch {
        /// Of what.
        what: String,
        /// What to do.
        advice: String,
    },
    /// Bytes that its own byte-order mark contradicts.
    #[error("it says that it is {encoding} and is not; save it as UTF-8")]
    Encoding {
        /// The name of the encoding.
        encoding: &'static str,
    },
    /// A control character.
    #[error(
        "no text: U+{character:04X} in line {line}, read as {encoding}; export it as text, HTML or Markdown"
    )]
    Binary {
        /// How it was read.
        encoding: &'static str,
        /// From 1.
        line: usize,
        /// The character.
        character: u32,
    },
    /// Not a word, or a title at the most.
    #[error("there are no words in it, except perhaps a title; write what it should say")]
    Empty,
    /// Something in it would not be read back as it stands.
    #[error("no draft of it could be read back without harm; copy its words into an article by hand")]
    NoDraft,
    /// Every number behind the id is taken.
    #[error("the ids `{id}` to `{id}-{NUMBER_MAX}` are taken; rename the text or tidy up the drafts")]
    Taken {
        /// The id.
        id: String,
    },
    /// The draft can't be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The draft.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}
