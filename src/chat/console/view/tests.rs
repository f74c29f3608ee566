#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use proptest::prelude::*;

/// A window with the model of a screen behind it.
struct Screen {
    view: View,
    parser: vt100::Parser,
}

impl Screen {
    fn new(rows: u16, columns: u16) -> Self {
        let size = |count: u16| count.try_into().unwrap();
        Self {
            view: View::new((columns.into(), rows.into())),
            parser: vt100::Parser::new(size(rows), size(columns), 1000),
        }
    }

    fn draw(&mut self, text: &str, cursor: usize) {
        let drawn = self.view.draw(text, cursor);
        self.parser.process(drawn.as_bytes());
    }

    fn say(&mut self, text: &str) {
        let said = format!("{}{}", self.view.erase(), text.replace('\n', "\r\n"));
        self.parser.process(said.as_bytes());
    }

    fn text(&self) -> String {
        self.parser.screen().contents()
    }

    fn cursor(&self) -> (u16, u16) {
        self.parser.screen().cursor_position()
    }
}

#[test]
fn a_report_comes_above_the_line() {
    let mut screen = Screen::new(24, 40);
    screen.draw("ben> /approve r2", 16);
    screen.say("+ r1 succeeded\n");
    screen.draw("ben> /approve r2", 16);
    assert_eq!((screen.text().as_str(), screen.cursor()), ("+ r1 succeeded\nben> /approve r2", (1, 16)));
}

#[test]
fn a_line_of_several_rows_is_drawn_again_whole_and_nothing_else_goes() {
    let line = format!("ben> {}", "x".repeat(75));
    let mut screen = Screen::new(24, 40);
    screen.say("before\n");
    for cursor in [line.len(), 5, 40, 79] {
        screen.draw(&line, cursor);
        screen.say("report\n");
    }
    screen.draw(&line, line.len());
    let shown = format!("before\n{}{line}", "report\n".repeat(4));
    assert_eq!((screen.text(), screen.cursor()), (shown, (7, 0)));
}

#[test]
fn wide_characters_wrap_as_the_terminal_wraps_them() {
    let mut screen = Screen::new(5, 9);
    let line = "ben> 漢漢漢e\u{301}x";
    screen.draw(line, line.len());
    screen.draw(line, line.len() - 1);
    assert_eq!((screen.text().as_str(), screen.cursor()), ("ben> 漢漢漢e\u{301}x", (1, 3)));
}

#[test]
fn of_a_line_higher_than_the_window_the_part_with_the_cursor_is_shown() {
    let rows: Vec<_> = (0..9).map(|row| row.to_string().repeat(10)).collect();
    let line = rows.concat();
    let mut screen = Screen::new(4, 10);
    screen.draw(&line, line.len() - 1);
    assert_eq!(screen.text(), rows[5..].concat());
    screen.draw(&line, 0);
    assert_eq!((screen.text(), screen.cursor()), (rows[..4].concat(), (0, 0)));
    screen.draw(&line, 55);
    assert_eq!((screen.text(), screen.cursor()), (rows[2..6].concat(), (3, 5)));
}

#[test]
fn a_window_that_changes_its_size_loses_nothing_that_was_said() {
    for (first, then) in [(80_u16, 40_u16), (40, 80)] {
        let line = format!("ben> {}", "y".repeat(60));
        let mut screen = Screen::new(24, first);
        screen.say("said\n");
        screen.draw(&line, line.len());
        screen.view.resize((then.into(), 24));
        screen.parser.set_size(24.try_into().unwrap(), then.try_into().unwrap());
        screen.draw(&line, line.len());
        let text = screen.text();
        let flat: String = text.lines().collect();
        assert!(text.starts_with("said\n") && flat.ends_with(&line), "{text}");
    }
}

#[test]
fn a_finished_line_has_the_cursor_below_it() {
    for (text, row) in [("ben> ", 1), ("ben> 12345", 1), ("ben> 123456", 2)] {
        let mut screen = Screen::new(5, 10);
        let drawn = screen.view.finish(text);
        screen.parser.process(drawn.as_bytes());
        assert_eq!(screen.cursor(), (row, 0), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_drawn_last_is_what_stands_there(
        lines in prop::collection::vec("[a-z 漢é]{0,60}", 1..8),
        columns in 3_u16..50,
        at: prop::sample::Index,
    ) {
        let mut screen = Screen::new(40, columns);
        for line in &lines {
            let middle = at.index(line.len() + 1);
            screen.draw(line, (0..=middle).rev().find(|index| line.is_char_boundary(*index)).unwrap_or(0));
        }
        let last = lines.last().unwrap();
        // Where a wide character does not fit any more, the model breaks the line.
        let text = screen.text().replace('\n', "");
        prop_assert_eq!(text.trim_end(), last.trim_end());
    }
}
