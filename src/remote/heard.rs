//! What a server says beside its answers, for messages to people: its first bytes, its banner, and
//! why it ended the connection.
//!
//! Invariant: so much of it is kept and no more, and it decides nothing.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use russh::keys::ssh_encoding;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// First bytes of a connection that are kept.
const FIRST_MAX: usize = 512;
/// Characters shown of what somebody else said.
const SAID_CHARS_MAX: usize = 300;

/// What one server has said; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Words>>);

#[derive(Debug, Default)]
struct Words {
    first: Vec<u8>,
    banner: String,
    end: Option<End>,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The server said why.
    Said(String),
    /// It sent a text that is not UTF-8, which russh does not read.
    NotUtf8,
    /// Something else.
    Failed(String),
}

impl Heard {
    // Held for a moment, never across an await: a std mutex will do.
    fn words(&self) -> MutexGuard<'_, Words> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes down a banner; the last one counts.
    pub(super) fn banner(&self, text: &str) {
        let text = end_of(text.as_bytes());
        if !text.is_empty() {
            self.words().banner = text;
        }
    }

    /// Takes down why the connection has ended; the first word counts.
    pub(super) fn ended(&self, end: End) {
        self.words().end.get_or_insert(end);
    }

    /// Why the connection has ended, if anybody has said so.
    pub(super) fn end(&self) -> Option<End> {
        self.words().end.clone()
    }

    /// What it said before the key exchange, up to its greeting.
    pub(super) fn greeting(&self) -> String {
        let words = self.words();
        // Behind the greeting stands what is not for people.
        let greeted = words.first.split_inclusive(|&byte| byte == b'\n').scan(false, |greeted, line| {
            let before = !*greeted;
            *greeted |= line.starts_with(b"SSH-");
            before.then_some(line)
        });
        begin_of(&greeted.collect::<Vec<_>>().concat())
    }

    /// What it said at the login: its banner, and why it ended the connection.
    pub(super) fn login(&self) -> String {
        let words = self.words();
        let end = match &words.end {
            Some(End::Said(why)) => why.as_str(),
            _ => "",
        };
        [words.banner.as_str(), end]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" / ")
    }
}

impl End {
    /// What an error of russh says of the end.
    pub(super) fn of(error: &russh::Error) -> Self {
        if is_not_utf8(error) { Self::NotUtf8 } else { Self::Failed(error.to_string()) }
    }
}

/// Whether russh could not read a text because it is not UTF-8.
pub(super) fn is_not_utf8(error: &russh::Error) -> bool {
    matches!(error, russh::Error::SshEncoding(ssh_encoding::Error::CharacterEncoding))
}

/// Bytes as one line of text: white space and controls as single spaces.
fn one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let is_gap = |c: char| c.is_whitespace() || c.is_control();
    text.split(is_gap).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The beginning of what somebody said, in one line.
fn begin_of(bytes: &[u8]) -> String {
    one_line(bytes).chars().take(SAID_CHARS_MAX).collect()
}

/// The end of what somebody said, in one line.
pub(super) fn end_of(bytes: &[u8]) -> String {
    let text = one_line(bytes);
    let begin = text.char_indices().rev().nth(SAID_CHARS_MAX - 1).map_or(0, |(at, _)| at);
    text.get(begin..).unwrap_or_default().to_owned()
}

/// A stream whose first bytes are kept.
pub(super) struct Overheard<S> {
    stream: S,
    heard: Heard,
    missing: usize,
}

impl<S> Overheard<S> {
    pub(super) fn new(stream: S, heard: Heard) -> Self {
        Self { stream, heard, missing: FIRST_MAX }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Overheard<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        if this.missing > 0 {
            let read = buf.filled().get(before..).unwrap_or_default();
            let kept = read.get(..this.missing).unwrap_or(read);
            this.heard.words().first.extend_from_slice(kept);
            this.missing -= kept.len();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Overheard<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
