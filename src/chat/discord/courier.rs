//! The courier: takes what is to be said where it belongs, in order, until it has arrived.
//!
//! Invariant: one task owns all of this; no locks. What goes to one place goes one after the other
//! (a lane), each only when the one before has arrived or can never arrive.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::answering::{self, Answer, Answered};
use super::delivery::{self, Delivered, Destination, Job};
use super::ids::{channel_of, conversation_of};
use super::stop::stopped;
use super::wire::Wire;
use crate::app::Handle;
use crate::app::outbox::{Post, Shown};
use crate::domain::decide::input::Input;
use crate::domain::id::{ConversationId, IncidentId};
use crate::domain::record::origin::Ticket;
use crate::domain::say::address::To;
use crate::domain::say::card::CardId;

mod cards;
mod order;

use cards::Cards;
pub use order::Order;

/// How often cards are looked through for one that waits for its turn.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A place to which things go one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Lane {
    Incident(IncidentId),
    Room(ConversationId),
}

/// What the loop is told.
enum Report {
    Delivered(u64, Option<(CardId, Shown)>),
    Shown(CardId, Shown),
    Threaded(IncidentId, u64),
}

enum Finished {
    Lane(Lane, Box<Delivered>),
    Answered(Ticket, Answered),
    Edited(CardId, Option<Shown>),
}

/// See the module.
pub struct Courier {
    wire: Arc<Wire>,
    reports: mpsc::UnboundedSender<Report>,
    lanes: HashMap<Lane, VecDeque<Job>>,
    cards: Cards,
    threads: BTreeMap<IncidentId, u64>,
    /// Threads and channels that were deleted: the incident channel takes their place.
    gone: BTreeSet<u64>,
    live: HashMap<Ticket, mpsc::UnboundedSender<Answer>>,
    /// Who waits to be told where the thread of an incident is.
    pointing: HashMap<IncidentId, Vec<Ticket>>,
    tasks: JoinSet<Finished>,
    /// Whether the gateway has been: before that nothing is sent.
    ready: bool,
    /// Lanes wait here until it is.
    held: Vec<Lane>,
}

