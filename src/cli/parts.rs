//! The parts behind the ports of `app`: sled for the record, tantivy for the library, files for
//! the sources.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;

use super::Places;
use crate::app::Outbox;
use crate::app::outbox::Note;
use crate::app::ports::{Audit, Library, Record, RecordError, Sources};
use crate::config::{Config, Inventory};
use crate::domain::actor::ActorId;
use crate::domain::article::Article;
use crate::domain::catalogue::Catalogue;
use crate::domain::event::Event;
use crate::domain::replies::answer::{Cited, Found};
use crate::domain::state::{Moment, State};
use crate::kb::{self, Loaded};
use crate::model::{Model, Vectors};
use crate::remote;
use crate::search::{Answer, Hit, Search};
use crate::store::{self, Recorded, Store};

/// The file of vectors, in the folder of the index.
const VECTORS: &str = "vectors";

/// Hits of an answer in chat.
const HITS: usize = 3;

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

/// The model of what texts mean, where it is installed, and where its vectors are kept.
pub struct Meaning {
    model: Arc<Model>,
    vectors: Option<PathBuf>,
}

impl Meaning {
    /// The installed model. What is wrong with it goes to the log: words find answers without it.
    pub(super) fn open(places: &Places, index: Option<&Path>) -> Option<Self> {
        let folder = places.model().ok().filter(|folder| folder.exists())?;
        match Model::open(&folder) {
            Ok(model) => {
                Some(Self { model: Arc::new(model), vectors: index.map(|index| index.join(VECTORS)) })
            }
            Err(error) => {
                tracing::warn!("answers are found by words alone: {}", chain(error));
                None
            }
        }
    }

    /// The same where there may be no model.
    pub fn add_to(meaning: Option<&Self>, search: Search) -> Search {
        match meaning {
            Some(meaning) => meaning.add(search),
            None => search,
        }
    }

    /// A search that knows what its articles mean; what is new of them is encoded first.
    pub fn add(&self, search: Search) -> Search {
        let warn = |error| tracing::warn!("{}", chain(error));
        let opened = self.vectors.as_deref().map(Vectors::open).transpose();
        let vectors = opened.unwrap_or_else(|error| {
            warn(error);
            None
        });
        let progress = |done, all| {
            if all > 0 {
                tracing::info!("{done} of {all} new passages are encoded");
            }
        };
        let (search, failed) =
            search.with_model(Arc::clone(&self.model), vectors.unwrap_or_default(), &progress);
        if let Some(error) = failed {
            warn(error);
        }
        search
    }
}

/// The index over the articles, built anew when they have changed.
pub struct KbLibrary {
    kb: PathBuf,
    index: Option<PathBuf>,
    /// Replaced as a whole; held for the exchange only.
    search: Mutex<Arc<Search>>,
    meaning: Option<Meaning>,
}

impl KbLibrary {
    /// Opens the index of the articles.
    pub fn open(kb: &Path, index: Option<&Path>, meaning: Option<Meaning>) -> anyhow::Result<Self> {
        let Loaded { articles, synonyms, .. } = knowledge(kb)?;
        let search = Search::open(index, articles, &synonyms)?;
        tell_where_from(&search);
        let search = Mutex::new(Arc::new(Meaning::add_to(meaning.as_ref(), search)));
        Ok(Self { kb: kb.to_owned(), index: index.map(Path::to_owned), search, meaning })
    }

    /// The index of the articles as they are now.
    fn current(&self) -> anyhow::Result<Arc<Search>> {
        let Loaded { articles, synonyms, .. } = knowledge(&self.kb)?;
        let search = Arc::clone(&self.search.lock().unwrap_or_else(PoisonError::into_inner));
        let revisions =
            |articles: &[Article]| articles.iter().map(|article| article.revision).collect::<Vec<_>>();
        let mut now = revisions(&articles);
        let mut indexed = revisions(search.articles());
        now.sort_unstable();
        indexed.sort_unstable();
        if now == indexed && synonyms == *search.synonyms() {
            return Ok(search);
        }
        let search = Search::open(self.index.as_deref(), articles, &synonyms)?;
        let search = Arc::new(Meaning::add_to(self.meaning.as_ref(), search));
        *self.search.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&search);
        Ok(search)
    }

    /// An answer with at most `limit` hits.
    pub fn answer(&self, question: &str, limit: usize) -> anyhow::Result<Answer> {
        Ok(self.current()?.answer(question, limit)?)
    }
}

/// Says if the index can't be kept.
pub fn tell_where_from(search: &Search) {
    if let crate::search::Origin::Unsaved(why) = search.origin() {
        tracing::warn!("{why}");
    }
}

impl Library for KbLibrary {
    fn find(&self, question: &str) -> Result<Found, String> {
        self.answer(question, HITS).map(|answer| found(&answer)).map_err(chain)
    }
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
        actions: hit.actions.iter().map(|offer| offer.id.clone()).collect(),
    };
    Found {
        hits: answer.hits.iter().map(cited).collect(),
        nearest: answer.nearest.iter().map(|near| (near.article.clone(), near.title.clone())).collect(),
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
        let articles = knowledge(&self.kb)?.articles;
        Ok(Catalogue {
            articles: articles.into_iter().map(|article| (article.id.clone(), article)).collect(),
            inventory: config.inventory,
            people: config.people,
            policy: config.policy,
            wrapper: remote::wrapper_digest(),
        })
    }
}

impl Sources for Files {
    fn catalogue(&self) -> Result<Catalogue, String> {
        self.read().map_err(chain)
    }
}
