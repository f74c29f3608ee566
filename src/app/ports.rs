//! What the loop needs from the outside: hosts, search, the record, people, time and chance.

use std::future::Future;
use std::pin::Pin;

use tokio::sync::watch;

use super::outbox::{Note, Post, Shown};

use crate::domain::audit::chain::Head;
use crate::domain::audit::findings::Findings;
use crate::domain::id::{ConversationId, GroupId, IncidentId, Nonce, RunId, StoreId};
use crate::domain::plan::Plan;
use crate::domain::plan::approved::Approved;
use crate::domain::policy::catalogue::{Catalogue, Subject};
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::origin::{Origin, Ticket};
use crate::domain::record::run::{Ground, Output, StepReport, VerifyReport};
use crate::domain::rules::reach::Unreached;
use crate::domain::say::address::To;
use crate::domain::say::card::CardId;
use crate::domain::say::form::Form;
use crate::domain::say::reply::Reply;
use crate::domain::world::actor::ActorId;
use crate::domain::world::citation::Found;
use crate::domain::world::host::Host;

/// The hosts. Every method but `check` takes an approved plan: nothing else is ever executed.
pub trait Hosts: Send + Sync + 'static {
    /// Has a host of the plan make a folder for what its steps leave behind. Nothing of the plan runs.
    fn probe(
        &self,
        approved: &Approved<Plan>,
        host: usize,
    ) -> impl Future<Output = Result<Ground, Unreached>> + Send;

    /// Runs one step under a run id that has been recorded, and follows it to its end.
    ///
    /// `cancel` turning true stops the step. Losing the connection is not an error: the method
    /// asks the host again, fences, and reports what is known.
    ///
    /// `printed` gets what the step has printed so far whenever that was seen to have changed: for
    /// people only, and any of it may be missed. What counts is the output in the report.
    fn execute(
        &self,
        approved: &Approved<Plan>,
        at: &StepAt,
        run: RunId,
        ground: &Ground,
        cancel: watch::Receiver<bool>,
        printed: watch::Sender<Output>,
    ) -> impl Future<Output = StepReport> + Send;

    /// Finds out what became of a step that was in flight when the bot died. It starts nothing:
    /// a step that has not begun is fenced, one that is running is followed to its end.
    fn settle(
        &self,
        approved: &Approved<Plan>,
        at: &StepAt,
        run: RunId,
        ground: &Ground,
        cancel: watch::Receiver<bool>,
        printed: watch::Sender<Output>,
    ) -> impl Future<Output = StepReport> + Send;

    /// Looks whether the plan's effect is there on a host: once before anything is done, afterwards again and
    /// again as the plan says.
    fn verify(
        &self,
        approved: &Approved<Plan>,
        host: usize,
        when: When,
    ) -> impl Future<Output = VerifyReport> + Send;

    /// Looks whether a host is reachable, shows the pinned key and has these programs.
    fn check(&self, host: &Host, programs: &[String]) -> impl Future<Output = HostCheck> + Send;
}

/// When a verification is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before anything is done.
    Before,
    /// After the steps.
    After,
}

/// A step of a plan: indexes into its hosts and into the steps of that host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepAt {
    /// Index into `plan.hosts`.
    pub host: usize,
    /// Index into the host's `steps`.
    pub step: usize,
    /// The attempts at it before this one, which are proven not to have begun: under a record that was set
    /// back they must not begin either.
    pub earlier: Vec<(RunId, Nonce)>,
}

/// What `check` found, line by line, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCheck {
    /// Each thing looked at: its name, whether it is well, what was seen or what to do.
    pub findings: Vec<(String, bool, String)>,
}

/// The record. Synchronous: the loop calls it where blocking is allowed.
pub trait Record: Send + 'static {
    /// Appends events in order, with what changes in the outbox, and returns once they are durable,
    /// with their numbers. Removals from the outbox alone need not be.
    ///
    /// An error means that nothing can be recorded any more.
    fn append(
        &mut self,
        at_ms: u64,
        events: Vec<(ActorId, Event)>,
        notes: Vec<Note>,
    ) -> Result<Vec<Moment>, RecordError>;

    /// The random id of the record, drawn when it was made.
    fn store(&self) -> StoreId;

    /// The last event that is on disk.
    fn head(&self) -> Head;

    /// What verifies the record as it stands on the disk, while others go on writing it.
    fn audit(&self) -> Audit;
}

/// Follows the chain from the first event to the last. It blocks; an error means that nothing could be judged.
pub type Audit = Box<dyn FnOnce() -> Result<Findings, RecordError> + Send>;

/// Why the record can't be written or looked at; for people.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RecordError(pub String);

/// A place elsewhere at which heads of the record are kept. Synchronous, as [`Record`] is.
pub trait Elsewhere: Send + Sync + 'static {
    /// Keeps one for good. The error, for people, says what was tried on what.
    fn keep(&self, at_ms: u64, head: Head) -> Result<(), String>;
}

/// The knowledge base as something that answers. Synchronous, as [`Record`] is.
pub trait Library: Send + Sync + 'static {
    /// The passages that answer a question, best first.
    fn find(&self, question: &str) -> Result<Found, String>;
}

/// What chats say of people at this moment.
pub trait Roles: Send + Sync + 'static {
    /// The groups that an account belongs to; somebody who is gone belongs to none. The error, for
    /// people, says why that can't be known, which is neither yes nor no.
    fn groups(&self, actor: ActorId) -> Asked;
}

/// What [`Roles::groups`] will say.
pub type Asked = Pin<Box<dyn Future<Output = Result<Vec<GroupId>, String>> + Send>>;

/// Articles and configuration: what is decided rests on what stands there now.
pub trait Sources: Send + Sync + 'static {
    /// Everything a decision looks at, or what is wrong with it. What the decision is about is read anew
    /// and has its text; that the rest has not changed may be told by what its files look like.
    fn catalogue(&self, about: &[Subject]) -> Result<Catalogue, String>;
}

/// Where people are talked to. Nothing here blocks.
pub trait Chat: Send + Sync + 'static {
    /// Whether what is said arrives later, so that it has to be kept until it has: then the loop
    /// is told through its handle.
    const KEEPS: bool;

    /// Says something.
    fn say(&self, post: Post);

    /// Says something to whoever follows line by line.
    fn follow(&self, _conversation: &ConversationId, _reply: &Reply) {}

    /// Shows a form to whoever asked.
    fn form(&self, _origin: &Origin, _form: Form) {}

    /// A command has been decided, and nothing was said to whoever gave it: what it led to is said
    /// there, if it led to anything.
    fn decided(&self, _ticket: Ticket, _elsewhere: Option<&To>) {}

    /// A command was turned away, as one of many: whoever waits for an answer of their own gets this one,
    /// and nobody else hears of it.
    fn turned_away(&self, _ticket: Ticket, _reply: Reply) {}

    /// This is where something stands now; true: and where it stays.
    fn show(&self, _card: CardId, _reply: Reply, _last: bool) {}

    /// What the record has of an earlier life: messages that show cards, the conversations that
    /// incidents have of their own, posts that may or may not have been delivered. Called once, after
    /// every card has been shown.
    fn resume(
        &self,
        _cards: Vec<(CardId, Shown)>,
        _threads: Vec<(IncidentId, ConversationId)>,
        _posts: Vec<Post>,
    ) {
    }
}
