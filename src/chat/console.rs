//! The terminal: lines in, replies out.
//!
//! Invariant: what somebody else wrote reaches the terminal without control, bidirectional or
//! invisible characters.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use crate::app::ports::Chat;
use crate::domain::id::ConversationId;
use crate::domain::reply::{Line, Part, Reply, Span, Tone, Untrusted, is_invisible};

/// Writes replies to standard output.
#[derive(Debug, Default)]
pub struct Console {
    /// What stands before the cursor while somebody types, to be drawn again below a reply that
    /// comes meanwhile; empty for a script. Held for a write, never across an await.
    prompt: Mutex<String>,
}

impl Console {
    /// Shows a prompt. With `redrawn` it is shown again after each reply.
    pub fn prompt(&self, prompt: String, redrawn: bool) {
        write(&prompt);
        if redrawn {
            *self.prompt.lock().unwrap_or_else(PoisonError::into_inner) = prompt;
        }
    }
}

impl Chat for Console {
    fn say(&self, _: &ConversationId, reply: &Reply) {
        let prompt = self.prompt.lock().unwrap_or_else(PoisonError::into_inner);
        let text = rendered(reply);
        match prompt.as_str() {
            "" => write(&text),
            prompt => write(&format!("{CLEAR_LINE}{text}{prompt}")),
        }
    }
}

/// To the first column, and erase what stands there (ECMA-48).
const CLEAR_LINE: &str = "\r\x1b[K";

/// Writes a text whole to standard output.
pub fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody reads any more: what happens goes into the record all the same.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A reply as lines of text.
pub fn rendered(reply: &Reply) -> String {
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
            Part::Block(content) => block(&mut text, content),
            Part::Ready(command) => text.extend(["  > ", &command.escape_with(one_line), "\n"]),
        }
    }
    text
}

fn line(line: &Line) -> String {
    line.0
        .iter()
        .map(|span| match span {
            Span::Plain(text) => text.clone(),
            Span::Untrusted(text) => text.escape_with(one_line),
            Span::Code(text) => format!("`{}`", text.escape_with(one_line)),
        })
        .collect()
}

fn block(text: &mut String, content: &Untrusted) {
    // Escaped line by line, so that its line breaks stay and nothing else does.
    let lines = content.escape_with(str::to_owned);
    for line in lines.lines() {
        text.extend(["  | ", &one_line(line), "\n"]);
    }
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
}
