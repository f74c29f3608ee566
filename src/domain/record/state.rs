//! What the events say. Folding never fails and never decides: an event about something unknown
//! changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Answer;
use super::clock::Clock;
use super::event::Event;
use super::heads::Heads;
use super::incident::Incident;
use super::moment::Moment;
use super::request::{Request, Status};
use crate::domain::id::{AnswerId, ConversationId, HostName, IncidentId, Prefix, RequestId};
use crate::domain::plan::HostPlan;
use crate::domain::refusal::Refusal;
use crate::domain::world::action::Risk;
use crate::domain::world::actor::ActorId;

/// Everything that has happened, folded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// By number.
    pub incidents: BTreeMap<IncidentId, Incident>,
    /// By number.
    pub requests: BTreeMap<RequestId, Request>,
    /// The incident in use in each conversation.
    pub conversations: BTreeMap<ConversationId, IncidentId>,
    /// By number.
    pub answers: BTreeMap<AnswerId, Answer>,
    /// The conversations in which what is overheard is left alone.
    pub quiet: BTreeSet<ConversationId>,
    /// What the events say of time.
    pub clock: Clock,
    /// What the events say of heads that were told.
    pub heads: Heads,
    /// By account: the event with which its last read began.
    pub reads_begun: BTreeMap<ActorId, u64>,
}

