//! The parts of a reply, one by one.

use crate::chat::discord::escape;
use crate::domain::say::line::Line;
use crate::domain::say::reply::Part;

use super::line::{self, Weight};
use super::pages::Pages;

pub use line::unformatted;

/// Units of one row of text at the most: long lines break here and nowhere else.
const ROW_MAX: usize = 1_500;
/// Units of an output that is shown whole.
const OUTPUT_MAX: usize = 1_000;
/// Lines shown of a longer one, at its beginning and again at its end.
const EXCERPT_LINES: usize = 6;
/// Lines of an output of which none is left out: of more, as many are as each end shows.
const OUTPUT_LINES_MAX: usize = 3 * EXCERPT_LINES;
/// Units shown of a line of a longer one.
const EXCERPT_LINE_MAX: usize = 160;

/// Puts a part on the page. With `buttons` a command need not be typed.
pub fn part(pages: &mut Pages, part: &Part, buttons: bool) {
    match part {
        Part::Line(content) => line(pages, "", content),
        Part::Item(content) => line(pages, "- ", content),
        Part::Quote(content) => marked(pages, "> ", "> ", content),
        Part::Block(content) => pages.block(&content.escape_with(str::to_owned)),
        Part::Ready(_) if buttons => {}
        Part::Ready(command) => {
            let command = command.escape_with(str::to_owned);
            line(pages, "", &Line::default().code(command));
        }
        Part::Output(about, name, content) => {
            if !about.0.is_empty() {
                line(pages, "", about);
            }
            output(pages, name, &content.escape_with(str::to_owned));
        }
        Part::File(name, content) => {
            pages.attach(name, &content.escape_with(str::to_owned));
        }
    }
}

/// Puts a line on the page, with a mark before it.
pub fn line(pages: &mut Pages, mark: &str, line: &Line) {
    marked(pages, mark, "", line);
}

/// What stands before a further line of somebody's words: nobody takes it for the bot's own.
const FURTHER: &str = "> ";

/// Puts a line on the page, with one mark before its first row and another before those that follow.
fn marked(pages: &mut Pages, mark: &str, following: &str, line: &Line) {
    let rows = line::rows(line, ROW_MAX, Weight::Normal);
    for (at, row) in rows.iter().enumerate() {
        let mark = match at {
            0 => mark,
            _ if row.begins_line => FURTHER,
            _ => following,
        };
        pages.row(&format!("{mark}{}", row.shown), &format!("{mark}{}", row.unformatted));
    }
}

/// Puts an output on the page: whole, or its two ends and the whole of it as a file.
fn output(pages: &mut Pages, name: &str, text: &str) {
    let lines: Vec<_> = text.lines().collect();
    let is_short = escape::units(&escape::lines(text)) <= OUTPUT_MAX
        || lines.iter().all(|line| escape::units(&escape::block_line(line)) <= EXCERPT_LINE_MAX);
    if lines.len() <= OUTPUT_LINES_MAX && is_short {
        return pages.block(text);
    }
    let (head, tail) = if lines.len() <= OUTPUT_LINES_MAX {
        (&lines[..], &[][..])
    } else {
        (&lines[..EXCERPT_LINES], &lines[lines.len() - EXCERPT_LINES..])
    };
    let name = pages.attach(name, text);
    let between = lines.len() - head.len() - tail.len();
    let said = match between {
        0 => Line::plain("Long lines are cut here, whole in "),
        more => Line::plain(format!("{more} lines between, whole in ")),
    };
    pages.block(&excerpt(head));
    line(pages, "", &said.code(name));
    pages.block(&excerpt(tail));
}

fn excerpt(lines: &[&str]) -> String {
    let cut = |line: &&str| match escape::taken(line, EXCERPT_LINE_MAX, escape::block_line) {
        (_, "") => (*line).to_owned(),
        (_, rest) => format!("{}…", &line[..line.len() - rest.len()]),
    };
    lines.iter().map(cut).collect::<Vec<_>>().join("\n")
}
