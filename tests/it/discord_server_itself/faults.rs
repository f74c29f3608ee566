//! REST that goes wrong as ordered.

use std::time::{Duration, Instant};

use super::raw::{Raw, plain};
use crate::discord_server::buckets::UNDER_WAY;
use crate::discord_server::{Odds, Operation, RestFault, Setup};

#[test]
fn requests_go_wrong_as_ordered() {
    let server = Setup::with_cast().without_rate_limits().start();
    let raw = Raw::new(&server);
    let ops = server.channel("ops");
    let path = format!("/channels/{ops}/messages");
    let create = |fault: RestFault| {
        server.fail_request(Operation::CreateMessage, fault);
        let before = server.messages(ops).len();
        let begin = Instant::now();
        let (status, _) = raw.post(&path, &plain("text"));
        (status, server.messages(ops).len() - before, begin.elapsed())
    };
    let slow = Duration::from_millis(200);
    let (status, said, _) = create(RestFault::Before(503));
    assert_eq!((status, said), (503, 0));
    let (status, said, _) = create(RestFault::After(500));
    assert_eq!((status, said), (500, 1));
    let (status, said, _) = create(RestFault::ResetBefore);
    assert_eq!((status, said), (0, 0));
    let (status, said, _) = create(RestFault::ResetAfter);
    assert_eq!((status, said), (0, 1));
    let (status, said, took) = create(RestFault::SlowAfter(slow));
    assert_eq!((status, said), (200, 1));
    assert!(took >= slow);
    let (status, said, took) = create(RestFault::SlowBefore(slow));
    assert_eq!((status, said), (200, 1));
    assert!(took >= slow);
    assert!(server.faults_are_spent());
    assert_eq!(server.complaints(), Vec::<String>::new());
}

#[test]
fn who_does_not_wait_is_counted() {
    let server = Setup::with_cast().without_rate_limits().start();
    let raw = Raw::new(&server);
    let wait = Duration::from_secs(2);
    let path = format!("/channels/{}/messages", server.channel("ops"));
    server.fail_request(Operation::CreateMessage, RestFault::TooMany { wait, global: false });
    let refused = raw.response("POST", &path, &plain("text"));
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"2".parse().unwrap()));
    assert_eq!(raw.get("/users/@me").0, 200, "another route");
    assert!(server.rate_violations().is_empty());
    std::thread::sleep(UNDER_WAY);
    assert_eq!(raw.post(&path, &plain("text")).0, 429);
    assert_eq!(server.rate_violations().len(), 1);
    std::thread::sleep(wait);
    assert_eq!(raw.post(&path, &plain("text")).0, 200);

    server.fail_request(Operation::Me, RestFault::TooMany { wait, global: true });
    let (status, told) = raw.get("/users/@me");
    assert_eq!((status, &told["global"]), (429, &true.into()));
    std::thread::sleep(UNDER_WAY);
    assert_eq!(raw.post(&path, &plain("text")).0, 429, "every route");
    assert_eq!(server.rate_violations().len(), 2);
}

#[test]
fn a_bad_day_can_be_repeated() {
    let outcomes = |seed: u64| {
        let server = Setup::with_cast().without_rate_limits().seed(seed).start();
        let raw = Raw::new(&server);
        server.misbehave(Odds { error_before: 30, error_after: 30, ..Odds::default() });
        (0..40).map(|_| raw.get("/users/@me").0).collect::<Vec<_>>()
    };
    let first = outcomes(7);
    assert_eq!(first, outcomes(7));
    assert_ne!(first, outcomes(8));
    assert!(first.contains(&200) && first.contains(&500) && first.contains(&503));
}
