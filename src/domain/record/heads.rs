//! Which heads of the record were told to people, as the record itself says.

use super::event::Event;
use super::moment::Moment;

/// What has happened since a head was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heads {
    /// The event up to which the last head reaches; 0 before the first.
    pub told: u64,
    /// When it was told, or else when the first event happened, in ms since 1970.
    pub since_ms: Option<u64>,
    /// The last event that resolved an incident; 0 before the first.
    pub resolved: u64,
}

impl Heads {
    /// Takes in one recorded event.
    pub fn apply(&mut self, moment: &Moment) {
        let since_ms = *self.since_ms.get_or_insert(moment.at_ms);
        match moment.event {
            Event::HeadTold { seq, .. } => (self.told, self.since_ms) = (seq, Some(moment.at_ms)),
            Event::IncidentResolved { .. } => self.resolved = moment.seq,
            // A day is one of the time that counts from here on.
            Event::ClockAccepted { wall_ms } => self.since_ms = Some(since_ms.min(wall_ms)),
            _ => {}
        }
    }
}
