//! Questions to the remote wrapper as bytes, and its answers.
//!
//! Invariant: the login shell of a host sees nothing but `sh -s -- RUN_ID VERB`; everything else
//! travels on standard input, each word in single quotes. Only a line with exactly the asked run
//! id and plan digest is an answer: whatever else a host prints (motd, .bashrc) is noise.

use std::time::Duration;

use super::error::RemoteError;
use super::exchange::{Exchange, Opened};
use crate::domain::id::{Digest, RunId};
use crate::domain::plan::{Command, HostPlan};
use crate::domain::record::run::{BootId, OUTPUT_HEAD, OUTPUT_TAIL, Output};

/// The program that carries every command on a host, in POSIX sh.
pub const WRAPPER: &str = include_str!("wrapper.sh");

/// What a plan's digest covers of the wrapper.
pub fn wrapper_digest() -> Digest {
    Digest::of(WRAPPER.as_bytes())
}

/// A boot id is a UUID; some room for other systems.
const BOOT_ID_LEN_MAX: usize = 64;
/// Stands where output is missing and nobody knows how much.
const LOST_NOTE: &str = "\n[... an unknown number of bytes was not kept: the host's disk is full ...]\n";

/// An id that nobody has used or can guess.
pub(super) fn fresh_run_id() -> Result<RunId, RemoteError> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|source| RemoteError::NoRandomness { source: source.into() })?;
    Ok(RunId(bits))
}

/// What the wrapper can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Which boot of the host is this?
    Boot,
    /// Begin the run.
    Start,
    /// What has become of it? Answered after its end or after a while.
    Wait,
    /// Make sure that it never begins; if it has, what has become of it?
    Fence,
    /// Stop it.
    Cancel,
    /// What has it printed?
    Out,
    /// Remove what is kept of it.
    Forget,
    /// Which programs are missing?
    Have,
}

impl Verb {
    /// The word on the command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Start => "start",
            Self::Wait => "wait",
            Self::Fence => "fence",
            Self::Cancel => "cancel",
            Self::Out => "out",
            Self::Forget => "forget",
            Self::Have => "have",
        }
    }

    /// How long the exchange may take.
    fn limit(self) -> Duration {
        Duration::from_secs(match self {
            // The host itself waits up to 20 s for the end, or 7 s for a process group to go.
            Self::Wait | Self::Cancel => 45,
            Self::Out => 60,
            _ => 20,
        })
    }
}

/// What a question is about.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) host: &'a HostPlan,
    pub(super) run: RunId,
    pub(super) digest: Digest,
    /// The boot that the bot has noted; none if no boot is to be compared.
    pub(super) boot: Option<&'a BootId>,
}

