//! People talk to the bot: input becomes domain commands, domain replies become output.
//!
//! Invariant: nothing is decided here. A transport parses, escapes and shows.

pub mod console;
pub mod discord;
pub mod parse;
