//! From a wish to a plan.
//!
//! Planning is a function of the wish and the catalogue: the same twice gives the same bytes.

pub mod commands;
pub mod planner;
pub mod powershell;
pub mod ties;
pub mod usage;
pub mod values;
pub mod wish;

#[cfg(test)]
mod tests;
