//! What anybody needs to verify the record.

pub mod anchor;
pub mod chain;
pub mod findings;
pub mod plans;
