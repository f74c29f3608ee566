// Of two definitions of a link the first counts: here, in the documentation of the crate, a name leads to its item;
// where ARCHITECTURE.md is read as a file, it leads to the file that stands at its end.
//! [`decide`]: crate::domain::decide::decide
//! [`domain`]: crate::domain
//! [`Command`]: crate::domain::command::Command
//! [`Approved`]: crate::domain::plan::approved::Approved
//! [`Event`]: crate::domain::record::event::Event
//! [`Refusal`]: crate::domain::refusal::Refusal
//! [`Untrusted`]: crate::domain::say::line::Untrusted
//! [`app`]: crate::app
//! [`ports`]: crate::app::ports
//! [`Chat`]: crate::app::ports::Chat
//! [`store`]: crate::store
//! [`WRAPPER`]: crate::remote::WRAPPER
#![doc = include_str!("ARCHITECTURE.md")]

/// The allocator of the program: what building an index took is given back, where the system's keeps it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

mod anchor_file;
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
mod secret_file;
pub mod store;
mod temporary;
