//! The risk table: what a start needs. A configuration can only make it stricter.

pub mod basis;
pub mod catalogue;
pub mod reads;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::canonical;
use crate::domain::id::{Digest, GroupId};
use crate::domain::world::action::Risk;
use crate::domain::world::actor::{People, Person, Role};
use basis::Basis;
use reads::ReadList;

/// Milliseconds a request waits for its approvals.
pub const REQUEST_TTL_MS: u64 = 30 * 60 * 1000;
/// Milliseconds for which an approval is good for a start.
pub const APPROVAL_TTL_MS: u64 = 10 * 60 * 1000;
/// Other persons that a policy can ask for.
pub const APPROVALS_MAX: u8 = 5;

/// Other persons that the risk table asks for before a `change`.
const CHANGE_LEAST: u8 = 1;
/// Other persons that the risk table asks for before something `destructive`.
const DESTRUCTIVE_LEAST: u8 = 2;

/// What the configuration asks for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Other persons who must approve a `change`; at least 1.
    pub change: u8,
    /// Other persons who must approve something `destructive`; at least 2.
    pub destructive: u8,
    /// The programs that are believed to be reading ones.
    pub reads: ReadList,
}

/// Why a policy is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "policy: `{risk}` can't need {asked} approvals: between {least} and {APPROVALS_MAX}, it can only be stricter than the risk table"
)]
pub struct PolicyError {
    risk: Risk,
    asked: u8,
    least: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Self { change: CHANGE_LEAST, destructive: DESTRUCTIVE_LEAST, reads: ReadList::default() }
    }
}

impl Policy {
    /// Checks that nothing is laxer than the risk table.
    pub fn new(change: u8, destructive: u8, reads: ReadList) -> Result<Self, PolicyError> {
        let asked =
            [(Risk::Change, change, CHANGE_LEAST), (Risk::Destructive, destructive, DESTRUCTIVE_LEAST)];
        for (risk, asked, least) in asked {
            if asked < least || asked > APPROVALS_MAX {
                return Err(PolicyError { risk, asked, least });
            }
        }
        Ok(Self { change, destructive, reads })
    }

    /// What a start of this risk needs: never less than the risk table, however the policy was made.
    pub fn basis(&self, risk: Risk) -> Basis {
        match risk {
            Risk::Read => Basis::NoneNeeded,
            Risk::Change => Basis::Quorum(self.change.max(CHANGE_LEAST)),
            Risk::Destructive => Basis::Quorum(self.destructive.max(DESTRUCTIVE_LEAST)),
        }
    }

    /// The revision that plans name: policy and people together, since who may approve is policy.
    pub fn revision(&self, people: &People) -> Digest {
        #[derive(Serialize)]
        struct Revision<'a> {
            change: u8,
            destructive: u8,
            reads: Vec<String>,
            people: Vec<&'a Person>,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            groups: &'a BTreeMap<GroupId, Role>,
        }
        let revision = Revision {
            change: self.change,
            destructive: self.destructive,
            reads: self.reads.entries(),
            people: people.iter().collect(),
            groups: people.groups(),
        };
        // Strings and small integers always have canonical bytes.
        Digest::of(&canonical::canonical(&revision).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
