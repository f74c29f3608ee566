//! Random histories with crashes: after every step the invariants of the design hold, judged from
//! the events alone.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::effect::Effect;
use super::input::Input;
use crate::domain::command::Command;
use crate::domain::decide::decide;
use crate::domain::id::{RequestId, StoreId};
use crate::domain::record::event::Event;
use crate::domain::record::origin::Origin;
use crate::domain::record::run::StepEnd;
use crate::domain::rules::view::Context;
use crate::domain::say::question::Purpose;
use crate::domain::testing::{self, R1, World, person, run_command};
use crate::domain::world::actor::{People, Role};
use simulation::Simulation;

mod requests;
mod runs;
mod simulation;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Happening {
    Run {
        who: usize,
        action: usize,
        hosts: Vec<&'static str>,
    },
    Decide {
        who: usize,
        what: usize,
        request: u64,
    },
    Settle {
        who: usize,
        request: u64,
    },
    /// One of the effects that wait is carried out.
    Effect {
        which: usize,
        end: usize,
        held: bool,
    },
    /// The same answer once more, or an answer nobody asked for.
    Again {
        request: u64,
        which: usize,
    },
    Pass {
        ms: u64,
    },
    Tick,
    Crash,
    /// The machine's clock is set so far before the bot's time.
    Clock {
        behind_ms: u64,
    },
    /// An admin accepts it.
    Accept,
    /// Something is reconfigured.
    Change {
        what: usize,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    let hosts = prop::sample::select(vec![
        vec!["kvm1"],
        vec!["kvm1"],
        vec!["kvm2"],
        vec!["kvm1", "kvm2"],
        vec!["kvm2", "kvm3", "kvm1"],
    ]);
    let who = || 0..simulation::ACCOUNTS.len();
    let request = || 0..4_u64;
    prop_oneof![
        2 => (who(), 0..simulation::ACTIONS.len(), hosts)
            .prop_map(|(who, action, hosts)| Happening::Run { who, action, hosts }),
        12 => (who(), 0..9_usize, request()).prop_map(|(who, what, request)| Happening::Decide { who, what, request }),
        2 => (who(), request()).prop_map(|(who, request)| Happening::Settle { who, request }),
        16 => (any::<usize>(), 0..12_usize, any::<bool>())
            .prop_map(|(which, end, held)| Happening::Effect { which, end, held }),
        2 => (request(), any::<usize>()).prop_map(|(request, which)| Happening::Again { request, which }),
        2 => prop::sample::select(vec![1, 60_000, 599_999, 600_000]).prop_map(|ms| Happening::Pass { ms }),
        1 => Just(Happening::Tick),
        1 => prop::sample::select(vec![0, 0, 30_000, 86_400_000]).prop_map(|behind_ms| Happening::Clock { behind_ms }),
        1 => Just(Happening::Accept),
        1 => Just(Happening::Crash),
        3 => (0..14_usize).prop_map(|what| Happening::Change { what }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_shrink_iters: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_history_breaks_an_invariant(history in prop::collection::vec(happening(), 1..100)) {
        let mut simulation = Simulation::new();
        for happening in history {
            simulation.happens(&happening);
            if let Err(broken) = simulation.holds() {
                return Err(TestCaseError::fail(broken));
            }
        }
    }
}

/// A history that is long enough to reach every kind of event: the property is not vacuous.
#[test]
fn random_histories_reach_starts_ends_recoveries_and_settlements() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..200 {
        let history = prop::collection::vec(happening(), 100).new_tree(&mut runner).unwrap().current();
        let mut simulation = Simulation::new();
        for happening in &history {
            simulation.happens(happening);
        }
        for moment in &simulation.world.moments {
            let event = serde_json::to_value(&moment.event).unwrap();
            *kinds.entry(event["kind"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    let expected = [
        "approval_ended",
        "approval_given",
        "approval_withdrawn",
        "cancel_asked",
        "clock_accepted",
        "clock_behind",
        "clock_caught_up",
        "command_refused",
        "host_ended",
        "request_cancelled",
        "request_denied",
        "request_expired",
        "request_opened",
        "roles_unanswered",
        "run_ended",
        "run_recovered",
        "run_settled",
        "run_started",
        "start_refused",
        "step_ended",
        "step_started",
        "verified_before",
        "verify_ended",
    ];
    for kind in expected {
        assert!(kinds.get(kind).is_some_and(|count| *count >= 2), "{kind} in {kinds:?}");
    }
}

#[test]
fn deciding_is_pure() {
    let world = World::opened("vm-destroy", &["kvm1"]);
    let (store, head) = (StoreId([1; 16]), world.head());
    let context = Context { now_ms: world.now_ms, wall_ms: world.now_ms, store, head, reach: &world.reach };
    let approve = || Input::Command {
        origin: Origin::typed(testing::actor("ben"), "ben".into()),
        command: Command::Approve(R1),
    };
    let decided = || decide(&world.state, &world.catalogue, approve(), context).unwrap();
    assert_eq!(decided(), decided());
}

#[test]
fn hosts_tells_what_is_refused_and_what_is_blocked() {
    let mut world = World::unknown("vm-start", &["kvm1"]);
    world.said.clear();
    world.says("dia", Command::Hosts).unwrap();
    assert!(world.said.contains("(r1 has an unknown outcome)"), "{}", world.said);
    assert!(world.said.contains("no pinned key: refused"), "{}", world.said);
}

#[test]
fn every_event_reads_back_from_its_json() {
    let mut world = World::unknown("vm-start", &["kvm1", "kvm2"]);
    world.catalogue.people =
        People::new(vec![person("ana", Role::Admin), person("ben", Role::Admin)]).unwrap();
    world.says("ben", Command::Settle(R1, crate::domain::record::run::Outcome::Failed, "x".into())).unwrap();
    world.says("ana", run_command("vm-folder", &["kvm3"])).unwrap();
    world.says("ben", Command::Approve(RequestId(2))).unwrap();
    world.says("ana", Command::Cancel(RequestId(2))).unwrap();
    world.crash();
    world.step_ends(RequestId(2), StepEnd::Cancelled);
    for moment in &world.moments {
        let json = serde_json::to_string(&moment.event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), moment.event, "{json}");
    }
}

/// What a line that reads like a command is answered with; none if it is looked up.
fn meant(typed: &str, command: Command) -> Option<String> {
    let mut world = World::new();
    let meant = crate::domain::command::Meant {
        question: typed.to_owned(),
        typed: format!("/{typed}"),
        command: Box::new(command),
    };
    assert!(world.says("ana", Command::Meant(meant)).unwrap().is_empty());
    assert!(world.state.requests.is_empty());
    match world.asked.pop() {
        Some(Effect::Search(question)) => {
            assert_eq!((question.words.as_str(), question.purpose), (typed, Purpose::Answer));
            None
        }
        _ => Some(world.said),
    }
}

#[test]
fn what_was_meant_as_a_command_is_named_and_not_done_and_the_rest_is_a_question() {
    let run = |action: &str| run_command(action, &["kvm1"]);
    for (typed, command) in [
        ("run vm-start on kvm1", run("vm-start")),
        ("run VM-START on kvm1", run("VM-START")),
        ("approve r1", Command::Approve(R1)),
        ("check kvm1", Command::Check("kvm1".into())),
        ("kb show kvm-vm", Command::KbShow("kvm-vm".into())),
        ("help", Command::Help),
    ] {
        let said = meant(typed, command).unwrap();
        assert!(
            said.contains("nothing was done") && said.contains(&format!("Did you mean /{typed}?")),
            "{said}"
        );
    }
    for (typed, command) in [
        ("run disk on kvm1", run("disk")),
        ("check disk", Command::Check("disk".into())),
        ("kb show disk", Command::KbShow("disk".into())),
    ] {
        assert_eq!(meant(typed, command), None);
    }
}

#[test]
fn a_host_is_checked_by_its_own_name_in_whatever_case_it_was_typed() {
    let mut world = World::new();
    world.says("ana", Command::Check("KVM1".into())).unwrap();
    assert!(matches!(world.asked.pop(), Some(Effect::CheckHost(_, host)) if host.as_str() == "kvm1"));
}
