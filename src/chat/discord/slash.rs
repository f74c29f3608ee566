//! stub
use crate::domain::command::Command; use crate::domain::refusal::Refusal;
/// stub
pub struct Slash;
impl Slash { /// stub
pub fn command(&self) -> Result<Command, Refusal> { Ok(Command::Help) } }
/// stub
pub fn of(_: &serenity::all::CommandData) -> Result<Slash, Refusal> { Ok(Slash) }
