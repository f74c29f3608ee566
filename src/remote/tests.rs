//! The remote side against a real OpenSSH server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod looks;
mod runs;
mod session;
#[path = "../../tests/sshd/mod.rs"]
mod sshd;

use self::sshd::Sshd;
use super::SshConfig;
use crate::domain::id::Digest;
use crate::domain::plan::HostPlan;

fn config(sshd: &Sshd) -> SshConfig {
    SshConfig::new(sshd.identity.clone())
}

fn host(sshd: &Sshd) -> HostPlan {
    HostPlan {
        name: "target".into(),
        address: "127.0.0.1".to_owned(),
        port: sshd.port,
        user: sshd.user.clone(),
        jump: Vec::new(),
        sudo: false,
        legacy: false,
        host_key: sshd.host_key.clone(),
        path: "/usr/local/bin:/usr/bin:/bin".to_owned(),
        folder: sshd.folder.join("runs").display().to_string(),
        steps: Vec::new(),
        verify: None,
        rollback: None,
        wrapper: Digest::of(b""),
    }
}
