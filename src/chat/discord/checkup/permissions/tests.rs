use super::*;

const GUILD: u64 = 1;
const BOT: u64 = 2;
const ROLE: u64 = 3;
const OTHER_ROLE: u64 = 4;
const SEE: Bits = 1 << 10;
const SPEAK: Bits = 1 << 11;
const FILES: Bits = 1 << 15;

/// The bot with both roles, in a channel where these say something about them.
fn allowed(roles: &[(u64, Bits)], overwrites: &[(u64, Bits, Bits)]) -> Bits {
    allowed_to(&Member { id: BOT, roles: [ROLE, OTHER_ROLE].into(), ..Member::default() }, roles, overwrites)
}

fn allowed_to(member: &Member, roles: &[(u64, Bits)], overwrites: &[(u64, Bits, Bits)]) -> Bits {
    let overwrites: Vec<_> =
        overwrites.iter().map(|&(id, allow, deny)| Overwrite { id, allow, deny }).collect();
    in_channel(GUILD, &roles.iter().copied().collect(), member, &overwrites)
}

#[test]
fn roles_add_up_with_the_one_that_everybody_has() {
    assert_eq!(allowed(&[(GUILD, SEE), (ROLE, SPEAK), (9, FILES)], &[]), SEE | SPEAK);
    assert_eq!(allowed(&[], &[]), 0);
}

#[test]
fn what_a_channel_says_of_everybody_yields_to_roles_and_they_to_the_member() {
    let roles = [(GUILD, SEE | SPEAK)];
    assert_eq!(allowed(&roles, &[(GUILD, 0, SPEAK)]), SEE);
    assert_eq!(allowed(&roles, &[(GUILD, 0, SPEAK), (ROLE, SPEAK, 0)]), SEE | SPEAK);
    assert_eq!(allowed(&roles, &[(BOT, 0, SPEAK), (ROLE, SPEAK, 0), (GUILD, SPEAK, 0)]), SEE);
    assert_eq!(allowed(&roles, &[(ROLE, 0, SEE | SPEAK), (BOT, SEE, 0)]), SEE);
}

#[test]
fn of_several_roles_one_that_allows_is_enough() {
    let roles = [(GUILD, SEE)];
    assert_eq!(allowed(&roles, &[(ROLE, SPEAK, 0), (OTHER_ROLE, 0, SPEAK)]), SEE | SPEAK);
    assert_eq!(allowed(&roles, &[(OTHER_ROLE, 0, SPEAK), (ROLE, SPEAK, 0)]), SEE | SPEAK);
    assert_eq!(allowed(&roles, &[(9, SPEAK, SEE)]), SEE, "somebody else's role");
}

#[test]
fn an_administrator_and_an_owner_may_do_everything() {
    let nothing = [(GUILD, 0, Bits::MAX), (BOT, 0, Bits::MAX)];
    assert_eq!(allowed(&[(ROLE, 1 << 3)], &nothing), Bits::MAX);
    let owner = Member { id: BOT, is_owner: true, ..Member::default() };
    assert_eq!(allowed_to(&owner, &[], &nothing), Bits::MAX);
    assert_eq!(allowed(&[], &[(ROLE, 1 << 3, 0)]), 1 << 3, "a channel makes nobody an administrator");
}

#[test]
fn a_timeout_leaves_the_eyes() {
    let member = Member { id: BOT, in_timeout: true, ..Member::default() };
    assert_eq!(allowed_to(&member, &[(GUILD, SEE | SPEAK | FILES)], &[]), SEE);
}

#[test]
fn the_minimum_is_seven_permissions() {
    assert_eq!(invited_with(), 309_237_763_072);
    assert_eq!(invited_with().count_ones(), 7);
}

#[test]
fn the_readme_names_them_all() {
    let readme = include_str!("../../../../../README.md");
    assert!(readme.contains(&format!("permissions={}&", invited_with())));
    for permission in TO_ANSWER.iter().chain([&TO_OPEN_INCIDENTS]) {
        assert!(readme.contains(&format!("\n| {} | ", permission.name)), "{}", permission.name);
    }
}

#[test]
fn permissions_are_read_however_many_there_are() {
    assert_eq!(bits(&Value::from("1024")), SEE);
    assert_eq!(bits(&Value::from((1_u128 << 100).to_string())), 1 << 100);
    assert_eq!(bits(&Value::Null), 0);
}
