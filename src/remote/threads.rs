//! Threads of their own for what SSH computes, and turns for key exchanges.
//!
//! A key exchange can take seconds of a processor: here it holds up neither people nor what follows
//! a run. What listens on a connection lives here too, because it exchanges keys again.
//!
//! Invariant: work that is begun here ends when nobody waits for it any more. A session of russh that was
//! in the middle of a key exchange then follows within seconds.

use std::future::Future;
use std::io;
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

/// Key exchanges at once: more than there are processors, because a host that accepts a connection
/// and says nothing has its turn for as long as its time limit.
pub(super) const TURNS: usize = 16;
/// More would only take from each other.
const THREADS_MAX: usize = 4;

/// Threads that begin when they are first needed; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Threads(Arc<Started>);

// Held for a moment, never across an await: a std mutex will do.
#[derive(Debug, Default)]
struct Started(Mutex<Option<Runtime>>);

impl Threads {
    /// Does some work on them; dropping the future ends the work.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> io::Result<T> {
        let mut works = JoinSet::new();
        works.spawn_on(work, &self.0.handle()?);
        match works.join_next().await {
            Some(done) => done.map_err(io::Error::other),
            None => Err(io::Error::other("the work was never begun")),
        }
    }
}

impl Started {
    fn handle(&self) -> io::Result<Handle> {
        let mut runtime = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = runtime.as_ref() {
            return Ok(runtime.handle().clone());
        }
        // With one alone a single key exchange would hold up every other connection.
        let threads = available_parallelism().map_or(2, NonZero::get).clamp(2, THREADS_MAX);
        let mut builder = Builder::new_multi_thread();
        let built = builder.worker_threads(threads).thread_name("ssh").enable_all().build()?;
        Ok(runtime.insert(built).handle().clone())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            // Waiting for the threads is not allowed where the last clone may be dropped.
            runtime.shutdown_background();
        }
    }
}

/// Who may exchange keys now; clones share the turns.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(TURNS)))
    }
}

impl Turns {
    /// Waits for a turn, which lasts until it is dropped.
    pub(super) async fn next(&self) -> Option<SemaphorePermit<'_>> {
        // Closed by nobody: there is always one.
        self.0.acquire().await.ok()
    }
}
