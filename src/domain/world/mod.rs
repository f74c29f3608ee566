//! What people have written: articles with their actions, hosts, persons, and what is cited of them.
//!
//! Values alone. Nothing here has happened, and nothing here decides.

pub mod action;
pub mod actor;
pub mod article;
pub mod citation;
pub mod host;
