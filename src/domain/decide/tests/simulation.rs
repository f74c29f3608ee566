//! A bot whose effects are carried out late, in any order between requests, or never.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::command::Command;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::input::{Answers, Input, Reached};
use crate::domain::decide::tests::Happening;
use crate::domain::id::{ConversationId, Digest, GroupId, HostName, RequestId, RunId};
use crate::domain::record::event::Event;
use crate::domain::record::origin::Origin;
use crate::domain::record::request::Approval;
use crate::domain::record::run::{Outcome, Output, StepEnd, StepReport, Verdict, VerifyReport};
use crate::domain::rules::reach::{Reach, Unreached};
use crate::domain::testing::{self, World, actor, folded, ground, people, report, run_command};
use crate::domain::world::action::Risk;
use crate::domain::world::actor::{ActorId, People, Role};

mod invariants;

pub const ACCOUNTS: &[&str] = &[
    "ana",
    "ana",
    "discord:ana",
    "ben",
    "ben",
    "discord:ben",
    "cem",
    "cem",
    "eve",
    "dia",
    "mallory",
    IN_CHAT,
    IN_CHAT,
];
/// Somebody who has a role by a group of their chat alone.
const IN_CHAT: &str = "chat:fay";
const GROUP: &str = "chat:approvers";
pub const ACTIONS: &[&str] =
    &["vm-state", "vm-start", "vm-start", "vm-folder", "vm-folder", "vm-destroy", "vm-destroy"];

pub struct Simulation {
    pub world: World,
    /// Effects that wait, in order.
    waiting: Vec<Effect>,
    /// Every step that a host was asked to run.
    executed: Vec<(RequestId, RunId)>,
    /// Whether fay belongs to the group.
    member: bool,
    /// By request: when it was last asked for whether she does, of the times when she did.
    told_ms: BTreeMap<RequestId, u64>,
    broken: Option<String>,
}

impl Simulation {
    pub fn new() -> Self {
        let mut world = World::new();
        world.catalogue.people = with_group(people());
        let (waiting, executed) = (Vec::new(), Vec::new());
        Self { world, waiting, executed, member: true, told_ms: BTreeMap::new(), broken: None }
    }

    pub fn happens(&mut self, happening: &Happening) {
        match happening {
            Happening::Run { who, action, hosts } => self.says(*who, run_command(ACTIONS[*action], hosts)),
            Happening::Decide { who, what, request } => {
                let id = self.recent(*request);
                self.says(
                    *who,
                    match what {
                        0..=4 => Command::Approve(id),
                        5 | 6 => Command::Withdraw(id),
                        7 => Command::Cancel(id),
                        _ => Command::Deny(id, "no".to_owned()),
                    },
                );
            }
            Happening::Settle { who, request } => {
                self.says(*who, Command::Settle(self.recent(*request), Outcome::Failed, "looked".to_owned()));
            }
            Happening::Effect { which, end, held } => self.carry_out(*which, *end, *held),
            Happening::Again { request, which } => self.again(self.recent(*request), *which),
            Happening::Pass { ms } => self.world.now_ms += ms,
            Happening::Tick => self.input(Input::Tick),
            Happening::Clock { behind_ms } => self.world.behind_ms = *behind_ms,
            Happening::Accept => self.says(8, Command::ClockAccept),
            Happening::Crash => {
                self.waiting.clear();
                self.world.reach = Reach::default();
                self.world.state = folded(&self.world.moments);
                self.input(Input::Recover);
            }
            Happening::Change { what } => self.reconfigure(*what),
        }
    }

    /// One of the last four requests.
    fn recent(&self, back: u64) -> RequestId {
        let last = self.world.state.next_request().0 - 1;
        RequestId(last.saturating_sub(back).max(1))
    }

    fn says(&mut self, who: usize, command: Command) {
        let name = ACCOUNTS[who];
        let mut origin = Origin::typed(actor(name), ConversationId::from(name));
        if name == IN_CHAT && self.member {
            origin.groups = vec![GroupId(GROUP.to_owned())];
        }
        self.input(Input::Command { origin, command });
    }

