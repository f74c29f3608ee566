//! Why a configuration is refused, in words that say what to do.

use std::path::PathBuf;

use super::raw::FILE_LEN_MAX;
use crate::domain::policy::PolicyError;
use crate::domain::world::actor::PeopleError;

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("the configuration {path} can't be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is larger than any configuration.
    #[error("the configuration {path} has more than {FILE_LEN_MAX} bytes: is it the right file?")]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// It is no TOML, or a field is missing, unknown or of another type.
    #[error("the configuration {path} can't be understood")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The same in a line that may hold the bot's token, so it is not shown.
    #[error(
        "{path}: line {line} can't be understood; it is not shown, for it may hold the bot's token, which \
         does not belong in this file: name a variable with token_env or a private file with token_file"
    )]
    SecretSyntax {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
    },
    /// An entry of the inventory is wrong.
    #[error("{path}: host `{host}`: {problem}")]
    Host {
        /// The file.
        path: PathBuf,
        /// The host's name.
        host: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The Discord section is wrong.
    #[error("{path}: [discord] {problem}")]
    Discord {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The list of persons is wrong.
    #[error("{path}")]
    People {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: PeopleError,
    },
    /// The policy is laxer than the risk table.
    #[error("{path}")]
    Policy {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: PolicyError,
    },
}
