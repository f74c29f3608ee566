//! The one loop: load, decide, append, effects; what effects bring back are inputs again.
//!
//! Invariant: an effect begins only after the events of its decision are in the record. If they
//! can't be recorded the loop ends, and with it the bot: what it would do next nobody could prove.

pub mod bot;
mod chain;
mod handle;
pub mod outbox;
pub mod ports;
mod timekeeper;
mod turn;
mod work;

pub use bot::{Bot, BotError};
pub(crate) use chain::chain;
pub use handle::Handle;
pub use outbox::Outbox;
pub use timekeeper::wall_ms;
pub use work::programs;

#[cfg(test)]
mod tests;
