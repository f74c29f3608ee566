//! The catalogue for what need not be of this very moment: suggestions, the registration.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::app::ports::Sources;
use crate::domain::policy::catalogue::Catalogue;

/// For how long the catalogue is taken while somebody types.
const LIFE: Duration = Duration::from_secs(5);

/// Articles and hosts, read a moment ago at the most.
pub(super) struct Cached<S> {
    sources: Arc<S>,
    /// Held for a look, never across an await.
    last: Mutex<Option<(Instant, Arc<Catalogue>)>>,
}

impl<S: Sources> Cached<S> {
    pub fn new(sources: Arc<S>) -> Self {
        Self { sources, last: Mutex::default() }
    }

    fn last(&self) -> Option<Arc<Catalogue>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(read, _)| read.elapsed() < LIFE).map(|(_, catalogue)| Arc::clone(catalogue))
    }

    /// The catalogue; none if it can't be read.
    pub async fn get(&self) -> Option<Arc<Catalogue>> {
        if let Some(last) = self.last() {
            return Some(last);
        }
        let sources = Arc::clone(&self.sources);
        match tokio::task::spawn_blocking(move || sources.catalogue(&[])).await {
            Ok(Ok(catalogue)) => {
                let catalogue = Arc::new(catalogue);
                let read = (Instant::now(), Arc::clone(&catalogue));
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(read);
                Some(catalogue)
            }
            Ok(Err(why)) => {
                tracing::warn!("articles or configuration can't be read: {why}");
                None
            }
            Err(_) => None,
        }
    }
}
