//! The parts behind the ports of `app`: sled for the record, files for the sources; the library stands
//! in [`super::library`].

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;

use crate::app::outbox::Note;
use crate::app::ports::{Asked, Audit, Record, RecordError, Roles, Sources};
use crate::app::wall_ms;
use crate::app::{Outbox, chain};
use crate::articles::shelf::Shelf;
use crate::config::{Config, Inventory};
use crate::domain::policy::catalogue::{Catalogue, Subject};
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::state::State;
use crate::domain::world::actor::ActorId;
use crate::domain::world::citation::{Cited, Found};
use crate::kb::Offered;
use crate::remote;
use crate::search::{Answer, Hit};
use crate::store::{self, Recorded, Report, Store, StoreError};

/// The record in sled.
pub struct SledRecord(Store);

impl SledRecord {
    /// The random id of the record.
    pub fn id(&self) -> &str {
        self.0.id()
    }

    /// Opens the record and reads all that happened.
    pub fn open(folder: &Path) -> anyhow::Result<(Self, Vec<Moment>, Outbox)> {
        let (store, recorded, outbox) = Store::open_all::<Event, _>(folder, wall_ms(), Outbox::load)?;
        Ok((Self(store), recorded.into_iter().map(moment).collect(), outbox))
    }
}

/// Proves the record in a folder, without changing it.
pub fn proved(folder: &Path) -> Result<Report, StoreError> {
    store::verify_all::<Event, _>(folder, wall_ms(), Outbox::load)
}

/// What the events of the record in a folder say; the record must be there.
pub fn recorded_state(folder: &Path) -> anyhow::Result<State> {
    store::require(folder)?;
    let (_, moments, _) = SledRecord::open(folder)?;
    let mut state = State::default();
    for moment in &moments {
        state.apply(moment);
    }
    Ok(state)
}

/// An event of the record as the state takes it in.
pub fn moment(recorded: Recorded<Event>) -> Moment {
    let envelope = recorded.envelope;
    Moment { seq: envelope.seq, at_ms: envelope.at_ms, actor: envelope.actor, event: envelope.event }
}

impl Record for SledRecord {
    fn append(
        &mut self,
        at_ms: u64,
        events: Vec<(ActorId, Event)>,
        notes: Vec<Note>,
    ) -> Result<Vec<Moment>, RecordError> {
        let notes: Vec<_> = notes.into_iter().map(|note| (note.key, note.value)).collect();
        let recorded =
            self.0.append_with(at_ms, events, &notes).map_err(|error| RecordError(chain(error)))?;
        Ok(recorded.into_iter().map(moment).collect())
    }

    fn verify(&self) -> Result<Audit, RecordError> {
        let head = self.0.verify().map_err(|error| RecordError(chain(error)))?;
        Ok(Audit { events: head.seq, head: head.hash.to_string() })
    }
}

/// The terminal has no groups. What a chat says of its own it can't ask.
pub struct NoGroups;

impl Roles for NoGroups {
    fn groups(&self, actor: ActorId) -> Asked {
        let groups = if actor.is_on_this_machine() {
            Ok(Vec::new())
        } else {
            Err(format!("`{actor}` is of a chat, which only `dogwatch serve` can ask"))
        };
        Box::pin(std::future::ready(groups))
    }
}

/// What to do if a folder has no articles.
pub fn no_articles(folder: &Path) -> String {
    format!("no articles; `--kb DIR` names their folder (tried {})", folder.display())
}

/// An answer as chats show it.
pub fn found(answer: &Answer) -> Found {
    let cited = |hit: &Hit| Cited {
        article: hit.article.clone(),
        title: hit.title.clone(),
        heading: hit.heading.clone(),
        quotes: hit.quotes.clone(),
        file: hit.file.clone(),
        lines: hit.lines,
        revision: hit.revision,
        outdated: hit.outdated.is_some(),
        actions: hit.candidates.clone(),
        elsewhere: hit.elsewhere.clone(),
        strange: hit.strange.clone(),
    };
    Found {
        doubtful: answer.answered && !answer.certain,
        mended: answer.mended.iter().map(|it| (it.word.clone(), it.read_as.clone())).collect(),
        hits: answer.hits.iter().map(cited).collect(),
        nearest: answer.nearest.iter().map(|near| (near.article.clone(), near.title.clone())).collect(),
        broken: Vec::new(),
    }
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

    /// The same of these articles.
    pub fn catalogue_of(config: Config, offered: Offered) -> Catalogue {
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
