//! Raw TOML becomes a checked configuration: people, policy, inventory, the bot's SSH key.
//!
//! Invariant: an invalid configuration is no configuration. Every error names the file, the entry
//! and what to do; nothing is guessed.

pub mod discord;
mod host;
mod raw;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use self::discord::Discord;
use crate::domain::id::HostName;
use crate::domain::policy::reads::ReadList;
use crate::domain::policy::{Policy, PolicyError};
use crate::domain::world::actor::{People, PeopleError};
use crate::domain::world::host::Host;

/// The configuration file that is read if none is named and it is there.
pub const DEFAULT_FILE: &str = "dogwatch.toml";

/// Bytes of a configuration file.
const FILE_LEN_MAX: u64 = 1024 * 1024;

/// What the operator has configured, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Everybody who has a role.
    pub people: People,
    /// What a start needs.
    pub policy: Policy,
    /// The hosts.
    pub inventory: BTreeMap<HostName, Host>,
    /// The bot's private key file.
    pub identity: Option<PathBuf>,
    /// How to be on Discord, if it is configured.
    pub discord: Option<Discord>,
}

/// Whether an inventory may hold the lab's hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inventory {
    /// Real hosts: a name of the lab is refused.
    Real,
    /// The inventory that a lab wrote: only names of the lab are accepted.
    Lab,
}

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

impl Config {
    /// Reads and checks a configuration file.
    pub fn read(path: &Path, inventory: Inventory) -> Result<Self, ConfigError> {
        let read = |source| ConfigError::Read { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(read)?.len() > FILE_LEN_MAX {
            return Err(ConfigError::TooLong { path: path.to_owned() });
        }
        let text = std::fs::read_to_string(path).map_err(read)?;
        Self::parse(&text, path, inventory)
    }

    /// Checks a configuration text; `path` is for errors and for relative paths in it.
    pub fn parse(text: &str, path: &Path, inventory: Inventory) -> Result<Self, ConfigError> {
        let owned = || path.to_owned();
        let raw: raw::Config = toml::from_str(text).map_err(|error| not_understood(error, text, path))?;
        let people =
            People::new(raw.person).map_err(|source| ConfigError::People { path: owned(), source })?;
        let reads = raw.policy.reads.map_or_else(ReadList::default, |entries| ReadList::new(&entries));
        let policy = Policy::new(raw.policy.change, raw.policy.destructive, reads)
            .map_err(|source| ConfigError::Policy { path: owned(), source })?;
        let mut hosts = BTreeMap::new();
        for entry in raw.host {
            let name = entry.name.clone();
            let refused = |problem| ConfigError::Host { path: owned(), host: name.clone(), problem };
            let host = host::checked(entry, inventory).map_err(refused)?;
            if hosts.insert(host.name.clone(), host).is_some() {
                return Err(refused("is listed twice: names are unique".to_owned()));
            }
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let identity = raw.ssh.identity.map(|identity| resolved(folder, &identity));
        let checked = raw.discord.map(|section| discord::checked(section, folder)).transpose();
        let checked = checked.map_err(|problem| ConfigError::Discord { path: owned(), problem })?;
        let (discord, groups) = checked.unzip();
        let people = people.with_groups(groups.unwrap_or_default());
        Ok(Self { people, policy, inventory: hosts, identity, discord })
    }
}

/// What can't be understood, with its line unless that may hold a token.
fn not_understood(error: toml::de::Error, text: &str, path: &Path) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count();
    let shown = text.lines().nth(line).unwrap_or_default();
    if shown.to_ascii_lowercase().contains("token") {
        return ConfigError::SecretSyntax { path: path.to_owned(), line: line + 1 };
    }
    ConfigError::Syntax { path: path.to_owned(), source: Box::new(error) }
}

/// A path in a configuration: `~/` is the home folder, anything relative lies beside the file.
fn resolved(folder: &Path, path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => folder.join(path),
    }
}

#[cfg(test)]
mod tests;
