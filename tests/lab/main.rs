//! The practice hosts: what their tools print, what they can't touch, and who may log in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod behaviour;
mod safety;
mod ssh;
mod texts;
mod world;
