//! Raw TOML becomes a checked configuration: people, policy, inventory, the bot's SSH key.
//!
//! Invariant: an invalid configuration is no configuration. Every error names the file, the entry
//! and what to do; nothing is guessed.

pub mod discord;
mod error;
mod host;
mod inventory;
mod places;
mod raw;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use error::ConfigError;
pub use inventory::Inventory;

use self::discord::Discord;
use places::resolved;
use raw::FILE_LEN_MAX;

use crate::domain::id::HostName;
use crate::domain::policy::Policy;
use crate::domain::policy::reads::ReadList;
use crate::domain::world::actor::People;
use crate::domain::world::host::Host;

/// The configuration file that is read if none is named and it is there.
pub const DEFAULT_FILE: &str = "dogwatch.toml";

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
    /// The file elsewhere to which heads of the record are appended.
    pub anchor_file: Option<PathBuf>,
    /// How to be on Discord, if it is configured.
    pub discord: Option<Discord>,
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
        let anchor_file = raw.record.anchor_file.map(|file| resolved(folder, &file));
        let checked = raw.discord.map(|section| discord::checked(section, folder)).transpose();
        let checked = checked.map_err(|problem| ConfigError::Discord { path: owned(), problem })?;
        let (discord, groups) = checked.unzip();
        let people = people.with_groups(groups.unwrap_or_default());
        Ok(Self { people, policy, inventory: hosts, identity, anchor_file, discord })
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

#[cfg(test)]
mod tests;
