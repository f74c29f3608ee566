//! Nobody keeps the others out: shares, turns, slots.

use proptest::prelude::*;

use crate::domain::command::Command;
use crate::domain::decide::input::Input;
use crate::domain::id::RequestId;
use crate::domain::record::request::{Request, Status};
use crate::domain::record::run::StepEnd;
use crate::domain::rules::reach::Unreached;
use crate::domain::rules::turns::{
    OWN_CHANGES_OPEN_MAX, OWN_READS_RUNNING_MAX, OWN_READS_WAITING_MAX, READS_RUNNING_MAX, RUNNING_MAX,
    TURN_TTL_MS,
};
use crate::domain::testing::{self, R1, World, people, person, run_command};
use crate::domain::world::actor::{People, Role};

/// A world with ten responders more; `p0` is the hostile one where one is.
fn crowd() -> World {
    let mut world = World::new();
    let more = (0..10).map(|n| person(&format!("p{n}"), Role::Responder));
    world.catalogue.people = People::new(people().into_iter().chain(more).collect()).unwrap();
    for n in 10..40 {
        let host = testing::host(&format!("h{n}"), crate::domain::world::host::Platform::Kvm, n);
        world.catalogue.inventory.insert(host.name.clone(), host);
    }
    world
}

fn last(world: &World) -> RequestId {
    RequestId(world.state.next_request().0 - 1)
}

/// Asks for a read, and where it stands then.
fn reads(world: &mut World, who: &str) -> Status {
    world.says(who, run_command("uptime", &["kvm1"])).unwrap();
    world.status(last(world)).clone()
}

fn running(world: &World) -> usize {
    world.state.requests.values().filter(|request| request.status == Status::Running).count()
}

#[test]
fn a_persons_reads_beyond_four_wait_and_begin_one_by_one() {
    let mut world = crowd();
    for _ in 0..OWN_READS_RUNNING_MAX {
        assert_eq!(reads(&mut world, "p0"), Status::Running);
    }
    world.said.clear();
    for place in 1..=OWN_READS_WAITING_MAX {
        assert!(matches!(reads(&mut world, "p0"), Status::Ready(_)));
        assert!(world.said.contains(&format!("it is number {place} of the reads")), "{}", world.said);
    }
    let refused = world.says("p0", run_command("uptime", &["kvm1"]));
    assert_eq!(refused.unwrap_err(), "too_many_requests");
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!(world.status(RequestId(5)), &Status::Running, "the oldest of those that wait");
    assert_eq!(running(&world), OWN_READS_RUNNING_MAX);
    assert!(matches!(reads(&mut world, "p0"), Status::Ready(_)), "there is room in the queue again");
}

#[test]
fn shares_are_a_persons_whatever_the_account() {
    let mut world = crowd();
    for account in ["p0", "discord:p0"].iter().cycle().take(OWN_READS_RUNNING_MAX) {
        assert_eq!(reads(&mut world, account), Status::Running);
    }
    assert!(matches!(reads(&mut world, "discord:p0"), Status::Ready(_)));
}

#[test]
fn reads_leave_slots_to_what_has_approvals() {
    let mut world = crowd();
    for who in ["p0", "p1", "p2"] {
        for _ in 0..OWN_READS_RUNNING_MAX {
            reads(&mut world, who);
        }
    }
    assert_eq!(running(&world), READS_RUNNING_MAX);
    for n in 10..14 {
        world.says("ana", run_command("vm-start", &[&format!("h{n}")])).unwrap();
        let change = last(&world);
        world.says("ben", Command::Approve(change)).unwrap();
        assert_eq!(world.status(change), &Status::Running);
    }
    assert_eq!(running(&world), RUNNING_MAX);
    world.says("ana", run_command("vm-start", &["h20"])).unwrap();
    let change = last(&world);
    world.says("ben", Command::Approve(change)).unwrap();
    assert!(matches!(world.status(change), Status::Ready(_)));
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!(world.status(change), &Status::Running, "before any read that waits");
}

#[test]
fn persons_take_turns() {
    let mut world = crowd();
    for who in ["p0", "p1"] {
        for _ in 0..OWN_READS_RUNNING_MAX + 3 {
            reads(&mut world, who);
        }
    }
    world.now_ms += 1000;
    assert!(matches!(reads(&mut world, "p2"), Status::Ready(_)));
    let of_p2 = last(&world);
    assert!(
        world.said.ends_with("/cancel r15\n")
            && world.said.contains("r15 waits for its turn: it is number 1 ")
    );
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!(world.status(of_p2), &Status::Running, "whoever has begun none comes first");
}

