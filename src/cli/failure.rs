//! Failures of commands, each with its exit status.

use crate::config::ConfigError;
use crate::kb::KbError;
use crate::kb::import::ImportError;
use crate::model::ModelError;

/// Why a command failed.
pub(super) enum Failure {
    /// Something went wrong: exit status 1.
    Failed(anyhow::Error),
    /// Usage or configuration: exit status 2.
    Usage(anyhow::Error),
    /// It has been said already: exit status 1.
    Said,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let no_model = matches!(error.downcast_ref(), Some(ModelError::Missing { .. }));
        let usage =
            no_model || error.is::<ConfigError>() || error.is::<KbError>() || error.is::<ImportError>();
        if usage { Self::Usage(error) } else { Self::Failed(error) }
    }
}

/// The end of a command.
pub(super) type Done = Result<(), Failure>;
