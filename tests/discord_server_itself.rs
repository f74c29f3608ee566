//! The Discord of the tests is strict and real: it refuses what Discord refuses.

#![expect(clippy::unwrap_used, reason = "tests")]

mod discord_server;
