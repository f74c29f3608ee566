//! Where things are: the folders and the file that every command can be told.

use std::path::PathBuf;

use clap::Args;

use crate::articles::meaning::Meaning;
use crate::config::{Config, ConfigError, DEFAULT_FILE, Inventory};
use crate::model::ModelError;

/// Where things are.
#[derive(Args, Clone)]
pub(super) struct Places {
    /// The configuration [default: dogwatch.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of articles
    #[arg(long, global = true, value_name = "DIR", default_value = "kb")]
    pub(super) kb: PathBuf,
    /// The folder of the search index, which is disposable
    #[arg(long, global = true, value_name = "DIR", default_value = "index")]
    pub(super) index: PathBuf,
    /// The folder of the record [default: dogwatch in `$XDG_STATE_HOME` or ~/.local/state]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) state: Option<PathBuf>,
    /// The folder of the model [default: dogwatch/models/all-MiniLM-L6-v2 in `$XDG_DATA_HOME` or ~/.local/share]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) model: Option<PathBuf>,
}

impl Places {
    /// The configuration that was named, or the default one if it is there.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        self.config_file().map_or_else(|| Ok(Config::default()), |path| Config::read(&path, Inventory::Real))
    }

    pub(super) fn config_file(&self) -> Option<PathBuf> {
        let default = PathBuf::from(DEFAULT_FILE);
        self.config.clone().or_else(|| default.exists().then_some(default))
    }

    /// The folder of the record.
    pub(super) fn state(&self) -> anyhow::Result<PathBuf> {
        let default = || Some(home("XDG_STATE_HOME", ".local/state")?.join("dogwatch"));
        let nowhere =
            || anyhow::anyhow!("there is no home folder to keep the record in: name one with --state DIR");
        self.state.clone().or_else(default).ok_or_else(nowhere)
    }

    /// The folder of the model.
    pub(super) fn model(&self) -> anyhow::Result<PathBuf> {
        let default =
            || Some(home("XDG_DATA_HOME", ".local/share")?.join("dogwatch/models/all-MiniLM-L6-v2"));
        let nowhere =
            || anyhow::anyhow!("there is no home folder to keep the model in: name one with --model DIR");
        self.model.clone().or_else(default).ok_or_else(nowhere)
    }

    /// The installed model with the vectors in a file of this name, in the folder of the index.
    pub(super) fn meaning(&self, vectors: &str) -> Result<Option<Meaning>, ModelError> {
        let Ok(folder) = self.model() else { return Ok(None) };
        Meaning::open(&folder, self.model.is_some(), &self.index.join(vectors))
    }
}

/// A folder of the user: what the variable says if that is absolute, else below home.
fn home(variable: &str, below: &str) -> Option<PathBuf> {
    let xdg = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    xdg.or_else(|| std::env::home_dir().map(|home| home.join(below)))
}
