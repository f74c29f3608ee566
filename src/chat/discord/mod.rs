//! Discord: interactions and messages in, replies out.
//!
//! ```text
//! gateway -> reception -> the loop -> Discord (the port) -> courier -> answering  -> rest
//!            (what it is)             (says what it is)     (where it  -> delivery -> rest
//!                                                            belongs)     layout, escape
//! ```
//!
//! Invariant: everything that is sent goes through `layout`, which keeps to Discord's limits, escapes
//! what somebody else wrote, and allows no mention to ping. Nothing is decided here.
//!
//! `service` begins and ends all of it, `stop` says when; `ids` reads and writes Discord's ids.

pub mod answering;
pub mod checkup;
pub mod courier;
pub mod custom_id;
pub mod delivery;
pub mod escape;
pub mod gateway;
pub mod ids;
pub mod layout;
pub mod missed;
pub mod reception;
pub mod registration;
pub mod rest;
pub mod roles;
pub mod service;
pub mod slash;
mod stop;
pub mod suggest;
pub mod wire;

#[cfg(test)]
mod testing;

use tokio::sync::mpsc;

use crate::app::outbox::{Post, Shown};
use crate::app::ports::Chat;
use crate::domain::id::{ConversationId, IncidentId};
use crate::domain::record::origin::{Origin, Ticket};
use crate::domain::say::address::To;
use crate::domain::say::card::CardId;
use crate::domain::say::form::Form;
use crate::domain::say::reply::Reply;

use self::courier::Order;

/// The port to people on Discord: everything is handed to the courier.
///
/// Its queue has no limit of its own: what is in it is in the outbox, or answers an input of which the
/// loop takes a limited number.
pub struct Discord(pub mpsc::UnboundedSender<Order>);

impl Discord {
    fn order(&self, order: Order) {
        // The courier has gone: what is kept is delivered after the next start.
        let _ = self.0.send(order);
    }
}

impl Chat for Discord {
    const KEEPS: bool = true;

    fn say(&self, post: Post) {
        self.order(Order::Say(post));
    }

    fn form(&self, origin: &Origin, form: Form) {
        if let Some(ticket) = origin.ticket {
            self.order(Order::Form(ticket, form));
        }
    }

    fn decided(&self, ticket: Ticket, elsewhere: Option<&To>) {
        self.order(Order::Decided(ticket, elsewhere.cloned()));
    }

    fn turned_away(&self, ticket: Ticket, reply: Reply) {
        self.order(Order::TurnedAway(ticket, reply));
    }

    fn show(&self, card: CardId, reply: Reply, last: bool) {
        self.order(Order::Show(card, reply, last));
    }

    fn resume(
        &self,
        cards: Vec<(CardId, Shown)>,
        threads: Vec<(IncidentId, ConversationId)>,
        posts: Vec<Post>,
    ) {
        self.order(Order::Resume(cards, threads, posts));
    }
}
