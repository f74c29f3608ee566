//! The pure core: no tokio, no files, no clock, no randomness.

pub mod action;
pub mod actor;
pub mod approval;
pub mod article;
pub mod audit;
pub mod catalogue;
pub mod host;
pub mod id;
pub mod plan;
pub mod policy;
pub mod refusal;
pub mod reply;
pub mod run;
