//! `incident list`, `incident show`: reads the record.

use super::failure::Done;
use super::pager::paged;
use super::places::Places;
use crate::chat::console::rendered;
use crate::domain::id::IncidentId;
use crate::domain::record::state::find_incident;
use crate::domain::say::replies;
use crate::store::sled_record::recorded_state;

#[derive(clap::Subcommand)]
pub enum Command {
    /// All incidents, the newest first
    List,
    /// Everything that happened in one
    Show {
        /// Such as i1
        incident: IncidentId,
    },
}

pub fn run(places: &Places, command: &Command) -> Done {
    let people = places.config()?.people;
    let state = recorded_state(&places.state()?)?;
    let reply = match command {
        Command::List => replies::incident::list(&state),
        Command::Show { incident } => {
            let incident = find_incident(&state, *incident)?;
            replies::timeline::timeline(&people, &state, incident)
        }
    };
    paged(&format!("{}\n", rendered(&reply).trim_end()));
    Ok(())
}
