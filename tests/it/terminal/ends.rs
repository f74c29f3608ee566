//! Whatever ends it, what was said is on the screen and the terminal is as it was.

use rustix::process::Signal;

use super::pseudo::{ENTER, Window, last_line};

#[test]
fn a_signal_ends_it_and_what_was_typed_stays_there() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut window = Window::demo();
        window.type_out("/approve r2");
        assert!(!window.is_cooked());
        window.signal(signal);
        let (status, text) = window.ended();
        assert!(status.success(), "{signal:?}: {status}");
        assert_eq!(last_line(&text), "ana> /approve r2", "{signal:?}");
    }
}

#[test]
fn what_was_said_before_the_end_is_on_the_screen() {
    let mut window = Window::demo();
    for _ in 0..50 {
        window.keys("/as nobody\r");
    }
    window.keys("exit\r");
    let (status, text) = window.ended();
    assert!(status.success());
    assert!(text.ends_with("The cast: ana, ben, cem, dia, eve.\nana> exit"), "{text}");
}

#[test]
fn a_stopped_one_goes_on_where_it_was() {
    let mut window = Window::demo();
    window.type_out("/approvals");
    window.signal(Signal::STOP);
    window.signal(Signal::CONT);
    // The shell has gone back to its own mode meanwhile.
    window.keys(ENTER);
    window.until_text("nothing waits");
}

#[test]
fn a_bot_that_dies_ends_the_program_with_its_message_below_the_line() {
    let mut window = Window::demo();
    window.fill_files();
    window.keys("/incident open sev1 the disk is full\r/show r1");
    let (status, text) = window.ended();
    assert_eq!(status.code(), Some(1), "{text}");
    assert!(text.contains("ana> /show r1\ndogwatch: nothing can be recorded any more"), "{text}");
}

#[test]
fn a_job_is_stopped_goes_on_and_can_be_killed_in_the_background() {
    let mut window = Window::shell();
    window.type_out("/show r7");
    window.keys("\x1a");
    window.until("the shell", |text| text.contains("Stopped") && last_line(text) == "sh$");
    window.keys("fg\r");
    window.until_last("ana> /show r7");
    window.keys("8\r");
    window.until_text("there is no request r78");
    window.keys("\x1a");
    window.until_last("sh$");
    // The shell lets it go on in the background, where it may not touch the terminal's mode.
    window.keys("kill %1; wait %1; echo over\r");
    window.until("the end", |text| text.lines().any(|line| line == "over"));
    window.keys("exit\r");
    window.ended();
}

#[test]
fn a_screen_that_takes_nothing_keeps_neither_the_bot_nor_the_end() {
    let mut window = Window::demo();
    window.stop_taking(&"/help\r".repeat(400));
    window.signal(Signal::TERM);
    assert!(window.ended().0.success());
}
