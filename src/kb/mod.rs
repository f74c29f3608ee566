//! Files become articles; lint says what is wrong with them.
//!
//! [`load()`] reads a folder into domain articles, [`lint`](lint::lint) judges what was read. Both
//! answer with [`Finding`]s that name file, line and what to do.
//!
//! Invariant: an article is offered as a whole or not at all. If one of its actions can't be read
//! or breaks a rule that the planner would not catch, the article is left out and a finding says
//! so; nothing is dropped in silence.
//!
//! # Layout
//!
//! `files` finds and reads files, `markdown` turns text into sections, blocks, links and fenced
//! actions, `front_matter` and `action_block` turn TOML into fields and actions, `limits` says how
//! much of it one article may hold (`excess`: it holds more), `reading` puts an article together as a `page`,
//! `synonyms` reads what means the same, `load` the whole folder (`loaded` is what stands in it),
//! `watch` says when to read it again. [`import`] makes drafts of texts that are no
//! articles.

mod action_block;
mod excess;
mod files;
mod finding;
mod front_matter;
pub mod import;
mod key_lines;
mod limits;
pub mod lint;
mod load;
mod loaded;
mod markdown;
mod outline;
mod page;
mod reading;
mod synonyms;
mod watch;

pub use files::{FILE_LEN_MAX, KbError, Scan, Sight, scan, sight};
pub use finding::{Code, Finding, Severity};
pub use key_lines::KeyLines;
pub use load::{Offered, article, load};
pub(crate) use load::{left_out, page, repeated_ids};
pub use loaded::Loaded;
pub use outline::Link;
pub use page::Page;
pub use reading::read_page;
pub use synonyms::synonyms;
pub use watch::{Changed, Watch, WatchError};
