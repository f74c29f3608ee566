//! What the remote wrapper answers.
//!
//! Invariant: only a line with exactly the asked run id and plan digest is an answer: whatever else a host
//! prints (motd, .bashrc) is noise.

use crate::domain::id::{Digest, Nonce, RunId};
use crate::domain::record::run::{BootId, FOLDER_LEN_MAX, Ground, OUTPUT_HEAD, OUTPUT_TAIL, Output};

/// A boot id is a UUID; some room for other systems.
const BOOT_ID_LEN_MAX: usize = 64;
/// Stands where output is missing and nobody knows how much.
const LOST_NOTE: &str = "\n[... an unknown number of bytes was not kept ...]\n";
/// Processes that are named of those which outlive a stop, and characters of a name.
const LEFT_MAX: usize = 8;
const LEFT_NAME_MAX: usize = 32;

/// What the wrapper says of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// The answer to `ground`: whether its disk takes contents.
    Ground { has_room: bool },
    /// The answer to `have`: how many are missing.
    Have(usize),
    /// The answer to `out`.
    Out(Sizes),
    /// The run is claimed, a supervisor is on its way.
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
    /// The answer to `leave`.
    Left,
    /// It was claimed and could not be begun; why.
    NotRun(String),
    /// It was begun on other ground, at another time.
    Met,
    /// The host can't say; why.
    Unknown(String),
    /// This call has done nothing; why.
    Refused(String),
}

/// Ground that was made, and whether its disk takes contents as well as names.
pub(super) struct Made {
    pub(super) ground: Ground,
    pub(super) has_room: bool,
}

/// What follows the answer to `out`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    stdout: Kept,
    stderr: Kept,
    end: End,
    /// Whether the disk did not take it, so that memory had to.
    in_memory: bool,
}

/// Bytes of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kept {
    head: usize,
    /// Between head and tail; none if the host lost count.
    dropped: Option<u64>,
    tail: usize,
}

/// Whether more will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It may.
    Open,
    /// It will not.
    Closed,
    /// What the step left running may print more, and nobody will see it.
    Cut,
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
        let names = self.said("missing ");
        (names.len() >= count).then(|| names[names.len() - count..].to_vec())
    }

    /// The ground that was made, or the word for why it could not be.
    pub(super) fn made(&self, nonce: Nonce) -> Result<Made, String> {
        let has_room = match &self.state {
            State::Ground { has_room } => *has_room,
            State::Refused(why) => return Err(why.clone()),
            other => return Err(format!("the host answered {other:?}")),
        };
        let folder = self.said("folder ").pop().unwrap_or_default();
        if !folder.starts_with('/') || folder.len() > FOLDER_LEN_MAX || folder.contains(char::is_control) {
            return Err("the host did not say where it is".to_owned());
        }
        Ok(Made { ground: Ground { boot: self.boot.clone(), folder, nonce: Some(nonce) }, has_room })
    }

    /// What lives on after it was stopped, as `NAME (NUMBER)`.
    pub(super) fn left(&self) -> Vec<String> {
        let named = |line: &String| {
            let (number, name) = line.split_once(' ')?;
            let number: u32 = number.parse().ok()?;
            let name = name.chars().filter(|c| !c.is_control()).take(LEFT_NAME_MAX).collect::<String>();
            Some(format!("{name} ({number})"))
        };
        self.said("left ").iter().filter_map(named).take(LEFT_MAX).collect()
    }

    /// What the lines before the answer say that begin with `word`.
    fn said(&self, word: &str) -> Vec<String> {
        let lines = String::from_utf8_lossy(&self.before);
        lines.lines().filter_map(|line| line.strip_prefix(word)).map(str::to_owned).collect()
    }

    /// Whether all that belongs to the answer has come: what a step printed follows it.
    pub(super) fn is_whole(&self) -> bool {
        !matches!(self.state, State::Out(_)) || self.output().is_some()
    }

    /// What the step printed, and whether more will come.
    pub(super) fn output(&self) -> Option<(Output, End)> {
        let State::Out(sizes) = self.state else { return None };
        let mut rest = self.after.as_slice();
        let mut take = |len: usize| {
            let (taken, after) = rest.split_at_checked(len)?;
            rest = after;
            Some(taken)
        };
        let (out, err) = (sizes.stdout, sizes.stderr);
        let stdout = (take(out.head)?, out.dropped, take(out.tail)?);
        let stderr = (take(err.head)?, err.dropped, take(err.tail)?);
        Some((output(stdout, stderr, sizes), sizes.end))
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
        ("ground", "room") => State::Ground { has_room: true },
        ("ground", "full") => State::Ground { has_room: false },
        ("have", count) => State::Have(count.parse().ok()?),
        ("out", sizes) => State::Out(parsed_sizes(sizes)?),
        ("accepted", "-") => State::Accepted,
        ("notstarted", "-") => State::NotStarted,
        ("fenced", "-") => State::Fenced,
        ("running", "-") => State::Running,
        ("done", code) => State::Done(code.parse::<u8>().ok()?.into()),
        ("timedout", rest) => State::TimedOut { gone: gone(rest)? },
        ("cancelled", rest) => State::Cancelled { gone: gone(rest)? },
        ("left", "-") => State::Left,
        ("notrun", why) => State::NotRun(why.replace('_', " ")),
        ("met", "-") => State::Met,
        ("unknown", why) => State::Unknown(why.replace('_', " ")),
        ("refused", why) => State::Refused(why.replace('_', " ")),
        _ => return None,
    };
    Some((state, BootId(boot.to_owned())))
}

