#![expect(clippy::unwrap_used, reason = "tests")]

use crate::domain::testing::{actor, people, person};
use crate::domain::world::actor::{ActorId, People, PeopleError, Person, Role};

#[test]
fn account_belongs_to_its_person_and_unknown_ones_to_nobody() {
    let people = People::new(people()).unwrap();
    assert_eq!(people.person(&ActorId("discord:ana".to_owned())).unwrap().name, "ana");
    assert_eq!(people.person(&actor("ana")).unwrap().role, Some(Role::Responder));
    for stranger in ["demo:mallory", "ana", "", "discord:ANA", "dogwatch"] {
        assert_eq!(people.person(&ActorId(stranger.to_owned())), None, "{stranger}");
    }
}

#[test]
fn account_of_two_persons_is_refused() {
    let mut second = person("fay", Role::Approver);
    second.actors.push(actor("ana"));
    let error = People::new(people().into_iter().chain([second]).collect()).unwrap_err();
    let (first, second) = ("ana".to_owned(), "fay".to_owned());
    assert_eq!(error, PeopleError::SameActor { actor: actor("ana"), first, second });
}

#[test]
fn name_of_two_persons_is_refused() {
    let twin = Person { actors: vec![actor("other")], ..person("ana", Role::Approver) };
    let error = People::new(people().into_iter().chain([twin]).collect()).unwrap_err();
    assert_eq!(error, PeopleError::SameName("ana".to_owned()));
}

#[test]
fn each_role_includes_the_ones_before() {
    assert!(
        Role::Viewer < Role::Responder && Role::Responder < Role::Approver && Role::Approver < Role::Admin
    );
}
