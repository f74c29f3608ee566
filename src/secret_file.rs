//! Reading files that hold a secret: a key to log in with, a token.
//!
//! Invariant: what others can read is no secret any more, and what others can write is not ours. Only a file
//! that the service manager hands over, below `$CREDENTIALS_DIRECTORY`, may be read by its group.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The folder of the credentials of a service (systemd.exec(5)).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Why a secret is not read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The system failed.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Others may read or write the file.
    #[error("{who} can {what} {}: `chmod 600` it, and put a new secret into it if it may have been {done}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Who.
        who: &'static str,
        /// `read` or `write`.
        what: &'static str,
        /// What they may have done by now.
        done: &'static str,
    },
}

/// The text of a secret file, at most so many bytes of it.
pub(crate) fn read(path: &Path, len_max: u64) -> Result<String, SecretError> {
    let file = File::open(path)?;
    let credentials = std::env::var_os(CREDENTIALS);
    let mode = file.metadata()?.mode();
    if let Some((who, what, done)) = fault(mode, is_below(path, credentials.as_deref())) {
        return Err(SecretError::Open { path: path.to_owned(), who, what, done });
    }
    let mut text = String::new();
    file.take(len_max).read_to_string(&mut text)?;
    Ok(text)
}

/// Who can do what with a file of this mode that they must not.
fn fault(mode: u32, is_credential: bool) -> Option<(&'static str, &'static str, &'static str)> {
    [
        (0o002, "everybody", "write", "changed"),
        (0o004, "everybody", "read", "read"),
        (0o020, "its group", "write", "changed"),
        (0o040, "its group", "read", "read"),
    ]
    .into_iter()
    .find(|(bit, ..)| mode & bit != 0 && !(is_credential && *bit == 0o040))
    .map(|(_, who, what, done)| (who, what, done))
}

fn is_below(path: &Path, folder: Option<&OsStr>) -> bool {
    let Some(folder) = folder.filter(|folder| !folder.is_empty()) else { return false };
    let whole = |path: &Path| path.canonicalize().ok();
    whole(path).zip(whole(Path::new(folder))).is_some_and(|(path, folder)| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_may_write_a_secret_and_only_the_group_of_a_credential_may_read_it() {
        for mode in [0o600, 0o400, 0o700] {
            assert_eq!(fault(mode, false), None, "{mode:o}");
        }
        for (mode, who, what) in [
            (0o602, "everybody", "write"),
            (0o644, "everybody", "read"),
            (0o660, "its group", "write"),
            (0o640, "its group", "read"),
        ] {
            let (found, can, _) = fault(mode, false).unwrap_or_default();
            assert_eq!((found, can), (who, what), "{mode:o}");
        }
        assert_eq!(fault(0o440, true), None);
        for mode in [0o444, 0o460, 0o442] {
            assert!(fault(mode, true).is_some(), "{mode:o}");
        }
    }

    #[test]
    fn credential_is_what_really_lies_in_the_folder() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
        std::fs::create_dir(&inside)?;
        std::fs::write(inside.join("key"), "k")?;
        std::fs::write(&outside, "k")?;
        std::os::unix::fs::symlink(&outside, inside.join("link"))?;
        let below = |path: &Path| is_below(path, Some(inside.as_os_str()));
        assert!(below(&inside.join("key")));
        assert!(!below(&outside) && !below(&inside.join("link")) && !below(&inside.join("../out")));
        assert!(!is_below(&inside.join("key"), None) && !is_below(&inside.join("key"), Some(OsStr::new(""))));
        Ok(())
    }
}
