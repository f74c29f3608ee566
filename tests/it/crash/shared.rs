//! Two bots, one record: the second is refused.

use crate::bot::Place;

#[test]
fn a_second_bot_on_one_record_is_refused_and_told_who_holds_it() {
    let place = Place::new();
    let mut first = place.bot().line("/incident open sev2 first").start_open();
    first.until("incident i1");
    let holder = format!("process {}", first.pid());
    let second = place.bot().line("/incident open sev2 second").run();
    assert_eq!(second.status.code(), Some(1), "{}{}", second.out, second.err);
    assert!(second.err.contains(&holder), "{}", second.err);
    let (done, printed) = place.dogwatch(&["incident", "list"]);
    assert!(!done && printed.contains(&holder), "{printed}");
    first.line("/incident note still here");
    first.until("noted in i1");
    first.end().with(&["noted in i1"]);
    place.bot().line("/incident list").run().with(&["1 incident"]);
}
