//! What has happened: events, and what they fold to.
//!
//! Folding never fails and never decides.

pub mod answer;
pub mod bounds;
pub mod clock;
pub mod event;
pub mod heads;
pub mod incident;
pub mod moment;
pub mod origin;
pub mod request;
pub mod run;
pub mod severity;
pub mod state;
