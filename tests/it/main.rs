//! The program as its users and its hosts meet it, in one test program.
//!
//! Every module but the harness holds facts about the whole: the real binary, real files, servers that
//! speak the real protocols. The harness is [`bot`] (the bot and its practice hosts as processes),
//! [`discord_server`], [`sshd`], [`chance`] and [`folder`].
//!
//! All tests share one process, so none of them changes what a process has once: its environment, its
//! working folder, its signals, its subscriber of logs. What needs a process of its own is one that it
//! starts, or stands beside this program.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

/// The program under test.
const BINARY: &str = env!("CARGO_BIN_EXE_dogwatch");
/// The articles of the repository.
const KB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/kb");

mod bot;
mod chance;
mod discord_server;
mod folder;
#[expect(dead_code, reason = "the unit tests of the remote side use the rest")]
mod sshd;

mod anchors;
mod applies;
mod changed;
mod cli;
mod clock;
mod crash;
mod demo_safety;
mod discord;
mod discord_doctor;
mod discord_server_itself;
mod kb;
mod kb_indexed;
mod kb_live;
mod kb_report;
mod lab;
mod model;
mod neighbours;
mod offers;
mod plan_vectors;
mod real_sshd;
mod record;
mod sabotage;
mod search;
mod search_collection;
mod search_index;
mod search_kb;
mod search_passages;
mod set_back;
mod store;
mod story;
mod terminal;
mod wrapper;
