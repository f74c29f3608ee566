//! Orders: what the courier is to send, show or remember.

use crate::app::outbox::{Post, Shown};
use crate::chat::discord::answering::Live;
use crate::chat::discord::suggest::Known;
use crate::domain::id::{ConversationId, IncidentId};
use crate::domain::record::origin::Ticket;
use crate::domain::say::address::To;
use crate::domain::say::card::CardId;
use crate::domain::say::form::Form;
use crate::domain::say::reply::Reply;

/// What the courier is told.
pub enum Order {
    /// Something to be said.
    Say(Post),
    /// A form for whoever pressed.
    Form(Ticket, Form),
    /// A command was decided, and nothing was said to whoever gave it.
    Decided(Ticket, Option<To>),
    /// A command was turned away: an interaction is answered, a message is not.
    TurnedAway(Ticket, Reply),
    /// Where something stands now.
    Show(CardId, Reply, bool),
    /// What an earlier life has left: cards, threads, posts.
    Resume(Vec<(CardId, Shown)>, Vec<(IncidentId, ConversationId)>, Vec<Post>),
    /// An interaction has arrived and is to be acknowledged in time.
    Interaction(Live),
    /// A thread has been deleted.
    Gone(u64),
    /// The gateway is ready: the application and the bot's own account.
    Ready(u64, u64),
    /// Whoever types wants to know what there is.
    Known(tokio::sync::oneshot::Sender<Known>),
    /// Which threads are those of incidents.
    Threads(tokio::sync::oneshot::Sender<Vec<u64>>),
}
