//! Looks at a host: can the bot reach it, is it the right one, does it have what a run needs.
//!
//! Changes nothing on the host but the folder for what runs leave behind, which a run would make. It takes no
//! approved plan, and executes only the wrapper's `ground`, `leave` and `have`.

use super::answer::Made;
use super::config::SshConfig;
use super::error::RemoteError;
use super::ground;
use super::session::Session;
use super::wire::{About, Payload, Place, Verb, fresh_run_id, wrapper_digest};
use crate::app::ports::HostCheck;
use crate::domain::plan::{FIRST_STEP, HostPlan};
use crate::domain::world::action::VerifyBefore;
use crate::domain::world::host::Host;

/// Programs looked for in one exchange.
const PROGRAMS_MAX: usize = 64;

/// Looks at everything that can be seen without running an action.
pub(super) async fn check(config: &SshConfig, host: &Host, programs: &[String]) -> HostCheck {
    let plan = plan_of(host);
    let mut findings = Vec::new();
    let session = match Session::connect(config, &plan).await {
        Ok(session) => session,
        Err(error) => {
            findings.push(unreachable(host, &error));
            return HostCheck { findings };
        }
    };
    findings.push(well("login", format!("{}@{}:{}, pinned key", host.user, host.address, host.port)));
    match ground::make(&session, &plan, wrapper_digest()).await {
        Ok(made) => {
            if host.sudo {
                findings.push(well("sudo", "runs the wrapper without a password".to_owned()));
            }
            findings.extend(ground_findings(&made));
            // What was made to try is removed again; a week later at the latest.
            let _left = ground::leave(&session, &plan, wrapper_digest(), &made.ground).await;
        }
        Err(error) => {
            let name = match error {
                RemoteError::Folder { .. } => "folder",
                _ if host.sudo && is_of_sudo(&error) => "sudo",
                _ => "wrapper",
            };
            findings.push((name.to_owned(), false, error.advice()));
            return HostCheck { findings };
        }
    }
    findings.extend(look_for_programs(&session, &plan, programs).await);
    HostCheck { findings }
}

/// What making ground has shown.
fn ground_findings(made: &Made) -> [(String, bool, String); 2] {
    let folder = &made.ground.folder;
    let folder = if made.has_room {
        well("folder", format!("{folder} takes what runs leave behind"))
    } else {
        let what = format!(
            "the disk with {folder} is full: runs work, but what they print is held in memory and gone a quarter \
             of an hour after their end. Make room, or set `folder` for the host to another place."
        );
        ("folder".to_owned(), false, what)
    };
    [well("wrapper", answered(&made.ground.boot.0)), folder]
}

fn well(name: &str, what: String) -> (String, bool, String) {
    (name.to_owned(), true, what)
}

fn answered(boot: &str) -> String {
    match boot {
        "none" => {
            "answers, but the host has no boot id: a run whose connection is lost stays unknown".to_owned()
        }
        boot => format!("answers, boot id {boot}"),
    }
}

fn is_of_sudo(error: &RemoteError) -> bool {
    matches!(error, RemoteError::NoAnswer { said, .. } if said.contains("sudo"))
}

fn unreachable(host: &Host, error: &RemoteError) -> (String, bool, String) {
    let name = match error {
        RemoteError::WrongHostKey { .. } => "host key",
        RemoteError::LoginRefused { .. }
        | RemoteError::SecondMethod { .. }
        | RemoteError::Login { .. }
        | RemoteError::NotUtf8 { .. }
        | RemoteError::TimedOut { .. }
        | RemoteError::ReadIdentity { .. } => "login",
        _ => "connection",
    };
    let what = match error {
        RemoteError::WrongHostKey { presented, .. } if host.host_key.is_none() => format!(
            "no key is pinned; the host shows {}. Compare with `ssh-keygen -lf \
             /etc/ssh/ssh_host_ed25519_key.pub` on its own console, then put it into the inventory as host_key.",
            presented.join(", ")
        ),
        error => error.advice(),
    };
    (name.to_owned(), false, what)
}

/// Over a second channel at least, after the first is closed: a run needs several in one connection.
async fn look_for_programs(
    session: &Session,
    host: &HostPlan,
    programs: &[String],
) -> Vec<(String, bool, String)> {
    let (paths, names): (Vec<String>, Vec<String>) =
        programs.iter().cloned().partition(|program| program.contains('/'));
    let mut findings = Vec::new();
    let mut rest = names.as_slice();
    loop {
        let (some, others) = rest.split_at(rest.len().min(PROGRAMS_MAX));
        findings.extend(look_in(session, host, some).await);
        rest = others;
        if rest.is_empty() {
            break;
        }
    }
    for path in paths {
        // A program with a path is looked for in its own folder.
        let (folder, name) = path.rsplit_once('/').unwrap_or_default();
        let folder =
            HostPlan { path: if folder.is_empty() { "/" } else { folder }.to_owned(), ..host.clone() };
        for (_, found, what) in look_in(session, &folder, &[name.to_owned()]).await {
            findings.push((path.clone(), found, what));
        }
    }
    findings
}

async fn look_in(session: &Session, host: &HostPlan, names: &[String]) -> Vec<(String, bool, String)> {
    match missing(session, host, names).await {
        Err(error @ RemoteError::Open { .. }) => vec![("second channel".to_owned(), false, error.advice())],
        Err(error) => vec![("programs".to_owned(), false, error.advice())],
        Ok(missing) => names
            .iter()
            .map(|name| {
                if !missing.contains(name) {
                    return well(name, "found".to_owned());
                }
                let advice = format!("not found in {}. Install it or set `path` for the host.", host.path);
                (name.clone(), false, advice)
            })
            .collect(),
    }
}

/// Which of the programs are not in the PATH of the host.
async fn missing(session: &Session, host: &HostPlan, names: &[String]) -> Result<Vec<String>, RemoteError> {
    let about = About { host, run: fresh_run_id()?, digest: wrapper_digest(), place: Place::NONE };
    let ask = about.ask_with(Verb::Have, Payload::Programs(names))?;
    let answer = ask.over(session.open().await?).await?;
    answer.missing().ok_or_else(|| RemoteError::NoAnswer {
        host: host.name.clone(),
        verb: "have",
        status: None,
        said: format!("{:?}", answer.state),
    })
}

/// What is needed to connect to a host outside of any plan.
fn plan_of(host: &Host) -> HostPlan {
    HostPlan {
        name: host.name.clone(),
        address: host.address.clone(),
        port: host.port,
        user: host.user.clone(),
        jump: Vec::new(),
        sudo: host.sudo,
        legacy: host.legacy,
        host_key: host.host_key.clone().unwrap_or_default(),
        path: host.path.clone(),
        folder: host.folder.clone(),
        steps: Vec::new(),
        verify: Vec::new(),
        verify_before: VerifyBefore::default(),
        rollback: None,
        rollback_from_step: FIRST_STEP,
        wrapper: wrapper_digest(),
    }
}
