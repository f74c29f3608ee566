//! The semantic model: a text -> a vector whose angle to others says how near they are in meaning.
//!
//! It is all-MiniLM-L6-v2 of sentence-transformers (Apache-2.0), on the CPU, in this process. A question
//! costs some milliseconds, a long section a hundred: `cache` keeps the vectors of texts on disk.
//!
//! Invariants: only files with the pinned digests are loaded, checked each time; equal texts
//! on one machine have equal vectors; nothing is downloaded but by [`install()`].
//!
//! # Data flow
//!
//! `install` puts `files` into a folder. `encoder` loads them: `tokens` turns text into numbers of word
//! pieces, `network` these into a vector. `cache` keeps it as bytes, `cosine` compares it with another.
//!
//! The API is synchronous but for [`install()`]: call it where blocking is allowed.

mod cache;
mod cosine;
mod encoder;
mod error;
mod files;
mod install;
mod network;
mod tokens;

pub use cache::{Vectors, VectorsError};
pub use cosine::Query;
pub use encoder::Model;
pub use error::ModelError;
pub use install::{HUB, Installed, Source, install};
pub use network::DIMENSIONS;