impl<'a> About<'a> {
    /// Puts a question into bytes.
    pub(super) fn ask(self, verb: Verb, payload: Payload<'_>) -> Result<Ask<'a>, RemoteError> {
        let text = composed(self, payload);
        if text.contains('\0') {
            return Err(RemoteError::Nul { host: self.host.name.clone() });
        }
        Ok(Ask { about: self, verb, stdin: text.into_bytes() })
    }
}

/// What a question carries.
#[derive(Clone, Copy)]
pub(super) enum Payload<'a> {
    /// Nothing but what it is about.
    Nothing,
    /// For `start`: what begins.
    Step(&'a Command),
    /// For `have`: which programs are looked for.
    Programs(&'a [String]),
}

/// The standard input of one exchange: assignments, the wrapper, and last of all the call, so that
/// a text cut short runs nothing.
pub(super) fn composed(about: About<'_>, payload: Payload<'_>) -> String {
    let host = about.host;
    let mut text = String::with_capacity(WRAPPER.len() + 4096);
    let mut set = |name: &str, value: &str| {
        text.push_str(name);
        text.push('=');
        text.push_str(&quoted(value));
        text.push('\n');
    };
    set("WR_DIGEST", &about.digest.to_string());
    set("WR_BASE", &host.folder);
    set("WR_PATH", &host.path);
    set("WR_BOOT", about.boot.map_or("", |boot| &boot.0));
    set("WR_BOOT_FILE", "");
    set("WR_TOOLS", "");
    let words = match payload {
        Payload::Nothing => &[],
        Payload::Programs(programs) => programs,
        Payload::Step(command) => {
            set("WR_HAS_STDIN", if command.stdin.is_some() { "1" } else { "0" });
            set("WR_STDIN", command.stdin.as_deref().unwrap_or_default());
            set("WR_TIMEOUT_S", &command.timeout_s.to_string());
            set("WR_HEAD", &OUTPUT_HEAD.to_string());
            set("WR_TAIL", &OUTPUT_TAIL.to_string());
            command.argv.as_slice()
        }
    };
    set("WR_ARGC", &words.len().to_string());
    for (index, word) in words.iter().enumerate() {
        set(&format!("WR_ARG{}", index + 1), word);
    }
    text.push_str(WRAPPER);
    // A login file may have left a line without its end: the answer begins on one of its own.
    text.push_str("\necho\nwr_main \"$@\"\n");
    text
}

/// `text` as one word of a POSIX shell: in 5,009 strings and four shells nothing but a single
/// quote ended it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A question to one host about one run, ready to be sent.
pub(super) struct Ask<'a> {
    about: About<'a>,
    verb: Verb,
    stdin: Vec<u8>,
}

impl Ask<'_> {
    /// Asks over a channel and waits for the answer.
    pub(super) async fn over(self, channel: Opened) -> Result<Answer, RemoteError> {
        let word = self.verb.word();
        let line = command_line(self.about.host.sudo, self.about.run, word);
        let (run, digest) = (self.about.run, self.about.digest);
        let is_whole = |stdout: &[u8]| answer(stdout, run, digest).is_some_and(|answer| answer.is_whole());
        let exchange = channel.run(word, line, self.stdin, self.verb.limit(), is_whole).await?;
        answer(&exchange.stdout, run, digest).ok_or_else(|| no_answer(self.about.host, word, &exchange))
    }
}

/// The only thing that a login shell ever parses.
pub(super) fn command_line(sudo: bool, run: RunId, verb: &str) -> String {
    let sudo = if sudo { "sudo -n -- " } else { "" };
    format!("{sudo}sh -s -- {run} {verb}")
}

/// The error for an exchange in which the wrapper did not say what it should have.
fn no_answer(host: &HostPlan, verb: &'static str, exchange: &Exchange) -> RemoteError {
    RemoteError::NoAnswer { host: host.name.clone(), verb, status: exchange.status, said: exchange.said() }
}

/// What the wrapper says of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// The answer to `boot`.
    Boot,
    /// The answer to `have`: how many are missing.
    Have(usize),
    /// The answer to `out`.
    Out(Sizes),
    /// A supervisor is on its way; it has not claimed the run yet.
    Accepted,
    /// Nobody has claimed the run.
    NotStarted,
    /// It never ran and never will.
    Fenced,
    /// The supervisor lives.
    Running,
    /// The program ended with this code.
    Done(i32),
    /// The time limit ended it; whether its whole process group is gone.
    TimedOut { gone: bool },
    /// `cancel` ended it; whether its whole process group is gone.
    Cancelled { gone: bool },
    /// The answer to `forget`.
    Forgotten,
    /// The host can't say; why.
    Unknown(String),
    /// This call has done nothing; why.
    Refused(String),
}

/// What follows the answer to `out`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    head: usize,
    /// None if the host lost count.
    dropped: Option<u64>,
    tail: usize,
    /// Whether nothing more will come.
    pub(super) closed: bool,
}

/// One answer line, and what was printed before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) state: State,
    pub(super) boot: BootId,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Answer {
    /// The names that `have` did not find.
    pub(super) fn missing(&self) -> Option<Vec<String>> {
        let State::Have(count) = self.state else { return None };
        let lines = String::from_utf8_lossy(&self.before);
        let names: Vec<_> =
            lines.lines().filter_map(|line| line.strip_prefix("missing ")).map(str::to_owned).collect();
        (names.len() >= count).then(|| names[names.len() - count..].to_vec())
    }

    /// Whether all that belongs to the answer has come: what a step printed follows it.
    fn is_whole(&self) -> bool {
        !matches!(self.state, State::Out(_)) || self.output().is_some()
    }

    /// What the step printed, and whether nothing more will come.
    pub(super) fn output(&self) -> Option<(Output, bool)> {
        let State::Out(sizes) = self.state else { return None };
        let head = self.after.get(..sizes.head)?;
        let tail = self.after.get(sizes.head..sizes.head.checked_add(sizes.tail)?)?;
        Some((output(head, sizes.dropped, tail), sizes.closed))
    }
}

