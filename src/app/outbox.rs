//! What stands beside the events: posts that are not delivered yet, cards with the messages that
//! show them, tickets that have been taken, questions that are owed an answer. Written in the same
//! transaction as the events.
//!
//! Invariant: a post is in the outbox from the moment its events are in the record until the chat
//! says that it is delivered. Nothing here decides anything about hosts.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::id::{ConversationId, Digest};
use crate::domain::record::origin::Ticket;
use crate::domain::say::Say;
use crate::domain::say::address::To;
use crate::domain::say::card::CardId;
use crate::domain::say::question::{Purpose, Question};

/// Tickets remembered: far more than a platform delivers again, and the oldest go first.
const TICKETS_MAX: usize = 20_000;

/// Milliseconds for which one number is enough: more posts than that come in bursts alone. A number has 11 digits
/// then, which leaves room for the page in what Discord knows a message by.
const NUMBER_MS: u64 = 100;

/// Something to be said, with the number under which it is remembered until it has been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Unique in the record, so that a sender can recognise its own message; 0 if it is not kept.
    pub number: u64,
    /// When it was put into the outbox, in ms since 1970.
    pub at_ms: u64,
    /// What.
    pub say: Say,
}

impl Post {
    /// Something that is said once and not remembered.
    pub fn unkept(say: Say) -> Self {
        Self { number: 0, at_ms: 0, say }
    }
}

/// The message that shows a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Where it stands.
    pub conversation: ConversationId,
    /// The message, as the platform calls it.
    pub message: String,
    /// The digest of what it shows.
    pub state: Digest,
    /// Whether that is its last state.
    pub last: bool,
}

/// One entry of the outbox to be written, or to be removed if it has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its name: ASCII, no zero byte.
    pub key: String,
    /// Its content.
    pub value: Option<Vec<u8>>,
}

/// Why an entry can't be used, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// Its kind, or something in it, is not known here: a newer dogwatch wrote it.
    Unknown(String),
    /// It is not even JSON.
    Damaged(String),
}

/// The outbox, as it lies in memory.
#[derive(Debug, Default)]
pub struct Outbox {
    last_number: u64,
    posts: BTreeMap<u64, (u64, Say)>,
    cards: BTreeMap<CardId, Shown>,
    tickets: BTreeSet<Ticket>,
    owed: BTreeMap<Ticket, Question>,
}

const POST: &str = "post/";
const CARD: &str = "card/";
const TICKET: &str = "ticket/";
const OWED: &str = "owed/";
const NUMBER: &str = "number";

impl Outbox {
    /// The outbox as it was written. An entry that is not known whole would be lost without a word.
    pub fn load(entries: &[(String, Vec<u8>)]) -> Result<Self, Unread> {
        let mut outbox = Self::default();
        for (key, value) in entries {
            outbox.take_in(key, value)?;
        }
        Ok(outbox)
    }

    fn take_in(&mut self, key: &str, value: &[u8]) -> Result<(), Unread> {
        let unknown = || Unread::Unknown(key.to_owned());
        let number = |text: &str| text.parse().map_err(|_| unknown());
        if let Some(text) = key.strip_prefix(POST) {
            self.posts.insert(number(text)?, whole(key, value)?);
        } else if key.starts_with(CARD) {
            let (id, shown) = whole(key, value)?;
            self.cards.insert(id, shown);
        } else if let Some(text) = key.strip_prefix(TICKET) {
            self.tickets.insert(Ticket(number(text)?));
        } else if let Some(text) = key.strip_prefix(OWED) {
            self.owed.insert(Ticket(number(text)?), whole(key, value)?);
        } else if key == NUMBER {
            self.last_number = whole(key, value)?;
        } else {
            return Err(unknown());
        }
        Ok(())
    }

    /// Takes a ticket: what has to be written, or nothing if it has been taken before.
    pub fn take(&mut self, ticket: Ticket) -> Option<Vec<Note>> {
        // One that is older than all that are remembered has been forgotten, not missed.
        let forgotten = self.tickets.len() == TICKETS_MAX && self.tickets.first() > Some(&ticket);
        if forgotten || !self.tickets.insert(ticket) {
            return None;
        }
        let mut notes = vec![note(format!("{TICKET}{:020}", ticket.0), &())];
        while self.tickets.len() > TICKETS_MAX {
            let oldest = self.tickets.pop_first()?;
            notes.push(gone(format!("{TICKET}{:020}", oldest.0)));
        }
        Some(notes)
    }

