//! All that the server knows, behind one lock; nothing here waits.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::buckets::Buckets;
use super::faults::Faults;
use super::model::{Asked, Channel, Message, Person};
use super::sessions::Gateway;
use super::setup::{BOT, FIRST_CHANNEL, FIRST_PERSON, FIRST_ROLE, GUILD, Setup};
use super::wire;

/// The first moment that an id can name.
pub const EPOCH_MS: u64 = 1_420_070_400_000;

/// A change to what a dispatch tells.
pub type Distortion = Box<dyn Fn(&mut Value) + Send>;

pub struct Shared(Mutex<State>);

impl Shared {
    /// A test that fails while it holds the lock must not hide why.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct State {
    pub setup: Setup,
    pub http_port: u16,
    pub gateway_port: u16,
    pub people: Vec<Person>,
    pub roles: Vec<(u64, String)>,
    pub channels: BTreeMap<u64, Channel>,
    /// Deleted and ephemeral ones too.
    pub messages: BTreeMap<u64, Message>,
    pub commands: Vec<Value>,
    /// By name: Discord counts creations (200 a day), not replacements.
    pub command_creates: usize,
    pub command_puts: usize,
    pub interactions: BTreeMap<u64, Asked>,
    /// By channel and nonce.
    pub nonces: HashMap<(u64, String), u64>,
    pub gateway: Gateway,
    pub faults: Faults,
    pub buckets: Buckets,
    pub complaints: Vec<String>,
    pub log: Vec<String>,
    pub begin: Instant,
    pub clock_ahead: Duration,
    /// Which end of what comes after a message a page is of: Discord does not say.
    pub after_gives_newest: bool,
    /// What is changed in dispatches of a name.
    pub distortions: Vec<(String, Distortion)>,
    last_id: u64,
    me: Weak<Shared>,
    handle: Handle,
}

impl State {
    pub fn share(setup: Setup, http_port: u16, gateway_port: u16, handle: Handle) -> Arc<Shared> {
        Arc::new_cyclic(|me| {
            Shared(Mutex::new(Self::new(setup, http_port, gateway_port, handle, me.clone())))
        })
    }

    fn new(setup: Setup, http_port: u16, gateway_port: u16, handle: Handle, me: Weak<Shared>) -> Self {
        let roles: Vec<_> = (FIRST_ROLE..).zip(setup.roles.iter().cloned()).collect();
        let role_id = |name: &String| roles.iter().find(|(_, known)| known == name).unwrap().0;
        let person = |(id, (name, roles)): (u64, &(String, Vec<String>))| Person {
            id,
            name: name.clone(),
            roles: roles.iter().map(role_id).collect(),
        };
        let people = (FIRST_PERSON..).zip(&setup.people).map(person).collect();
        let channel = |(id, (name, open)): (u64, &(String, bool))| {
            (
                id,
                Channel {
                    id,
                    name: name.clone(),
                    parent: None,
                    open: *open,
                    overwrites: overwrites(&setup, name, &roles),
                    archived: false,
                    locked: false,
                    auto_archive_minutes: 4320,
                    added: Vec::new(),
                    typing: 0,
                    newest: None,
                },
            )
        };
        let channels = (FIRST_CHANNEL..).zip(&setup.channels).map(channel).collect();
        Self {
            http_port,
            gateway_port,
            people,
            roles,
            channels,
            messages: BTreeMap::new(),
            commands: Vec::new(),
            command_creates: 0,
            command_puts: 0,
            interactions: BTreeMap::new(),
            nonces: HashMap::new(),
            gateway: Gateway::default(),
            faults: Faults::new(setup.seed),
            buckets: Buckets::new(setup.rate_limits),
            complaints: Vec::new(),
            log: Vec::new(),
            begin: Instant::now(),
            clock_ahead: Duration::ZERO,
            after_gives_newest: false,
            distortions: Vec::new(),
            last_id: 0,
            me,
            handle,
            setup,
        }
    }

