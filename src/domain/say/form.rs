//! The data of a form: its fields and what it is for. Like a button, it refers to what was shown.

use super::line::Untrusted;
use crate::domain::id::{ActionId, Prefix, RequestId};

/// What a filled form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submit {
    /// Runs an action, as the article of this revision declares it.
    Run(ActionId, Prefix),
    /// Says no to the request with this plan.
    Deny(RequestId, Prefix),
    /// Says how the run of this plan ended.
    Settle(RequestId, Prefix),
}

/// Fields of a form at the most: Discord's limit, and as much as anybody fills in at night.
pub const FIELDS_MAX: usize = 5;

/// A form to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What it is for.
    pub submit: Submit,
    /// What stands above it.
    pub title: Untrusted,
    /// At most [`FIELDS_MAX`].
    pub fields: Vec<Field>,
}

/// One text field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name under which its value comes back.
    pub name: String,
    /// What to fill in.
    pub label: Untrusted,
    /// What stands in it already.
    pub value: Untrusted,
    /// A value that works, shown while it is empty.
    pub example: Untrusted,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether it has several lines.
    pub long: bool,
}
