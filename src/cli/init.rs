//! `init`: makes the record. It asks nothing and touches nothing else.

use super::failure::Done;
use super::output::out;
use super::places::Places;
use crate::store::sled_record::SledRecord;

pub fn run(places: &Places) -> Done {
    let folder = places.state()?;
    SledRecord::create(&folder)?;
    out!("made an empty record in {}", folder.display());
    if places.config_file().is_none() {
        out!("there is no dogwatch.toml here yet: README.md, \"Real hosts\", says what goes into it");
    }
    Ok(())
}