/// `OUT,ERR,(open|closed|cut),(disk|memory)`, where each stream is `HEAD,DROPPED,TAIL`.
fn parsed_sizes(detail: &str) -> Option<Sizes> {
    let fields = detail.split(',').collect::<Vec<_>>();
    let [head, dropped, tail, err_head, err_dropped, err_tail, end, place] = fields.try_into().ok()?;
    let kept = |head: &str, dropped, tail: &str, most| {
        let dropped = if dropped == "unknown" { None } else { Some(str::parse(dropped).ok()?) };
        let (head, tail) = (head.parse().ok()?, tail.parse().ok()?);
        (head <= most && tail <= OUTPUT_TAIL).then_some(Kept { head, dropped, tail })
    };
    let end = match end {
        "closed" => End::Closed,
        "open" => End::Open,
        "cut" => End::Cut,
        _ => return None,
    };
    let in_memory = match place {
        "disk" => false,
        "memory" => true,
        _ => return None,
    };
    Some(Sizes {
        stdout: kept(head, dropped, tail, OUTPUT_HEAD)?,
        stderr: kept(err_head, err_dropped, err_tail, OUTPUT_TAIL)?,
        end,
        in_memory,
    })
}

/// The bytes of one stream: its beginning, how many were not kept, its end.
type Stream<'a> = (&'a [u8], Option<u64>, &'a [u8]);

/// What a step printed as text. Replacing what is not UTF-8 can make it longer: the limits hold for the text,
/// too, but for the character at the cut.
fn output((head, dropped, tail): Stream<'_>, stderr: Stream<'_>, sizes: Sizes) -> Output {
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
    let unseen = missing.or_else(|| {
        let left = "it was still open 2 s after the step's end: something that it left running holds it, or the host was \
                    too busy to read it";
        (sizes.end == End::Cut).then(|| left.to_owned())
    });
    let note =
        if sizes.in_memory { "[the run folder's disk is full: the host's memory held this]\n" } else { "" };
    Output {
        head: format!("{}{lost}", &head[..head_end]),
        dropped: dropped.unwrap_or(0) + cut as u64,
        tail: tail[tail_begin..].to_owned(),
        unseen,
        stderr: told(stderr),
        note: note.to_owned(),
    }
}

/// Standard error as one text.
fn told((head, dropped, tail): Stream<'_>) -> String {
    let missing = match dropped {
        Some(0) => String::new(),
        Some(dropped) => format!("\n[... {dropped} bytes dropped ...]\n"),
        None => LOST_NOTE.to_owned(),
    };
    // Replacing what is not UTF-8 makes it longer.
    let (head, tail) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
    let end = (0..=OUTPUT_TAIL.min(head.len())).rfind(|at| head.is_char_boundary(*at)).unwrap_or(0);
    let begin = tail.len().saturating_sub(OUTPUT_TAIL);
    let begin = (begin..=tail.len()).find(|at| tail.is_char_boundary(*at)).unwrap_or(tail.len());
    format!("{}{missing}{}", &head[..end], &tail[begin..])
}
