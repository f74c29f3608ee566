//! The terminal: lines in, replies out.
//!
//! Somebody who types in a terminal has a line editor: what is said is shown above the line, which is drawn
//! again below it. Scripts, pipes and terminals that can't move their cursor get plain text.
//!
//! Invariants: what is typed stays on the screen until it is sent or cleared, and what is sent is what was
//! shown. Saying something blocks nobody: a thread of its own shows it, in the order in which it was said.
//! The terminal is put back into the mode in which it was found, whatever ends the conversation.

mod completion;
mod desk;
mod editor;
mod history;
mod keys;
mod line;
mod log;
mod mode;
mod orders;
mod plain;
mod render;
mod talk;
mod terminal;
mod typed;
mod view;

pub use completion::Completion;
pub use log::Log;
pub use plain::next_line;
pub use render::{for_stdout, one_line, rendered, show, write};
pub use talk::{Conversation, NoGroups, completion, demo_actor};
pub use terminal::{Console, Patience, Typing, open};
pub use typed::Typed;
