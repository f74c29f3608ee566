//! What a request becomes: every host, every command line, every limit. It has a digest.
//!
//! Invariant: a plan leaves no choice to whoever executes it. Planning is a function of the
//! request and the catalogue; planning again and comparing digests tells whether anything that
//! was approved has changed.

pub mod approved;
mod checks;
mod differences;
pub mod run_id;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::canonical::{self, CanonicalError};
use crate::domain::id::{ActionId, ArticleId, Digest, HostName, RequestId};
use crate::domain::policy::basis::Basis;
use crate::domain::world::action::{Risk, VerifyBefore};
use crate::domain::world::actor::ActorId;

const PLAN_PREFIX: &[u8] = b"dogwatch-plan-v1\n";

/// Hosts of one plan.
pub const HOSTS_MAX: usize = 16;
/// Canonical bytes of a plan: it must fit into one event.
pub const PLAN_LEN_MAX: usize = 24 * 1024;

/// The number of the first step.
pub const FIRST_STEP: usize = 1;

fn first_step() -> usize {
    FIRST_STEP
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_first_step(step: &usize) -> bool {
    *step == FIRST_STEP
}

/// One command: exactly what is executed and what counts as success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Program and arguments for `exec`.
    pub argv: Vec<String>,
    /// What it reads; none is `/dev/null`.
    pub stdin: Option<String>,
    /// Seconds until it is stopped.
    pub timeout_s: u32,
    /// Exit codes that count as success.
    pub expect_exit: Vec<i32>,
    /// Exit codes that say that it does not apply here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_applicable_exit: Vec<i32>,
    /// A regular expression that standard output must match.
    pub expect_stdout: Option<String>,
    /// One that it must not match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_no_stdout: Option<String>,
}

/// How the effect is seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// A reading command.
    pub command: Command,
    /// For how many seconds to look again.
    pub within_s: u32,
}

/// The way back, shown to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayBack {
    /// There is none, and why.
    None(String),
    /// What people may run.
    Command(Command),
}

/// Everything about one host of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPlan {
    /// Its name in the inventory.
    pub name: HostName,
    /// Where the bot connects.
    pub address: String,
    /// TCP port.
    pub port: u16,
    /// Login name.
    pub user: String,
    /// Hosts in between; none in this version.
    pub jump: Vec<HostName>,
    /// Whether the wrapper runs through `sudo -n`.
    pub sudo: bool,
    /// Whether algorithms of old servers are allowed.
    pub legacy: bool,
    /// The pinned fingerprint.
    pub host_key: String,
    /// Where programs are looked for.
    pub path: String,
    /// The folder for run folders; empty is the wrapper's default.
    pub folder: String,
    /// In order; the first that fails ends the run on this host.
    pub steps: Vec<Command>,
    /// How the effect is seen: all of them must hold.
    #[serde(with = "checks")]
    pub verify: Vec<Check>,
    /// What it means that they hold before step 1.
    #[serde(default, skip_serializing_if = "VerifyBefore::is_default")]
    pub verify_before: VerifyBefore,
    /// The way back.
    pub rollback: Option<WayBack>,
    /// The step, counted from 1, from which on there is something to undo; those before it only look.
    #[serde(default = "first_step", skip_serializing_if = "is_first_step")]
    pub rollback_from_step: usize,
    /// The digest of the remote wrapper that will carry the commands.
    pub wrapper: Digest,
}

impl HostPlan {
    /// Whether both are one machine: the same name, the same address, or the same key.
    pub fn is_same_machine(&self, other: &Self) -> bool {
        self.name == other.name
            || (&self.address, self.port) == (&other.address, other.port)
            || self.host_key == other.host_key
    }
}

/// What is approved, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The request it belongs to.
    pub request: RequestId,
    /// Who wishes it.
    pub requester: ActorId,
    /// Why, in the requester's words; empty if none was given.
    pub reason: String,
    /// The revision of the policy it was planned under.
    pub policy: Digest,
    /// What a start needs.
    pub basis: Basis,
    /// The article that declares the action.
    pub article: ArticleId,
    /// Its bytes, hashed.
    pub revision: Digest,
    /// The action.
    pub action: ActionId,
    /// As the planner sees it: never lower than the author says.
    pub risk: Risk,
    /// Every parameter, defaults filled in.
    pub params: BTreeMap<String, String>,
    /// Each host, in the order of the request.
    pub hosts: Vec<HostPlan>,
}

impl Plan {
    /// The bytes that the digest covers.
    pub fn canonical(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::canonical(self)
    }

    /// The digest that approvals cover.
    pub fn digest(&self) -> Result<Digest, CanonicalError> {
        self.canonical().map(|bytes| plan_digest(&bytes))
    }

    /// Whether both do the same on the same hosts, whoever wishes it and why.
    pub fn does_the_same(&self, other: &Self) -> bool {
        let hosts = |plan: &'_ Self| plan.hosts.iter().map(|host| host.name.clone()).collect::<Vec<_>>();
        (&self.action, &self.params, hosts(self)) == (&other.action, &other.params, hosts(other))
    }
}

/// The digest that approvals cover, over canonical plan bytes.
pub fn plan_digest(canonical_plan: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update(PLAN_PREFIX).chain_update(canonical_plan).finalize().into())
}

/// A command as a shell would read it; words that need no quotes have none.
pub fn command_line(command: &Command) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    let word = |word: &String| match shlex::try_quote(word) {
        _ if !word.is_empty() && word.chars().all(bare) => word.clone(),
        Ok(quoted) => quoted.into_owned(),
        Err(_) => format!("{word:?}"),
    };
    command.argv.iter().map(word).collect::<Vec<_>>().join(" ")
}
