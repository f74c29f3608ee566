//! `backup`, `restore`, `salvage`: records made of others, each in a place where nothing stands.

use std::path::PathBuf;

use super::failure::Done;
use super::output::out;
use super::places::Places;
use crate::app::wall_ms;
use crate::domain::time::date_and_time;
use crate::store::{self, Fault, Source};

#[derive(clap::Args)]
pub struct Arguments {
    /// The other folder
    dir: PathBuf,
}

const LEFT_OUT: &str = "What was still to be said, and which messages show what, is no part of it.";

/// Copies the record to a folder, also while the bot runs.
pub fn backup(places: &Places, Arguments { dir }: &Arguments) -> Done {
    let head = store::backup(&places.state()?, dir, wall_ms())?;
    out!("{} has the record up to {head}. {LEFT_OUT}", dir.display());
    out!("`dogwatch restore {}` makes it the record again", dir.display());
    Ok(())
}

/// Makes the record of a backup.
pub fn restore(places: &Places, Arguments { dir }: &Arguments) -> Done {
    let state = places.state()?;
    let head = store::restore(dir, &state, wall_ms())?;
    out!("made the record in {} of the one in {}, up to {head}. {LEFT_OUT}", state.display(), dir.display());
    out!("What happened after that is not in it: look at the hosts before you go on");
    Ok(())
}

/// Makes a record of what is sound of a damaged one.
pub fn salvage(places: &Places, Arguments { dir }: &Arguments) -> Done {
    let state = places.state()?;
    let salvaged = store::salvage(&state, dir, wall_ms())?;
    let (head, report) = (salvaged.sound.head, &salvaged.report);
    let from = match salvaged.from {
        Source::Store => "the store",
        Source::Text => "the copy `record.jsonl`",
    };
    let until =
        salvaged.sound.until_ms.map_or(String::new(), |ms| format!(", until {} UTC", date_and_time(ms)));
    out!(
        "{} has what is sound of {}: {} events from {from}{until}",
        dir.display(),
        state.display(),
        head.seq
    );
    match (report.mark, &report.fault) {
        (Some(_), Some(Fault::MarkDiffers { .. } | Fault::MarkForeign { .. })) => {
            out!("How many were acknowledged after them is not known: the mark is not that of this record");
        }
        (Some(_), Some(Fault::MarkHalf)) | (None, _) => {
            out!("How many were acknowledged after them is not known: the mark is missing or unreadable");
        }
        (Some(mark), _) if mark.seq > head.seq => {
            out!("{} events that were acknowledged after them are lost", mark.seq - head.seq);
        }
        (Some(_), _) => out!("No acknowledged event is missing"),
    }
    if let Some(fault) = &report.fault {
        out!("What was wrong: {fault}");
    }
    out!("It is no backup: unknown outcomes and settlements of what is lost are forgotten. {LEFT_OUT}");
    out!("Look at the hosts, then name it with --state {}", dir.display());
    Ok(())
}
