//! A machine of the inventory.

use serde::{Deserialize, Serialize};

use crate::domain::id::HostName;

/// A family of hosts that answers to the same commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// The service console of ESX 3 and 4.
    Esx3,
    /// `ESXi`: busybox, `vim-cmd` and `esxcli`.
    Esxi,
    /// Linux with libvirt.
    Kvm,
    /// Any Linux.
    Linux,
    /// Windows: planned, not yet run.
    Windows,
}

impl Platform {
    /// The PATH in which a host of this platform looks for the programs of an action.
    pub fn default_path(self) -> &'static str {
        match self {
            Self::Esx3 => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/vmware/bin",
            Self::Esxi => "/bin:/sbin:/usr/bin:/usr/sbin",
            Self::Kvm | Self::Linux => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            Self::Windows => "",
        }
    }

    /// The word in articles and in the inventory.
    pub fn word(self) -> &'static str {
        match self {
            Self::Esx3 => "esx3",
            Self::Esxi => "esxi",
            Self::Kvm => "kvm",
            Self::Linux => "linux",
            Self::Windows => "windows",
        }
    }
}

/// A host as the configuration describes it, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Unique in the inventory.
    pub name: HostName,
    /// A name or an address that the bot can connect to.
    pub address: String,
    /// The TCP port of the SSH server.
    pub port: u16,
    /// The login name.
    pub user: String,
    /// At least one.
    pub platforms: Vec<Platform>,
    /// Free words, for people.
    pub labels: Vec<String>,
    /// The SHA-256 fingerprint of the host's key as OpenSSH prints it (`SHA256:...`). A host
    /// without one is listed and refused.
    pub host_key: Option<String>,
    /// Whether the remote wrapper runs through `sudo -n`.
    pub sudo: bool,
    /// Whether algorithms of old servers (SHA-1, CBC, RSA of 1024 bits) are allowed.
    pub legacy: bool,
    /// The PATH for the programs of an action.
    pub path: String,
    /// The folder on the host that keeps the run folders; empty means the wrapper's default.
    pub folder: String,
}
