//! What the bot needs to be allowed, and what it is allowed in a channel.
//!
//! Invariant: the needed permissions are those of the calls that the bot makes, and no others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Permissions as bits; Discord sends them as decimal numbers of any length.
pub type Bits = u128;

/// A permission that the bot needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Its bit.
    pub bit: Bits,
    /// Its name in Discord's settings.
    pub name: &'static str,
}

const fn permission(bit: u32, name: &'static str) -> Permission {
    Permission { bit: 1 << bit, name }
}

/// Every channel is allowed everything to whoever has it.
const ADMINISTRATOR: Bits = 1 << 3;
/// What is left to a member in a timeout: View Channel and Read Message History.
const IN_TIMEOUT: Bits = 1 << 10 | 1 << 16;

/// What the bot needs in a channel where it is asked: to hear a mention, to answer it with text and
/// file, as a reply, and to look whether an answer has arrived; the same in a thread of it.
pub const TO_ANSWER: [Permission; 6] = [
    permission(10, "View Channel"),
    permission(11, "Send Messages"),
    permission(14, "Embed Links"),
    permission(15, "Attach Files"),
    permission(16, "Read Message History"),
    permission(38, "Send Messages in Threads"),
];

/// What it needs besides in the incident channel, where every incident gets its thread.
pub const TO_OPEN_INCIDENTS: Permission = permission(35, "Create Public Threads");

/// All that the bot needs: what it is invited with.
pub fn invited_with() -> Bits {
    TO_ANSWER.iter().fold(TO_OPEN_INCIDENTS.bit, |all, permission| all | permission.bit)
}

/// A member of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub id: u64,
    /// Whether the server is theirs.
    pub is_owner: bool,
    /// Whether they are in a timeout.
    pub in_timeout: bool,
    /// Their roles, without the one that everybody has.
    pub roles: BTreeSet<u64>,
}

/// What a channel allows and denies to a role or a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overwrite {
    /// The role or the member.
    pub id: u64,
    /// What is allowed, whatever the server says.
    pub allow: Bits,
    /// What is denied, unless it is allowed to the same or to somebody nearer.
    pub deny: Bits,
}

/// What a member may do in a channel, by Discord's algorithm
/// (<https://docs.discord.com/developers/topics/permissions#permission-overwrites>): what the roles
/// give on the server; then what the channel says of everybody, of the roles together, of the member.
///
/// Not here: what follows from a permission that is missing, such as no files without Send Messages.
/// Who looks for everything that is missing finds the cause.
pub fn in_channel(
    guild: u64,
    roles: &BTreeMap<u64, Bits>,
    member: &Member,
    overwrites: &[Overwrite],
) -> Bits {
    let own = || member.roles.iter().chain([&guild]);
    let base = own().filter_map(|role| roles.get(role)).fold(0, |all, bits| all | bits);
    if member.is_owner || base & ADMINISTRATOR != 0 {
        return Bits::MAX;
    }
    let everybody = overwrites.iter().filter(|overwrite| overwrite.id == guild);
    let of_roles = overwrites.iter().filter(|overwrite| member.roles.contains(&overwrite.id));
    let of_member = overwrites.iter().filter(|overwrite| overwrite.id == member.id);
    let allowed = overwritten(base, everybody);
    let allowed = overwritten(allowed, of_roles);
    let allowed = overwritten(allowed, of_member);
    if member.in_timeout { allowed & IN_TIMEOUT } else { allowed }
}

/// Denials together, then allowances together.
fn overwritten<'a>(base: Bits, overwrites: impl Iterator<Item = &'a Overwrite>) -> Bits {
    let (allow, deny) =
        overwrites.fold((0, 0), |(allow, deny), overwrite| (allow | overwrite.allow, deny | overwrite.deny));
    base & !deny | allow
}

/// Permissions as Discord writes them.
pub fn bits(value: &Value) -> Bits {
    value.as_str().and_then(|bits| bits.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
