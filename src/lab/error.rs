//! What can go wrong while the lab is set up or read.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of the lab itself; what a double refuses is printed by the double.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A file or a folder of the lab could not be used.
    #[error("cannot {operation} {}", path.display())]
    File {
        /// What was tried, such as `create`.
        operation: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The folder holds something that is not a lab; nothing in it was changed.
    #[error("{} is not empty and not a lab: give a new folder", path.display())]
    NotALab {
        /// The folder.
        path: PathBuf,
    },
    /// Another process runs the lab of this folder.
    #[error("the lab in {} is already running", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// A key could not be made, read or written.
    #[error("cannot {operation} the key {}", path.display())]
    Key {
        /// What was tried.
        operation: &'static str,
        /// The file of the key.
        path: PathBuf,
        /// What the key library said.
        #[source]
        source: russh::keys::ssh_key::Error,
    },
    /// A file of the lab does not hold what the lab writes into it.
    #[error("cannot {operation} {}: {reason}", path.display())]
    Content {
        /// What was tried.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A loopback port could not be opened.
    #[error("cannot listen on 127.0.0.1 for the host {}", path.display())]
    Listen {
        /// The folder of the host.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl LabError {
    /// For `map_err`: the operation and the path join the system's error.
    pub(super) fn file(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { operation, path, source }
    }

    /// A file whose content is not understood.
    pub(super) fn content(operation: &'static str, path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Content { operation, path: path.to_owned(), reason: format!("{reason}") }
    }
}
