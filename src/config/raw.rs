//! The file as it is written. Parsing does nothing but parse.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::world::actor::{Person, Role};
use crate::domain::world::host::Platform;

/// Bytes of a configuration file.
pub(super) const FILE_LEN_MAX: u64 = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    #[serde(default)]
    pub ssh: Ssh,
    #[serde(default)]
    pub policy: Policy,
    #[serde(default)]
    pub record: Record,
    #[serde(default)]
    pub person: Vec<Person>,
    #[serde(default)]
    pub host: Vec<Host>,
    pub discord: Option<Discord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Discord {
    /// Where no token belongs: known, so that it is refused with what to do and never shown.
    pub token: Option<serde::de::IgnoredAny>,
    pub token_env: Option<String>,
    pub token_file: Option<String>,
    pub guild: Id,
    #[serde(default)]
    pub channels: Vec<Id>,
    pub incident_channel: Id,
    #[serde(default)]
    pub message_content: bool,
    pub api_url: Option<String>,
    pub gateway_url: Option<String>,
    #[serde(default)]
    pub roles: BTreeMap<String, Role>,
}

/// One of Discord's numbers, with or without quotes.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(u64),
    Text(String),
}

impl Id {
    pub fn number(&self, field: &str) -> Result<u64, String> {
        let wrong = |text: &str| {
            format!("{field}: `{text}` is no id of Discord: digits, from \"Copy ID\" in developer mode")
        };
        match self {
            Self::Number(0) => Err(wrong("0")),
            Self::Number(id) => Ok(*id),
            Self::Text(text) => match text.parse() {
                Ok(id) if id > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(id),
                _ => Err(wrong(text)),
            },
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ssh {
    pub identity: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub anchor_file: Option<String>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Policy {
    pub change: u8,
    pub destructive: u8,
    pub reads: Option<Vec<String>>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { change: 1, destructive: 2, reads: None }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
pub(super) struct Host {
    pub name: String,
    pub address: String,
    #[serde(default = "ssh_port")]
    pub port: u16,
    pub user: String,
    pub platforms: Vec<Platform>,
    #[serde(default)]
    pub labels: Vec<String>,
    pub host_key: Option<String>,
    #[serde(default)]
    pub sudo: bool,
    #[serde(default)]
    pub legacy: bool,
    pub path: Option<String>,
    #[serde(default)]
    pub folder: String,
}

fn ssh_port() -> u16 {
    22
}
