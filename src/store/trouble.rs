//! What goes wrong inside sled: its errors, its panics, and which of them are the system's.
//!
//! Invariant: damage is what the bytes say. A panic inside sled, which damaged files can cause, becomes an
//! [`EngineError`], and an error of the system is never called damage.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::error::{Fault, StoreError};

/// What went wrong in the engine.
#[derive(Debug, thiserror::Error)]
pub(super) enum EngineError {
    #[error("sled: {0}")]
    Sled(#[from] sled::Error),
    #[error("sled panicked: {0}")]
    Panic(String),
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("the head in the engine is not the one that was written last")]
    Head,
}

impl EngineError {
    /// The error of the system that is behind it, if one is: a full disk, no more open files, a failing
    /// device. sled passes some on as the text of their `Debug` form, in a copy or in a panic.
    fn of_the_system(&self) -> Option<io::Error> {
        let (code, text) = match self {
            Self::File(error) | Self::Sled(sled::Error::Io(error)) => {
                (error.raw_os_error(), error.to_string())
            }
            Self::Panic(text) => (None, text.clone()),
            Self::Sled(_) | Self::Head => return None,
        };
        let told = || {
            let (_, after) = text.split_once("Os { code: ")?;
            after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        // A place that no file can have was read from damaged bytes.
        let code = code.or_else(told).filter(|code| *code != rustix::io::Errno::INVAL.raw_os_error())?;
        Some(io::Error::from_raw_os_error(code))
    }
}

/// Runs a call into sled; a panic becomes an error.
///
/// After a panic nothing of the engine is used again: opening gives up, and the store is poisoned.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(EngineError::Panic(text.unwrap_or("without a message").to_owned()))
    })
}

/// For `map_err` of what only reads: damage is what the bytes say. What the system says is none.
pub(super) fn damaged(dir: &Path, operation: &'static str) -> impl FnOnce(EngineError) -> StoreError {
    move |error| {
        if let Some(source) = error.of_the_system() {
            return StoreError::System { operation, dir: dir.to_owned(), source };
        }
        let fault = Box::new(Fault::Engine { operation, reason: error.to_string() });
        StoreError::Damaged { dir: dir.to_owned(), fault, source: Some(error.into()) }
    }
}
