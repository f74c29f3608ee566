use super::*;

/// When each try begins after the first, in seconds, if every one fails within no time.
fn begins_s(count: usize) -> Vec<u64> {
    let mut tries = Tries::first(&"kvm1".into(), 0);
    let begins = (0..count).map(|_| {
        tries = tries.failed("no route", tries.next_ms);
        let next_s = tries.next_ms / 1000;
        tries = tries.again();
        next_s
    });
    begins.collect()
}

#[test]
fn pauses_double_up_to_a_minute() {
    assert_eq!(begins_s(8), [2, 6, 14, 30, 62, 122, 182, 242]);
    assert_eq!((pause_ms(0), pause_ms(64), pause_ms(u32::MAX)), (2_000, 60_000, 60_000));
}

#[test]
fn no_try_of_a_run_begins_after_its_limit() {
    for (risk, limit_s) in [(Risk::Read, 20), (Risk::Change, 60), (Risk::Destructive, 60)] {
        let mut tries = Tries::first(&"kvm1".into(), 0);
        for begins_s in begins_s(5) {
            tries = tries.failed("no route", tries.next_ms);
            assert_eq!(tries.is_last(risk), begins_s > limit_s, "{risk} {begins_s}");
            tries = tries.again();
        }
    }
}

#[test]
fn what_people_see_changes_only_with_a_failure() {
    let (mut reach, id) = (Reach::default(), RequestId(1));
    let first = Tries::first(&"kvm1".into(), 0);
    assert!(!reach.set(id, Some(first.clone())) && reach.under_way(id).is_some());
    assert!(reach.set(id, Some(first.failed("no route", 0))) && reach.under_way(id).is_none());
    assert!(reach.set(id, None) && !reach.set(id, None));
}

#[test]
fn reason_of_any_length_is_cut() {
    let tries = Tries::first(&"kvm1".into(), 0).failed(&"x".repeat(1 << 20), 0);
    assert!(tries.why.is_some_and(|why| why.chars().count() < 2 * WHY_LEN_MAX));
}
