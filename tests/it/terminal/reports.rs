//! A report that comes while somebody types.

use super::pseudo::{ENTER, START, STOP, Setting, Window, last_line};

/// Two requests; the first runs, and will have failed in a while. Ben types.
fn first_runs() -> Window {
    let mut window = Window::demo();
    window.line(STOP, "r1 waits").line(START, "r2 waits").line("/as ben", "ben>");
    window.line("/approve r1", "r1 starts");
    window
}

/// The report that comes while one types.
const REPORT: &str = "r1 failed";

#[test]
fn what_is_typed_is_drawn_again_below_the_report_and_cleared_it_is_gone() {
    let mut window = first_runs();
    window.type_out("/approve r2");
    window.until_text(REPORT);
    window.until_last("ben> /approve r2");
    assert_eq!(window.before_cursor(), "ben> /approve r2");
    // Ctrl-U: a bare Enter then is nothing.
    window.keys("\x15");
    window.until_last("ben>");
    window.keys(ENTER).line("/show r2", "needs 1 approval");
    assert!(!window.raw().contains("r2 starts"));
}

#[test]
fn a_command_typed_after_a_report_is_not_the_end_of_an_older_one() {
    let mut window = first_runs();
    window.type_out("/deny r2 ");
    window.until_text(REPORT);
    window.until_last("ben> /deny r2");
    // What stands there is to be seen; so one clears it.
    window.keys("\x03");
    window.until("the line was thrown away", |text| text.ends_with("ben> /deny r2 ^C\nben>"));
    window.line("/approve r2", "r2 starts");
    assert!(!window.raw().contains("r2 denied"));
}

#[test]
fn the_title_of_an_incident_survives_a_report() {
    let mut window = first_runs();
    window.type_out("/incident open sev1 prod");
    window.until_text(REPORT);
    window.until_last("ben> /incident open sev1 prod");
    window.keys(" is down\r");
    window.until_text("(sev1) is open");
    assert!(window.until_text("prod is down").contains("ben> /incident open sev1 prod is down"));
}

#[test]
fn a_line_of_several_rows_is_drawn_again_whole_in_a_narrow_window() {
    let mut window = Window::with(&Setting { rows: 30, columns: 40, ..Setting::default() });
    window.keys(STOP).keys(ENTER);
    window.until_text("r1 waits");
    window.keys("/as ben\r");
    window.until_last("ben>");
    window.keys("/approve r1\r");
    window.until_text("r1 starts");
    let line = "ben> /incident open sev1 the database of the shop hangs and nobody can order";
    window.keys(&line["ben> ".len()..]);
    window.until("the report, then the line", |text| text.contains(REPORT) && text.ends_with(&wrapped(line)));
    window.keys(ENTER);
    let text = window.until_text("(sev1) is open");
    assert_eq!(text.matches("/incident open sev1").count(), 1, "{text}");
}

/// A line as it stands in rows of 40 columns.
fn wrapped(line: &str) -> String {
    let rows: Vec<_> =
        line.as_bytes().chunks(40).map(|row| String::from_utf8_lossy(row).trim_end().to_owned()).collect();
    rows.join("\n")
}

#[test]
fn ten_thousand_lines_that_come_while_one_types_leave_the_line_whole() {
    let mut window = Window::demo();
    // The longest that a person can be shown again and again: the list of commands.
    let asked = 400;
    for _ in 0..asked {
        window.keys("/help\r");
    }
    window.keys("/approve r2");
    window.until_raw("what I understand", asked);
    window.until("the last list, then the line", |text| {
        text.contains("/help`: lists the commands") && last_line(text) == "ana> /approve r2"
    });
    let raw = window.raw();
    assert!(raw.lines().count() > 10_000, "{}", raw.lines().count());
}

#[test]
fn the_prompt_names_who_types_whatever_comes_meanwhile() {
    let mut window = first_runs();
    window.keys("/as cem\r/as ana\r/as eve\r/show r2");
    window.until_text(REPORT);
    window.until_last("eve> /show r2");
}

#[test]
fn the_log_comes_above_the_line() {
    let mut window = Window::with(&Setting { own_kb: true, ..Setting::default() });
    window.line(START, "r1 waits").line("/as ben", "ben>");
    window.break_kb();
    window.keys("/approve r1\r/deny r1 be");
    window.until("a line of the log, then the line", |text| {
        text.contains("WARN dogwatch::app::bot::sources: articles or configuration can't be")
            && last_line(text) == "ben> /deny r1 be"
    });
    assert!(!window.raw().contains("ben> 20"), "the log was written into the line");
}
