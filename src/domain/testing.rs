//! A small world for tests: five people, five hosts, five actions, and a record that is folded as
//! the bot folds it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod cast;

use std::collections::BTreeMap;

use crate::domain::audit::chain::Head;
use crate::domain::command::Command;
use crate::domain::decide::decide;
use crate::domain::decide::effect::{Decision, Effect};
use crate::domain::decide::input::{Answers, Input, Reached};
use crate::domain::id::{ActionId, ConversationId, Digest, GroupId, HostName, Nonce, RequestId, StoreId};
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::origin::Origin;
use crate::domain::record::request::{Request, Status};
use crate::domain::record::run::{
    BootId, Ground, Outcome, Output, StepEnd, StepReport, Verdict, VerifyReport,
};
use crate::domain::record::state::State;
use crate::domain::refusal::Refusal;
use crate::domain::rules::reach::{Reach, Unreached};
use crate::domain::rules::view::Context;
use crate::domain::say::Say;
use crate::domain::say::line::{Line, Span};
use crate::domain::say::reply::{Part, Reply};
use crate::domain::world::actor::ActorId;

pub use cast::{action, actor, catalogue, host, people, person, step, text_param};

pub const START_MS: u64 = 1_793_500_000_000;
pub const R1: RequestId = RequestId(1);
pub const R2: RequestId = RequestId(2);

pub fn run_command(action: &str, hosts: &[&str]) -> Command {
    let params = if action == "uptime" { None } else { Some(("domain".to_owned(), "web01".to_owned())) };
    Command::Run {
        action: ActionId::from(action),
        params: params.into_iter().collect(),
        hosts: hosts.iter().map(|name| HostName::from(*name)).collect(),
        reason: "it hangs".to_owned(),
    }
}

pub fn report(end: StepEnd) -> StepReport {
    StepReport { end, output: Output::default(), left: Vec::new(), passes: false }
}

/// Everything a reply says, untrusted words included.
pub fn text_of(reply: &Reply) -> String {
    let line = |line: &Line| line.0.iter().map(span).collect::<String>();
    let part = |part: &Part| match part {
        Part::Line(inner) | Part::Item(inner) | Part::Quote(inner) => line(inner),
        Part::Block(text) | Part::Ready(text) | Part::Output(_, _, text) | Part::File(_, text) => {
            text.escape_with(str::to_owned)
        }
    };
    [line(&reply.title)].into_iter().chain(reply.parts.iter().map(part)).collect::<Vec<_>>().join("\n")
}

fn span(span: &Span) -> String {
    match span {
        Span::Plain(text) => text.clone(),
        Span::Untrusted(text) | Span::Marked(text) | Span::Code(text) => text.escape_with(str::to_owned),
        Span::Account(actor) => actor.to_string(),
        Span::Place(conversation) => conversation.to_string(),
    }
}

/// A bot without edges: inputs go in, events are folded, effects are left to the test, except that
/// starts are taken up, probes and verifications before a step answered.
pub struct World {
    pub catalogue: Catalogue,
    pub state: State,
    pub moments: Vec<Moment>,
    pub now_ms: u64,
    /// How far the machine's clock stands before that, in ms.
    pub behind_ms: u64,
    /// What chats say of the groups of accounts, who belong to none unless it is said here.
    pub groups: BTreeMap<ActorId, Result<Vec<GroupId>, String>>,
    /// What hosts were asked to do and have not yet answered.
    pub asked: Vec<Effect>,
    /// How reaching hosts has gone in this life.
    pub reach: Reach,
    /// The hosts that can't be reached; the others answer at once.
    pub unreached: BTreeMap<HostName, Unreached>,
    /// What verifications say before anything is done.
    pub before: VerifyReport,
    /// Everything said since the last look.
    pub said: String,
}

impl World {
    pub fn new() -> Self {
        Self {
            catalogue: catalogue(),
            state: State::default(),
            moments: Vec::new(),
            now_ms: START_MS,
            behind_ms: 0,
            groups: BTreeMap::new(),
            asked: Vec::new(),
            reach: Reach::default(),
            unreached: BTreeMap::new(),
            before: VerifyReport {
                verdict: Verdict::Fails,
                why: "not yet".to_owned(),
                output: Output::default(),
            },
            said: String::new(),
        }
    }

