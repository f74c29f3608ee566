//! The parts behind the ports of `app`: sled for the record, files for the sources; the library stands
//! in [`super::library`].

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::app::Outbox;
use crate::app::outbox::Note;
use crate::app::ports::{Audit, Record, RecordError, Sources};
use crate::config::{Config, Inventory};
use crate::domain::actor::ActorId;
use crate::domain::article::Article;
use crate::domain::catalogue::Catalogue;
use crate::domain::event::Event;
use crate::domain::replies::answer::{Cited, Found};
use crate::domain::state::{Moment, State};
use crate::kb::{self, Loaded};
use crate::remote;
use crate::search::{Answer, Hit};
use crate::store::{self, Recorded, Store};

/// An error with its whole chain, for people.
pub fn chain(error: impl Into<anyhow::Error>) -> String {
    format!("{:#}", error.into())
}

/// The record in sled.
pub struct SledRecord(Store);

impl SledRecord {
    /// The random id of the record.
    pub fn id(&self) -> &str {
        self.0.id()
    }

    /// Opens the record and reads all that happened.
    pub fn open(folder: &Path) -> anyhow::Result<(Self, Vec<Moment>, Outbox)> {
        let (store, recorded) = Store::open::<Event>(folder, crate::app::bot::now_ms())?;
        let outbox = Outbox::load(&store.outbox()?).map_err(|why| {
            anyhow::anyhow!("what stands beside the events in {} is damaged: {why}", folder.display())
        })?;
        Ok((Self(store), recorded.into_iter().map(moment).collect(), outbox))
    }
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

/// The knowledge base; why articles of it are left out goes to the log.
pub fn knowledge(folder: &Path) -> anyhow::Result<Loaded> {
    let loaded = kb::load(folder).with_context(|| {
        format!("no articles; `--kb DIR` names their folder (tried {})", folder.display())
    })?;
    for finding in loaded.findings.iter().filter(|finding| finding.code.leaves_out()) {
        tracing::warn!("{}", finding.render(folder));
    }
    Ok(loaded)
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
        actions: hit.actions.iter().map(|offer| offer.id.clone()).collect(),
    };
    Found {
        hits: answer.hits.iter().map(cited).collect(),
        nearest: answer.nearest.iter().map(|near| (near.article.clone(), near.title.clone())).collect(),
        broken: Vec::new(),
    }
}

/// Articles and configuration as they stand in files.
pub struct Files {
    /// The folder of articles.
    pub kb: PathBuf,
    /// The configuration.
    pub config: ConfigSource,
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
        people: crate::domain::actor::People,
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
    /// Reads everything a decision looks at.
    pub fn read(&self) -> anyhow::Result<Catalogue> {
        let config = self.config.read()?;
        Ok(Self::catalogue_of(config, knowledge(&self.kb)?.articles))
    }

    /// The same of a few articles as they are now, to show what their actions need.
    pub fn catalogue_of(config: Config, articles: Vec<Article>) -> Catalogue {
        Catalogue {
            articles: articles.into_iter().map(|article| (article.id.clone(), article)).collect(),
            inventory: config.inventory,
            people: config.people,
            policy: config.policy,
            wrapper: remote::wrapper_digest(),
        }
    }
}

impl Sources for Files {
    fn catalogue(&self) -> Result<Catalogue, String> {
        self.read().map_err(chain)
    }
}
