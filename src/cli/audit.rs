//! `audit verify`: proves the record without changing it.

use super::failure::{Done, Failure};
use super::output::out;
use super::places::Places;
use crate::chat::console::rendered;
use crate::domain::say::replies;
use crate::store::StoreError;
use crate::store::sled_record::{findings, proved};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Follow the chain of events from the first to the last
    Verify,
}

pub fn run(places: &Places, Command::Verify: &Command) -> Done {
    let dir = places.state()?;
    let report = proved(&dir)?;
    out!("{}", rendered(&replies::audit::findings(&findings(&report))).trim_end());
    match (report.fault, report.newer) {
        (Some(_), _) => Err(Failure::Said),
        (None, Some(newer)) => Err(StoreError::newer(&dir, newer).into()),
        (None, None) => Ok(()),
    }
}
