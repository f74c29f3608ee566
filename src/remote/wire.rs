//! Questions to the remote wrapper as bytes.
//!
//! Invariant: the login shell of a host sees nothing but `sh -s -- RUN_ID VERB`; everything else
//! travels on standard input, each word in single quotes.

use std::time::{Duration, SystemTime};

use super::answer::{Answer, answer};
use super::error::RemoteError;
use super::exchange::{Exchange, Opened};
use crate::domain::id::{Digest, Nonce, RunId};
use crate::domain::plan::{Command, HostPlan};
use crate::domain::record::run::{Ground, OUTPUT_HEAD, OUTPUT_TAIL};

/// The program that carries every command on a host, in POSIX sh.
pub const WRAPPER: &str = include_str!("wrapper.sh");

/// What a plan's digest covers of the wrapper.
pub fn wrapper_digest() -> Digest {
    Digest::of(WRAPPER.as_bytes())
}

/// Bytes of each stream that are fetched while a step runs.
const PEEK: usize = 8 * 1024;

/// An id that nobody has used or can guess.
pub(super) fn fresh_run_id() -> Result<RunId, RemoteError> {
    fresh_bits().map(RunId)
}

pub(super) fn fresh_bits() -> Result<[u8; 16], RemoteError> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|source| RemoteError::NoRandomness { source: source.into() })?;
    Ok(bits)
}

/// What the wrapper can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Make ground for a run.
    Ground,
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
    /// What has it printed of late?
    Peek,
    /// Remove the ground.
    Leave,
    /// Which programs are missing?
    Have,
}

impl Verb {
    /// The word on the command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ground => "ground",
            Self::Start => "start",
            Self::Wait => "wait",
            Self::Fence => "fence",
            Self::Cancel => "cancel",
            Self::Out | Self::Peek => "out",
            Self::Leave => "leave",
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
    pub(super) place: Place<'a>,
}

/// Where on a host a run stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The base folder; empty for the host's own choice.
    pub(super) folder: &'a str,
    pub(super) nonce: Option<Nonce>,
    /// The boot that the bot has noted with the ground.
    pub(super) boot: &'a str,
}

impl<'a> Place<'a> {
    /// For a question that needs none.
    pub(super) const NONE: Self = Self { folder: "", nonce: None, boot: "" };

    /// Ground that was made.
    pub(super) fn of(ground: &'a Ground) -> Self {
        Self { folder: &ground.folder, nonce: ground.nonce, boot: &ground.boot.0 }
    }
}

impl<'a> About<'a> {
    /// Puts a question into bytes.
    pub(super) fn ask(self, verb: Verb) -> Result<Ask<'a>, RemoteError> {
        self.ask_with(verb, Payload::Nothing)
    }

    /// The same with what the question carries.
    pub(super) fn ask_with(self, verb: Verb, payload: Payload<'_>) -> Result<Ask<'a>, RemoteError> {
        let text = composed(self, payload);
        if text.contains('\0') {
            return Err(RemoteError::Nul { host: self.host.name.clone() });
        }
        Ok(Ask { about: self, verb, stdin: text.into_bytes() })
    }
}

/// What a host remembers of a run for a week.
#[derive(Clone, Copy)]
pub(super) enum Claim<'a> {
    /// Nothing: it is a look.
    None,
    /// A step of the plan: it must never begin again, also not under a record that was set back. No more may
    /// these earlier attempts at it.
    Made(&'a [(RunId, Nonce)]),
}

/// What a question carries.
#[derive(Clone, Copy)]
pub(super) enum Payload<'a> {
    /// Nothing but what it is about.
    Nothing,
    /// For `start`: what begins, and what is remembered of it.
    Step(&'a Command, Claim<'a>),
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
    let place = about.place;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    set("WR_BASE", place.folder);
    set("WR_NONCE", &place.nonce.map(|nonce| nonce.to_string()).unwrap_or_default());
    set("WR_BOOT", place.boot);
    set("WR_NOW", &now.to_string());
    set("WR_PATH", &host.path);
    set("WR_BOOT_FILE", "");
    set("WR_TOOLS", "");
    let words = match payload {
        Payload::Nothing => &[],
        Payload::Programs(programs) => programs,
        Payload::Step(command, claim) => {
            let (claims, earlier) = match claim {
                Claim::None => ("0", &[][..]),
                Claim::Made(earlier) => ("1", earlier),
            };
            let earlier: Vec<_> = earlier.iter().map(|(run, nonce)| format!("{run}:{nonce}")).collect();
            set("WR_CLAIM", claims);
            set("WR_EARLIER", &earlier.join(" "));
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
        let line = command_line(self.about.host.sudo, self.about.run, self.verb);
        let (run, digest) = (self.about.run, self.about.digest);
        let is_whole = |stdout: &[u8]| answer(stdout, run, digest).is_some_and(|answer| answer.is_whole());
        let exchange = channel.run(word, line, self.stdin, self.verb.limit(), is_whole).await?;
        answer(&exchange.stdout, run, digest).ok_or_else(|| no_answer(self.about.host, word, &exchange))
    }
}

/// The only thing that a login shell ever parses.
pub(super) fn command_line(sudo: bool, run: RunId, verb: Verb) -> String {
    let sudo = if sudo { "sudo -n -- " } else { "" };
    let word = verb.word();
    let line = format!("{sudo}sh -s -- {run} {word}");
    if verb == Verb::Peek { format!("{line} {PEEK}") } else { line }
}

/// The error for an exchange in which the wrapper did not say what it should have.
fn no_answer(host: &HostPlan, verb: &'static str, exchange: &Exchange) -> RemoteError {
    RemoteError::NoAnswer { host: host.name.clone(), verb, status: exchange.status, said: exchange.said() }
}
