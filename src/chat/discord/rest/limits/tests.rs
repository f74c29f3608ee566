#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn route(shape: &str, major: &str) -> Route {
    Route { shape: shape.to_owned(), major: major.to_owned() }
}

fn told(bucket: &str, limit: u32, remaining: u32, reset_after: u64) -> Told {
    Told {
        bucket: Some(bucket.to_owned()),
        limit: Some(limit),
        remaining: Some(remaining),
        reset_after: Some(Duration::from_secs(reset_after)),
    }
}

fn after(now: Instant, seconds: u64) -> Instant {
    now + Duration::from_secs(seconds)
}

#[test]
fn a_used_up_route_waits_until_it_resets_and_no_other_does() {
    let (mut limits, now) = (Limits::default(), Instant::now());
    let (one, other) = (route("POST /m", "1"), route("POST /m", "2"));
    limits.admit(&one, true, now).unwrap();
    limits.tell(&one, &told("b", 5, 0, 4), now);
    assert_eq!(limits.admit(&one, true, now), Err(after(now, 4)));
    assert_eq!(limits.admit(&other, true, now), Ok(()));
    for _ in 0..5 {
        assert_eq!(limits.admit(&one, true, after(now, 4)), Ok(()), "after the reset there are five");
    }
    assert_eq!(limits.admit(&one, true, after(now, 4)), Err(after(now, 8)));
}

#[test]
fn routes_of_one_bucket_are_counted_together() {
    let (mut limits, now) = (Limits::default(), Instant::now());
    let (post, patch) = (route("POST /m", "1"), route("PATCH /m/{id}", "1"));
    limits.tell(&post, &told("b", 5, 3, 4), now);
    limits.tell(&patch, &told("b", 5, 0, 4), now);
    assert!(limits.admit(&post, true, now).is_err());
}

#[test]
fn a_late_answer_does_not_give_back_what_was_spent() {
    let (mut limits, now) = (Limits::default(), Instant::now());
    let one = route("POST /m", "1");
    limits.tell(&one, &told("b", 5, 5, 4), now);
    for _ in 0..5 {
        limits.admit(&one, true, now).unwrap();
    }
    limits.tell(&one, &told("b", 5, 4, 4), now);
    assert!(limits.admit(&one, true, now).is_err());
}

#[test]
fn a_route_without_limits_is_not_slowed() {
    let (mut limits, now) = (Limits::default(), Instant::now());
    let one = route("GET /x", "");
    for _ in 0..40 {
        limits.admit(&one, true, now).unwrap();
        limits.tell(&one, &Told::default(), now);
    }
}

#[test]
fn a_global_hold_holds_all_but_interactions() {
    let (mut limits, now) = (Limits::default(), Instant::now());
    let (bot, interaction) = (route("POST /m", "1"), route("POST /callback", "1/t"));
    limits.hold(&bot, true, Duration::from_secs(3), now);
    assert_eq!(limits.admit(&route("GET /x", ""), true, now), Err(after(now, 3)));
    assert_eq!(limits.admit(&interaction, false, now), Ok(()));
    assert_eq!(limits.admit(&bot, true, after(now, 3)), Ok(()));
}

#[test]
fn a_shorter_hold_does_not_end_a_longer_one() {
    let (mut limits, now) = (Limits::default(), Instant::now());
    let one = route("POST /m", "1");
    limits.hold(&one, false, Duration::from_secs(9), now);
    limits.hold(&one, false, Duration::from_secs(1), now);
    limits.tell(&one, &told("b", 5, 5, 1), now);
    assert_eq!(limits.admit(&one, true, after(now, 5)), Err(after(now, 9)));
}

#[test]
fn a_hold_on_a_route_nothing_is_known_of_lasts_as_long_as_was_said() {
    let (mut limits, now) = (Limits::default(), Instant::now());
    let one = route("POST /callback", "1/t");
    limits.admit(&one, false, now).unwrap();
    let wait = Duration::from_millis(50);
    limits.hold(&one, false, wait, now);
    assert_eq!(limits.admit(&one, false, now), Err(now + wait));
    assert_eq!(limits.admit(&one, false, now + wait), Ok(()));
}

#[test]
fn no_second_has_more_calls_than_discord_allows() {
    let (mut limits, now) = (Limits::default(), Instant::now());
    let sent =
        (0..200).filter(|n| limits.admit(&route("POST /m", &n.to_string()), true, now).is_ok()).count();
    assert_eq!(sent, usize::try_from(GLOBAL_MAX).unwrap());
    assert_eq!(limits.admit(&route("POST /m", "x"), true, now), Err(after(now, 1)));
    assert_eq!(limits.admit(&route("POST /callback", "x"), false, now), Ok(()));
}

#[test]
fn tokens_of_interactions_do_not_pile_up() {
    let (mut limits, now) = (Limits::default(), Instant::now());
    for n in 0..5_000_u64 {
        let at = now + Duration::from_millis(10 * n);
        limits.admit(&route("POST /callback", &n.to_string()), false, at).unwrap();
    }
    assert!(limits.buckets.len() <= BUCKETS_MAX);
}

#[test]
fn many_refusals_are_said_once_a_minute() {
    let (mut limits, now) = (Limits::default(), Instant::now());
    let said: Vec<_> = (0..30).filter_map(|_| limits.invalid(now)).collect();
    assert_eq!(said, [INVALID_MAX]);
    assert_eq!(limits.invalid(after(now, 61)), None, "the minute is over, and this is the first of the next");
}
