//! Sessions of the gateway: what was dispatched in which order, who is connected, what is lost.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::faults::DispatchFault;
use super::setup::{APPLICATION, BOT, GUILD};
use super::state::State;
use super::wire;

const GUILDS: u64 = 1;
const GUILD_MESSAGES: u64 = 1 << 9;
const MESSAGE_CONTENT: u64 = 1 << 15;
/// Members and presences, which no setup grants.
const NEVER: u64 = 1 << 1 | 1 << 8;
/// A dispatch that waits for the next one to overtake it waits no longer.
const SWAP_MAX: Duration = Duration::from_millis(300);

/// What a socket is told to do.
#[derive(Debug)]
pub enum Out {
    /// In the form that the session has asked for.
    Payload(Value),
    /// As text, however malformed.
    Text(String),
    Close(u16),
    /// Without a closing handshake.
    Cut,
}

#[derive(Clone, Debug)]
pub struct Dispatch {
    pub seq: u64,
    pub name: String,
    pub data: Value,
}

impl Dispatch {
    fn payload(&self) -> Value {
        json!({"op": 0, "s": self.seq, "t": self.name, "d": self.data})
    }
}

#[derive(Default)]
pub struct Session {
    intents: u64,
    pub compress: bool,
    seq: u64,
    history: Vec<Dispatch>,
    /// The last that was given to a socket.
    sent: u64,
}

pub struct Connection {
    pub id: u64,
    out: UnboundedSender<Out>,
}

#[derive(Default)]
pub struct Gateway {
    sessions: BTreeMap<String, Session>,
    current: Option<String>,
    connection: Option<Connection>,
    held: Option<(String, Value)>,
    next: u64,
    /// Dispatches that no client can get any more.
    pub lost: Vec<Dispatch>,
    pub identifies: usize,
    pub resumes: usize,
    /// How many dispatches resumed sessions were sent again or at last.
    pub replayed: usize,
    pub down_until: Option<Instant>,
}

impl Gateway {
    pub fn is_down(&self) -> bool {
        self.down_until.is_some_and(|until| Instant::now() < until)
    }

    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    pub fn new_connection(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn disconnected(&mut self, id: u64) {
        self.connection.take_if(|connection| connection.id == id);
    }

    fn session(&self) -> Option<&Session> {
        self.current.as_ref().and_then(|id| self.sessions.get(id))
    }

    pub fn content_granted(&self) -> bool {
        self.session().is_some_and(|session| session.intents & MESSAGE_CONTENT != 0)
    }

    pub fn intents(&self) -> Option<u64> {
        self.session().map(|session| session.intents)
    }

    fn send(&self, out: Out) {
        if let Some(connection) = &self.connection {
            // The socket may have ended a moment ago: then a resume delivers it.
            let _ = connection.out.send(out);
        }
    }

    pub fn send_now(&self, out: Out) {
        self.send(out);
    }

    /// Ends the connection; the session stays.
    pub fn end_connection(&mut self, out: Out) {
        self.send(out);
        self.connection = None;
    }
}

/// Whether a session with these intents is told of an event.
fn is_wanted(name: &str, intents: u64) -> bool {
    match name {
        _ if name.starts_with("MESSAGE_") => intents & GUILD_MESSAGES != 0,
        "GUILD_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE" | "THREAD_DELETE" => {
            intents & GUILDS != 0
        }
        _ => true,
    }
}

impl State {
    /// Tells the bot of an event, with the fault that is due.
    pub fn dispatch(&mut self, name: &str, data: Value) {
        let Some(fault) = self.faults.for_dispatch(name) else {
            self.deliver(name, data, true);
            return self.release_held();
        };
        self.note(&format!("FAULT {fault:?} on {name}"));
        match fault {
            DispatchFault::Duplicate => {
                if let Some(sent) = self.deliver(name, data, true) {
                    self.gateway.send(Out::Payload(sent.payload()));
                }
            }
            DispatchFault::Swap if self.gateway.held.is_none() => {
                self.gateway.held = Some((name.to_owned(), data));
                return self.later(SWAP_MAX, State::release_held);
            }
            DispatchFault::Swap => drop(self.deliver(name, data, true)),
            DispatchFault::Delay(delay) => {
                let name = name.to_owned();
                return self.later(delay, move |state| drop(state.deliver(&name, data, true)));
            }
            DispatchFault::CutInstead => {
                self.deliver(name, data, false);
                self.gateway.end_connection(Out::Cut);
            }
            DispatchFault::CutAfter => self.deliver_and_end(name, data, Out::Cut),
            DispatchFault::CloseAfter(code) => self.deliver_and_end(name, data, Out::Close(code)),
            DispatchFault::ReconnectAfter => {
                self.deliver(name, data, true);
                self.gateway.send(Out::Payload(json!({"op": 7, "d": null})));
            }
            DispatchFault::InvalidateAfter { resumable } => {
                self.deliver(name, data, true);
                self.invalidate(resumable);
            }
        }
        self.release_held();
    }

    fn deliver_and_end(&mut self, name: &str, data: Value, out: Out) {
        self.deliver(name, data, true);
        self.gateway.end_connection(out);
    }

    fn release_held(&mut self) {
        if let Some((name, data)) = self.gateway.held.take() {
            self.deliver(&name, data, true);
        }
    }

