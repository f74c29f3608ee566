//! The bot's time, beside the clock of its machine.
//!
//! A decision's time never goes back behind what is recorded: it is the machine's clock, or what is
//! recorded and the time that has passed since, whichever is later. A clock that stands before that time
//! was set, now or when something was recorded: it is said, ends what waits, and keeps changes from
//! starting until it has caught up or an admin on the bot's machine accepts it.

use super::effect::{Decision, Effect};
use super::start;
use crate::domain::record::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::rules::clock::is_behind;
use crate::domain::rules::turns;
use crate::domain::rules::view::{Caller, View};
use crate::domain::say::address::To;
use crate::domain::say::replies;
use crate::domain::world::actor::ActorId;

/// Time has passed: the clock, what has waited too long, and what can start that could not before.
pub fn tick(view: View<'_>) -> Decision {
    let clock = look(view);
    if !clock.events.is_empty() {
        return clock;
    }
    let mut decision = start::expire(view);
    if decision.events.is_empty() {
        decision.effects.extend(turns::startable(view, None).map(Effect::Start));
    }
    decision
}

/// Looks at the machine's clock, and says what has become of it.
fn look(view: View<'_>) -> Decision {
    let wall_ms = view.context.wall_ms;
    let (event, reply) = match (view.state.clock.behind, is_behind(view)) {
        (false, true) => {
            (Event::ClockBehind { wall_ms }, replies::clock::behind(wall_ms, view.state.clock.last_ms))
        }
        (true, false) => (Event::ClockCaughtUp { wall_ms }, replies::clock::caught_up(wall_ms)),
        _ => return Decision::default(),
    };
    let ends = matches!(event, Event::ClockBehind { .. });
    let mut decision = Decision::say(To::everybody(), reply);
    decision.event(&ActorId::bot(), event);
    if ends {
        decision.extend(start::expire_all(view, "the clock of the bot's machine was set"));
    }
    decision
}

/// The same when the bot starts: what was said before is said again.
pub fn look_again(view: View<'_>) -> Decision {
    if view.state.clock.behind && is_behind(view) {
        let reply = replies::clock::behind(view.context.wall_ms, view.state.clock.last_ms);
        return Decision::say(To::everybody(), reply);
    }
    look(view)
}

/// `/clock accept`: what the machine's clock says is the time from here on.
pub fn accept(view: View<'_>, caller: Caller<'_>) -> Result<Decision, Refusal> {
    if !caller.actor.is_on_this_machine() {
        let message = "the clock of the bot's machine is accepted on that machine alone";
        return Err(Refusal::new("not_on_this_machine", message)
            .hint("An admin looks at it there, and runs `dogwatch clock accept`."));
    }
    if !is_behind(view) {
        let message = "the clock of the bot's machine does not stand before what is recorded";
        return Err(Refusal::new("clock_not_behind", message).hint("There is nothing to accept."));
    }
    let wall_ms = view.context.wall_ms;
    // What waits rests on a time that is no longer.
    let mut decision = start::expire_all(view, "another time was accepted");
    let who = view.catalogue.people.name(caller.actor);
    decision.extend(Decision::say(To::everybody(), replies::clock::accepted(&who, wall_ms)));
    decision.event(caller.actor, Event::ClockAccepted { wall_ms });
    Ok(decision)
}

#[cfg(test)]
mod tests;
