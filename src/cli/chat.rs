//! `chat`: the bot in the terminal with the real configuration. Who types is the user that the
//! operating system says: `console:UID`.

use std::sync::Arc;

use super::end::End;
use super::failure::{Done, Failure};
use super::places::Places;
use super::runtime::run as run_to_end;
use super::talk::Talk;
use crate::articles::library::KbLibrary;
use crate::articles::meaning::VECTORS;
use crate::articles::sources::{ConfigSource, Files};
use crate::domain::world::actor::ActorId;

pub fn run(places: &Places) -> Done {
    let config = ConfigSource::File(places.config_file());
    let read = config.read().map_err(Failure::Usage)?;
    let actor = ActorId::of_terminal(rustix::process::getuid().as_raw());
    if read.people.person(&actor).is_none() {
        return Err(Failure::Usage(anyhow::anyhow!(
            "you are `{actor}`, whom the configuration does not know: add a [[person]] with actors = [\"{actor}\"]; \
             `dogwatch demo` needs no configuration"
        )));
    }
    if read.identity.is_none() && !read.inventory.is_empty() {
        let problem = "there are hosts but no key to log in with: name it with [ssh] identity = \"FILE\"";
        return Err(Failure::Usage(anyhow::anyhow!(problem)));
    }
    let files = Files::new(places.kb.clone(), config);
    let library = Arc::new(KbLibrary::open(&places.kb, Some(&places.index), places.meaning(VECTORS)?)?);
    let _following = library.watch()?;
    let talk = Talk { files, library, actor, cast: Vec::new() };
    let state = places.state()?;
    Ok(run_to_end(async { talk.run(&state, &mut End::listen()?).await })??)
}
