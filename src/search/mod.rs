//! The search: a question in somebody's own words -> cited lines of articles, or "I don't know".
//!
//! Invariants: any text is a question (nothing is syntax, nothing fails for its content); equal articles
//! and equal questions give equal answers (where there are many, once what is gone has been cleared away:
//! until then its words count as frequent); the index is disposable, and no folder that is missing, damaged
//! or not writable keeps anybody from an answer.
//!
//! # Data flow
//!
//! `analysis` turns text into units (with the words of `vocabulary`), for articles and questions alike.
//! `entry` is what is kept of an article, `chunk` cuts it into what is ranked, `schema` says into which
//! fields, `indexing` writes them; `index` follows the files that were `seen` (`held` is one state of it, `due`
//! says what has to be done, `update` does it, `manifest` is what it says of itself, `origin` where it comes
//! from), `folder` keeps it on disk and `sealed` whole, `segments` reads one state of it.
//!
//! `snapshot` answers: `question` -> `ranking` with `proximity`, and `semantic` where there is a model ->
//! `evidence` (is it an answer? if not, once more with what `mend` makes of the question) -> `section` and
//! `passage` (which lines?) and `naming` (which of its actions does the question name?) -> `answer`, or
//! `nearest`. `eval` measures the whole on our questions, `collection` the ranking on public ones, beside the
//! `bare` engine.
//!
//! It does not read articles (that is [`crate::kb`]) and knows nothing of chat. The API is synchronous:
//! call it where blocking is allowed.

mod analysis;
mod answer;
mod bare;
mod chunk;
mod collection;
mod due;
mod entry;
mod error;
mod eval;
mod evidence;
mod folder;
mod held;
mod index;
mod indexing;
mod manifest;
mod mend;
mod naming;
mod nearest;
mod origin;
mod passage;
mod proximity;
mod question;
mod ranking;
mod schema;
mod sealed;
mod section;
mod seen;
mod segments;
mod semantic;
mod snapshot;
mod update;
mod vocabulary;

pub use answer::{Answer, AskLine, HITS_MAX, Hit, Mended, Nearest, Offer};
pub use collection::{Collection, Difference, Figures, Measured, Ranking, Split, measure};
pub use error::SearchError;
pub use eval::{Miss, MissKind, Question, Report, eval, read_questions};
pub use folder::Unusable;
pub use index::Index;
pub use manifest::Broken;
pub use origin::Origin;
pub use seen::{Reading, Seen};
pub use snapshot::Search;
