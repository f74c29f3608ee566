//! One interaction: acknowledged within Discord's three seconds, whatever runs behind it.
//!
//! A quick answer is the acknowledgement. If none has come after [`PATIENCE`], the interaction is
//! deferred, visible to the caller alone, and answered by an edit later: an edit can be repeated
//! without saying anything twice. A form can't be opened any more then, so one is waited for longer.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout_at;

use super::ids::conversation_of;
use super::layout;
use super::rest::{Call, RestError, Secret};
use super::wire::Wire;
use crate::app::outbox::Post;
use crate::domain::record::origin::Ticket;
use crate::domain::say::form::Form;
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};

/// How long an answer is waited for before the interaction is deferred.
const PATIENCE: Duration = Duration::from_millis(1200);
/// The same where the answer may be a form: what is left is enough for one attempt and another.
const PATIENCE_FOR_FORM: Duration = Duration::from_secs(2);
/// How long an interaction can be answered: a little less than Discord's 15 minutes.
const TOKEN_LIFE: Duration = Duration::from_secs(14 * 60);
/// Discord's flag of a message that only the caller sees.
const EPHEMERAL: u64 = 1 << 6;

/// An interaction that waits for its answer.
pub struct Live {
    /// Its number.
    pub ticket: Ticket,
    /// The application that it is for.
    pub application: u64,
    /// The right to answer it.
    pub token: Secret,
    /// When it arrived.
    pub received: Instant,
    /// The channel or thread in which it happened.
    pub channel: u64,
    /// Whether it began at a message, which stays where it is without any answer.
    pub at_message: bool,
    /// Whether a form may be the answer.
    pub may_be_form: bool,
}

/// What an interaction is answered with.
#[derive(Debug)]
pub enum Answer {
    /// Something that only the caller sees.
    Private(Reply),
    /// Something that everybody sees, which is kept until it has arrived.
    Public(Post),
    /// A form.
    Form(Form),
    /// Nothing: it is said in this channel, or nowhere.
    Elsewhere(Option<u64>),
}

/// What became of an interaction.
#[derive(Debug)]
pub enum Answered {
    /// The kept post with this number has arrived as its answer.
    Delivered(u64),
    /// The kept post has to be delivered another way.
    Undelivered(Box<Post>),
    /// It is over.
    Over,
}

/// Acknowledges an interaction and answers it with what comes first.
pub async fn answer(wire: &Wire, live: &Live, mut answers: mpsc::UnboundedReceiver<Answer>) -> Answered {
    let patience = if live.may_be_form { PATIENCE_FOR_FORM } else { PATIENCE };
    match timeout_at((live.received + patience).into(), answers.recv()).await {
        Ok(None) => Answered::Over,
        Ok(Some(answer)) => at_once(wire, live, answer).await,
        Err(_) => {
            let deferred = json!({ "type": 5, "data": { "flags": EPHEMERAL } });
            if let Err(error) = wire.rest.send(callback(live, deferred, Vec::new())).await {
                tracing::error!("an interaction could not be acknowledged: {error}");
            }
            match timeout_at((live.received + TOKEN_LIFE).into(), answers.recv()).await {
                Ok(Some(answer)) => later(wire, live, answer).await,
                Ok(None) | Err(_) => Answered::Over,
            }
        }
    }
}

fn callback(live: &Live, body: Value, files: Vec<layout::File>) -> Call {
    Call::interaction_callback(live.ticket.0, &live.token, body, files, live.received)
}

async fn at_once(wire: &Wire, live: &Live, answer: Answer) -> Answered {
    let (body, files) = match &answer {
        Answer::Private(reply) => private(reply),
        Answer::Public(post) => {
            let outgoing = layout::single(&post.say.reply);
            (json!({ "type": 4, "data": outgoing.body() }), outgoing.files)
        }
        Answer::Form(form) => (json!({ "type": 9, "data": layout::form(form) }), Vec::new()),
        Answer::Elsewhere(channel) if live.at_message && channel.is_none_or(|at| at == live.channel) => {
            (json!({ "type": 6 }), Vec::new())
        }
        Answer::Elsewhere(channel) => private(&pointer(*channel, live.channel)),
    };
    let called = wire.rest.send(callback(live, body, files)).await;
    if let Err(error) = &called {
        tracing::warn!("an interaction could not be answered: {error}");
    }
    // Nobody knows whether it arrived: Discord does.
    let called = match called {
        Err(RestError::Unreachable { may_have_arrived: true, .. }) => {
            wire.rest.send(Call::original_get(live.application, &live.token)).await
        }
        called => called,
    };
    match (answer, called) {
        (Answer::Public(post), Ok(_)) => Answered::Delivered(post.number),
        (Answer::Public(post), Err(_)) => Answered::Undelivered(Box::new(post)),
        _ => Answered::Over,
    }
}

fn private(reply: &Reply) -> (Value, Vec<layout::File>) {
    let outgoing = layout::single(reply);
    let mut data = outgoing.body();
    data["flags"] = json!(EPHEMERAL);
    (json!({ "type": 4, "data": data }), outgoing.files)
}

/// The answer to an interaction that was deferred.
async fn later(wire: &Wire, live: &Live, answer: Answer) -> Answered {
    let (reply, undelivered) = match answer {
        Answer::Private(reply) => (reply, None),
        // Everybody is to see it, and the deferred answer is seen by one.
        Answer::Public(post) => (pointer(Some(live.channel), live.channel), Some(Box::new(post))),
        Answer::Form(_) => {
            let title = Line::plain("that took too long for a form: please try again");
            (Reply::new(Tone::Bad, title), None)
        }
        Answer::Elsewhere(channel) => (pointer(channel, live.channel), None),
    };
    let outgoing = layout::single(&reply);
    let body = outgoing.body();
    let edit = Call::original_edit(live.application, &live.token, body, outgoing.files);
    let edited = wire.rest.send(edit).await;
    if let Err(error) = edited {
        tracing::warn!("a deferred interaction could not be answered: {error}");
    }
    undelivered.map_or(Answered::Over, Answered::Undelivered)
}

/// Tells whoever gave a command where to look.
fn pointer(channel: Option<u64>, here: u64) -> Reply {
    let line = match channel {
        None => Line::plain("done"),
        Some(at) if at == here => Line::plain("done: see below"),
        Some(at) => Line::plain("done: see ").place(conversation_of(at)),
    };
    Reply::new(Tone::Good, line)
}
