//! The pure core: no tokio, no files, no clock, no randomness.
//!
//! It stands on floors, and no floor knows the ones above it: the ground (`id`, `text`, `refusal`,
//! `time`, `canonical`), [`world`], the table of commands ([`command::table`]), [`policy`], [`plan`],
//! [`planning`], [`record`], [`audit`], [`rules`], [`say`], [`command`], [`decide`].

pub mod audit;
pub mod canonical;
pub mod command;
pub mod decide;
pub mod id;
pub mod plan;
pub mod planning;
pub mod policy;
pub mod record;
pub mod refusal;
pub mod rules;
pub mod say;
pub mod text;
pub mod time;
pub mod world;

#[cfg(test)]
pub(crate) mod testing;