impl Courier {
    /// A courier with nothing to do.
    ///
    /// And the task that reports to the loop: a loop that is busy must not keep an interaction from
    /// being acknowledged.
    pub fn new(wire: Arc<Wire>, handle: Handle) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let (reports, mut reported) = mpsc::unbounded_channel();
        let report = async move {
            while let Some(report) = reported.recv().await {
                match report {
                    Report::Delivered(number, card) => handle.delivered(number, card).await,
                    Report::Shown(card, shown) => handle.shown(card, shown).await,
                    Report::Threaded(incident, thread) => {
                        handle.send(Input::Threaded(incident, conversation_of(thread))).await;
                    }
                }
            }
        };
        let courier = Self {
            wire,
            reports,
            lanes: HashMap::new(),
            cards: Cards::default(),
            threads: BTreeMap::new(),
            gone: BTreeSet::new(),
            live: HashMap::new(),
            pointing: HashMap::new(),
            tasks: JoinSet::new(),
            ready: false,
            held: Vec::new(),
        };
        (courier, report)
    }

    fn report(&self, report: Report) {
        // The loop has gone: the next start finds it in the outbox.
        let _ = self.reports.send(report);
    }

    /// Works until `stop` turns true. What has not arrived by then is still in the outbox.
    pub async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>, mut stop: watch::Receiver<bool>) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                order = orders.recv() => match order {
                    Some(order) => self.take(order),
                    None => return,
                },
                Some(finished) = self.tasks.join_next() => match finished {
                    Ok(finished) => self.finished(finished),
                    Err(error) => tracing::error!("a delivery died: {error}"),
                },
                _ = look.tick() => self.edit(),
            }
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Say(post) => self.say(post, false),
            Order::TurnedAway(ticket, reply) => self.answer(ticket, Answer::Private(reply)),
            Order::Form(ticket, form) => self.answer(ticket, Answer::Form(form)),
            Order::Decided(ticket, elsewhere) => self.decided(ticket, elsewhere.as_ref()),
            Order::Show(id, reply, last) => {
                self.cards.want(id, &reply, last, &self.wire.mark(id));
                self.edit();
            }
            Order::Resume(cards, threads, posts) => {
                self.cards.resume(cards);
                self.threads.extend(threads.iter().filter_map(|(id, at)| Some((*id, channel_of(at)?))));
                for post in posts {
                    self.say(post, true);
                }
            }
            Order::Interaction(live) => {
                let (sender, receiver) = mpsc::unbounded_channel();
                let ticket = live.ticket;
                self.live.insert(ticket, sender);
                let wire = Arc::clone(&self.wire);
                self.tasks.spawn(async move {
                    Finished::Answered(ticket, answering::answer(&wire, &live, receiver).await)
                });
            }
            Order::Gone(thread) => {
                if self.threads.values().any(|known| *known == thread) {
                    self.gone.insert(thread);
                }
            }
            Order::Ready(application, bot) => {
                self.wire.is_ready(application, bot);
                self.ready = true;
                for lane in std::mem::take(&mut self.held) {
                    self.next(&lane);
                }
            }
            Order::Known(asker) => {
                // Nobody waits any more: whoever typed has gone on.
                let _ = asker.send(self.cards.known());
            }
            Order::Threads(asker) => {
                // Nobody waits any more: the bot ends.
                let there = self.threads.values().filter(|thread| !self.gone.contains(thread));
                let _ = asker.send(there.copied().collect());
            }
        }
    }

    fn say(&mut self, post: Post, again: bool) {
        match &post.say.to {
            // What is said to a message everybody sees.
            To::Caller(origin) if origin.is_message => {
                self.send_to_room(origin.conversation.clone(), origin.ticket, post, again);
            }
            To::Caller(origin) => {
                let Some(ticket) = origin.ticket else { return };
                self.answer(ticket, Answer::Private(post.say.reply));
            }
            To::Asker(origin) => {
                let ticket = origin.ticket.filter(|_| !again);
                if let Some(live) = ticket.and_then(|ticket| self.live.get(&ticket))
                    && live.send(Answer::Public(post.clone())).is_ok()
                {
                    return;
                }
                let about = origin.ticket.filter(|_| origin.is_message);
                self.send_to_room(origin.conversation.clone(), about, post, again);
            }
            To::Room(conversation) => self.send_to_room(conversation.clone(), None, post, again),
            To::Incident(incident, _) => {
                let (incident, destination) = (*incident, Destination::Incident(*incident));
                self.push(Lane::Incident(incident), Job { post, destination, about: None, again });
            }
        }
    }

    /// Sends to a conversation, in reply to the message `about` if there is one.
    fn send_to_room(&mut self, conversation: ConversationId, about: Option<Ticket>, post: Post, again: bool) {
        // A conversation of another chat is from before this record was on Discord.
        let channel = channel_of(&conversation).unwrap_or(self.wire.incident_channel);
        let destination = Destination::Channel(channel);
        self.push(Lane::Room(conversation), Job { post, destination, about, again });
    }

    fn answer(&mut self, ticket: Ticket, answer: Answer) {
        let gone = match self.live.get(&ticket) {
            Some(live) => live.send(answer).is_err(),
            None => true,
        };
        if gone {
            tracing::debug!("an answer came after its interaction had ended");
        }
    }

    /// Nothing was said to whoever gave the command: it is pointed out to them where it is said.
    fn decided(&mut self, ticket: Ticket, elsewhere: Option<&To>) {
        match elsewhere {
            Some(To::Incident(incident, _)) => match self.threads.get(incident) {
                Some(thread) => self.answer(ticket, Answer::Elsewhere(Some(self.place_of(*thread)))),
                None => self.pointing.entry(*incident).or_default().push(ticket),
            },
            Some(to) => self.answer(ticket, Answer::Elsewhere(channel_of(to.conversation()))),
            None => self.answer(ticket, Answer::Elsewhere(None)),
        }
    }

    /// Where something goes that belongs into a channel or a thread.
    fn place_of(&self, channel: u64) -> u64 {
        if self.gone.contains(&channel) { self.wire.incident_channel } else { channel }
    }

    fn push(&mut self, lane: Lane, job: Job) {
        let jobs = self.lanes.entry(lane.clone()).or_default();
        jobs.push_back(job);
        if jobs.len() == 1 {
            if self.ready {
                self.next(&lane);
            } else {
                self.held.push(lane);
            }
        }
    }

    /// Begins with the first job of a lane; it stays the first until it is over.
    fn next(&mut self, lane: &Lane) {
        let Some(mut job) = self.lanes.get(lane).and_then(VecDeque::front).cloned() else { return };
        let mut root = None;
        if let Destination::Incident(incident) = job.destination {
            match self.threads.get(&incident) {
                Some(thread) => job.destination = Destination::Channel(*thread),
                None => root = self.cards.root(incident),
            }
        }
        if let Destination::Channel(channel) = &mut job.destination {
            *channel = self.place_of(*channel);
        }
        let card = job.post.say.card.and_then(|id| self.cards.post(id));
        let (wire, lane) = (Arc::clone(&self.wire), lane.clone());
        self.tasks.spawn(async move {
            Finished::Lane(lane, Box::new(delivery::deliver(&wire, job, root, card).await))
        });
    }

    fn finished(&mut self, finished: Finished) {
        match finished {
            Finished::Lane(lane, delivered) => {
                let jobs = self.lanes.entry(lane.clone()).or_default();
                if let Some(id) = jobs.pop_front().and_then(|job| job.post.say.card) {
                    self.cards.over(id, delivered.card.as_ref().map(|(_, shown)| shown.clone()));
                }
                self.delivered(*delivered);
                self.point(&lane);
                let jobs = self.lanes.entry(lane.clone()).or_default();
                if jobs.is_empty() {
                    self.lanes.remove(&lane);
                } else {
                    self.next(&lane);
                }
            }
            Finished::Answered(ticket, answered) => {
                self.live.remove(&ticket);
                match answered {
                    Answered::Delivered(number) => self.report(Report::Delivered(number, None)),
                    Answered::Undelivered(post) => self.say(*post, false),
                    Answered::Over => {}
                }
            }
            Finished::Edited(id, shown) => {
                self.cards.over(id, shown.clone());
                if let Some(shown) = shown {
                    self.report(Report::Shown(id, shown));
                }
            }
        }
    }

    fn delivered(&mut self, delivered: Delivered) {
        let Delivered { number, card, root, thread, gone } = delivered;
        self.gone.extend(gone);
        if let Some((incident, shown)) = root {
            self.cards.over(CardId::Incident(incident), Some(shown.clone()));
            self.report(Report::Shown(CardId::Incident(incident), shown));
        }
        if let Some((incident, thread)) = thread {
            self.threads.insert(incident, thread);
            self.report(Report::Threaded(incident, thread));
        }
        // What is not kept has no number.
        if number != 0 {
            self.report(Report::Delivered(number, card));
        }
    }

    /// Tells whoever waits for it where an incident is worked on: its thread, or the channel if
    /// Discord lets none be made.
    fn point(&mut self, lane: &Lane) {
        let Lane::Incident(incident) = lane else { return };
        let at = self.threads.get(incident).map_or(self.wire.incident_channel, |at| self.place_of(*at));
        for ticket in self.pointing.remove(incident).unwrap_or_default() {
            self.answer(ticket, Answer::Elsewhere(Some(at)));
        }
    }

    /// Edits the messages of cards that show something else than they should, each in its turn.
    fn edit(&mut self) {
        if !self.ready {
            return;
        }
        for ((id, outgoing, state, last), shown) in self.cards.due() {
            let wire = Arc::clone(&self.wire);
            self.tasks.spawn(async move {
                Finished::Edited(id, delivery::edit(&wire, &outgoing, state, last, shown).await)
            });
        }
    }
}
