//! Which groups somebody belongs to: the roles of a member of the server.
//!
//! Invariant: what can't be read is no answer, never an answer without roles.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::rest::{Call, RestError};
use super::wire::Wire;
use crate::app::ports::{Asked, Roles};
use crate::domain::id::GroupId;
use crate::domain::world::actor::ActorId;

/// How long Discord may take to say which roles somebody has.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(4);
/// "Unknown Member".
const UNKNOWN_MEMBER: u64 = 10_007;

/// Asks Discord for the roles of the members of one server.
pub struct MemberRoles {
    wire: Arc<Wire>,
    guild: u64,
}

impl MemberRoles {
    /// Of this server.
    pub fn new(wire: Arc<Wire>, guild: u64) -> Self {
        Self { wire, guild }
    }

    /// The groups of an account as they are now: none if it has left the server, or is not one of
    /// Discord's. The error says what was asked and why there is no answer.
    pub async fn of(&self, actor: &ActorId) -> Result<Vec<GroupId>, String> {
        let user = actor.0.strip_prefix("discord:").and_then(|user| user.parse().ok());
        let Some(user) = user else { return Ok(Vec::new()) };
        let member = member(&self.wire, self.guild, user, Some(Instant::now() + ANSWER_LIMIT)).await;
        let groups = match member {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(member)) => {
                groups(self.guild, &member).ok_or_else(|| "its answer can't be read".to_owned())
            }
            Err(error) => Err(error.to_string()),
        };
        groups.map_err(|why| format!("Discord was asked which roles {actor} has, and does not say: {why}"))
    }
}

impl Roles for MemberRoles {
    fn groups(&self, actor: ActorId) -> Asked {
        let roles = Self::new(Arc::clone(&self.wire), self.guild);
        Box::pin(async move { roles.of(&actor).await })
    }
}

/// A member of the server; none if there is no such member any more.
pub async fn member(
    wire: &Wire,
    guild: u64,
    user: u64,
    deadline: Option<Instant>,
) -> Result<Option<Value>, RestError> {
    let call = Call::get(&format!("/guilds/{guild}/members/{user}"));
    let call = match deadline {
        Some(deadline) => call.by(deadline),
        None => call,
    };
    match wire.rest.send(call).await {
        Ok(member) => Ok(Some(member)),
        Err(RestError::Refused { code: UNKNOWN_MEMBER, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The groups of a member of a server, if its roles can be read.
pub fn groups(guild: u64, member: &Value) -> Option<Vec<GroupId>> {
    let role = |role: &Value| role.as_str()?.parse::<u64>().ok();
    let roles = member["roles"].as_array()?.iter().map(role);
    // Everybody on the server has the role that has the server's id, and nobody lists it.
    let all = roles.chain([Some(guild)]);
    all.map(|role| Some(GroupId(format!("discord:{}", role?)))).collect()
}