    fn input(&mut self, input: Input) {
        let (now_ms, behind_ms) = (self.world.now_ms, self.world.behind_ms);
        let is_behind = behind_ms > 60_000;
        let Ok((events, effects)) = self.world.decided(input) else { return };
        for event in &events {
            self.check_start(event, now_ms, is_behind);
        }
        for effect in effects {
            if let Effect::Execute(id, host, step) = &effect {
                self.check_execution(*id, host, step.run, &events);
            }
            if !matches!(effect, Effect::Say(_) | Effect::Follow(..)) {
                self.waiting.push(effect);
            }
        }
    }

    /// An execution is recorded in the same decision, under a run id that is new, in a run that was
    /// never interrupted.
    fn check_execution(&mut self, id: RequestId, host: &HostName, run: RunId, events: &[Event]) {
        let recorded = events.iter().any(|event| {
            matches!(event, Event::StepStarted { request, host: at, run: of, .. } if *request == id && at == host && *of == run)
        });
        let recovered =
            self.events().any(|event| matches!(event, Event::RunRecovered { request } if *request == id));
        let used = self.executed.iter().any(|(_, other)| *other == run);
        if !recorded || recovered || used {
            self.broken =
                Some(format!("{id} executes: recorded {recorded}, recovered {recovered}, id used {used}"));
        }
        self.executed.push((id, run));
    }

    /// A change starts neither while the clock stands before the record, nor on the word of somebody whose
    /// role was not asked for a moment ago.
    fn check_start(&mut self, event: &Event, now_ms: u64, is_behind: bool) {
        let Event::RunStarted { request, .. } = event else { return };
        let request = self.world.request(*request);
        let (plan, needed) = (&request.plan, if request.plan.risk == Risk::Destructive { 2 } else { 1 });
        if plan.risk == Risk::Read {
            return;
        }
        let is_told = self.told_ms.get(&request.id).is_some_and(|told_ms| now_ms - told_ms < 10_000);
        let certain = |approval: &&Approval| {
            now_ms - approval.at_ms < 600_000 && (approval.actor.0 != IN_CHAT || is_told)
        };
        let others: BTreeSet<_> =
            request.approvals.values().filter(certain).map(|approval| human(&approval.actor)).collect();
        let requester_is_told = plan.requester.0 != IN_CHAT || is_told;
        if is_behind || others.len() < needed || !requester_is_told {
            self.broken = Some(format!("{} started: behind {is_behind}, on {others:?}", request.id));
        }
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.world.moments.iter().map(|moment| &moment.event)
    }

