//! The model in memory: from a text to its vector.
//!
//! Invariant: the shapes of the weights are checked when it is loaded, so no text fails for its content;
//! a failure all the same is logged and gives no vector.

use std::path::Path;

use super::error::ModelError;
use super::files;
use super::network::Network;
use super::tokens::Tokens;

/// The model in memory.
pub struct Model {
    tokens: Tokens,
    network: Network,
}

impl Model {
    /// What a vector was made with: the model, its digests, the version of the way from text to vector.
    pub const ID: &str = "all-MiniLM-L6-v2 53aa51172d142c89 be50c3628f2bf5bb v1";

    /// Loads the model from a folder that [`super::install()`] made, and checks every byte of it.
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        let tokens = Tokens::read(&files::TOKENIZER.read(folder)?)?;
        let network = Network::read(&files::WEIGHTS.read(folder)?)?;
        Ok(Self { tokens, network })
    }

    /// The vector of a text: [`super::DIMENSIONS`] numbers, of length 1. Only its first 254 word pieces count.
    /// None if the model fails, which it logs: the shapes were checked at the start.
    pub fn encode(&self, text: &str) -> Option<Vec<f32>> {
        let vector = self.network.vector(&self.tokens.of(text));
        if let Err(error) = &vector {
            tracing::error!("the model failed on a text of {} bytes: {error}", text.len());
        }
        vector.ok()
    }
}
