//! Where there is no line editor: scripts, pipes, terminals that can't move their cursor.
//!
//! Invariant: text is written in the order in which it was said, and nothing that was written or typed is
//! erased or written a second time. On such a terminal what is said begins below what is being typed, which
//! stays where it is; no new prompt then says that nothing was typed.

use std::io::BufRead;

use tokio::sync::mpsc;

use super::orders::{Order, Taken};
use super::render::show;
use crate::chat::parse::LINE_LEN_MAX;

/// Lines read ahead.
const LINES_AHEAD: usize = 16;

/// Bytes kept of a line: more than the longest that is accepted can have.
const LINE_BYTES_MAX: usize = 4 * LINE_LEN_MAX + 4;

/// Shows what is said until told to end. With `typed`, whoever answers a prompt types at it.
pub(super) fn print(orders: &Taken, typed: bool) {
    let mut at_prompt = false;
    let mut after = None;
    while let Some(order) = after.take().or_else(|| orders.wait()) {
        match order {
            Order::Show(mut text) => {
                while let Ok(next) = orders.next() {
                    match next {
                        Order::Show(more) => text.push_str(&more),
                        other => {
                            after = Some(other);
                            break;
                        }
                    }
                }
                show(if at_prompt { "\n" } else { "" });
                show(&text);
                orders.shown(text.len());
            }
            Order::Prompt(prompt) => {
                show(&prompt);
                at_prompt = typed;
            }
            Order::Answered => at_prompt = false,
            Order::Tell(told) => {
                let _ = told.send(());
            }
            Order::Ask(..) | Order::Look => {}
            Order::End(told) => {
                let _ = told.send(());
                return;
            }
        }
    }
}

/// The lines of standard input, read on a thread of their own: reading it can't be interrupted.
pub(super) fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(LINES_AHEAD);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        while let Ok(Some(line)) = next_line(&mut input) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The next line without its end; none at the end of the input. Of a line beyond every limit just
/// enough is kept that it is refused as too long.
pub fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut kept = Vec::new();
    let mut any = false;
    loop {
        let read = input.fill_buf()?;
        let end = read.iter().position(|&byte| byte == b'\n');
        let content = &read[..end.unwrap_or(read.len())];
        any |= !read.is_empty();
        kept.extend_from_slice(&content[..content.len().min(LINE_BYTES_MAX - kept.len())]);
        let (used, at_end) = (end.map_or(content.len(), |end| end + 1), read.is_empty() || end.is_some());
        input.consume(used);
        if at_end {
            let line = String::from_utf8_lossy(&kept).trim_end_matches('\r').to_owned();
            return Ok(any.then_some(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::parse::parse;

    fn all(mut input: &[u8]) -> Vec<String> {
        std::iter::from_fn(|| next_line(&mut input).ok().flatten()).collect()
    }

    #[test]
    fn lines_are_read_whole_and_the_last_needs_no_end() {
        assert_eq!(all(b"one\r\n\ntwo"), ["one", "", "two"]);
        assert!(all(b"").is_empty());
    }

    #[test]
    fn a_line_beyond_every_limit_is_cut_and_the_next_one_is_whole() {
        let mut input = vec![b'x'; 3 * LINE_BYTES_MAX];
        input.extend_from_slice(b"\nnext\n");
        let lines = all(&input);
        assert_eq!((lines[0].len(), lines[1].as_str()), (LINE_BYTES_MAX, "next"));
        assert!(parse(&lines[0]).is_err());
    }
}
