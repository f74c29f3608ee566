//! What a decision comes to: events to record, and effects once they are recorded.

use super::input::{Answers, Reached};
use crate::domain::audit::chain::Head;
use crate::domain::id::{ConversationId, HostName, Nonce, RequestId, RunId};
use crate::domain::plan::Plan;
use crate::domain::plan::approved::Approved;
use crate::domain::record::event::Event;
use crate::domain::record::origin::Origin;
use crate::domain::record::run::Ground;
use crate::domain::rules::reach::Tries;
use crate::domain::rules::view::Caller;
use crate::domain::say::Say;
use crate::domain::say::address::To;
use crate::domain::say::form::Form;
use crate::domain::say::question::Question;
use crate::domain::say::reply::Reply;
use crate::domain::world::actor::ActorId;

/// What is to be done once the events are in the record.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say something.
    Say(Say),
    /// Say something to whoever follows line by line; elsewhere the card of the run shows it.
    Follow(ConversationId, Reply),
    /// Show a form to whoever asked.
    Form(Origin, Form),
    /// Look into the knowledge base.
    Search(Question),
    /// Look at a host.
    CheckHost(Origin, HostName),
    /// Verify the chain of events.
    VerifyAudit(Origin),
    /// Put [`Input::Start`](crate::domain::decide::input::Input::Start) after this decision.
    Start(RequestId),
    /// Put [`Input::TellHead`](crate::domain::decide::input::Input::TellHead) after this decision.
    TellHead,
    /// Keep a head of the record elsewhere too, with this time.
    KeepElsewhere(u64, Head),
    /// Ask the chats which groups these accounts belong to; the time is this decision's. What the host
    /// said meanwhile comes back with the answers.
    AskRoles(RequestId, Vec<ActorId>, u64, Option<Reached>),
    /// Have the first host of a request that could start make ground, with nothing but this proof. What
    /// was said of roles comes back with the answer.
    Reach(RequestId, HostName, Approved<Plan>, Option<Answers>),
    /// Keep how reaching the host of a request has gone; none: it is tried no more.
    Tries(RequestId, Option<Tries>),
    /// Hand the approved plan to the executor, which keeps it until `Release`.
    Hold(RequestId, Approved<Plan>),
    /// Have a host of the held plan make the ground for its steps, after so many ms.
    Probe(RequestId, HostName, u64),
    /// Ask the verification of the held plan once, before anything is sent; the ground comes back with the answer.
    VerifyBefore(RequestId, HostName, Ground),
    /// Run a step of the held plan.
    Execute(RequestId, HostName, StepRef),
    /// Find out what became of a step of the held plan; starts nothing.
    Settle(RequestId, HostName, StepRef),
    /// Ask the verification of the held plan.
    Verify(RequestId, HostName),
    /// Stop what runs of the held plan.
    Stop(RequestId),
    /// Take the approved plan away from the executor.
    Release(RequestId),
}

/// A step that is in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRef {
    /// Its index.
    pub step: usize,
    /// The id under which the host knows it.
    pub run: RunId,
    /// The ground that was recorded with it.
    pub ground: Ground,
    /// The attempts at it before this one, which are proven not to have begun.
    pub earlier: Vec<(RunId, Nonce)>,
}

/// What is to be recorded, and then to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// In order, each with who caused it.
    pub events: Vec<(ActorId, Event)>,
    /// In order.
    pub effects: Vec<Effect>,
}

impl Decision {
    /// A decision to tell whoever asked, and nothing else.
    pub fn answer(caller: Caller<'_>, reply: Reply) -> Self {
        Self::say(To::Caller(caller.origin.clone()), reply)
    }

    /// A decision to say something.
    pub fn say(to: To, reply: Reply) -> Self {
        Self { events: Vec::new(), effects: vec![Effect::Say(Say { to, reply, card: None })] }
    }

    /// Appends an event.
    pub fn event(&mut self, actor: &ActorId, event: Event) {
        self.events.push((actor.clone(), event));
    }

    /// Appends another decision that was made on the state after this one's events.
    pub fn extend(&mut self, other: Self) {
        self.events.extend(other.events);
        self.effects.extend(other.effects);
    }
}