    /// Gives it the next number of the session, and to the client if one is there and `send`.
    fn deliver(&mut self, name: &str, mut data: Value, send: bool) -> Option<Dispatch> {
        for (_, distort) in self.distortions.iter().filter(|(wanted, _)| wanted == name) {
            distort(&mut data);
        }
        let connected = self.gateway.connection.is_some();
        let mut dispatch = Dispatch { seq: 0, name: name.to_owned(), data };
        let current = self.gateway.current.clone();
        let Some(session) = current.and_then(|id| self.gateway.sessions.get_mut(&id)) else {
            self.note(&format!("gateway: lost {name}, there is no session"));
            self.gateway.lost.push(dispatch);
            return None;
        };
        if !is_wanted(name, session.intents) {
            return None;
        }
        session.seq += 1;
        dispatch.seq = session.seq;
        session.history.push(dispatch.clone());
        let send = send && connected;
        if send {
            session.sent = session.seq;
            self.gateway.send(Out::Payload(dispatch.payload()));
        }
        let how = if send { "sent" } else { "kept for a resume" };
        self.note(&format!("gateway: {} {name} {how}", dispatch.seq));
        Some(dispatch)
    }

    /// Invalidates the session of the client; only if `resumable` may it be resumed.
    pub fn invalidate(&mut self, resumable: bool) {
        self.gateway.send(Out::Payload(json!({"op": 9, "d": resumable})));
        if !resumable {
            self.forget_session();
        }
    }

    /// What the session has not been sent yet is lost.
    pub fn forget_session(&mut self) {
        let session = self.gateway.current.take().and_then(|id| self.gateway.sessions.remove(&id));
        if let Some(session) = session {
            let unsent = session.history.into_iter().filter(|one| one.seq > session.sent);
            self.gateway.lost.extend(unsent);
        }
    }

    /// IDENTIFY; an error is the code to close with.
    pub fn identify(&mut self, id: u64, out: UnboundedSender<Out>, data: &Value) -> Result<(), u16> {
        self.gateway.identifies += 1;
        self.check_token(data)?;
        let Some(intents) = data["intents"].as_u64() else { return Err(4013) };
        let content = intents & MESSAGE_CONTENT != 0;
        if intents & NEVER != 0 || content && !self.setup.message_content {
            self.note("gateway: intents that are not granted");
            return Err(4014);
        }
        self.forget_session();
        let session_id = format!("session{}", self.gateway.identifies);
        let compress = data["compress"].as_bool().unwrap_or(false);
        let session = Session { intents, compress, ..Session::default() };
        self.gateway.sessions.insert(session_id.clone(), session);
        self.gateway.current = Some(session_id.clone());
        self.gateway.connection = Some(Connection { id, out });
        let ready = json!({
            "v": 10, "user": wire::user(self, BOT), "guilds": [{"id": GUILD.to_string(), "unavailable": true}],
            "session_id": session_id, "resume_gateway_url": self.gateway_url(), "shard": [0, 1],
            "application": {"id": APPLICATION.to_string(), "flags": self.application_flags()},
            "session_type": "normal", "private_channels": [], "user_settings": {}, "relationships": [],
        });
        self.deliver("READY", ready, true);
        let guild = wire::guild_create(self);
        self.deliver("GUILD_CREATE", guild, true);
        Ok(())
    }

    /// RESUME: everything that the client has missed, then RESUMED.
    pub fn resume(&mut self, id: u64, out: UnboundedSender<Out>, data: &Value) -> Result<(), u16> {
        self.gateway.resumes += 1;
        self.check_token(data)?;
        let session_id = data["session_id"].as_str().unwrap_or_default().to_owned();
        let Some(session) = self.gateway.sessions.get_mut(&session_id) else {
            self.note("gateway: RESUME of a session that is over");
            let _ = out.send(Out::Payload(json!({"op": 9, "d": false})));
            return Ok(());
        };
        let after = data["seq"].as_u64().filter(|&seq| seq <= session.seq).ok_or(4007_u16)?;
        let missed: Vec<_> = session.history.iter().filter(|one| one.seq > after).cloned().collect();
        session.sent = session.seq;
        self.gateway.current = Some(session_id);
        self.gateway.connection = Some(Connection { id, out });
        self.gateway.replayed += missed.len();
        self.note(&format!("gateway: resumed after {after}, {} replayed", missed.len()));
        for dispatch in &missed {
            self.gateway.send(Out::Payload(dispatch.payload()));
        }
        self.deliver("RESUMED", json!({}), true);
        Ok(())
    }

    fn check_token(&mut self, data: &Value) -> Result<(), u16> {
        let token = data["token"].as_str().unwrap_or_default();
        if token.trim_start_matches("Bot ") == super::setup::TOKEN {
            return Ok(());
        }
        self.note("gateway: wrong token");
        Err(4004)
    }

    /// Whether the client of this session wants its payloads packed.
    pub fn wants_zlib(&self, connection: u64) -> bool {
        let mine = self.gateway.connection.as_ref().is_some_and(|known| known.id == connection);
        mine && self.gateway.session().is_some_and(|session| session.compress)
    }

    pub fn gateway_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.gateway_port)
    }

    /// With "message content (limited)" if it is granted.
    pub fn application_flags(&self) -> u64 {
        if self.setup.message_content { 1 << 19 } else { 0 }
    }
}
