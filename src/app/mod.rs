//! The one loop: load, decide, append, effects; what effects bring back are inputs again.
//!
//! Invariant: an effect begins only after the events of its decision are in the record. If they
//! can't be recorded the loop ends, and with it the bot: what it would do next nobody could prove.

pub mod bot;
pub mod desk;
mod handle;
pub mod ports;
mod turn;
mod work;

pub use bot::{Bot, BotError};
pub use desk::Desk;
pub use handle::Handle;
pub use work::programs;

#[cfg(test)]
mod tests;