    /// Milliseconds since the start of the server.
    pub fn now_ms(&self) -> u64 {
        millis(self.begin.elapsed())
    }

    /// The clock of the tokens, which tests can advance.
    pub fn token_clock_ms(&self) -> u64 {
        self.now_ms() + millis(self.clock_ahead)
    }

    /// A new id that sorts after all others and holds the time, as Discord's do.
    pub fn fresh_id(&mut self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let timed = (millis(since) - EPOCH_MS) << 22;
        self.last_id = timed.max(self.last_id + 1);
        self.last_id
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.http_port)
    }

    pub fn note(&mut self, line: &str) {
        let line = format!("{:>7} ms  {line}", self.now_ms());
        self.log.push(line);
    }

    pub fn complain(&mut self, complaint: String) {
        self.note(&format!("COMPLAINT {complaint}"));
        self.complaints.push(complaint);
    }

    pub fn person_by_id(&self, id: u64) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    pub fn person(&self, name: &str) -> &Person {
        let found = self.people.iter().find(|person| person.name == name);
        found.unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// Does something after a delay, unless the server has ended by then.
    pub fn later(&self, delay: Duration, work: impl FnOnce(&mut State) + Send + 'static) {
        let me = self.me.clone();
        self.handle.spawn(async move {
            tokio::time::sleep(delay).await;
            if let Some(shared) = me.upgrade() {
                work(&mut shared.lock());
            }
        });
    }

    /// Keeps a new message and tells the gateway, unless one person alone may see it.
    pub fn post(&mut self, mut message: Message) -> u64 {
        let (id, channel) = (message.id, message.channel);
        message.keep_version();
        let hidden = message.is_ephemeral();
        self.messages.insert(id, message);
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.archived &= channel.locked;
            channel.newest = Some(id);
        }
        if !hidden {
            self.tell("MESSAGE_CREATE", id);
        }
        id
    }

    /// Changes a message, keeps the version and tells the gateway.
    pub fn edit(&mut self, id: u64, change: impl FnOnce(&mut Message)) {
        let Some(message) = self.messages.get_mut(&id) else { return };
        change(message);
        message.keep_version();
        if !message.is_ephemeral() {
            self.tell("MESSAGE_UPDATE", id);
        }
    }

    pub fn delete(&mut self, id: u64) {
        let Some(message) = self.messages.get_mut(&id) else { return };
        message.deleted = true;
        let (channel, hidden) = (message.channel, message.is_ephemeral());
        if !hidden {
            let data = serde_json::json!({
                "id": id.to_string(), "channel_id": channel.to_string(),
                "guild_id": super::setup::GUILD.to_string(),
            });
            self.dispatch("MESSAGE_DELETE", data);
        }
    }

    fn tell(&mut self, event: &str, id: u64) {
        let message = &self.messages[&id];
        if self.channels.get(&message.channel).is_some_and(|channel| channel.open) {
            let data = wire::message_event(self, message);
            self.dispatch(event, data);
        }
    }

    /// What the bot has said that is neither deleted nor hidden.
    pub fn is_own(&self, id: u64) -> bool {
        self.messages.get(&id).is_some_and(|message| message.author == BOT)
    }
}

/// What a channel allows and denies to roles (type 0) and to the bot (type 1).
fn overwrites(setup: &Setup, channel: &str, roles: &[(u64, String)]) -> Vec<Value> {
    let whom = |name: &str| match name {
        "dogwatch" => (BOT, 1),
        "@everyone" => (GUILD, 0),
        _ => (roles.iter().find(|(_, known)| known == name).unwrap().0, 0),
    };
    let here = setup.overwrites.iter().filter(|(place, ..)| place == channel);
    here.map(|(_, name, allow, deny)| {
        let (id, kind) = whom(name);
        json!({"id": id.to_string(), "type": kind, "allow": allow.to_string(), "deny": deny.to_string()})
    })
    .collect()
}

pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}
