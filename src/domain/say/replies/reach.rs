//! What is said of a host that can't be reached: why, how often it was tried, when it is tried again.

use crate::domain::id::RequestId;
use crate::domain::policy::basis::Basis;
use crate::domain::record::incident::Incident;
use crate::domain::record::request::Request;
use crate::domain::record::state::State;
use crate::domain::rules::reach::{Reach, Tries};
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::time::time;

/// A request that could start waits for its host; nothing was sent.
pub fn waits(request: &Request, tries: &Tries) -> Reply {
    let id = request.id;
    let reply = Reply::new(Tone::Wait, said(Line::plain(format!("{id} waits: ")), tries));
    let until = match request.plan.basis {
        Basis::NoneNeeded => "Nothing was sent; it is tried again for a moment.",
        Basis::Quorum(_) => "Nothing was sent; it is tried again until the approvals lapse.",
    };
    reply.line(Line::plain(until)).ready(format!("/cancel {id}"))
}

/// A host of a run is tried again.
pub fn out_of_reach(id: RequestId, tries: &Tries) -> Reply {
    Reply::new(Tone::Wait, said(Line::plain(format!("{id} ")), tries))
}

/// Where the tries of a request stand; none if no host keeps it waiting.
pub fn line(reach: &Reach, request: &Request) -> Option<Line> {
    let tries = reach.of(request).filter(|tries| tries.why.is_some())?;
    Some(said(Line::plain(format!("{} waits: ", request.id)), tries))
}

/// The hosts for which requests of an incident wait, below what is said of it.
pub fn of_incident(reply: Reply, state: &State, reach: &Reach, incident: &Incident) -> Reply {
    let requests = state.requests.values().filter(|request| request.incident == Some(incident.id));
    requests.filter_map(|request| line(reach, request)).fold(reply, Reply::line)
}

fn said(line: Line, tries: &Tries) -> Line {
    let why = tries.why.as_deref().unwrap_or_default();
    let line = line.code(tries.host.as_str()).then(" can't be reached: ").untrusted(why);
    line.then(if tries.under_way {
        format!("; try {} is under way", tries.count)
    } else {
        format!("; try {}, next at {} UTC", tries.count, time(tries.next_ms))
    })
}
