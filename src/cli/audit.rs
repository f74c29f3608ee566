//! `audit verify`: proves the record without changing it.

use super::failure::{Done, Failure};
use super::output::out;
use super::places::Places;
use crate::chat::console::rendered;
use crate::domain::audit::anchor::{Anchor, Anchored, Search};
use crate::domain::say::replies;
use crate::domain::say::reply::Reply;
use crate::store::StoreError;
use crate::store::sled_record::{findings, proved};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Follow the chain of events from the first to the last, and compare each plan with its digest
    Verify {
        /// A head that was told: in the incident channel, or in the file that `anchor_file` names. Finds an end
        /// that was cut off and a record that was set back
        #[arg(long, value_name = "[SEQ:]HASH")]
        anchor: Option<Anchor>,
    },
}

pub fn run(places: &Places, Command::Verify { anchor }: &Command) -> Done {
    let dir = places.state()?;
    let mut search = anchor.map(Search::new);
    let report = proved(&dir, |head| search.iter_mut().for_each(|search| search.see(head)))?;
    let say = |reply: &Reply| out!("{}", rendered(reply).trim_end());
    say(&replies::audit::findings(&findings(&report, false)));
    let found = anchor.zip(search.as_ref().map(Search::found));
    match found {
        Some((anchor, found)) if report.fault.is_none() || matches!(found, Anchored::Here(_)) => {
            say(&replies::audit::anchored(anchor, found));
        }
        Some(_) => say(&replies::audit::not_looked_for(report.head.seq)),
        None => {}
    }
    let lost = found.is_some_and(|(_, found)| !matches!(found, Anchored::Here(_)));
    match (report.fault, report.newer) {
        (Some(_), _) => Err(Failure::Said),
        (None, Some(newer)) => Err(StoreError::newer(&dir, newer).into()),
        (None, None) if lost => Err(Failure::Said),
        (None, None) => Ok(()),
    }
}
