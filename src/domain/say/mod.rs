//! What is said, to whom, and what has to be looked up before it can be.

pub mod address;
pub mod button;
pub mod card;
pub mod form;
pub mod line;
pub mod question;
pub mod replies;
pub mod reply;

use serde::{Deserialize, Serialize};

use address::To;
use card::CardId;
use reply::Reply;

/// Something to be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say {
    /// To whom.
    pub to: To,
    /// What.
    pub reply: Reply,
    /// The card that this is the first state of, if it is one.
    pub card: Option<CardId>,
}