    fn carry_out(&mut self, which: usize, end: usize, held: bool) {
        if self.waiting.is_empty() {
            return;
        }
        let end = match end {
            0..=5 => StepEnd::Done(0),
            6 => StepEnd::Done(1),
            7 => StepEnd::TimedOut,
            8 => StepEnd::Cancelled,
            9 => StepEnd::NotRun("fenced".to_owned()),
            _ => StepEnd::Unknown("lost".to_owned()),
        };
        match self.waiting.remove(which % self.waiting.len()) {
            Effect::Start(id) => self.input(Input::Start(id)),
            Effect::AskRoles(id, actors, asked_at_ms, reached) => {
                let member = self.member;
                let groups = |actor: &ActorId| match end {
                    StepEnd::Unknown(_) => Err("no answer".to_owned()),
                    _ if member && actor.0 == IN_CHAT => Ok(vec![GroupId(GROUP.to_owned())]),
                    _ => Ok(Vec::new()),
                };
                if actors.contains(&actor(IN_CHAT)) && member && !matches!(end, StepEnd::Unknown(_)) {
                    // Answers may come in another order than they were asked for.
                    let told_ms = self.told_ms.entry(id).or_default();
                    *told_ms = asked_at_ms.max(*told_ms);
                }
                let groups = actors.iter().map(|actor| (actor.clone(), groups(actor))).collect();
                self.input(Input::Roles(id, Answers { asked_at_ms, groups }, reached));
            }
            Effect::Reach(id, host, _, answers) => {
                self.input(Input::Reached(id, host, answer(&end, held), answers));
            }
            Effect::Probe(id, host, _) => self.input(Input::Probed(id, host, answer(&end, held))),
            Effect::Execute(id, host, step) | Effect::Settle(id, host, step) => {
                let report = StepReport { passes: held, ..report(end) };
                self.input(Input::StepEnded(id, host, step.run, report));
            }
            Effect::VerifyBefore(id, host, ground) => {
                let verdict = match end {
                    StepEnd::Done(1) if held => Verdict::Holds,
                    StepEnd::NotRun(_) => Verdict::NotApplicable,
                    StepEnd::Unknown(_) => Verdict::NotSeen,
                    _ => Verdict::Fails,
                };
                let report = VerifyReport { verdict, why: "not yet".to_owned(), output: Output::default() };
                self.input(Input::VerifiedBefore(id, host, ground, report));
            }
            Effect::Verify(id, host) => {
                let report = VerifyReport {
                    verdict: if held { Verdict::Holds } else { Verdict::Fails },
                    why: "not so".to_owned(),
                    output: Output::default(),
                };
                self.input(Input::Verified(id, host, report));
            }
            _ => {}
        }
    }

    fn again(&mut self, id: RequestId, which: usize) {
        let hosts = ["kvm1", "kvm2", "kvm3"].map(HostName::from);
        let host = hosts[which % 3].clone();
        let run =
            self.executed.get(which % self.executed.len().max(1)).map_or(RunId([0xee; 16]), |(_, run)| *run);
        match which % 4 {
            0 => self.input(Input::Start(id)),
            1 => self.input(Input::StepEnded(id, host, run, report(StepEnd::Done(0)))),
            2 if !self.waiting.iter().any(|effect| matches!(effect, Effect::Verify(at, _) if *at == id)) => {
                let report =
                    VerifyReport { verdict: Verdict::Holds, why: String::new(), output: Output::default() };
                self.input(Input::Verified(id, host, report));
            }
            _ => {
                self.input(Input::Probed(id, host.clone(), Ok(ground())));
                self.input(Input::Reached(id, host, Ok(ground()), None));
            }
        }
    }

    fn reconfigure(&mut self, what: usize) {
        let catalogue = &mut self.world.catalogue;
        match what {
            0 => catalogue.article_mut().revision = Digest::of(&[self.world.moments.len().to_le_bytes()[0]]),
            1 => catalogue.host_mut("kvm1").host_key = Some("SHA256:new".to_owned()),
            2 => catalogue.policy.change = 2,
            3 | 4 => {
                let role = if what == 3 { Role::Viewer } else { Role::Approver };
                let mut persons = people();
                persons
                    .iter_mut()
                    .filter(|person| person.name == "ben")
                    .for_each(|person| person.role = Some(role));
                catalogue.people = with_group(persons);
            }
            5 | 6 => self.member = what == 5,
            _ => {
                *catalogue = testing::catalogue();
                catalogue.people = with_group(people());
            }
        }
    }
}

fn with_group(persons: Vec<crate::domain::world::actor::Person>) -> People {
    People::new(persons).unwrap().with_groups(BTreeMap::from([(GroupId(GROUP.to_owned()), Role::Approver)]))
}

/// What a host answers the probe.
fn answer(end: &StepEnd, passes: bool) -> Reached {
    match end {
        StepEnd::NotRun(_) => Err(Unreached { why: "no route".to_owned(), passes }),
        _ => Ok(ground()),
    }
}

/// The human being behind an account, found independently of the code under test.
fn human(actor: &ActorId) -> String {
    actor.0.split_once(':').map_or_else(|| actor.0.clone(), |(_, name)| name.to_owned())
}