    /// One decision; its events are recorded and folded, its tries are kept, its other effects are returned.
    pub fn decided(&mut self, input: Input) -> Result<(Vec<Event>, Vec<Effect>), Refusal> {
        let (now_ms, wall_ms) = (self.now_ms, self.now_ms - self.behind_ms);
        let store = StoreId([1; 16]);
        let context = Context { now_ms, wall_ms, store, head: self.head(), reach: &self.reach };
        let Decision { events, effects } = decide(&self.state, &self.catalogue, input, context)?;
        let mut happened = Vec::new();
        let accepts = events.iter().any(|(_, event)| matches!(event, Event::ClockAccepted { .. }));
        for (actor, event) in events {
            happened.push(event.clone());
            let seq = self.moments.len() as u64 + 1;
            let moment = Moment { seq, at_ms: self.now_ms, actor, event };
            self.state.apply(&moment);
            self.moments.push(moment);
        }
        if accepts {
            (self.now_ms, self.behind_ms) = (self.now_ms - self.behind_ms, 0);
        }
        let kept = effects.into_iter().filter_map(|effect| match effect {
            Effect::Tries(id, tries) => {
                self.reach.set(id, tries);
                None
            }
            effect => Some(effect),
        });
        Ok((happened, kept.collect()))
    }

    /// Up to where the record is on disk.
    pub fn head(&self) -> Head {
        let seq = self.moments.len() as u64;
        Head { seq, hash: Digest::of(&seq.to_be_bytes()) }
    }

    /// A decision and everything that follows from it without a host's answer but to the probe.
    pub fn input(&mut self, input: Input) -> Result<Vec<Event>, Refusal> {
        let (mut events, effects) = self.decided(input)?;
        for effect in effects {
            events.extend(match effect {
                Effect::Start(id) => self.input(Input::Start(id))?,
                Effect::TellHead => self.input(Input::TellHead)?,
                Effect::AskRoles(id, actors, asked_at_ms, reached) => {
                    let groups = actors.into_iter().map(|actor| {
                        let groups = self.groups.get(&actor).cloned().unwrap_or_else(|| Ok(Vec::new()));
                        (actor, groups)
                    });
                    let answers = Answers { asked_at_ms, groups: groups.collect() };
                    self.input(Input::Roles(id, answers, reached))?
                }
                Effect::Reach(id, host, _, answers) => {
                    let reached = self.says_of_itself(&host);
                    self.input(Input::Reached(id, host, reached, answers))?
                }
                Effect::Probe(id, host, 0) => {
                    let reached = self.says_of_itself(&host);
                    self.input(Input::Probed(id, host, reached))?
                }
                Effect::VerifyBefore(id, host, ground) => {
                    let report = self.before.clone();
                    self.input(Input::VerifiedBefore(id, host, ground, report))?
                }
                Effect::Say(Say { reply, .. }) | Effect::Follow(_, reply) => {
                    self.said.push_str(&text_of(&reply));
                    self.said.push('\n');
                    Vec::new()
                }
                effect => {
                    self.asked.push(effect);
                    Vec::new()
                }
            });
        }
        Ok(events)
    }

    /// What a host answers the probe.
    fn says_of_itself(&self, host: &HostName) -> Reached {
        self.unreached.get(host).map_or_else(|| Ok(ground()), |unreached| Err(unreached.clone()))
    }

    /// A person's command in their own conversation; a refusal is its code.
    pub fn says(&mut self, who: &str, command: Command) -> Result<Vec<Event>, String> {
        let origin = Origin::typed(actor(who), ConversationId::from(who));
        let events =
            self.input(Input::Command { origin, command }).map_err(|refusal| refusal.code.to_owned())?;
        match events.iter().find_map(|event| match event {
            Event::CommandRefused { code, .. } => Some(code.clone()),
            _ => None,
        }) {
            Some(code) => Err(code),
            None => Ok(events),
        }
    }

