//! The files of the model, pinned: sizes and digests stand here, and nothing else is ever loaded.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use rustix::fs::OFlags;

use super::error::ModelError;
use crate::domain::id::Digest;
use crate::regular_file;

/// A file that has exactly one content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pinned {
    pub name: &'static str,
    pub len: u64,
    pub sha256: &'static str,
}

pub(super) const WEIGHTS: Pinned = Pinned {
    name: "model.safetensors",
    len: 90_868_376,
    sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
};
pub(super) const TOKENIZER: Pinned = Pinned {
    name: "tokenizer.json",
    len: 466_247,
    sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
};
/// The small one first: what is wrong with a source shows early.
pub(super) const ALL: [Pinned; 2] = [TOKENIZER, WEIGHTS];

impl Pinned {
    /// The bytes of this file in a folder.
    pub(super) fn read(&self, folder: &Path) -> Result<Vec<u8>, ModelError> {
        let path = folder.join(self.name);
        let file = match open(&path) {
            Err(ModelError::Read { source, .. })
                if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Err(ModelError::Missing { folder: folder.to_owned() });
            }
            other => other?,
        };
        let mut bytes = Vec::new();
        let read = file.take(self.len + 1).read_to_end(&mut bytes);
        read.map_err(|source| ModelError::Read { path: path.clone(), source })?;
        self.check(&path.display().to_string(), bytes.len() as u64, &Digest::of(&bytes).to_string())?;
        Ok(bytes)
    }

    /// Whether what came from `origin` is this file.
    pub(super) fn check(&self, origin: &str, len: u64, digest: &str) -> Result<(), ModelError> {
        let origin = origin.to_owned();
        if len != self.len {
            Err(ModelError::Length { origin, expected: self.len, got: len })
        } else if digest != self.sha256 {
            Err(ModelError::Digest { origin, expected: self.sha256, got: digest.to_owned() })
        } else {
            Ok(())
        }
    }
}

/// Opens a regular file.
pub(super) fn open(path: &Path) -> Result<File, ModelError> {
    let opened = regular_file::open(path, OFlags::empty());
    let file = opened.and_then(|file| file.ok_or_else(|| io::Error::other("it is no regular file")));
    file.map_err(|source| ModelError::Read { path: path.to_owned(), source })
}
