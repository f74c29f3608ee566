//! Folders of files: copied whole, listed whole. Nothing here knows what a file means.

use std::fs;
use std::path::{Path, PathBuf};

/// Copies all that a folder holds. A folder that is made is as private as the one it is made from: the
/// record is believed in a private folder only.
pub fn copy(from: &Path, to: &Path) {
    if !to.exists() {
        fs::create_dir_all(to).unwrap();
        fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    }
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The paths of all files below a folder, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
