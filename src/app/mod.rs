//! The one loop: load, decide, append, effects.

pub mod ports;