    /// A question of somebody who waits for the answer is owed one from now on.
    pub fn owe(&mut self, question: &Question) -> Option<Note> {
        let ticket = question.origin.ticket.filter(|_| question.purpose == Purpose::Answer)?;
        self.owed.insert(ticket, question.clone());
        Some(note(format!("{OWED}{:020}", ticket.0), question))
    }

    /// A question has been answered, or nothing more can be said to it.
    pub fn settle(&mut self, question: &Question) -> Option<Note> {
        let ticket = question.origin.ticket?;
        self.owed.remove(&ticket).map(|_| gone(format!("{OWED}{:020}", ticket.0)))
    }

    /// The questions that are owed an answer.
    pub fn owed(&self) -> impl Iterator<Item = &Question> {
        self.owed.values()
    }

    /// Puts something to be said into the outbox. An answer that only the caller sees is given now or
    /// never: it tells of nothing that has happened.
    pub fn post(&mut self, say: Say, at_ms: u64) -> (Post, Vec<Note>) {
        if matches!(say.to, To::Caller(_)) {
            return (Post { number: 0, at_ms, say }, Vec::new());
        }
        // Behind the clock a record that was set back would give a number again that has been sent.
        self.last_number = (self.last_number + 1).max(at_ms / NUMBER_MS);
        let number = self.last_number;
        let say = bounded(say, at_ms);
        let kept = note(format!("{POST}{number:020}"), &(at_ms, &say));
        self.posts.insert(number, (at_ms, say.clone()));
        (Post { number, at_ms, say }, vec![note(NUMBER.to_owned(), &number), kept])
    }

    /// A post has been delivered.
    pub fn delivered(&mut self, number: u64) -> Option<Note> {
        self.posts.remove(&number).map(|_| gone(format!("{POST}{number:020}")))
    }

    /// A card is shown by a message.
    pub fn shown(&mut self, id: CardId, shown: Shown) -> Note {
        let key = match id {
            CardId::Incident(id) => format!("{CARD}incident/{id}"),
            CardId::Request(id) => format!("{CARD}request/{id}"),
            CardId::Run(id) => format!("{CARD}run/{id}"),
        };
        let written = note(key, &(id, &shown));
        self.cards.insert(id, shown);
        written
    }

    /// What has not been delivered, in order.
    pub fn posts(&self) -> impl Iterator<Item = Post> {
        let post = |(number, (at_ms, say)): (&u64, &(u64, Say))| Post {
            number: *number,
            at_ms: *at_ms,
            say: say.clone(),
        };
        self.posts.iter().map(post)
    }

    /// Every card that some message shows.
    pub fn cards(&self) -> impl Iterator<Item = (CardId, Shown)> {
        self.cards.iter().map(|(id, shown)| (*id, shown.clone()))
    }
}

/// Bytes of a post at the most: less than an entry of the store may have.
const POST_LEN_MAX: usize = 768 * 1024;
/// Bytes of a text that is never cut for it.
const TEXT_LEN_LEAST: usize = 1024;

/// The same with the longest texts cut until it can be kept: what a host printed is in the record.
fn bounded(mut say: Say, at_ms: u64) -> Say {
    let length = |say: &Say| serde_json::to_vec(&(at_ms, say)).map_or(0, |bytes| bytes.len());
    let mut most = POST_LEN_MAX;
    while length(&say) > POST_LEN_MAX && most > TEXT_LEN_LEAST {
        most /= 2;
        say.reply.cut_texts(most);
    }
    if length(&say) > POST_LEN_MAX {
        say.reply.parts.clear();
    }
    say
}

/// A value of which nothing is lost when it is written again.
fn whole<T: Serialize + DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, Unread> {
    let unknown = || Unread::Unknown(key.to_owned());
    let written: Value = serde_json::from_slice(value).map_err(|_| Unread::Damaged(key.to_owned()))?;
    let read = serde_json::from_slice(value).map_err(|_| unknown())?;
    let again = serde_json::to_value(&read).map_err(|_| unknown())?;
    if again == written { Ok(read) } else { Err(unknown()) }
}

fn note(key: String, value: &impl Serialize) -> Note {
    // Strings, numbers and lists of them always become JSON.
    Note { key, value: Some(serde_json::to_vec(value).unwrap_or_default()) }
}

fn gone(key: String) -> Note {
    Note { key, value: None }
}

#[cfg(test)]
mod tests;