    /// The same of somebody in a chat, who belongs to groups.
    pub fn says_in_chat(
        &mut self,
        who: &str,
        groups: &[&str],
        command: Command,
    ) -> Result<Vec<Event>, String> {
        let groups = groups.iter().map(|group| GroupId((*group).to_owned())).collect();
        let origin = Origin { groups, ..Origin::typed(actor(who), ConversationId::from(who)) };
        let events = self.input(Input::Command { origin, command });
        events.map_err(|refusal| refusal.code.to_owned())
    }

    /// `/run` by ana, approved by nobody yet.
    pub fn opened(action: &str, hosts: &[&str]) -> Self {
        let mut world = Self::new();
        world.says("ana", run_command(action, hosts)).unwrap();
        world
    }

    /// A change by ana, approved by ben: its first step has been sent.
    pub fn running(action: &str, hosts: &[&str]) -> Self {
        let mut world = Self::opened(action, hosts);
        world.says("ben", Command::Approve(R1)).unwrap();
        assert_eq!(world.status(R1), &Status::Running);
        world
    }

    /// A change by ana that ended unknown.
    pub fn unknown(action: &str, hosts: &[&str]) -> Self {
        let mut world = Self::running(action, hosts);
        world.step_ends(R1, StepEnd::Unknown("the link broke".to_owned()));
        world.verify_ends(R1, true);
        assert_eq!(world.status(R1), &Status::Ended(Outcome::Unknown));
        world
    }

    pub fn request(&self, id: RequestId) -> &Request {
        self.state.requests.get(&id).unwrap()
    }

    pub fn status(&self, id: RequestId) -> &Status {
        &self.request(id).status
    }

    /// Answers the step that was asked last.
    pub fn step_ends(&mut self, id: RequestId, end: StepEnd) -> Vec<Event> {
        self.step_reports(id, report(end))
    }

    /// The same, with what was printed.
    pub fn step_reports(&mut self, id: RequestId, report: StepReport) -> Vec<Event> {
        let asked = self.asked.iter().rev().find_map(|effect| match effect {
            Effect::Execute(at, host, step) | Effect::Settle(at, host, step) if *at == id => {
                Some((host.clone(), step.run))
            }
            _ => None,
        });
        let (host, run) = asked.unwrap();
        self.input(Input::StepEnded(id, host, run, report)).unwrap()
    }

    /// Answers the verification that was asked last, if one was.
    pub fn verify_ends(&mut self, id: RequestId, held: bool) -> Vec<Event> {
        let asked = self.asked.iter().rev().find_map(|effect| match effect {
            Effect::Verify(at, host) if *at == id => Some(host.clone()),
            _ => None,
        });
        let Some(host) = asked else { return Vec::new() };
        let why = if held { String::new() } else { "it is not so".to_owned() };
        let report = VerifyReport {
            verdict: if held { Verdict::Holds } else { Verdict::Fails },
            why,
            output: Output::default(),
        };
        self.input(Input::Verified(id, host, report)).unwrap()
    }

    /// `kill -9` and a new start: what was asked of hosts is forgotten, the record is folded again.
    pub fn crash(&mut self) -> Vec<Event> {
        self.asked.clear();
        self.said.clear();
        self.reach = Reach::default();
        self.state = folded(&self.moments);
        self.input(Input::Recover).unwrap()
    }

    /// How many steps hosts were asked to run.
    pub fn executions(&self) -> usize {
        self.asked.iter().filter(|effect| matches!(effect, Effect::Execute(..))).count()
    }
}

pub fn ground() -> Ground {
    Ground {
        boot: BootId("boot-1".to_owned()),
        folder: "/var/tmp/.dogwatch-0".to_owned(),
        nonce: Some(Nonce([7; 16])),
    }
}

pub fn folded(moments: &[Moment]) -> State {
    let mut state = State::default();
    for moment in moments {
        state.apply(moment);
    }
    state
}
