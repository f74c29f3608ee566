//! The lab as an inventory: in memory, and as a configuration file for another process.

use std::path::Path;

use serde::Serialize;

use super::error::LabError;
use super::files::replace;
use super::setup::{PreparedHost, USER};
use crate::domain::id::HostName;
use crate::domain::world::host::{Host, Platform};

/// The host as the rest of dogwatch knows it.
pub fn host(prepared: &PreparedHost, port: u16) -> Host {
    let below = |name: &str| prepared.folder.join(name).display().to_string();
    Host {
        name: HostName::from(prepared.part.name),
        address: "127.0.0.1".to_owned(),
        port,
        user: USER.to_owned(),
        platforms: prepared.part.platforms.to_vec(),
        labels: vec!["lab".to_owned()],
        host_key: Some(prepared.fingerprint()),
        sudo: false,
        legacy: false,
        path: below("bin"),
        folder: below("runs"),
    }
}

#[derive(Serialize)]
struct File<'a> {
    ssh: Ssh<'a>,
    host: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Ssh<'a> {
    identity: &'a Path,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    address: &'a str,
    port: u16,
    user: &'a str,
    platforms: &'a [Platform],
    labels: &'a [String],
    host_key: Option<&'a str>,
    path: &'a str,
    folder: &'a str,
}

/// Writes `hosts` in the format of the configuration.
pub fn write(path: &Path, identity: &Path, hosts: &[Host]) -> Result<(), LabError> {
    let host = hosts.iter().map(entry).collect();
    let text = toml::to_string(&File { ssh: Ssh { identity }, host })
        .map_err(|error| LabError::content("write", path, error))?;
    replace(path, text.as_bytes())
}

fn entry(host: &Host) -> Entry<'_> {
    Entry {
        name: host.name.as_str(),
        address: &host.address,
        port: host.port,
        user: &host.user,
        platforms: &host.platforms,
        labels: &host.labels,
        host_key: host.host_key.as_deref(),
        path: &host.path,
        folder: &host.folder,
    }
}
