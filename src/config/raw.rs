//! The file as it is written. Parsing does nothing but parse.

use serde::Deserialize;

use crate::domain::actor::Person;
use crate::domain::host::Platform;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    #[serde(default)]
    pub ssh: Ssh,
    #[serde(default)]
    pub policy: Policy,
    #[serde(default)]
    pub person: Vec<Person>,
    #[serde(default)]
    pub host: Vec<Host>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ssh {
    pub identity: Option<String>,
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
