//! Where the bot stands on its server, and what that means in a channel.

use std::collections::BTreeMap;

use serde_json::Value;

use super::permissions::{
    Bits, Member, Overwrite, Permission, TO_ANSWER, TO_OPEN_INCIDENTS, bits, in_channel,
};
use crate::chat::discord::ids::number;

/// Kinds of channels in which threads are made from messages: text and announcements.
const TEXT_CHANNELS: [u64; 2] = [0, 5];
/// Kinds of threads.
const THREADS: [u64; 3] = [10, 11, 12];

/// The application with the bot's account.
pub(super) struct Bot {
    pub application: u64,
    pub account: u64,
    pub name: String,
}

/// What decides on permissions in every channel of the server.
pub(super) struct Standing {
    guild: u64,
    bot: String,
    roles: BTreeMap<u64, Bits>,
    member: Member,
}

impl Standing {
    pub fn new(guild: u64, bot: &Bot, found: &Value, member: &Value) -> Self {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let until = member["communication_disabled_until"].as_str();
        let until = until.and_then(|until| until.parse::<jiff::Timestamp>().ok());
        Self {
            guild,
            bot: bot.name.clone(),
            roles: list(&found["roles"])
                .iter()
                .map(|role| (number(&role["id"]), bits(&role["permissions"])))
                .collect(),
            member: Member {
                id: bot.account,
                is_owner: number(&found["owner_id"]) == bot.account,
                in_timeout: until.is_some_and(|until| until > jiff::Timestamp::now()),
                roles: list(&member["roles"]).iter().map(number).collect(),
            },
        }
    }

    /// What a channel lacks, and where to give it; or that nothing is missing.
    pub fn missing(&self, channel: &Value, is_for_incidents: bool) -> Result<String, String> {
        let kind = channel["type"].as_u64().unwrap_or(u64::MAX);
        if THREADS.contains(&kind) {
            return Err("this is a thread: name the channel that it is in".to_owned());
        }
        if number(&channel["guild_id"]) != self.guild {
            return Err(format!("it is not in the server {} that [discord] guild names", self.guild));
        }
        if !TEXT_CHANNELS.contains(&kind) {
            return Err("this is no text channel: name one".to_owned());
        }
        if self.member.in_timeout {
            return Err(format!(
                "{} is in a timeout: right-click it in the list of members, Remove Timeout",
                self.bot
            ));
        }
        let overwrites = channel["permission_overwrites"].as_array().into_iter().flatten();
        let overwrites: Vec<_> = overwrites
            .map(|it| Overwrite { id: number(&it["id"]), allow: bits(&it["allow"]), deny: bits(&it["deny"]) })
            .collect();
        let allowed = in_channel(self.guild, &self.roles, &self.member, &overwrites);
        let missing = needed(is_for_incidents).filter(|permission| allowed & permission.bit == 0);
        let missing: Vec<_> = missing.map(|permission| permission.name).collect();
        if missing.is_empty() {
            return Ok("the bot may do all that it has to".to_owned());
        }
        Err(format!("missing: {}; {}", missing.join(", "), self.click(&missing)))
    }

    /// Where permissions are given. What a channel allows to a member yields to nothing.
    pub fn click(&self, names: &[&str]) -> String {
        format!(
            "right-click the channel, Edit Channel, Permissions, add {} and allow {}",
            self.bot,
            names.join(", ")
        )
    }
}

/// What the bot needs in a channel.
pub(super) fn needed(is_for_incidents: bool) -> impl Iterator<Item = Permission> {
    TO_ANSWER.into_iter().chain(is_for_incidents.then_some(TO_OPEN_INCIDENTS))
}
