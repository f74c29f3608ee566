//! One post on its way: to a channel, or to the thread of an incident, which is made if need be.
//!
//! Invariant: every message has a nonce that follows from the record and the post's number, so that
//! Discord itself drops a second one. What may have arrived before the bot died is looked for first.

use serde_json::{Value, json};

use super::ids::{channel_of, conversation_of, id_of, message_number};
use super::layout::{self, Outgoing};
use super::rest::{Call, RestError};
use super::wire::Wire;
use crate::app::outbox::{Post, Shown};
use crate::app::wall_ms;
use crate::domain::id::{ConversationId, Digest, IncidentId};
use crate::domain::record::origin::Ticket;
use crate::domain::say::card::CardId;

/// Where a post goes.
#[derive(Debug, Clone)]
pub enum Destination {
    /// To a channel or a thread.
    Channel(u64),
    /// To the thread of an incident.
    Incident(IncidentId),
}

/// One post to be delivered.
#[derive(Debug, Clone)]
pub struct Job {
    /// What.
    pub post: Post,
    /// Where.
    pub destination: Destination,
    /// The message that it answers.
    pub about: Option<Ticket>,
    /// Whether it may have arrived already, in an earlier life.
    pub again: bool,
}

/// The message that the thread of an incident is made from.
#[derive(Debug, Clone)]
pub struct Root {
    /// What it shows.
    pub outgoing: Outgoing,
    /// The digest of that.
    pub state: Digest,
    /// Whether that is its last state.
    pub last: bool,
    /// The message, if it has been posted.
    pub message: Option<Shown>,
}

/// What became of a post.
#[derive(Debug)]
pub struct Delivered {
    /// Its number.
    pub number: u64,
    /// The message that shows its card.
    pub card: Option<(CardId, Shown)>,
    /// The message of the incident, if it was posted on the way.
    pub root: Option<(IncidentId, Shown)>,
    /// The thread of the incident, if it was made on the way.
    pub thread: Option<(IncidentId, u64)>,
    /// Where it was to go and can't: that channel or thread has been deleted.
    pub gone: Option<u64>,
}

/// A card as it should look: which, what, its digest, whether that is its last state.
pub type CardNow = (CardId, Outgoing, Digest, bool);

