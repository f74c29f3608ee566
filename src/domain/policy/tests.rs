#![expect(clippy::unwrap_used, reason = "tests")]

use super::basis::Basis;
use super::reads::ReadList;
use crate::domain::id::Digest;
use crate::domain::policy::{APPROVALS_MAX, Policy};
use crate::domain::testing::people;
use crate::domain::world::action::Risk;
use crate::domain::world::actor::{ActorId, People, Person, Role};

fn revision(change: impl FnOnce(&mut Policy, &mut Vec<Person>)) -> Digest {
    let (mut policy, mut persons) = (Policy::default(), people());
    change(&mut policy, &mut persons);
    policy.revision(&People::new(persons).unwrap())
}

#[test]
fn no_policy_means_the_risk_table() {
    let policy = Policy::default();
    assert_eq!(policy.basis(Risk::Read), Basis::NoneNeeded);
    assert_eq!(policy.basis(Risk::Change), Basis::Quorum(1));
    assert_eq!(policy.basis(Risk::Destructive), Basis::Quorum(2));
}

#[test]
fn policy_is_never_laxer_than_the_risk_table() {
    for change in 0..=u8::MAX {
        for destructive in [0, 1, 2, 3, APPROVALS_MAX, APPROVALS_MAX + 1, u8::MAX] {
            let policy = Policy::new(change, destructive, ReadList::default());
            let allowed = (1..=APPROVALS_MAX).contains(&change) && (2..=APPROVALS_MAX).contains(&destructive);
            assert_eq!(policy.is_ok(), allowed, "{change} {destructive}");
        }
    }
}

#[test]
fn policy_made_by_hand_asks_for_the_risk_table_at_least() {
    let policy = Policy { change: 0, destructive: 1, reads: ReadList::default() };
    assert_eq!(policy.basis(Risk::Change), Basis::Quorum(1));
    assert_eq!(policy.basis(Risk::Destructive), Basis::Quorum(2));
}

#[test]
fn revision_covers_numbers_reads_persons_roles_and_accounts() {
    let all = [
        revision(|_, _| ()),
        revision(|policy, _| policy.change = 2),
        revision(|policy, _| policy.destructive = 3),
        revision(|policy, _| policy.reads = ReadList::new(&["cat ..."])),
        revision(|_, persons| persons[0].role = Some(Role::Approver)),
        revision(|_, persons| persons[0].actors.push(ActorId("discord:9".to_owned()))),
        revision(|_, persons| persons[0].name.push('x')),
        revision(|_, persons| drop(persons.pop())),
    ];
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    assert_eq!(revision(|_, _| ()), revision(|_, persons| persons.reverse()));
}
