//! Limits of what people write into the record.

use crate::domain::refusal::Refusal;

/// Characters of a title, a note or a reason.
pub const TEXT_LEN_MAX: usize = 2000;

/// Checks a text that goes into the record.
pub fn bounded(what: &'static str, text: &str) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length > TEXT_LEN_MAX {
        let message = format!("the {what} has {length} characters; {TEXT_LEN_MAX} is the limit");
        return Err(Refusal::new("text_too_long", message));
    }
    if text.trim().is_empty() {
        return Err(Refusal::new("text_missing", format!("the {what} is empty")));
    }
    Ok(())
}
