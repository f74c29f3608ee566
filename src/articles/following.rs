//! Who follows the files of a library, so that questions need not look at them.
//!
//! Invariant: once nobody follows any more, for whatever reason, questions look by themselves.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use super::encoding::Encoding;
use super::library::KbLibrary;
use crate::app::chain;
use crate::kb::{Changed, Watch};

impl KbLibrary {
    /// Follows the files until what is returned is dropped; questions need not look at them until then. What
    /// is new to the model is encoded meanwhile.
    pub fn watch(self: &Arc<Self>) -> anyhow::Result<(Watch, Option<Encoding>)> {
        let teller = Teller(Arc::downgrade(self));
        let mut told = None;
        let watch = Watch::start(&self.kb, move |changed| {
            let Some(library) = teller.0.upgrade() else { return };
            let refreshed = match changed {
                Changed::Files(files) => library.refresh_some(&files),
                Changed::Anything => library.refresh(),
            };
            let failed = refreshed.err().map(chain);
            if let Some(why) = failed.as_ref().filter(|why| told.as_ref() != Some(*why)) {
                tracing::warn!("what stood in the articles before still answers: {why}");
            }
            told = failed;
        })?;
        self.refresh()?;
        self.told.store(true, Ordering::Relaxed);
        let encoding = self.meaning.as_ref().map(|_| Encoding::start(self)).transpose()?;
        if let Some(encoding) = &encoding {
            self.news.get_or_init(|| encoding.news());
            self.wake();
        }
        Ok((watch, encoding))
    }
}

/// Whoever tells when files change. Once it is gone, for whatever reason, questions look by themselves.
struct Teller(Weak<KbLibrary>);

impl Drop for Teller {
    fn drop(&mut self) {
        if let Some(library) = self.0.upgrade() {
            library.told.store(false, Ordering::Relaxed);
        }
    }
}
