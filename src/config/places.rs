//! Paths as a configuration writes them.

use std::path::{Path, PathBuf};

/// A path in a configuration: `~/` is the home folder, anything relative lies beside the file.
pub(super) fn resolved(folder: &Path, path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => folder.join(path),
    }
}
