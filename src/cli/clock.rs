//! `clock accept`: an admin on the bot's machine says that its clock is right.

use std::collections::BTreeMap;

use super::failure::{Done, Failure};
use super::output::out;
use super::places::Places;
use crate::app::ports::Record as _;
use crate::app::wall_ms;
use crate::chat::console::rendered;
use crate::domain::command::Command as Asked;
use crate::domain::decide::decide;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::input::Input;
use crate::domain::id::ConversationId;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::origin::Origin;
use crate::domain::record::state::State;
use crate::domain::rules::reach::Reach;
use crate::domain::rules::view::Context;
use crate::domain::world::actor::ActorId;
use crate::remote;
use crate::store::sled_record::SledRecord;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Take the machine's clock for right, though it stands before what is recorded
    Accept,
}

pub fn run(places: &Places, Command::Accept: &Command) -> Done {
    let config = places.config()?;
    let folder = places.state()?;
    let (mut record, moments, mut outbox) = SledRecord::open(&folder)?;
    let state = State::folded(&moments);
    let actor = ActorId::of_terminal(rustix::process::getuid().as_raw());
    let origin = Origin::typed(actor.clone(), ConversationId(actor.0));
    let wall_ms = wall_ms();
    let now_ms = wall_ms.max(state.clock.last_ms);
    let catalogue = Catalogue {
        articles: BTreeMap::new(),
        left_out: BTreeMap::new(),
        inventory: config.inventory,
        people: config.people,
        policy: config.policy,
        wrapper: remote::wrapper_digest(),
    };
    let reach = Reach::default();
    let context = Context { now_ms, wall_ms, store: record.store(), head: record.head(), reach: &reach };
    let input = Input::Command { origin, command: Asked::ClockAccept };
    let decision = decide(&state, &catalogue, input, context)?;
    let mut notes = Vec::new();
    let mut said = Vec::new();
    for effect in decision.effects {
        let Effect::Say(say) = effect else { continue };
        said.push(rendered(&say.reply));
        // Where there are others, they are told when the bot starts again.
        if config.discord.is_some() {
            notes.extend(outbox.post(say, now_ms).1);
        }
    }
    record.append(now_ms, decision.events, notes).map_err(|error| Failure::Failed(error.into()))?;
    out!("{}", said.concat().trim_end());
    Ok(())
}