#[test]
fn a_read_whose_turn_does_not_come_expires() {
    let mut world = crowd();
    for _ in 0..=OWN_READS_RUNNING_MAX {
        reads(&mut world, "p0");
    }
    world.now_ms += TURN_TTL_MS;
    world.input(Input::Tick).unwrap();
    assert_eq!(world.status(RequestId(5)), &Status::Expired);
    assert!(world.said.contains("its turn did not come"), "{}", world.said);
}

#[test]
fn changes_of_one_person_have_a_limit_and_nobody_elses_are_fewer_for_it() {
    let mut world = crowd();
    for _ in 0..OWN_CHANGES_OPEN_MAX {
        world.says("p0", run_command("vm-start", &["kvm1"])).unwrap();
    }
    let refused = world.says("discord:p0", run_command("vm-start", &["kvm1"]));
    assert_eq!(refused.unwrap_err(), "too_many_requests");
    assert_eq!(reads(&mut world, "p0"), Status::Running, "reads are counted by themselves");
    world.says("p1", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("p0", Command::Cancel(R1)).unwrap();
    world.says("p0", run_command("vm-start", &["kvm1"])).unwrap();
}

/// What the hostile one and the others do, one after the other.
#[derive(Debug, Clone)]
enum Move {
    /// `p0` asks for a read that never ends, or for a change; or tries what they may not.
    Hostile(usize),
    /// One of the others asks for a read.
    Read(usize),
    /// One of the others asks for a change on a host of their own, and it is approved.
    Change(usize),
    /// A run of the others ends.
    End(usize),
    /// The hosts that the hostile one asks can't be reached, or again.
    Away(bool),
    Tick,
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        6 => (0..5_usize).prop_map(Move::Hostile),
        3 => (1..10_usize).prop_map(Move::Read),
        1 => (1..10_usize).prop_map(Move::Change),
        3 => any::<usize>().prop_map(Move::End),
        1 => any::<bool>().prop_map(Move::Away),
        1 => Just(Move::Tick),
    ]
}

fn plays(world: &mut World, a_move: &Move) {
    match a_move {
        Move::Hostile(what) => {
            let id = last(world);
            let command = match what {
                0 | 1 => run_command("uptime", &["kvm1"]),
                2 => run_command("vm-start", &["kvm2"]),
                3 => Command::Approve(id),
                _ => Command::Cancel(id),
            };
            // Refused or not: that is theirs.
            let _ = world.says("p0", command);
        }
        Move::Read(who) => {
            // Beyond what the own queue holds one is refused, by oneself.
            let _ = world.says(&format!("p{who}"), run_command("uptime", &["kvm3"]));
        }
        Move::Change(who) => {
            let host = format!("h{}", 10 + who);
            if world.says(&format!("p{who}"), run_command("vm-start", &[&host])).is_ok() {
                let id = last(world);
                world.says("ben", Command::Approve(id)).unwrap();
            }
        }
        Move::End(which) => ends(world, *which),
        Move::Away(true) => {
            for (host, passes) in [("kvm1", true), ("kvm2", false)] {
                world.unreached.insert(host.into(), Unreached { why: "no route".to_owned(), passes });
            }
        }
        Move::Away(false) => world.unreached.clear(),
        Move::Tick => {
            world.now_ms += 1000;
            drop(world.input(Input::Tick));
        }
    }
}

/// A run of somebody else than the hostile one comes to its end.
fn ends(world: &mut World, which: usize) {
    let others =
        |request: &&Request| request.status == Status::Running && !request.plan.requester.0.ends_with("p0");
    let running: Vec<_> = world.state.requests.values().filter(others).map(|request| request.id).collect();
    if let Some(id) = running.get(which % running.len().max(1)) {
        world.step_ends(*id, StepEnd::Done(0));
        if world.status(*id) == &Status::Running {
            world.verify_ends(*id, true);
        }
    }
}

/// `PROPTEST_CASES` says how many more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(32)
}

proptest! {
    // Each plays hundreds of decisions; the long profile plays thousands of games.
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn whatever_one_person_does_the_others_reads_and_approved_changes_start(
        moves in prop::collection::vec(a_move(), 1..80)
    ) {
        let mut world = crowd();
        for a_move in &moves {
            plays(&mut world, a_move);
        }
        // What the hostile one has running never ends; everybody else's does.
        for _ in 0..moves.len() {
            ends(&mut world, 0);
        }
        for request in world.state.requests.values() {
            let theirs = request.plan.requester.0.ends_with("p0");
            prop_assert!(theirs || !request.is_open(), "{} of {}: {:?}", request.id, request.plan.requester, request.status);
            prop_assert!(theirs || request.run.is_some(), "{} has not run", request.id);
        }
    }
}
