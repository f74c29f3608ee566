//! What is said of heads that leave the machine, and of what they prove.

use crate::domain::audit::anchor::{Anchor, Anchored};
use crate::domain::audit::chain::Head;
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};

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
