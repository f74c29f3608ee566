//! What a button or a form refers to: still what was shown, or refused.

use crate::domain::command::Command;
use crate::domain::id::{AnswerId, Prefix};
use crate::domain::record::request::Request;
use crate::domain::refusal::Refusal;
use crate::domain::say::form::Form;
use crate::domain::say::question::Question;

/// What a press comes to.
pub enum Pressed {
    /// The same as this command.
    Command(Command),
    /// A form has to be filled in first.
    Form(Form),
    /// The question is looked up again for all that there is.
    More(Question),
    /// An answer was judged.
    Judge(AnswerId, bool),
}

/// The request, if its plan is the one that was shown.
pub fn shown(request: &Request, prefix: Prefix) -> Result<&Request, Refusal> {
    if request.digest.prefix() == prefix {
        return Ok(request);
    }
    let message = format!("this belongs to another {} than the one in this record", request.id);
    Err(Refusal::new("another_plan", message).hint("`/approvals` lists what waits."))
}
