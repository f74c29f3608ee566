//! The time that the record knows. The machine's clock is not read here.

use super::event::Event;
use super::moment::Moment;

/// What the events say of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clock {
    /// When the last of them happened, in ms since 1970; what was accepted as the time, after that.
    pub last_ms: u64,
    /// Whether the machine's clock was found to stand before the bot's time.
    pub behind: bool,
}

impl Clock {
    /// Takes in one recorded event.
    pub fn apply(&mut self, moment: &Moment) {
        self.last_ms = moment.at_ms;
        match moment.event {
            Event::ClockBehind { .. } => self.behind = true,
            Event::ClockCaughtUp { .. } => self.behind = false,
            Event::ClockAccepted { wall_ms } => *self = Self { last_ms: wall_ms, behind: false },
            _ => {}
        }
    }
}