/// Finds the answer among the noise: a line with exactly this run id and digest.
///
/// It is the first such line: what a step printed may follow it, never come before it.
pub(super) fn answer(stdout: &[u8], run: RunId, digest: Digest) -> Option<Answer> {
    let prefix = format!("WR1 {run} {digest} ");
    let mut begin = 0;
    while begin < stdout.len() {
        let rest = &stdout[begin..];
        // A line without its end may be cut short.
        let end = begin + rest.iter().position(|&byte| byte == b'\n')?;
        let fields = stdout[begin..end].strip_prefix(prefix.as_bytes()).and_then(parsed);
        if let Some((state, boot)) = fields {
            let (before, after) = (stdout[..begin].to_vec(), stdout[end + 1..].to_vec());
            return Some(Answer { state, boot, before, after });
        }
        begin = end + 1;
    }
    None
}

/// Exactly `STATE DETAIL BOOT_ID`.
fn parsed(fields: &[u8]) -> Option<(State, BootId)> {
    let fields = std::str::from_utf8(fields).ok()?;
    let [state, detail, boot] = fields.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if boot.is_empty() || boot.len() > BOOT_ID_LEN_MAX || !boot.bytes().all(is_plain) {
        return None;
    }
    let gone = |detail| match detail {
        "gone" => Some(true),
        "left" => Some(false),
        _ => None,
    };
    let state = match (state, detail) {
        ("boot", "-") => State::Boot,
        ("have", count) => State::Have(count.parse().ok()?),
        ("out", sizes) => State::Out(parsed_sizes(sizes)?),
        ("accepted", "-") => State::Accepted,
        ("notstarted", "-") => State::NotStarted,
        ("fenced", "-") => State::Fenced,
        ("running", "-") => State::Running,
        ("done", code) => State::Done(code.parse::<u8>().ok()?.into()),
        ("timedout", rest) => State::TimedOut { gone: gone(rest)? },
        ("cancelled", rest) => State::Cancelled { gone: gone(rest)? },
        ("forgotten", "-") => State::Forgotten,
        ("unknown", why) => State::Unknown(why.replace('_', " ")),
        ("refused", why) => State::Refused(why.replace('_', " ")),
        _ => return None,
    };
    Some((state, BootId(boot.to_owned())))
}

/// `HEAD,DROPPED,TAIL,(open|closed)`.
fn parsed_sizes(detail: &str) -> Option<Sizes> {
    let [head, dropped, tail, end] = detail.split(',').collect::<Vec<_>>().try_into().ok()?;
    let dropped = if dropped == "unknown" { None } else { Some(dropped.parse().ok()?) };
    let closed = match end {
        "closed" => true,
        "open" => false,
        _ => return None,
    };
    let (head, tail) = (head.parse().ok()?, tail.parse().ok()?);
    (head <= OUTPUT_HEAD && tail <= OUTPUT_TAIL).then_some(Sizes { head, dropped, tail, closed })
}

/// Bytes of a step as text. Replacing what is not UTF-8 can make it longer: the limits hold for the
/// text, too, but for the character at the cut.
fn output(head: &[u8], dropped: Option<u64>, tail: &[u8]) -> Output {
    let (head, tail) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
    let boundary = |text: &str, at: usize| (0..=at).rfind(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let head_end = boundary(&head, head.len().min(OUTPUT_HEAD));
    let tail_begin = boundary(&tail, tail.len().saturating_sub(OUTPUT_TAIL));
    let cut = head.len() - head_end + tail_begin;
    let (lost, missing) = match dropped {
        None => (LOST_NOTE, Some("the host could not keep all of it".to_owned())),
        Some(dropped) => match dropped + cut as u64 {
            0 => ("", None),
            dropped => ("", Some(format!("{dropped} bytes of it were not kept"))),
        },
    };
    Output {
        head: format!("{}{lost}", &head[..head_end]),
        dropped: dropped.unwrap_or(0) + cut as u64,
        tail: tail[tail_begin..].to_owned(),
        unseen: missing,
    }
}