impl State {
    /// What all that happened comes to.
    pub fn folded<'a>(moments: impl IntoIterator<Item = &'a Moment>) -> Self {
        let mut state = Self::default();
        for moment in moments {
            state.apply(moment);
        }
        state
    }

    /// Takes in one recorded event.
    pub fn apply(&mut self, moment: &Moment) {
        self.clock.apply(moment);
        self.heads.apply(moment);
        let incident = match &moment.event {
            Event::IncidentOpened { incident, title, severity } => {
                self.incidents.insert(
                    *incident,
                    Incident {
                        id: *incident,
                        title: title.clone(),
                        severity: *severity,
                        opened_by: moment.actor.clone(),
                        opened_at_ms: moment.at_ms,
                        assigned_to: None,
                        thread: None,
                        resolved_at_ms: None,
                        timeline: Vec::new(),
                    },
                );
                Some(*incident)
            }
            Event::IncidentUsed { incident, conversation } => {
                self.conversations.insert(conversation.clone(), *incident);
                None
            }
            Event::QuestionAnswered { answer, conversation, question, articles, doubtful } => {
                let answered = Answer {
                    id: *answer,
                    at_ms: moment.at_ms,
                    conversation: conversation.clone(),
                    question: question.clone(),
                    articles: articles.clone(),
                    doubtful: *doubtful,
                    judged: BTreeMap::new(),
                };
                self.answers.insert(*answer, answered);
                None
            }
            Event::AnswerJudged { answer, person, right } => {
                if let Some(answer) = self.answers.get_mut(answer) {
                    answer.judged.insert(person.clone(), *right);
                }
                None
            }
            Event::ConversationQuieted { conversation, quiet: true } => {
                self.quiet.insert(conversation.clone());
                None
            }
            Event::ConversationQuieted { conversation, quiet: false } => {
                self.quiet.remove(conversation);
                None
            }
            Event::IncidentThreaded { incident, conversation } => {
                self.conversations.insert(conversation.clone(), *incident);
                self.with_incident(*incident, |incident| incident.thread = Some(conversation.clone()));
                None
            }
            Event::IncidentSeverityChanged { incident, severity } => {
                self.with_incident(*incident, |incident| incident.severity = *severity);
                Some(*incident)
            }
            Event::IncidentAssigned { incident, person } => {
                self.with_incident(*incident, |incident| incident.assigned_to = Some(person.clone()));
                Some(*incident)
            }
            Event::IncidentNoted { incident, .. } => Some(*incident),
            Event::IncidentResolved { incident, .. } => {
                self.with_incident(*incident, |incident| incident.resolved_at_ms = Some(moment.at_ms));
                Some(*incident)
            }
            event => {
                if let Some(request) = Request::opened(moment) {
                    self.requests.insert(request.id, request);
                }
                event.request().and_then(|id| {
                    let request = self.requests.get_mut(&id)?;
                    request.apply(moment);
                    if matches!(event, Event::RunStarted { .. }) && request.plan.risk == Risk::Read {
                        self.reads_begun.insert(request.plan.requester.clone(), moment.seq);
                    }
                    request.incident
                })
            }
        };
        // Output can be long and is kept with its request.
        let is_output = matches!(moment.event, Event::OutputKept { .. });
        if let Some(incident) = incident.filter(|_| !is_output).and_then(|id| self.incidents.get_mut(&id)) {
            incident.timeline.push(moment.clone());
        }
    }

    fn with_incident(&mut self, id: IncidentId, change: impl FnOnce(&mut Incident)) {
        if let Some(incident) = self.incidents.get_mut(&id) {
            change(incident);
        }
    }

    /// The number of the next answer.
    pub fn next_answer(&self) -> AnswerId {
        AnswerId(self.answers.keys().next_back().map_or(1, |id| id.0 + 1))
    }

    /// The number of the next incident.
    pub fn next_incident(&self) -> IncidentId {
        IncidentId(self.incidents.keys().next_back().map_or(1, |id| id.0 + 1))
    }

    /// The number of the next request.
    pub fn next_request(&self) -> RequestId {
        RequestId(self.requests.keys().next_back().map_or(1, |id| id.0 + 1))
    }

    /// The incident that a conversation is about, resolved or not.
    pub fn incident_of(&self, conversation: &ConversationId) -> Option<&Incident> {
        self.incidents.get(self.conversations.get(conversation)?)
    }

    /// The open incident that a conversation uses.
    pub fn incident_in_use(&self, conversation: &ConversationId) -> Option<&Incident> {
        self.incident_of(conversation).filter(|incident| incident.resolved_at_ms.is_none())
    }

    /// An earlier request that is open and asks for the same action with the same values on the same hosts.
    pub fn alike(&self, of: &Request) -> Option<&Request> {
        let mut earlier = self.requests.range(..of.id).map(|(_, request)| request);
        earlier.find(|request| request.is_open() && request.plan.does_the_same(&of.plan))
    }

    /// Later requests that wait and do the same: they say where this one stands.
    pub fn said_by<'a>(&'a self, of: &'a Request) -> impl Iterator<Item = RequestId> + 'a {
        let later =
            self.requests.range(of.id..).map(|(_, request)| request).filter(|later| later.id != of.id);
        let waits = |later: &&Request| later.status == Status::Waiting && later.plan.does_the_same(&of.plan);
        later.filter(waits).map(|later| later.id)
    }

    /// The changing request, other than `except`, that keeps a host from another one: it is
    /// running there, or how it ended there is unknown.
    pub fn occupant(&self, host: &HostName, except: RequestId) -> Option<&Request> {
        self.requests.values().find(|request| request.id != except && request.occupies(host))
    }

    /// The changing request, other than those in `except`, that keeps a plan from one of its
    /// machines, by whatever name either calls it.
    pub fn occupant_of(&self, host: &HostPlan, except: &[RequestId]) -> Option<&Request> {
        let others = |request: &&Request| !except.contains(&request.id);
        self.requests.values().filter(others).find(|request| request.occupies_machine(host))
    }
}

/// An answer by number, if it is the one to this question.
pub fn find_answer(state: &State, id: AnswerId, shown: Prefix) -> Result<&Answer, Refusal> {
    state.answers.get(&id).filter(|answer| answer.prefix() == shown).ok_or_else(|| {
        Refusal::new("unknown_answer", format!("there is no answer {id} like this in this record"))
            .hint("Ask again.")
    })
}

/// An incident by number.
pub fn find_incident(state: &State, id: IncidentId) -> Result<&Incident, Refusal> {
    state.incidents.get(&id).ok_or_else(|| {
        Refusal::new("unknown_incident", format!("there is no incident {id}"))
            .hint("`/incident list` lists them.")
    })
}

/// A request by number.
pub fn find_request(state: &State, id: RequestId) -> Result<&Request, Refusal> {
    state.requests.get(&id).ok_or_else(|| {
        Refusal::new("unknown_request", format!("there is no request {id}"))
            .hint("`/approvals` lists what waits, `/incident show` what happened.")
    })
}
