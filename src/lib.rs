//! dogwatch: a chat-ops bot with knowledge-base search.
//!
//! It answers questions of people on call from a Markdown knowledge base with the lines it quotes,
//! offers the action that the article declares, runs it on hosts over SSH once the people whom the
//! policy names have approved exactly that, and keeps a record of everything that survives a crash
//! and can be verified.
//!
//! # How data flows
//!
//! One direction: a chat line, a button or a form becomes a [`domain::command::Command`]; [`domain::decide::decide`]
//! turns it, the state and the catalogue into events and effects; [`app`] appends the events,
//! durably, and only then does what the effects say; what they bring back is input again. State is
//! what the events say and nothing else. What is to be said to many is written in the same transaction
//! and stays in the outbox until the chat says that it has arrived.
//!
//! # Layout
//!
//! Dependencies point inward: `cli` -> `chat`, `remote`, `store`, `articles` -> `search`, `kb`, `app` ->
//! `domain`.
//!
//! - [`domain`] decides. It is pure: no tokio, no files, no clock, no randomness.
//! - [`app`] is the one loop, and the ports it needs.
//! - [`model`] compares texts by meaning, on the CPU.
//! - [`kb`] reads articles, [`search`] finds the passage, [`articles`] follows a folder of them and answers
//!   the loop, [`store`] keeps the record, [`remote`] runs steps on hosts, [`chat`] talks.
//! - [`config`] checks what the operator wrote, [`cli`] wires the parts. `regular_file` opens what is read,
//!   for whoever reads files.
//! - [`lab`] is the practice hosts. Nothing in `app` or `remote` knows them from real ones.
//!
//! # What holds
//!
//! - Nothing runs on a host without an [`domain::approval::Approved`] plan, and only the decision
//!   that records the start makes one.
//! - The plan is the bytes that were approved; it is planned again and compared at the start.
//! - An event is on disk before its effect begins. After a crash nothing runs twice by itself.
//! - A parameter is data: it reaches the host as one argument, byte for byte, or not at all.

/// The allocator of the program: what building an index took is given back, where the system's keeps it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

pub mod app;
pub mod articles;
pub mod chat;
pub mod cli;
pub mod config;
pub mod domain;
pub mod kb;
pub mod lab;
pub mod model;
mod regular_file;
pub mod remote;
pub mod search;
pub mod store;
