//! Keys do what they do everywhere.

use super::pseudo::{CTRL_C, CTRL_D, ENTER, START, STOP, TAB, UP, Window};

#[test]
fn lines_are_recalled_edited_and_searched() {
    let mut window = Window::demo();
    window.line("/show r7", "there is no request r7").line("/approvals", "nothing waits");
    window.keys(UP);
    window.until_last("ana> /approvals");
    window.keys(UP);
    window.until_last("ana> /show r7");
    // Left, Backspace, 8: another request. Home and End move over it.
    window.keys("\x7f8\x01\x1b[F");
    window.until_last("ana> /show r8");
    window.keys(ENTER);
    window.until_text("there is no request r8");
    window.keys("\x12r7");
    window.until_last("(search `r7`) /show r7");
    window.keys("\x1b[D");
    window.until_last("ana> /show r7");
    assert_eq!(window.before_cursor(), "ana> /show r");
    // Ctrl-E, Ctrl-W: the last word goes.
    window.keys("\x05\x17");
    window.until_last("ana> /show");
    window.keys("\x0c");
    window.until("a clear screen", |text| text == "ana> /show");
}

#[test]
fn tab_completes_names_of_commands() {
    let mut window = Window::demo();
    window.keys("/inc").keys(TAB);
    window.until_last("ana> /incident");
    window.keys("op").keys(TAB).keys("disk").keys(ENTER);
    window.until_text("i1 (sev3) is open");
    window.keys("/s").keys(TAB);
    window.until("the choice, then the line", |text| text.ends_with("settle  show\nana> /s"));
    window.keys("\x15/as b").keys(TAB).keys(ENTER);
    window.until_last("ben>");
}

#[test]
fn pasted_lines_are_one_question_and_wait_for_enter() {
    let mut window = Window::demo();
    window.keys("\x1b[200~disk full\r\n\tservice console\n/approve r1\n\x1b[201~");
    window.until_last("ana> disk full service console /approve r1");
    window.keys(ENTER);
    let text = window.until("one answer", |text| text.ends_with("\nana>") && text.contains("source:"));
    assert_eq!(text.matches("source:").count(), 1, "{text}");
}

#[test]
fn a_pasted_command_does_not_run_until_enter_is_pressed() {
    let mut window = Window::demo();
    window.line(START, "r1 waits").line("/as ben", "ben>");
    window.keys("\x1b[200~/approve r1\n\x1b[201~");
    window.until_last("ben> /approve r1");
    window.keys("\x15").line("/show r1", "needs 1 approval");
    window.keys("\x1b[200~/approve r1\n\x1b[201~\r");
    window.until_text("r1 starts");
}

#[test]
fn what_would_not_show_is_shown_spelled_out_and_sent_like_that() {
    let mut window = Window::demo();
    window.keys("\x1b[200~/deny r2\x08\x08r1\u{202e} x\u{200b}\x1b[2J\x1b[201~");
    window.until_last(r"ana> /deny r2\u{8}\u{8}r1\u{202e} x\u{200b}\u{1b}[2J");
    window.keys(ENTER);
    window.until_text(r"refused");
}

#[test]
fn long_lines_are_taken_whole_or_refused() {
    let mut window = Window::demo();
    let words = "the disk is full ".repeat(300);
    window.keys("/incident note ").keys(&words);
    window.keys(ENTER);
    // Cut at 4095 bytes, as a terminal's own line is, it had fewer.
    window.until_text("the note has 5099 characters");
    window.keys("\x1b[200~").keys(&"y".repeat(9000)).keys("\x1b[201~");
    window.until_text("nothing was pasted: a line has at most 8000 characters");
    window.until_last("ana>");
    // Typed, it is refused when it is sent.
    window.keys(&"y".repeat(9000)).keys(ENTER);
    window.until_text("8000 is the limit");
}

#[test]
fn ctrl_c_clears_then_names_what_runs_then_leaves() {
    let mut window = Window::demo();
    window.line(STOP, "r1 waits").line("/as ben", "ben>").line("/approve r1", "r1 starts");
    window.type_out("/approve r2").keys(CTRL_C);
    window.until("the line was thrown away", |text| text.contains("ben> /approve r2^C\n"));
    window.keys(CTRL_C);
    let text = window.until_text("Ctrl-C once more leaves");
    assert!(text.contains("does not wait for 1 run:\n  * r1 `esx-vm-stop` on lab-esx"), "{text}");
    // Something else comes between: it is asked again.
    window.type_out("x").keys(CTRL_C).keys(CTRL_C);
    window.until("asked again", |text| text.matches("Ctrl-C once more leaves").count() == 2);
    window.keys(CTRL_C);
    assert!(window.ended().0.success());
}

#[test]
fn ctrl_c_where_nothing_runs_says_so() {
    let mut window = Window::demo();
    window.keys(CTRL_C);
    window.until_text("Ctrl-C once more leaves; nothing runs");
    window.keys(CTRL_C);
    assert!(window.ended().0.success());
}

#[test]
fn ctrl_d_leaves_where_nothing_is_typed() {
    let mut window = Window::demo();
    window.type_out("ab").keys(CTRL_D).keys("c");
    window.until_last("ana> abc");
    window.keys("\x15").keys(CTRL_D);
    assert!(window.ended().0.success());
}

#[test]
fn the_window_can_change_while_one_types() {
    let mut window = Window::demo();
    window.type_out("/incident open sev1 the database of the shop hangs");
    window.resize(40, 30);
    let rows = "ana> /incident open sev1 the d\natabase of the shop hangs";
    window.until("the line in narrow rows", |text| text.ends_with(rows));
    window.resize(20, 120);
    window.until_last("ana> /incident open sev1 the database of the shop hangs");
    window.keys(ENTER);
    window.until_text("i1 (sev1) is open");
}