/// Delivers a post. Comes back when it has arrived or can never arrive; the latter is logged.
pub async fn deliver(wire: &Wire, mut job: Job, mut root: Option<Root>, card: Option<CardNow>) -> Delivered {
    let number = job.post.number;
    if number == 0 {
        // What is not kept is not from before.
        job.post.at_ms = wall_ms();
    }
    let mut delivered = Delivered { number, card: None, root: None, thread: None, gone: None };
    let channel = match job.destination {
        Destination::Channel(channel) => channel,
        Destination::Incident(incident) => loop {
            match thread(wire, incident, &mut root, &job, &mut delivered).await {
                Ok(thread) => break thread,
                // Discord is away: what belongs there waits for it.
                Err(error @ (RestError::Unreachable { .. } | RestError::Token)) => {
                    tracing::warn!(%incident, "{error}; it is tried again");
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => {
                    tracing::error!(%incident, "the thread of an incident can't be made: {error}");
                    break wire.incident_channel;
                }
            }
        },
    };
    let posted = post(wire, channel, &job, card.as_ref()).await;
    let posted = match posted {
        Err(error) if channel != wire.incident_channel => {
            if matches!(error, RestError::Refused { code: UNKNOWN_CHANNEL, .. }) {
                delivered.gone = Some(channel);
            }
            tracing::error!(
                number,
                channel,
                "a message is refused, it goes to the incident channel: {error}"
            );
            post(wire, wire.incident_channel, &job, card.as_ref()).await
        }
        posted => posted,
    };
    match posted {
        Ok((channel, message)) => {
            delivered.card = card.map(|(id, _, state, last)| {
                (id, shown(conversation_of(channel), message, (state, last), job.again))
            });
        }
        // The same would be refused again.
        Err(error @ RestError::Refused { status: 400 | 413, .. }) => {
            tracing::error!(number, "a message can't be delivered and is given up: {error}");
        }
        Err(error) => {
            tracing::error!(
                number,
                "a message can't be delivered, it is tried again at the next start: {error}"
            );
            delivered.number = 0;
        }
    }
    delivered
}

/// Posts all messages of a reply; returns the channel and the first message.
async fn post(
    wire: &Wire,
    channel: u64,
    job: &Job,
    card: Option<&CardNow>,
) -> Result<(u64, String), RestError> {
    let messages = match card {
        Some((_, outgoing, ..)) => vec![outgoing.clone()],
        None => layout::layout(&job.post.say.reply),
    };
    let mut first = None;
    for (page, outgoing) in messages.into_iter().enumerate() {
        let mut body = outgoing.body();
        if let Some(Ticket(message)) = job.about.filter(|_| page == 0) {
            body["message_reference"] =
                json!({ "message_id": message.to_string(), "fail_if_not_exists": false });
        }
        let nonce = match job.post.number {
            0 => wire.unkept_nonce(page),
            number => wire.nonce(&format!("{number}-{page}")),
        };
        let message = send(wire, channel, body, outgoing, &nonce, (job.again, job.post.at_ms)).await?;
        first.get_or_insert(message);
    }
    Ok((channel, first.unwrap_or_default()))
}

/// Sends one message, unless it is there already; returns its id.
async fn send(
    wire: &Wire,
    channel: u64,
    mut body: Value,
    outgoing: Outgoing,
    nonce: &str,
    (again, at_ms): (bool, u64),
) -> Result<String, RestError> {
    let shows = body.clone();
    body["nonce"] = json!(nonce);
    body["enforce_nonce"] = json!(true);
    let mut doubtful = again;
    loop {
        if doubtful {
            match wire.find_own(channel, &shows, at_ms).await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(error @ RestError::Refused { .. }) => {
                    tracing::warn!("whether a message is there already can't be seen, it is sent: {error}");
                }
                // What was not seen may well be there.
                Err(error) => {
                    tracing::warn!("{error}; it is tried again");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            }
        }
        match wire.rest.send(Call::message_create(channel, body.clone(), outgoing.files.clone())).await {
            Ok(message) => return Ok(id_of(&message)),
            // Discord is away: what is to be said stays to be said. A nonce counts for minutes only.
            Err(error @ (RestError::Unreachable { .. } | RestError::Token)) => {
                tracing::warn!("{error}; it is tried again");
                doubtful = true;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// What a message shows that was sent now, or `again`: then it may be an earlier life's and show what
/// was true then.
fn shown(conversation: ConversationId, message: String, now: (Digest, bool), again: bool) -> Shown {
    let (state, last) = if again { (Digest::of(b""), false) } else { now };
    Shown { conversation, message, state, last }
}

/// "Unknown Channel".
const UNKNOWN_CHANNEL: u64 = 10_003;
/// How long to wait before the next attempt while Discord is away.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

/// The thread of an incident: its first message is posted, then the thread is made from that.
async fn thread(
    wire: &Wire,
    incident: IncidentId,
    root: &mut Option<Root>,
    job: &Job,
    delivered: &mut Delivered,
) -> Result<u64, RestError> {
    // An incident always has a card; without one its thread has at least its name.
    let root = root.get_or_insert_with(|| {
        let (title, content) = (incident.to_string(), format!("**{incident}**"));
        let outgoing = Outgoing { title, content, ..Outgoing::default() };
        let outgoing = outgoing.marked(&wire.mark(CardId::Incident(incident)));
        Root { outgoing, state: Digest::of(b""), last: false, message: None }
    });
    let there = if let Some(shown) = &root.message {
        shown
    } else {
        let channel = wire.incident_channel;
        let nonce = wire.nonce(&incident.to_string());
        let (body, outgoing) = (root.outgoing.body(), root.outgoing.clone());
        let message = send(wire, channel, body, outgoing, &nonce, (job.again, job.post.at_ms)).await?;
        let shown = shown(conversation_of(channel), message, (root.state, root.last), job.again);
        delivered.root = Some((incident, shown.clone()));
        // From here on it is there, whatever becomes of its thread.
        root.message.insert(shown)
    };
    let channel = channel_of(&there.conversation).unwrap_or(wire.incident_channel);
    let thread = wire.thread(channel, message_number(&there.message), &root.outgoing.title).await?;
    delivered.thread = Some((incident, thread));
    Ok(thread)
}

/// "Thread is archived".
const THREAD_ARCHIVED: u64 = 50_083;

/// Changes the message of a card; returns what it shows then. None: it is tried again later.
pub async fn edit(
    wire: &Wire,
    outgoing: &Outgoing,
    state: Digest,
    last: bool,
    shown: Shown,
) -> Option<Shown> {
    let was_last = shown.last;
    let now = Shown { state, last, ..shown };
    let channel = channel_of(&now.conversation)?;
    let body = outgoing.without_files().body();
    let call = || Call::message_edit(channel, message_number(&now.message), body.clone(), Vec::new());
    let mut edited = wire.rest.send(call()).await;
    // A thread that was folded away comes back for news, not for what only looks different now.
    if matches!(edited, Err(RestError::Refused { code: THREAD_ARCHIVED, .. })) && !was_last {
        edited = match wire.rest.send(Call::channel_edit(channel, json!({ "archived": false }))).await {
            Ok(_) => wire.rest.send(call()).await,
            refused => refused,
        };
    }
    match edited {
        Ok(_) => Some(now),
        // Somebody has deleted it, or the bot may not edit it any more: it is left alone.
        Err(error @ RestError::Refused { .. }) => {
            tracing::warn!("a card can't be changed: {error}");
            Some(now)
        }
        Err(error) => {
            tracing::warn!("a card could not be changed, it is tried again: {error}");
            None
        }
    }
}
