//! Why a request that could start does not, or not yet.

use crate::domain::id::RequestId;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::request::{Request, Status};
use crate::domain::rules::turns::{OWN_READS_RUNNING_MAX, READS_RUNNING_MAX};
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::world::actor::ActorId;

/// Something has changed since it was approved.
pub fn start_refused(id: RequestId, differences: &[String]) -> Reply {
    let title = Line::plain(format!("{id} is not started: it is not what was approved"));
    let reply = Reply::new(Tone::Bad, title);
    let reply = differences
        .iter()
        .fold(reply, |reply, difference| reply.item(Line::plain("differs: ").untrusted(difference.as_str())));
    reply.line(Line::plain("Look at it again and send its /run again."))
}

/// Its requester may not ask for it any more.
pub fn requester_gone(id: RequestId, person: &str) -> Reply {
    let line = Line::plain(format!("{id} is not started: ")).person(person);
    Reply::new(Tone::Bad, line.then(", who asked for it, has lost the role of a responder"))
        .line(Line::plain("Somebody who has it can send its /run."))
}

/// Nobody can say whether these accounts still have their roles.
pub fn roles_unanswered(catalogue: &Catalogue, request: &Request, actors: &[ActorId], why: &str) -> Reply {
    let line =
        Line::plain(format!("{} waits: whether these still have their roles can't be asked: ", request.id));
    let line = actors.iter().enumerate().fold(line, |line, (at, actor)| {
        line.then(if at == 0 { "" } else { ", " }).person(&catalogue.people.name(actor))
    });
    Reply::new(Tone::Wait, line)
        .line(Line::default().untrusted(why))
        .line(Line::plain("It is tried again until the approvals lapse."))
}

/// As many reads run as may at one time, of all or of its person.
pub fn waits_for_turn(id: RequestId, place: usize) -> Reply {
    let title = format!("{id} waits for its turn: it is number {place} of the reads that wait");
    let shares = format!(
        "At one time {READS_RUNNING_MAX} reads run, {OWN_READS_RUNNING_MAX} of one person; those that wait begin \
         turn by turn between persons."
    );
    Reply::new(Tone::Wait, Line::plain(title)).line(Line::plain(shares)).ready(format!("/cancel {id}"))
}

/// As much is running as may run at one time.
pub fn waits_for_others(id: RequestId, running: usize) -> Reply {
    Reply::new(Tone::Wait, Line::plain(format!("{id} waits: {running} runs are under way, no more at once")))
}

/// Its host is taken.
pub fn waits_for_host(id: RequestId, occupant: &Request) -> Reply {
    let other = occupant.id;
    let title = match occupant.status {
        Status::Running => format!("{id} waits: {other} is running on its host"),
        Status::Ready(_) => format!("{id} waits: {other} is about to start on its host"),
        _ => format!("{id} waits: how {other} ended on its host is unknown"),
    };
    let reply = Reply::new(Tone::Wait, Line::plain(title));
    match occupant.status {
        Status::Running | Status::Ready(_) => reply,
        _ => reply.line(
            Line::plain("Look at the host, then ").code(format!("/settle {other} OUTCOME because REASON")),
        ),
    }
}
