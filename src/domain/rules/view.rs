//! What a decision looks at, and who asked for it.
//!
//! Invariant: denied is the default. Whom nobody named has no role.

use super::reach::Reach;
use crate::domain::audit::chain::Head;
use crate::domain::id::{ConversationId, StoreId};
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::origin::Origin;
use crate::domain::record::state::State;
use crate::domain::refusal::Refusal;
use crate::domain::world::actor::{ActorId, Known, Role};

/// What a decision may use of the outside world.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Milliseconds since 1970, UTC; never before what is recorded.
    pub now_ms: u64,
    /// The same as the machine's clock says it.
    pub wall_ms: u64,
    /// The record that is decided on.
    pub store: StoreId,
    /// Up to where it is on disk.
    pub head: Head,
    /// How reaching hosts has gone in this life of the bot.
    pub reach: &'a Reach,
}

/// Everything a decision looks at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What has happened.
    pub state: &'a State,
    /// What is configured and written.
    pub catalogue: &'a Catalogue,
    /// Time and chance.
    pub context: Context<'a>,
}

/// A person's command with where it came from.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The account.
    pub actor: &'a ActorId,
    /// The conversation.
    pub conversation: &'a ConversationId,
    /// Both, with what else is known of where it came from.
    pub origin: &'a Origin,
}

impl<'a> Caller<'a> {
    /// Whoever a command came from.
    pub fn of(origin: &'a Origin) -> Self {
        Self { actor: &origin.actor, conversation: &origin.conversation, origin }
    }

    /// The role that the account's groups give at this moment.
    pub fn chat_role(self, catalogue: &Catalogue) -> Option<Role> {
        catalogue.people.role_of_groups(&self.origin.groups)
    }

    /// Who that is, if they have a role.
    pub fn known(self, catalogue: &Catalogue) -> Option<Known> {
        catalogue.people.known(self.actor, self.chat_role(catalogue))
    }
}

/// Denied is the default: an actor that nobody named has no role.
pub fn require(catalogue: &Catalogue, caller: Caller<'_>, needed: Role) -> Result<(), Refusal> {
    let Some(known) = caller.known(catalogue) else { return Err(stranger(caller.actor, needed)) };
    if known.role < needed {
        let who = if known.is_named() { format!("{} is", known.name) } else { "you are".to_owned() };
        let message = format!("this needs the role {needed}; {who} {}", known.role);
        return Err(Refusal::new("role_too_low", message).hint("`/help` says which role each command needs."));
    }
    Ok(())
}

/// The refusal of somebody without any role.
pub fn stranger(actor: &ActorId, needed: Role) -> Refusal {
    let message = format!("this needs the role {needed}; `{actor}` is nobody this bot knows");
    Refusal::new(UNKNOWN_ACTOR, message).hint(format!(
        "An admin can add a [[person]] with actors = [\"{actor}\"] to the configuration, or give a role to a group of theirs."
    ))
}

/// The code of a refusal of somebody whom nobody knows.
pub const UNKNOWN_ACTOR: &str = "unknown_actor";

/// The person behind a command; refuses somebody without any role.
pub(in crate::domain) fn known_person(view: View<'_>, caller: Caller<'_>) -> Result<Known, Refusal> {
    caller.known(view.catalogue).ok_or_else(|| stranger(caller.actor, Role::Approver))
}
