//! Discord: interactions and messages in, replies out.
//!
//! Invariant: everything that is sent goes through `layout`, which keeps to Discord's limits, escapes
//! what somebody else wrote, and allows no mention to ping.

pub mod registration;
pub mod slash;
pub mod suggest;
