//! Which roles somebody has now: an answer, or the reason why there is none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dogwatch::chat::discord::rest::{Call, Rest, Secret};
use dogwatch::chat::discord::roles::{ANSWER_LIMIT, MemberRoles};
use dogwatch::chat::discord::wire::Wire;
use dogwatch::domain::world::actor::ActorId;
use tokio::runtime::Runtime;

use crate::discord_server::{Operation, RestFault, Server, Setup};

struct Asking {
    server: Server,
    runtime: Runtime,
    wire: Arc<Wire>,
    roles: MemberRoles,
}

impl Asking {
    fn new() -> Self {
        let server = Setup::with_cast().channel("incidents").start();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let rest = Rest::new(&server.api(), &Secret::new(server.token())).unwrap();
        let wire = Arc::new(Wire::new(rest, server.channel("incidents"), "1111aaaa"));
        let roles = MemberRoles::new(Arc::clone(&wire), server.guild_id());
        Self { server, runtime, wire, roles }
    }

    fn of(&self, actor: &str) -> Result<Vec<String>, String> {
        let groups = self.runtime.block_on(self.roles.of(&ActorId(actor.to_owned())))?;
        Ok(groups.into_iter().map(|group| group.as_str().to_owned()).collect())
    }

    fn ben(&self) -> String {
        format!("discord:{}", self.server.person("ben"))
    }

    /// Asks for ben, who is not told of: the reason, and how long that took.
    fn unknown(&self) -> (String, Duration) {
        let began = Instant::now();
        let why = self.of(&self.ben()).unwrap_err();
        assert!(why.contains(&self.ben()) && why.contains("roles"), "{why}");
        (why, began.elapsed())
    }
}

#[test]
fn the_roles_are_those_of_now_with_the_one_that_everybody_has() {
    let asking = Asking::new();
    let server = &asking.server;
    let group = |id: u64| format!("discord:{id}");
    let everyone = group(server.guild_id());
    assert_eq!(asking.of(&asking.ben()), Ok(vec![group(server.role("approver")), everyone.clone()]));
    server.set_roles("ben", &[]);
    assert_eq!(asking.of(&asking.ben()), Ok(vec![everyone]));
    assert_eq!(server.complaints(), Vec::<String>::new());
}

#[test]
fn whoever_has_left_has_none_and_so_has_an_account_of_another_door() {
    let asking = Asking::new();
    assert_eq!(asking.of("discord:100000000000009999"), Ok(vec![]));
    assert_eq!(asking.of("console:1000"), Ok(vec![]));
}

#[test]
fn an_answer_that_does_not_come_or_can_not_be_read_is_none() {
    let asking = Asking::new();
    let server = &asking.server;
    for (body, said) in [
        ("{}", "can't be read"),
        (r#"{"roles": null}"#, "can't be read"),
        (r#"{"roles": "31"}"#, "can't be read"),
        (r#"{"roles": ["31", 7]}"#, "can't be read"),
        (r#"{"roles": ["31", "x"]}"#, "can't be read"),
        ("[]", "can't be read"),
    ] {
        server.fail_request(Operation::Member, RestFault::Says(body));
        let (why, _) = asking.unknown();
        assert!(why.contains(said), "{body}: {why}");
    }
    // Another 404 says nothing about the person.
    server.fail_request(Operation::Member, RestFault::Before(404));
    asking.unknown();
    server.fail_request(Operation::Member, RestFault::Before(403));
    asking.unknown();
    // Once is repeated, for long is no answer.
    server.fail_request(Operation::Member, RestFault::Before(500));
    assert!(asking.of(&asking.ben()).is_ok());
    for _ in 0..40 {
        server.fail_request(Operation::Member, RestFault::Before(500));
    }
    let (why, took) = asking.unknown();
    assert!(why.contains("500") && took < ANSWER_LIMIT + Duration::from_secs(1), "{took:?}: {why}");
}

#[test]
fn nobody_waits_longer_than_five_seconds_for_an_answer() {
    let asking = Asking::new();
    let server = &asking.server;
    server.fail_request(Operation::Member, RestFault::SlowBefore(Duration::from_secs(20)));
    let (_, took) = asking.unknown();
    assert!(took < ANSWER_LIMIT + Duration::from_secs(1), "{took:?}");
    // A limit that is longer: there is no point in waiting for it.
    let wait = Duration::from_secs(30);
    server.fail_request(Operation::Member, RestFault::TooMany { wait, global: true });
    for _ in 0..2 {
        let (why, took) = asking.unknown();
        assert!(took < Duration::from_secs(3) && why.contains("limit"), "{took:?}: {why}");
    }
    // Others who wait for the same limit are not in the way.
    let wire = Arc::clone(&asking.wire);
    for channel in 0..40 {
        let wire = Arc::clone(&wire);
        asking.runtime.spawn(async move { wire.rest.send(Call::message_get(channel, 1)).await });
    }
    let (_, took) = asking.unknown();
    assert!(took < Duration::from_secs(3), "{took:?}");
}
