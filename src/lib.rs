//! dogwatch: a chat-ops bot with knowledge-base search.

pub mod app;
pub mod chat;
pub mod cli;
pub mod config;
pub mod domain;
pub mod kb;
pub mod lab;
pub mod remote;
pub mod search;
pub mod store;
