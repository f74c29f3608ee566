//! What a verification of the record found.

use crate::domain::audit::findings::{Findings, Sound};
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::time::date_and_time;

const COPY: &str = "record.jsonl";

/// The record holds, or what is wrong with it and how far it is sound.
pub fn findings(findings: &Findings) -> Reply {
    let Findings { fault, store, text } = findings;
    let in_copy = text.map_or(0, |text| text.head.seq);
    let Some(fault) = fault else {
        let events = store.head.seq;
        let title = format!("the record holds: {events} events, each hash follows from the one before");
        let reply = Reply::new(Tone::Good, Line::plain(title));
        let reply = reply.line(Line::plain("head ").code(store.head.hash.to_string()));
        if in_copy == events {
            return reply;
        }
        let has = format!(" has {in_copy} of them: the next start completes it");
        return reply.line(Line::plain("the copy ").code(COPY).then(has));
    };
    let title = Line::plain("the record does NOT hold: ").untrusted(fault);
    let reply = Reply::new(Tone::Bad, title).line(sound(Line::plain("of the store "), store));
    let reply = match text {
        None => reply.line(Line::plain("there is no copy ").code(COPY)),
        Some(text) => reply.line(sound(Line::plain("of the copy ").code(COPY).then(" "), text)),
    };
    let most = store.head.seq.max(in_copy);
    if most == 0 {
        return reply;
    }
    let advice =
        format!(" makes a record of the first {most} in another folder; a sound backup may have more");
    reply.line(Line::plain("").code("dogwatch salvage DIR").then(advice))
}

fn sound(of: Line, sound: &Sound) -> Line {
    match sound.until_ms {
        None => of.then("no event is sound"),
        Some(ms) => of.then(format!("{} events are sound, until {} UTC", sound.head.seq, date_and_time(ms))),
    }
}

/// Nothing could be judged.
pub fn not_judged(why: &str) -> Reply {
    Reply::new(Tone::Bad, Line::plain("the record could not be verified: ").untrusted(why))
}
