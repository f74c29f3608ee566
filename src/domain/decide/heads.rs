//! The record's heads leave the machine, so that a record that was cut or set back can be told from this one.
//!
//! Invariant: that a head was told is recorded together with the post that tells it, so it is told once
//! however often the bot dies; and it reaches up to an event that was on disk before.

use super::effect::{Decision, Effect};
use crate::domain::audit::chain::Head;
use crate::domain::record::event::Event;
use crate::domain::rules::heads::due;
use crate::domain::rules::view::View;
use crate::domain::say::address::To;
use crate::domain::say::replies;
use crate::domain::world::actor::ActorId;

/// Tells the record's head, if it is to be told now.
pub fn tell(view: View<'_>) -> Decision {
    let Some(head @ Head { seq, hash }) = due(view) else { return Decision::default() };
    let mut decision = Decision::say(To::everybody(), replies::audit::head(head));
    decision.event(&ActorId::bot(), Event::HeadTold { seq, hash });
    decision.effects.push(Effect::KeepElsewhere(view.context.now_ms, head));
    decision
}

#[cfg(test)]
mod tests;
