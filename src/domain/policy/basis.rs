//! What a start rests on.

use serde::{Deserialize, Serialize};

/// What a start needs, as policy and risk say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A reading action: nobody is asked.
    NoneNeeded,
    /// So many other persons with role approver or admin.
    Quorum(u8),
}
