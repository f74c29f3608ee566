//! Articles and configuration as they stand in files now: the port that decisions look through.
//!
//! Invariant: whatever can't be read is an error that says so; a decision never rests on less than there is.
//! What is wrong with single articles [`super::library`] tells.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;

use super::shelf::Shelf;
use crate::app::chain;
use crate::app::ports::Sources;
use crate::config::{Config, Inventory};
use crate::domain::policy::catalogue::{Catalogue, Subject};
use crate::kb::Offered;
use crate::remote;

/// Advice for a folder without articles.
pub(crate) fn no_articles(folder: &Path) -> String {
    format!("no articles; `--kb DIR` names their folder (tried {})", folder.display())
}

/// Articles and configuration as they stand in files. Whoever watches the articles tells what is wrong
/// with them: [`super::library`].
pub struct Files {
    /// The configuration.
    pub config: ConfigSource,
    kb: PathBuf,
    /// Held while it is compared with the files.
    shelf: Mutex<Shelf>,
}

/// Where the configuration comes from.
pub enum ConfigSource {
    /// A file of the operator; none means the defaults: nobody and nothing.
    File(Option<PathBuf>),
    /// The inventory that a lab wrote, with the cast of the demo.
    Lab {
        /// The inventory.
        inventory: PathBuf,
        /// The cast.
        people: crate::domain::world::actor::People,
    },
}

impl ConfigSource {
    /// Reads it as it is now.
    pub fn read(&self) -> anyhow::Result<Config> {
        Ok(match self {
            Self::File(None) => Config::default(),
            Self::File(Some(path)) => Config::read(path, Inventory::Real)?,
            Self::Lab { inventory, people } => {
                let config = Config::read(inventory, Inventory::Lab)?;
                Config { people: people.clone(), ..config }
            }
        })
    }
}

impl Files {
    /// The articles of a folder, and a configuration.
    pub fn new(kb: PathBuf, config: ConfigSource) -> Self {
        Self { config, shelf: Mutex::new(Shelf::new(kb.clone())), kb }
    }

    /// Everything a decision about this looks at.
    pub fn read(&self, about: &[Subject]) -> anyhow::Result<Catalogue> {
        let config = self.config.read()?;
        let offered = self.shelf.lock().unwrap_or_else(PoisonError::into_inner).look(about);
        Ok(Self::catalogue_of(config, offered.with_context(|| no_articles(&self.kb))?))
    }

    /// Everything such a decision looks at, with these articles.
    pub(crate) fn catalogue_of(config: Config, offered: Offered) -> Catalogue {
        Catalogue {
            articles: offered.articles,
            left_out: offered.left_out,
            inventory: config.inventory,
            people: config.people,
            policy: config.policy,
            wrapper: remote::wrapper_digest(),
        }
    }
}

impl Sources for Files {
    fn catalogue(&self, about: &[Subject]) -> Result<Catalogue, String> {
        self.read(about).map_err(chain)
    }
}
