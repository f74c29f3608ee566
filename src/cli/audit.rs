//! `audit verify`: proves the record without changing it.

use super::{Done, Failure, Places};
use crate::app::wall_ms;
use crate::chat::console::rendered;
use crate::domain::replies;
use crate::store;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Follow the chain of events from the first to the last
    Verify,
}

pub fn run(places: &Places, Command::Verify: &Command) -> Done {
    let report = store::verify(&places.state()?, wall_ms())?;
    let reply = match &report.fault {
        None => replies::audit_holds(report.head.seq, &report.head.hash.to_string()),
        Some(fault) => replies::audit_broken(&fault.to_string()),
    };
    out!("{}", rendered(&reply).trim_end());
    if report.is_sound() { Ok(()) } else { Err(Failure::Said) }
}
