//! The state folder: making it durably, keeping it private, syncing and copying what is in it.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::error::StoreError;

/// All that a state folder has of ours.
const OWN: [&str; 7] =
    ["holder", "mark", "mark.new", "record", "record.new", "record.jsonl", "record.jsonl.new"];

/// What an interrupted creation may leave whenever it was: another one is made over it.
const LEFT: [&str; 4] = ["holder", "mark.new", "record.new", "record.jsonl.new"];

/// The engine's folder inside the state folder.
pub(super) fn record(dir: &Path) -> PathBuf {
    dir.join("record")
}

/// Where a record is made before it has its name. No event is ever appended there, so what an
/// interrupted creation left can be removed.
pub(super) fn unfinished(dir: &Path) -> PathBuf {
    dir.join("record.new")
}

/// Whether a creation was interrupted before the record got its name. Nothing beside it counts then.
pub(super) fn is_unfinished(dir: &Path) -> Result<bool, StoreError> {
    Ok(has(&unfinished(dir))? && !has(&record(dir))?)
}

/// Whether something stands at the path; what the system fails to tell is an error.
pub(super) fn has(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(StoreError::file("look for", path))
}

/// Whether a file stands at the path.
pub(super) fn has_file(path: &Path) -> Result<bool, StoreError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::file("look for", path)(error)),
    }
}

/// Says if there is something in a folder that an interrupted creation has not left.
pub(super) fn require_empty(dir: &Path) -> Result<(), StoreError> {
    let failed = |operation| StoreError::file(operation, dir);
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("list")(error)),
    };
    let left = if is_unfinished(dir)? { &OWN[..] } else { &LEFT };
    for entry in entries {
        let name = entry.map_err(failed("list"))?.file_name();
        if left.iter().all(|left| name != *left) {
            return Err(StoreError::NotEmpty { path: dir.to_owned() });
        }
    }
    Ok(())
}

/// Removes a file, or a folder and all that is in it, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    let removed = fs::symlink_metadata(path).and_then(|metadata| {
        if metadata.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    });
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::file("remove what an interrupted creation left at", path)(error))
        }
        _ => Ok(()),
    }
}

/// Creates a folder for its owner only.
pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().mode(0o700).create(path).map_err(StoreError::file("create the folder", path))
}

/// Creates the folder and what is missing above it, for its owner only, so that it survives a power cut.
pub(super) fn make(dir: &Path) -> Result<(), StoreError> {
    let mut missing = Vec::new();
    for path in dir.ancestors().take_while(|path| !path.as_os_str().is_empty()) {
        if has(path)? {
            break;
        }
        missing.push(path);
    }
    for path in missing.into_iter().rev() {
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StoreError::file("create the folder", path)(error)),
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_dir(parent.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

/// Makes the names in a folder durable.
pub(super) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(StoreError::file("sync the folder", path))
}

/// Makes every file in a folder, and the folder itself, durable.
pub(super) fn sync_tree(path: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(path).map_err(StoreError::file("list", path))? {
        let path = entry.map_err(StoreError::file("list", path))?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            File::open(&path).and_then(|file| file.sync_all()).map_err(StoreError::file("sync", &path))?;
        }
    }
    sync_dir(path)
}

/// Copies a folder and what is in it; the copy is for its owner only.
pub(super) fn copy_tree(from: &Path, to: &Path) -> Result<(), StoreError> {
    make_private(to)?;
    for entry in fs::read_dir(from).map_err(StoreError::file("list", from))? {
        let entry = entry.map_err(StoreError::file("list", from))?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_tree(&path, &copy)?;
        } else {
            fs::copy(&path, &copy).map_err(StoreError::file("copy", &path))?;
        }
    }
    Ok(())
}

/// Says if something of ours is no file or folder of its own: a link, a pipe or a device is neither followed, waited
/// for nor given other rights.
pub(super) fn require_plain(dir: &Path) -> Result<(), StoreError> {
    OWN.iter().try_for_each(|name| plain(&dir.join(name)))
}

fn plain(path: &Path) -> Result<(), StoreError> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::file("look at", path)(error)),
    };
    if kind.is_file() {
        return Ok(());
    }
    if !kind.is_dir() {
        return Err(StoreError::NotPlain { path: path.to_owned() });
    }
    for entry in fs::read_dir(path).map_err(StoreError::file("list", path))? {
        plain(&entry.map_err(StoreError::file("list", path))?.path())?;
    }
    Ok(())
}

/// Makes a state folder and what it has of ours its owner's alone.
///
/// A folder that others may look into and that is not ours alone, such as a home or one for temporary files,
/// is refused and left as it is.
pub(super) fn keep_private(dir: &Path) -> Result<(), StoreError> {
    let failed = |operation| StoreError::file(operation, dir);
    let metadata = fs::metadata(dir).map_err(failed("look at"))?;
    if metadata.mode() & 0o077 != 0 {
        for entry in fs::read_dir(dir).map_err(failed("list"))? {
            let name = entry.map_err(failed("list"))?.file_name();
            if OWN.iter().all(|own| name != *own) {
                return Err(StoreError::OpenToOthers { path: dir.to_owned() });
            }
        }
        narrow_one(dir, &metadata)?;
    }
    for path in OWN.map(|name| dir.join(name)) {
        if has(&path)? {
            narrow(&path)?;
        }
    }
    Ok(())
}

/// Makes a file, or a folder and all that is in it, its owner's alone.
pub(super) fn narrow(path: &Path) -> Result<(), StoreError> {
    let metadata = fs::metadata(path).map_err(StoreError::file("look at", path))?;
    narrow_one(path, &metadata)?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path).map_err(StoreError::file("list", path))? {
            narrow(&entry.map_err(StoreError::file("list", path))?.path())?;
        }
    }
    Ok(())
}

fn narrow_one(path: &Path, metadata: &fs::Metadata) -> Result<(), StoreError> {
    let mode = if metadata.is_dir() { 0o700 } else { 0o600 };
    if metadata.mode() & 0o777 == mode {
        return Ok(());
    }
    if metadata.uid() != geteuid().as_raw() {
        return Err(StoreError::OpenToOthers { path: path.to_owned() });
    }
    let narrowed = fs::set_permissions(path, Permissions::from_mode(mode));
    narrowed.map_err(StoreError::file("make its owner's alone", path))
}

/// Whether this very file is what stands at the path.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().and_then(|here| Ok(same(here, fs::metadata(path)?))).unwrap_or(false)
}
