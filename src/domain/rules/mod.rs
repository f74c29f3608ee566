//! Questions about state and catalogue: who may, what counts, whose turn it is, what to offer.
//!
//! Pure, and shared by decisions and by what is said. Nothing here decides or says anything.

pub mod approvals;
pub mod clock;
pub mod expectation;
pub mod heads;
pub mod ladder;
pub mod occupancy;
pub mod offers;
pub mod reach;
pub mod turns;
pub mod upkeep;
pub mod view;
