//! Every reply is a named function that returns a [`Reply`].

pub mod answer;
pub mod audit;
pub mod card;
pub mod clock;
pub mod export;
pub mod incident;
pub mod reach;
pub mod request;
pub mod run;
pub mod start;
pub mod timeline;
pub mod upkeep;

use super::line::Line;
use super::reply::{Reply, Tone};
use crate::domain::command::table::{self, Named, Typed};
use crate::domain::id::RequestId;
use crate::domain::record::request::standing;
use crate::domain::refusal::Refusal;
use crate::domain::rules::view::{UNKNOWN_ACTOR, View};
use crate::domain::text::{counted, spelled};
use crate::domain::world::actor::{ActorId, Role};

/// A refusal with its hint.
pub fn refusal(refusal: &Refusal) -> Reply {
    // Whom nobody knows can be shown by the chat alone.
    let quoted = match refusal.code {
        UNKNOWN_ACTOR => |line: Line, actor: &str| line.account(ActorId(actor.to_owned())),
        _ => |line: Line, code: &str| line.code(code),
    };
    let reply = Reply::new(Tone::Bad, worded(Line::plain("refused: "), &spelled(&refusal.message), quoted));
    match refusal.hint.as_str() {
        "" => reply,
        hint => reply.line(worded(Line::default(), hint, |line, code| line.code(code))),
    }
}

/// A line that was probably meant as a command.
pub fn did_you_mean(typed: &str) -> Reply {
    Reply::new(Tone::Bad, Line::plain("nothing was done: a command begins with a slash"))
        .line(Line::plain("Did you mean ").code(typed).then("?"))
}

/// Appends words among which others' may be, all of them as somebody else's: what stands between two
/// backticks as it is quoted, if it is as plain as what is quoted here.
fn worded(mut line: Line, words: &str, quoted: impl Fn(Line, &str) -> Line) -> Line {
    let is_plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"@<>*~|\\".contains(c) || c == ' ')
    };
    let mut rest = words;
    while let Some((before, from)) = rest.split_once('`') {
        (line, rest) = match from.split_once('`') {
            Some((inside, after)) if is_plain(inside) => (quoted(line.untrusted(before), inside), after),
            _ => (line.untrusted(format!("{before}`")), from),
        };
    }
    line.untrusted(rest)
}

/// The inventory.
pub fn hosts(view: View<'_>) -> Reply {
    let count = view.catalogue.inventory.len();
    let mut reply = Reply::new(Tone::Info, Line::plain(counted(count, "host")));
    for host in view.catalogue.inventory.values() {
        let platforms: Vec<_> = host.platforms.iter().map(|platform| platform.word()).collect();
        let mut line = Line::default()
            .code(host.name.as_str())
            .then(format!(" {}", platforms.join(", ")))
            .then(" ")
            .untrusted(format!("{}@{}:{}", host.user, host.address, host.port));
        if !host.labels.is_empty() {
            line = line.then(" ").untrusted(host.labels.join(", "));
        }
        if host.host_key.is_none() {
            line = line.then(" no pinned key: refused");
        }
        if let Some(occupant) = view.state.occupant(&host.name, RequestId(0)) {
            line = line.then(format!(" ({} {})", occupant.id, standing(&occupant.status)));
        }
        reply = reply.item(line);
    }
    reply
}

/// The commands.
pub fn help() -> Reply {
    table::all().fold(Reply::new(Tone::Info, Line::plain("what I understand")), |reply, command| {
        let Named { description, leaf, .. } = &command;
        let role = match leaf.role {
            Role::Viewer => String::new(),
            role => format!(" ({role})"),
        };
        let name = match leaf.typed {
            Typed::Slash(_) => Line::default().code(command.usage()),
            Typed::Bare(_) => Line::plain(command.usage()),
        };
        reply.item(name.then(format!(": {description}{role}")))
    })
}

/// What checking a host found: each thing looked at, whether it is well, what was seen.
pub fn host_check(host: &str, findings: &[(String, bool, String)]) -> Reply {
    let well = findings.iter().all(|(_, well, _)| *well);
    let tone = if well { Tone::Good } else { Tone::Bad };
    let title = Line::default().code(host).then(if well { " is ready" } else { " is not ready" });
    findings.iter().fold(Reply::new(tone, title), |reply, (what, well, seen)| {
        let mark = if *well { "ok" } else { "NOT OK" };
        reply.item(
            Line::plain(format!("{mark}: ")).untrusted(what.as_str()).then(": ").untrusted(seen.as_str()),
        )
    })
}
