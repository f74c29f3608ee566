//! What anybody needs to verify the record.

pub mod chain;
pub mod findings;
