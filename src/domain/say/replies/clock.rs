//! What is said about the clock of the bot's machine.

use crate::domain::id::RequestId;
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::time::date_and_time;

/// It stands before what is recorded.
pub fn behind(wall_ms: u64, last_ms: u64) -> Reply {
    let title = Line::plain(format!(
        "the clock of the bot's machine says {} UTC, and the record has come to {} UTC: one of them is wrong",
        date_and_time(wall_ms),
        date_and_time(last_ms)
    ));
    Reply::new(Tone::Bad, title)
        .line(Line::plain("What waited has expired, and no change starts until that is settled."))
        .line(
            Line::plain("Set the clock right. If it is right, an admin on that machine accepts it: ")
                .code("dogwatch clock accept"),
        )
}

/// It has caught up.
pub fn caught_up(wall_ms: u64) -> Reply {
    let title = format!(
        "the clock of the bot's machine has caught up ({} UTC): changes can start again",
        date_and_time(wall_ms)
    );
    Reply::new(Tone::Good, Line::plain(title))
}

/// Somebody says that it is right.
pub fn accepted(who: &str, wall_ms: u64) -> Reply {
    let line = Line::plain("the clock of the bot's machine was accepted by ").person(who);
    let line = line.then(format!(": it is {} UTC, and changes can start again", date_and_time(wall_ms)));
    Reply::new(Tone::Good, line)
}

/// A change that could start but for it.
pub fn change_waits(id: RequestId) -> Reply {
    let title = format!("{id} waits: the clock of the bot's machine stands before what is recorded");
    let what = Line::plain("An admin on that machine sets it right, or accepts it: ");
    Reply::new(Tone::Wait, Line::plain(title)).line(accepting(what))
}

fn accepting(line: Line) -> Line {
    let line = line.code("/clock accept").then(" in the terminal, or ");
    line.code("dogwatch clock accept").then(" while no bot runs")
}
