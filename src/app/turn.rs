//! One round of the loop, and what is to be known of an input before it is decided.

use std::collections::BTreeSet;

use super::handle::Trail;
use super::outbox::{Note, Post};
use crate::domain::command::Command;
use crate::domain::decide::effect::{Decision, Effect};
use crate::domain::decide::input::Input;
use crate::domain::id::RequestId;
use crate::domain::policy::catalogue::Subject;
use crate::domain::record::event::Event;
use crate::domain::record::origin::{Origin, Ticket};
use crate::domain::record::state::State;
use crate::domain::refusal::Refusal;
use crate::domain::say::address::To;
use crate::domain::say::button::Press;
use crate::domain::say::card::CardId;
use crate::domain::say::form::Submit;
use crate::domain::say::question::Purpose;
use crate::domain::say::replies;
use crate::domain::world::actor::ActorId;

/// One round of the loop: what is recorded together, and what follows from it.
#[derive(Default)]
pub(super) struct Turn {
    pub now_ms: u64,
    pub wall_ms: u64,
    pub events: Vec<(ActorId, Event)>,
    pub notes: Vec<Note>,
    pub touched: BTreeSet<CardId>,
    pub next: Vec<(Next, Option<Trail>)>,
}

impl Turn {
    pub fn touch(&mut self, event: &Event) {
        self.touched.extend(event.incident().map(CardId::Incident));
        if let Some(id) = event.request() {
            self.touched.extend([CardId::Request(id), CardId::Run(id)]);
        }
    }
}

/// What follows once everything is recorded.
pub(super) enum Next {
    Effect(Effect),
    /// It is in the outbox.
    Post(Post),
    /// Nothing was said to whoever gave this command.
    Decided(Ticket, Option<To>),
}

/// Whether an effect answers whoever gave the command, now or later.
pub(super) fn answers_its_caller(effect: &Effect) -> bool {
    match effect {
        Effect::Say(say) => matches!(say.to, To::Caller(_) | To::Asker(_)),
        // What is overheard needs no answer.
        Effect::Search(question) => question.purpose != Purpose::Overheard,
        Effect::Form(..) | Effect::CheckHost(..) | Effect::VerifyAudit(_) => true,
        _ => false,
    }
}

/// Whether a decision on this input could let something run: without what stands in articles and
/// configuration now it is not made.
pub(super) fn rests_on_sources(input: &Input) -> bool {
    let can_run = |command: &Command| {
        matches!(
            command,
            Command::Run { .. }
                | Command::Fill { .. }
                | Command::Approve(_)
                | Command::Press(_)
                | Command::Submitted(..)
        )
    };
    match input {
        Input::Start(_) | Input::Roles(..) | Input::Reached(..) => true,
        Input::Command { command, .. } => can_run(command),
        _ => false,
    }
}

/// Whether roles, articles or hosts are looked at: read anew first. If they can't be read, what
/// runs can still be seen and stopped by whom the last readable ones name.
pub(super) fn looks_at_sources(input: &Input) -> bool {
    rests_on_sources(input) || matches!(input, Input::Command { .. })
}

/// What a decision on this input is about: all that it could let run, and an article that it shows.
pub(super) fn subject(state: &State, input: &Input) -> Option<Subject> {
    let of = |id: &RequestId| Some(Subject::Action(state.requests.get(id)?.plan.action.clone()));
    let command = match input {
        Input::Start(id) | Input::Roles(id, ..) | Input::Reached(id, ..) => return of(id),
        Input::Command { command, .. } => command,
        _ => return None,
    };
    match command {
        Command::Run { action, .. }
        | Command::Fill { action, .. }
        | Command::Press(Press::Run(action, _))
        | Command::Submitted(Submit::Run(action, _), _) => Some(Subject::Action(action.clone())),
        Command::Approve(id) | Command::Press(Press::Request(_, id, _)) => of(id),
        Command::KbShow(id) => Some(Subject::Article(id.clone())),
        _ => None,
    }
}

/// Where a command came from.
pub(super) fn origin_of(input: &Input) -> Option<Origin> {
    match input {
        Input::Command { origin, .. } => Some(origin.clone()),
        _ => None,
    }
}

pub(super) fn told(origin: Option<Origin>, refusal: &Refusal) -> Decision {
    origin
        .map_or_else(Decision::default, |origin| Decision::say(To::Caller(origin), replies::refusal(refusal)))
}
