//! A terminal that can't move its cursor.

use super::pseudo::{START, STOP, Setting, Window};

fn dumb() -> Window {
    Window::with(&Setting { term: "dumb", ..Setting::default() })
}

#[test]
fn it_gets_text_and_nothing_else() {
    let mut window = dumb();
    assert!(window.is_cooked());
    window.keys("service console disk full\r");
    window.until_text("source:");
    window.keys("exit\r");
    assert!(!window.raw().contains('\x1b'), "{:?}", window.raw());
    assert!(window.ended().0.success());
}

#[test]
fn what_is_typed_stays_where_it_is_and_no_prompt_says_that_nothing_was_typed() {
    let mut window = dumb();
    window.keys(STOP).keys("\r");
    window.until("a prompt below the answer", |text| text.contains("r1 waits") && text.ends_with("ana>"));
    window.keys(START).keys("\r");
    window.until("a prompt below the answer", |text| text.contains("r2 waits") && text.ends_with("ana>"));
    window.keys("/as ben\r/approve r1\r");
    window.until("a prompt while r1 runs", |text| text.contains("r1 starts") && text.ends_with("ben>"));
    window.keys("/approve r2");
    let text = window.until_text("r1 failed");
    let (_, after) = text.rsplit_once("ben>").unwrap();
    assert!(after.starts_with(" /approve r2\n"), "{text}");
    window.keys("\r");
    window.until_text("r2 starts");
}
