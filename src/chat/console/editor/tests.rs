use super::*;

fn editor() -> Editor {
    let mut editor = Editor::new(Completion::of_commands());
    editor.begin("ben> ".to_owned());
    editor
}

fn typed(editor: &mut Editor, text: &str) -> Step {
    text.chars().map(|c| editor.take(Key::Char(c))).last().unwrap_or(Step::Draw)
}

fn sent(editor: &mut Editor, text: &str) -> Step {
    typed(editor, text);
    editor.take(Key::Enter)
}

#[test]
fn what_is_sent_is_what_was_shown() {
    let mut editor = editor();
    editor.take(Key::Paste(Some("/deny r2\n/approve r2\u{200b}\n".to_owned())));
    let shown = "ben> /deny r2 /approve r2\\u{200b} ";
    assert_eq!(editor.shown(), (shown.to_owned(), shown.len()));
    assert_eq!(editor.take(Key::Enter), Step::Send(shown["ben> ".len()..].to_owned()));
    assert_eq!(editor.shown().0, "ben> ");
}

#[test]
fn a_paste_that_makes_the_line_too_long_is_refused_and_the_line_stays() {
    let mut editor = editor();
    typed(&mut editor, "why? ");
    for text in [None, Some("x".repeat(LINE_LEN_MAX))] {
        let step = editor.take(Key::Paste(text));
        assert!(matches!(&step, Step::Note(note) if note.contains("8000")), "{step:?}");
    }
    assert_eq!(editor.shown().0, "ben> why? ");
}

#[test]
fn ctrl_c_throws_away_what_is_typed_and_asks_to_leave_where_there_is_nothing() {
    let mut editor = editor();
    typed(&mut editor, "/approve r2");
    assert_eq!(editor.take(Key::Interrupt), Step::Drop("ben> /approve r2".to_owned()));
    assert_eq!(editor.take(Key::Interrupt), Step::Interrupt(false));
    editor.begin("ben> ".to_owned());
    assert_eq!(editor.take(Key::Interrupt), Step::Interrupt(true));
    editor.begin("ben> ".to_owned());
    editor.take(Key::Left);
    assert_eq!(editor.take(Key::Interrupt), Step::Interrupt(false));
}

#[test]
fn ctrl_d_ends_on_an_empty_line_and_else_deletes() {
    let mut editor = editor();
    typed(&mut editor, "ab");
    editor.take(Key::Home);
    assert_eq!(editor.take(Key::DeleteOrEnd), Step::Draw);
    assert_eq!(editor.shown(), ("ben> b".to_owned(), 5));
    editor.take(Key::Delete);
    assert_eq!(editor.take(Key::DeleteOrEnd), Step::End);
}

#[test]
fn what_was_cut_comes_back() {
    let mut editor = editor();
    typed(&mut editor, "one two");
    editor.take(Key::KillWord);
    editor.take(Key::KillWord);
    editor.take(Key::KillWord);
    editor.take(Key::Yank);
    editor.take(Key::Yank);
    assert_eq!(editor.shown().0, "ben> one one ");
}

#[test]
fn lines_typed_before_are_found() {
    let mut editor = editor();
    for line in ["/show r1", "/approve r1", "/show r2"] {
        sent(&mut editor, line);
    }
    typed(&mut editor, "draft");
    editor.take(Key::Search);
    typed(&mut editor, "sh");
    assert_eq!(editor.shown().0, "(search `sh`) /show r2");
    editor.take(Key::Search);
    assert_eq!(editor.shown().0, "(search `sh`) /show r1");
    editor.take(Key::Search);
    assert_eq!(editor.shown().0, "(search `sh`: not found) /show r1");
    editor.take(Key::Cancel);
    assert_eq!(editor.shown().0, "ben> draft");
    editor.take(Key::Search);
    typed(&mut editor, "app");
    editor.take(Key::End);
    assert_eq!(editor.shown().0, "ben> /approve r1");
    assert_eq!(editor.take(Key::Enter), Step::Send("/approve r1".to_owned()));
}

#[test]
fn a_search_that_finds_something_else_shows_it_before_enter_sends_it() {
    let mut editor = editor();
    for line in ["/approve r1", "/deny r1 no"] {
        sent(&mut editor, line);
    }
    editor.take(Key::Search);
    typed(&mut editor, "r1x");
    let (shown, _) = editor.shown();
    assert_eq!(shown, "(search `r1x`: not found) /deny r1 no");
    editor.take(Key::Backspace);
    assert_eq!(editor.shown().0, "(search `r1`) /deny r1 no");
    assert_eq!(editor.take(Key::Enter), Step::Send("/deny r1 no".to_owned()));
}

#[test]
fn a_word_goes_on_with_tab_and_a_choice_is_listed() {
    let mut editor = editor();
    typed(&mut editor, "/inc");
    editor.take(Key::Tab);
    typed(&mut editor, "o");
    editor.take(Key::Tab);
    assert_eq!(editor.shown().0, "ben> /incident open ");
    editor.take(Key::KillToStart);
    typed(&mut editor, "/s");
    assert_eq!(editor.take(Key::Tab), Step::Note("  settle  show\n".to_owned()));
}
