//! What a verification of the record found, and what is said of heads that leave the machine.

use crate::domain::audit::anchor::{Anchor, Anchored};
use crate::domain::audit::chain::Head;
use crate::domain::audit::findings::{Findings, Sound};
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::time::date_and_time;

const COPY: &str = "record.jsonl";

/// The record holds, or what is wrong with it and how far it is sound.
pub fn findings(findings: &Findings) -> Reply {
    let Findings { fault, store, text, contradicts, is_in_use } = findings;
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
    let when = if *is_in_use { "once the bot is stopped, " } else { "" };
    if *contradicts {
        let advice =
            "Each is a sound chain and they differ, so one of them was written anew: look at both, and ";
        let line =
            Line::plain(advice).then(when).then("move the one that is not believed out of the folder. Then ");
        return reply.line(line.code("dogwatch salvage DIR").then(" makes a record of the other"));
    }
    let advice =
        format!(" makes a record of the first {most} in another folder; a sound backup may have more");
    reply.line(Line::plain(when).code("dogwatch salvage DIR").then(advice))
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

/// Where the record stands, for people to keep.
pub fn head(head: Head) -> Reply {
    let title = Line::plain(format!("the record has come to event {}: ", head.seq));
    Reply::new(Tone::Info, title.code(Anchor::from(head).to_string())).line(
        Line::plain("A record that was cut or set back later is found with it: ")
            .code("dogwatch audit verify --anchor SEQ:HASH"),
    )
}

/// The head is kept nowhere else.
pub fn not_kept(why: &str) -> Reply {
    let title = Line::plain("the record's head was not written elsewhere: ").untrusted(why);
    Reply::new(Tone::Bad, title).line(Line::plain(
        "Nothing else is held up by that. Mend it, or name another file as anchor_file: the next head is tried again.",
    ))
}

/// Whether the event of an anchor is in a record that holds.
pub fn anchored(anchor: Anchor, found: Anchored) -> Reply {
    let seq = anchor.seq.unwrap_or_default();
    let (tone, text) = match found {
        Anchored::Here(seq) => (
            Tone::Good,
            format!("event {seq} is the one of that head: up to there nothing was changed, cut or set back"),
        ),
        Anchored::EndsBefore(last) => (
            Tone::Bad,
            format!(
                "it ends at event {last}, before event {seq} of that head: its end was cut off, it was set \
                 back to an older copy, or the head is of another record"
            ),
        ),
        Anchored::Another => (
            Tone::Bad,
            format!(
                "event {seq} is NOT the one of that head: the record was rewritten, it was set back and went \
                 on from there, or the head is of another record"
            ),
        ),
        Anchored::Nowhere => (
            Tone::Bad,
            "no event has that hash: the record's end was cut off, it was set back or rewritten, or the \
             head is of another record"
                .to_owned(),
        ),
    };
    Reply::new(tone, Line::plain(text))
}

/// The chain breaks, and the anchor is not before that.
pub fn not_looked_for(sound: u64) -> Reply {
    let text = format!("the event of that head is not among the {sound} that are sound before that");
    Reply::new(Tone::Bad, Line::plain(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::chain::GENESIS;
    use crate::domain::testing::text_of;

    #[test]
    fn no_salvage_is_advised_that_would_be_refused() {
        let sound = Sound { head: Head { seq: 3, hash: GENESIS }, until_ms: Some(1) };
        let said = |contradicts, is_in_use| {
            let fault = Some("they differ".to_owned());
            text_of(&findings(&Findings { fault, store: sound, text: Some(sound), contradicts, is_in_use }))
        };
        assert!(said(false, false).contains("makes a record of the first 3"));
        assert!(said(false, true).contains("once the bot is stopped, "));
        for is_in_use in [false, true] {
            let text = said(true, is_in_use);
            assert!(text.contains("move the one that is not believed out of the folder"), "{text}");
            assert!(!text.contains("the first 3"), "{text}");
        }
    }
}
