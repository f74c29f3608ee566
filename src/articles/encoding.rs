//! Encodes what is new to the model while questions are answered.
//!
//! Invariant: nobody waits for it. What has been encoded is exchanged for what is asked every few seconds;
//! until then an article that is new is found by its words.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::library::KbLibrary;
use crate::app::chain;

/// Between two exchanges: each looks at the texts of all articles.
const EXCHANGE_EVERY: Duration = Duration::from_secs(5);

/// The thread that encodes; it ends with this, after the texts that it is at.
pub struct Encoding {
    over: Arc<AtomicBool>,
    news: SyncSender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Encoding {
    /// Starts the thread. It waits for news.
    pub(super) fn start(library: &Arc<KbLibrary>) -> anyhow::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        // What is current is looked at, so of many news one is enough.
        let (news, told) = sync_channel(1);
        let (library, ends) = (Arc::downgrade(library), Arc::clone(&over));
        let thread = std::thread::Builder::new()
            .name("encoding".to_owned())
            .spawn(move || run(&library, &told, &ends))
            .context("could not start the thread that encodes texts for the model")?;
        Ok(Self { over, news, thread: Some(thread) })
    }

    /// Where it hears that there may be something new.
    pub(super) fn news(&self) -> SyncSender<()> {
        self.news.clone()
    }
}

impl Drop for Encoding {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // If there are news already, it wakes for those.
        let _ = self.news.try_send(());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that encodes texts for the model died");
        }
    }
}

fn run(library: &Weak<KbLibrary>, told: &Receiver<()>, over: &AtomicBool) {
    while told.recv().is_ok() {
        while let Some(library) = library.upgrade().filter(|_| !over.load(Ordering::Relaxed)) {
            if !encode_some(&library, over) {
                break;
            }
        }
        if over.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// Encodes for a while what is new; whether there is more.
fn encode_some(library: &KbLibrary, over: &AtomicBool) -> bool {
    let search = library.current();
    if search.lacking() == 0 {
        return false;
    }
    let until = Instant::now() + EXCHANGE_EVERY;
    let (encoded, more) = (Cell::new(0), Cell::new(false));
    let failed = search.encode(&|done, all| {
        let enough = over.load(Ordering::Relaxed) || done > 0 && Instant::now() >= until;
        encoded.set(done);
        more.set(enough && done < all);
        !enough
    });
    match failed {
        Ok(None) => {}
        Ok(Some(error)) => tracing::warn!("{}", chain(error)),
        Err(error) => tracing::warn!("new texts are found by words alone: {}", chain(error)),
    }
    let renewed = search.renewed();
    tracing::info!("encoded {} texts for the model, {} have no vector yet", encoded.get(), renewed.lacking());
    library.exchange(&search, renewed);
    more.get()
}
