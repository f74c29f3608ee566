//! What a session executes: `/bin/sh -s -- RUN VERB [NUMBER]`, its streams joined to the channel.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use russh::server::{Handle, Msg};
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};

use super::double::LAB_VARIABLE;
use super::shared::Shared;

/// Bytes of a script; more end the session.
const SCRIPT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// After the shell's end its output is passed on for at most this long: a child that it left behind
/// may hold the pipes.
const DRAIN: Duration = Duration::from_secs(2);
/// The standard stream of errors in SSH (RFC 4254, 5.2).
const STDERR: u32 = 1;
const CHUNK: usize = 16 * 1024;

/// The arguments after `sh`, if `command` is exactly `sh -s -- <32 hex> <verb> [<number>]`.
pub fn words(command: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(command).ok()?;
    let rest: Vec<&str> = text.strip_prefix("sh -s -- ")?.split(' ').collect();
    let hex = |word: &str| word.len() == 32 && word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let verb = |word: &str| (1..=16).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase());
    let number = |word: &str| (1..=10).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    let good = match rest.as_slice() {
        [run, word] => hex(run) && verb(word),
        [run, word, count] => hex(run) && verb(word) && number(count),
        _ => false,
    };
    good.then(|| ["-s", "--"].iter().chain(&rest).map(|word| (*word).to_owned()).collect())
}

/// Runs the shell until it ends, the connection ends, or the server stops.
pub async fn run(shared: Arc<Shared>, words: Vec<String>, channel: Channel<Msg>, handle: Handle) {
    let id = channel.id();
    let Ok(child) = spawn(&shared, &words) else {
        let _ = handle.exit_status_request(id, 127).await;
        let _ = handle.close(id).await;
        return;
    };
    let (from_client, to_client) = channel.split();
    let status = tokio::select! {
        status = join(child, from_client, &to_client) => status,
        () = shared.stopped() => None,
    };
    if let Some(status) = status {
        let _ = match (status.code(), status.signal()) {
            (Some(code), _) => handle.exit_status_request(id, code.unsigned_abs()).await,
            (None, signal) => {
                handle
                    .exit_signal_request(id, name(signal), status.core_dumped(), String::new(), String::new())
                    .await
            }
        };
        let _ = handle.eof(id).await;
    }
    let _ = handle.close(id).await;
}

fn spawn(shared: &Shared, words: &[String]) -> std::io::Result<Child> {
    Command::new("/bin/sh")
        .args(words)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", &shared.folder)
        .env(LAB_VARIABLE, &shared.folder)
        .env("LC_ALL", "C")
        .current_dir(shared.folder.join("root"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A Ctrl-C in the terminal of the demo is not meant for a host.
        .process_group(0)
        .spawn()
}

/// Passes bytes both ways. `None`: the client has gone; the shell is left to itself, without pipes.
async fn join(
    mut child: Child,
    from_client: ChannelReadHalf,
    to_client: &ChannelWriteHalf<Msg>,
) -> Option<ExitStatus> {
    let (stdin, out, err) = (child.stdin.take()?, child.stdout.take()?, child.stderr.take()?);
    let output = async { tokio::join!(pass_on(out, to_client, None), pass_on(err, to_client, Some(STDERR))) };
    let work = async {
        tokio::pin!(output);
        let mut flowing = true;
        let status = loop {
            tokio::select! {
                status = child.wait() => break status,
                _ = &mut output, if flowing => flowing = false,
            }
        };
        if flowing {
            let _ = tokio::time::timeout(DRAIN, &mut output).await;
        }
        status.ok()
    };
    tokio::select! {
        status = work => status,
        () = feed(from_client, stdin) => None,
    }
}

async fn feed(mut from_client: ChannelReadHalf, stdin: ChildStdin) {
    let mut stdin = Some(stdin);
    let mut left = SCRIPT_BYTES_MAX;
    // Read on after the script's end: an unread channel would stall the whole connection.
    while let Some(message) = from_client.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                let Some(fits) = left.checked_sub(data.len()) else { return };
                left = fits;
                if let Some(pipe) = stdin.as_mut()
                    && pipe.write_all(&data).await.is_err()
                {
                    stdin = None;
                }
            }
            ChannelMsg::Eof => stdin = None,
            ChannelMsg::Close => return,
            _ => {}
        }
    }
}

async fn pass_on(mut from: impl AsyncRead + Unpin, to: &ChannelWriteHalf<Msg>, stream: Option<u32>) {
    let mut buffer = vec![0; CHUNK];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let bytes = buffer[..count].to_vec();
        let sent = match stream {
            None => to.data_bytes(bytes).await,
            Some(stream) => to.extended_data_bytes(stream, bytes).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

fn name(signal: Option<i32>) -> Sig {
    match signal {
        Some(1) => Sig::HUP,
        Some(2) => Sig::INT,
        Some(9) => Sig::KILL,
        Some(11) => Sig::SEGV,
        Some(13) => Sig::PIPE,
        Some(15) => Sig::TERM,
        other => Sig::Custom(other.unwrap_or(0).to_string()),
    }
}
