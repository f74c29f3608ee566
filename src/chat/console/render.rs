//! Replies as text.
//!
//! Invariant: what somebody else wrote reaches the terminal without control, bidirectional or
//! invisible characters. Bold is written to a terminal that knows it, and not where `NO_COLOR` is set.

use std::io::{self, IsTerminal as _, Write as _};

use crate::domain::say::line::{Line, Span, Untrusted};
use crate::domain::say::reply::{Part, Reply, Tone};
use crate::domain::text::is_invisible;

/// Writes a text whole to standard output.
pub fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// The same for who talks: if nobody reads any more, what happens goes into the record all the same.
pub fn show(text: &str) {
    let _ = write(text);
}

/// What begins and what ends words that should catch the eye.
type Bold = (&'static str, &'static str);
/// SGR 1 and 22 (ECMA-48).
const BOLD: Bold = ("\x1b[1m", "\x1b[22m");
const NOT_BOLD: Bold = ("", "");

/// Whether a terminal would know what is more than text: the cursor's movements, bold.
pub(super) fn is_smart_term() -> bool {
    std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// A reply as lines for standard output: what should catch the eye is bold if that is a terminal which
/// knows it and nobody asks for no colours (<https://no-color.org>).
pub fn for_stdout(reply: &Reply) -> String {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let bold = io::stdout().is_terminal() && is_smart_term() && !refused;
    with_bold(reply, if bold { BOLD } else { NOT_BOLD })
}

/// A reply as lines of text.
pub fn rendered(reply: &Reply) -> String {
    with_bold(reply, NOT_BOLD)
}

fn with_bold(reply: &Reply, bold: Bold) -> String {
    let line = |content: &Line| line(content, bold);
    let mark = match reply.tone {
        Tone::Info => "-",
        Tone::Good => "+",
        Tone::Bad => "!",
        Tone::Wait => "?",
    };
    let mut text = format!("{mark} {}\n", line(&reply.title));
    for part in &reply.parts {
        match part {
            Part::Line(content) => text.extend(["  ", &line(content), "\n"]),
            Part::Item(content) => text.extend(["  * ", &line(content), "\n"]),
            Part::Quote(content) => text.extend([TEXT, &line(content), "\n"]),
            Part::Block(content) => block(&mut text, CODE, content),
            Part::Output(about, _, content) => {
                if !about.0.is_empty() {
                    text.extend(["  ", &line(about), "\n"]);
                }
                output(&mut text, content);
            }
            Part::File(name, content) => {
                text.extend(["  ", &one_line(name), ":\n"]);
                block(&mut text, TEXT, content);
            }
            Part::Ready(command) => text.extend(["  > ", &command.escape_with(one_line), "\n"]),
        }
    }
    text
}

fn line(line: &Line, (bold, end): Bold) -> String {
    line.0
        .iter()
        .map(|span| match span {
            Span::Plain(text) => text.clone(),
            Span::Untrusted(text) => text.escape_with(one_line),
            Span::Marked(text) => [bold, &text.escape_with(one_line), end].concat(),
            Span::Account(actor) => one_line(&actor.0),
            Span::Place(conversation) => one_line(conversation.as_str()),
            Span::Code(text) => format!("`{}`", text.escape_with(one_line)),
        })
        .collect()
}

/// What stands before a line of a text that is nobody's reply.
const TEXT: &str = "  | ";
/// What stands before a line of code, so that it is told from the text around it.
const CODE: &str = "  |     ";

fn block(text: &mut String, before: &str, content: &Untrusted) {
    // Escaped line by line, so that its line breaks stay and nothing else does.
    let lines = content.escape_with(str::to_owned);
    for line in lines.lines() {
        text.extend([before, &one_line(line), "\n"]);
    }
}

/// Lines of an output in a reply; `/show` has all that was kept.
const OUTPUT_LINES: usize = 40;

fn output(text: &mut String, content: &Untrusted) {
    let whole = content.escape_with(str::to_owned);
    let lines: Vec<_> = whole.lines().collect();
    if lines.len() <= OUTPUT_LINES {
        return block(text, TEXT, content);
    }
    let half = OUTPUT_LINES / 2;
    let hidden = lines.len() - OUTPUT_LINES;
    block(text, TEXT, &Untrusted::new(lines[..half].join("\n")));
    text.extend(["  ", &hidden.to_string(), " lines more: `/show` has them\n"]);
    block(text, TEXT, &Untrusted::new(lines[lines.len() - half..].join("\n")));
}

/// Somebody else's words on one line: what could move the cursor or deceive the eye is spelled out.
pub fn one_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("    "),
            c if c.is_control() || is_invisible(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_elses_words_cannot_move_the_cursor_or_deceive_the_eye() {
        let reply = Reply::new(Tone::Info, Line::plain("title ").untrusted("\u{1b}[2Ja\nb"))
            .item(Line::default().code("x\u{202e}y\r"))
            .block("first\nsecond\u{7}\u{200b}")
            .ready("/run a\n/approve r1");
        let text = rendered(&reply);
        assert!(text.chars().all(|c| c == '\n' || !(c.is_control() || is_invisible(c))), "{text:?}");
        assert_eq!(text.lines().count(), 5);
        assert!(text.contains("\\u{1b}[2Ja\\u{a}b"));
    }

    #[test]
    fn words_that_should_catch_the_eye_are_bold_where_bold_is_wanted_and_nowhere_else() {
        let quote = Line::default().untrusted("a ").marked("b\u{1b}").untrusted(" c");
        let reply = Reply::new(Tone::Info, Line::plain("title")).quote(quote).block("code");
        assert_eq!(rendered(&reply), "- title\n  | a b\\u{1b} c\n  |     code\n");
        assert_eq!(with_bold(&reply, BOLD), "- title\n  | a \u{1b}[1mb\\u{1b}\u{1b}[22m c\n  |     code\n");
    }
}
