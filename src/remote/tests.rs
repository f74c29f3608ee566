//! The remote side against a real OpenSSH server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod connecting;
mod live;
mod looks;
mod loss;
mod runs;
mod said;
mod session;
mod soak;
#[path = "../../tests/it/sshd.rs"]
mod sshd;
mod wire;

use self::sshd::Sshd;
use super::SshConfig;
use crate::domain::id::Digest;
use crate::domain::plan::HostPlan;
use crate::domain::world::action::VerifyBefore;

fn config(sshd: &Sshd) -> SshConfig {
    SshConfig::new(sshd.identity.clone())
}

fn host(sshd: &Sshd) -> HostPlan {
    HostPlan {
        port: sshd.port,
        user: sshd.user.clone(),
        host_key: sshd.host_key.clone(),
        folder: sshd.folder.join("runs").display().to_string(),
        ..unreachable_host()
    }
}

fn unreachable_host() -> HostPlan {
    HostPlan {
        name: "target".into(),
        address: "127.0.0.1".to_owned(),
        port: 1,
        user: "nobody".to_owned(),
        jump: Vec::new(),
        sudo: false,
        legacy: false,
        host_key: String::new(),
        path: "/usr/local/bin:/usr/bin:/bin".to_owned(),
        folder: String::new(),
        steps: Vec::new(),
        verify: Vec::new(),
        verify_before: VerifyBefore::default(),
        rollback: None,
        rollback_from_step: 1,
        wrapper: Digest::of(b""),
    }
}
