//! Whether a command is decided at all, or too much of whoever gave it.

use super::Loop;
use crate::app::ports::{Chat, Hosts, Library, Record, Sources};
use crate::domain::command::limits::{Admission, Moment};
use crate::domain::decide::input::Input;
use crate::domain::rules::view::Caller;
use crate::domain::say::address::To;
use crate::domain::say::replies;

impl<H: Hosts, R: Record, L: Library, S: Sources, C: Chat> Loop<H, R, L, S, C> {
    /// Whether a command is beyond the share of whoever gave it. A line in a terminal has no ticket: who
    /// types there waits for nobody but themselves.
    pub(super) fn turns_away(&mut self, input: &Input, now_ms: u64) -> bool {
        let Input::Command { origin, command } = input else { return false };
        let Some(ticket) = origin.ticket else { return false };
        let passed_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let moment = Moment { passed_ms, now_ms };
        let person = Caller::of(origin).known(&self.catalogue);
        let person = person.as_ref().map(|known| known.name.as_str());
        match self.limits.admit(person, origin, command, moment) {
            Admission::Admitted => return false,
            Admission::Refused(refusal) => self.say_now(To::Caller(origin.clone()), &refusal),
            Admission::TurnedAway(refusal) => {
                self.work.chat.turned_away(ticket, replies::refusal(&refusal));
            }
        }
        true
    }
}
