//! What the server is given before it starts.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Server;

/// The bot's user; not the application's id, as for bots older than 2017.
pub const BOT: u64 = 100_000_000_000_000_111;
pub const APPLICATION: u64 = 100_000_000_000_000_333;
pub const GUILD: u64 = 100_000_000_000_001_001;
/// The role that Discord has made for the bot.
pub const BOT_ROLE: u64 = 100_000_000_000_000_555;
/// The owner of the guild, who never speaks.
pub const OWNER: u64 = 100_000_000_000_004_000;
pub const TOKEN: &str = "MTExMTEx.test.token-that-no-one-else-has";

pub const FIRST_CHANNEL: u64 = 100_000_000_000_002_001;
pub const FIRST_ROLE: u64 = 100_000_000_000_003_001;
pub const FIRST_PERSON: u64 = 100_000_000_000_004_001;

/// A guild to be served. Ids are given in the order of naming, so they are the same in every run.
#[derive(Clone)]
pub struct Setup {
    pub(super) message_content: bool,
    pub(super) heartbeat: Duration,
    pub(super) rate_limits: bool,
    pub(super) seed: u64,
    /// Name and whether the bot may see it.
    pub(super) channels: Vec<(String, bool)>,
    pub(super) roles: Vec<String>,
    /// Name and names of roles.
    pub(super) people: Vec<(String, Vec<String>)>,
    /// Names of the bot's roles.
    pub(super) bot_roles: Vec<String>,
    /// What roles are allowed, where that is not nearly everything.
    pub(super) permissions: BTreeMap<String, u64>,
    /// Channel, role or `dogwatch`, allowed, denied.
    pub(super) overwrites: Vec<(String, String, u64, u64)>,
}

impl Setup {
    /// An empty guild; no MESSAGE_CONTENT, a heartbeat every 41.25 s, rate limits on.
    #[must_use]
    pub fn new() -> Self {
        Self {
            message_content: false,
            heartbeat: Duration::from_millis(41_250),
            rate_limits: true,
            seed: 1,
            channels: Vec::new(),
            roles: Vec::new(),
            people: Vec::new(),
            bot_roles: Vec::new(),
            permissions: BTreeMap::new(),
            overwrites: Vec::new(),
        }
    }

    /// Channel `ops` and the cast: ana (responder), ben and cem (approver), dia (viewer), eve (admin).
    #[must_use]
    pub fn with_cast() -> Self {
        Self::new()
            .channel("ops")
            .person("ana", &["responder"])
            .person("ben", &["approver"])
            .person("cem", &["approver"])
            .person("dia", &["viewer"])
            .person("eve", &["admin"])
    }

    #[must_use]
    pub fn channel(mut self, name: &str) -> Self {
        self.channels.push((name.to_owned(), true));
        self
    }

    /// A channel that the bot may not see: requests answer 403 with code 50001.
    #[must_use]
    pub fn closed_channel(mut self, name: &str) -> Self {
        self.channels.push((name.to_owned(), false));
        self
    }

    #[must_use]
    pub fn role(mut self, name: &str) -> Self {
        if !self.roles.iter().any(|known| known == name) {
            self.roles.push(name.to_owned());
        }
        self
    }

    /// A member; roles that are not there yet are made.
    #[must_use]
    pub fn person(mut self, name: &str, roles: &[&str]) -> Self {
        for role in roles {
            self = self.role(role);
        }
        self.people.push((name.to_owned(), roles.iter().map(|&role| role.to_owned()).collect()));
        self
    }

    /// Gives the bot a role.
    #[must_use]
    pub fn bot_role(mut self, name: &str) -> Self {
        self = self.role(name);
        self.bot_roles.push(name.to_owned());
        self
    }

    /// What a role or `@everyone` is allowed on the server. It is told and nothing more: the bot is
    /// refused nothing for it.
    #[must_use]
    pub fn permissions(mut self, role: &str, allow: u64) -> Self {
        self.permissions.insert(role.to_owned(), allow);
        self
    }

    /// What a channel allows and denies to a role, `@everyone` or the bot (`dogwatch`); told like
    /// [`Self::permissions`].
    #[must_use]
    pub fn overwrite(mut self, channel: &str, whom: &str, allow: u64, deny: u64) -> Self {
        self.overwrites.push((channel.to_owned(), whom.to_owned(), allow, deny));
        self
    }

    /// Grants the MESSAGE_CONTENT intent to a bot that asks for it.
    #[must_use]
    pub fn message_content(mut self) -> Self {
        self.message_content = true;
        self
    }

    #[must_use]
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = interval;
        self
    }

    #[must_use]
    pub fn without_rate_limits(mut self) -> Self {
        self.rate_limits = false;
        self
    }

    /// For misbehaviour by chance.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    #[must_use]
    pub fn start(self) -> Server {
        Server::start(self)
    }
}
