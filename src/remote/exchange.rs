//! One exchange over a channel: a command, its input, and what comes back.
//!
//! Invariant: it has a time limit and keeps a bounded part of what the host prints; the rest is read
//! and thrown away, because an unread channel stalls the connection with its keepalives.
//!
//! An exchange is over when its answer is whole and its exit status is there. Whoever else holds the
//! channel's output open, such as a child that a login file left behind, is not waited for.
//!
//! A lost connection ends an exchange without an exit status. That says nothing about the program
//! on the host: it may live on.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::time::{sleep, timeout};

use super::error::RemoteError;
use super::heard::{End, Heard, end_of};
use crate::domain::id::HostName;

/// Bytes kept of standard output, the last ones: an answer stands at the end, noise before it.
pub(super) const STDOUT_KEPT: usize = 512 * 1024;
/// Bytes kept of standard error, the last ones.
const STDERR_KEPT: usize = 4 * 1024;
/// Without a word after the exit status nothing more is expected.
const QUIET_MAX: Duration = Duration::from_secs(3);
/// For asking the server to close a channel.
const CLOSE_MAX: Duration = Duration::from_secs(1);

/// A channel on which nothing has been sent yet.
pub(super) struct Opened {
    pub(super) channel: Channel<Msg>,
    pub(super) host: HostName,
    pub(super) heard: Heard,
}

/// What a host printed in one exchange.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// The last [`STDOUT_KEPT`] bytes of standard output.
    pub(super) stdout: Vec<u8>,
    /// The last bytes of standard error.
    pub(super) stderr: Vec<u8>,
    /// The exit status of what was executed; none if a signal ended it.
    pub(super) status: Option<u32>,
}

impl Exchange {
    /// The end of what the host said on either stream, for people: a login that is turned away uses both.
    pub(super) fn said(&self) -> String {
        let said = [end_of(&self.stderr), end_of(&self.stdout)];
        said.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" / ")
    }
}

impl Opened {
    /// Executes `command`, feeds it `stdin` and reads until the channel has ended, or until the
    /// command has and what it printed `is_whole`.
    pub(super) async fn run(
        self,
        verb: &'static str,
        command: String,
        stdin: Vec<u8>,
        limit: Duration,
        is_whole: impl Fn(&[u8]) -> bool + Send,
    ) -> Result<Exchange, RemoteError> {
        let Self { channel, host, heard } = self;
        let (mut reader, writer) = channel.split();
        let exchange = exchange(&mut reader, &writer, command, stdin, is_whole);
        let ended = timeout(limit, exchange).await;
        if !matches!(ended, Ok(Ended::Lost | Ended::Closed(_))) {
            // A server counts the channels of a connection. It is asked in order, so the next one is
            // opened after this one is closed.
            let _ = timeout(CLOSE_MAX, writer.close()).await;
        }
        match ended {
            Err(_) => Err(RemoteError::TimedOut { host, operation: verb, limit }),
            Ok(Ended::Refused) => Err(RemoteError::ExecRefused { host, verb }),
            Ok(Ended::Lost) => Err(match heard.end() {
                Some(End::NotUtf8) => RemoteError::NotUtf8 { host, operation: verb },
                Some(End::Said(why) | End::Failed(why)) => RemoteError::Lost { host, verb, why },
                None => RemoteError::Lost { host, verb, why: String::new() },
            }),
            Ok(Ended::Closed(exchange) | Ended::Whole(exchange)) => Ok(exchange),
        }
    }
}

enum Ended {
    /// The server has closed the channel after an exit status.
    Closed(Exchange),
    /// The command has ended and nothing more is wanted.
    Whole(Exchange),
    Refused,
    Lost,
}

async fn exchange(
    reader: &mut ChannelReadHalf,
    writer: &ChannelWriteHalf<Msg>,
    command: String,
    stdin: Vec<u8>,
    is_whole: impl Fn(&[u8]) -> bool,
) -> Ended {
    let feed = async {
        writer.exec(true, command).await?;
        writer.data_bytes(stdin).await?;
        writer.eof().await
    };
    let mut feed = pin!(feed);
    let mut is_fed = false;
    let (mut stdout, mut stderr) = (LastBytes::new(STDOUT_KEPT), LastBytes::new(STDERR_KEPT));
    let (mut status, mut ended) = (None, false);
    let closed = loop {
        // A write never returns when the peer has closed with its window exhausted: the reader
        // decides when the exchange is over.
        let message = tokio::select! {
            _ = &mut feed, if !is_fed => { is_fed = true; continue }
            message = reader.wait() => message,
            () = sleep(QUIET_MAX), if ended => break false,
        };
        match message {
            Some(ChannelMsg::Data { data }) => stdout.push(&data),
            Some(ChannelMsg::ExtendedData { data, .. }) => stderr.push(&data),
            // The exit status can come before the last of the output.
            Some(ChannelMsg::ExitStatus { exit_status }) => (status, ended) = (Some(exit_status), true),
            Some(ChannelMsg::ExitSignal { .. }) => ended = true,
            Some(ChannelMsg::Failure) => return Ended::Refused,
            Some(_) => {}
            None if ended => break true,
            None => return Ended::Lost,
        }
        if ended && is_whole(stdout.bytes()) {
            break false;
        }
    };
    let exchange = Exchange { stdout: stdout.into_bytes(), stderr: stderr.into_bytes(), status };
    if closed { Ended::Closed(exchange) } else { Ended::Whole(exchange) }
}

/// The last bytes of a stream.
struct LastBytes {
    kept: VecDeque<u8>,
    limit: usize,
}

impl LastBytes {
    fn new(limit: usize) -> Self {
        Self { kept: VecDeque::new(), limit }
    }

    fn push(&mut self, bytes: &[u8]) {
        let bytes = bytes.get(bytes.len().saturating_sub(self.limit)..).unwrap_or_default();
        let excess = (self.kept.len() + bytes.len()).saturating_sub(self.limit);
        self.kept.drain(..excess);
        self.kept.extend(bytes);
    }

    fn bytes(&mut self) -> &[u8] {
        self.kept.make_contiguous()
    }

    fn into_bytes(self) -> Vec<u8> {
        self.kept.into()
    }
}
