//! The pure core: no tokio, no files, no clock, no randomness.

pub mod action;
pub mod actor;
pub mod answer;
pub mod approval;
pub mod article;
pub mod audit;
pub mod catalogue;
pub mod clock;
pub mod command;
pub mod decide;
pub mod event;
pub mod form;
pub mod host;
pub mod id;
pub mod incident;
pub mod limits;
pub mod offers;
pub mod plan;
pub mod policy;
pub mod press;
pub mod refusal;
pub mod replies;
pub mod reply;
pub mod request;
pub mod run;
pub mod say;
pub mod state;
pub mod upkeep;

#[cfg(test)]
pub(crate) mod testing;
