//! The loop itself.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::ports::{Chat, Hosts, Library, Record, RecordError, Sources};
use super::work::{Held, Work};
use crate::domain::actor::ActorId;
use crate::domain::catalogue::Catalogue;
use crate::domain::command::Command;
use crate::domain::decide::{Context, Decision, Effect, Input, decide};
use crate::domain::event::Event;
use crate::domain::id::{ConversationId, RequestId, RunId};
use crate::domain::refusal::Refusal;
use crate::domain::replies;
use crate::domain::reply::{Line, Reply, Tone};
use crate::domain::state::{Moment, State};

/// Inputs that wait for the loop.
const INPUTS_MAX: usize = 256;
/// Inputs decided together and recorded with one sync.
const BATCH_MAX: usize = 64;
/// Searches, looks at hosts and steps under way, above which no search and no look begins.
const TASKS_MAX: usize = 64;
/// How often expiry is looked at.
const TICK: Duration = Duration::from_secs(1);

/// Why the bot stopped.
#[derive(Debug, thiserror::Error)]
pub enum BotError {
    /// What was decided could not be recorded, so it was not done.
    #[error("nothing can be recorded any more, so nothing more is done")]
    Record(#[source] RecordError),
    /// The operating system gave no random bits.
    #[error("the operating system gives no random bits")]
    Random(#[source] getrandom::Error),
    /// A task of ours died.
    #[error("a part of the bot has died")]
    Died(#[source] tokio::task::JoinError),
}

/// Lives as long as anything that follows from one input is under way.
pub(super) type Trail = mpsc::Sender<()>;

pub(super) struct Message {
    pub input: Input,
    pub trail: Option<Trail>,
}

/// The way to hand inputs to the loop.
#[derive(Clone)]
pub struct Handle {
    pub(super) inputs: mpsc::Sender<Message>,
}

impl Handle {
    /// Hands over an input and returns once all its effects have ended. False: the bot has stopped.
    pub async fn submit(&self, input: Input) -> bool {
        let (trail, mut ended) = mpsc::channel(1);
        if self.inputs.send(Message { input, trail: Some(trail) }).await.is_err() {
            return false;
        }
        while ended.recv().await.is_some() {}
        true
    }

    /// Hands over an input and returns at once. False: the bot has stopped.
    pub async fn send(&self, input: Input) -> bool {
        self.inputs.send(Message { input, trail: None }).await.is_ok()
    }
}

/// The parts that the bot is made of.
pub struct Bot<H, R, L, S, C> {
    /// The hosts.
    pub hosts: Arc<H>,
    /// The record.
    pub record: R,
    /// What answers questions.
    pub library: Arc<L>,
    /// Articles and configuration.
    pub sources: Arc<S>,
    /// The people.
    pub chat: Arc<C>,
}

impl<H: Hosts, R: Record, L: Library, S: Sources, C: Chat> Bot<H, R, L, S, C> {
    /// A loop on what is in the record, and the handle to it. Nothing happens until it is run.
    pub fn prepare(self, catalogue: Catalogue, moments: &[Moment]) -> (Loop<H, R, L, S, C>, Handle) {
        let (inputs, waiting) = mpsc::channel(INPUTS_MAX);
        let mut state = State::default();
        for moment in moments {
            state.apply(moment);
        }
        let handle = Handle { inputs };
        let work = Work { hosts: self.hosts, library: self.library, chat: self.chat };
        let bot = Loop {
            work,
            record: Some(self.record),
            sources: self.sources,
            catalogue: Arc::new(catalogue),
            seq: moments.last().map_or(0, |moment| moment.seq),
            state,
            held: HashMap::new(),
            tasks: JoinSet::new(),
            handle: handle.clone(),
            waiting,
            again: VecDeque::new(),
            unreadable: BTreeSet::new(),
        };
        (bot, handle)
    }
}

/// The loop with all it holds. One owner, no locks.
pub struct Loop<H, R, L, S, C> {
    work: Work<H, L, C>,
    /// Away only while it is being written.
    record: Option<R>,
    sources: Arc<S>,
    catalogue: Arc<Catalogue>,
    seq: u64,
    state: State,
    held: HashMap<RequestId, Held>,
    tasks: JoinSet<()>,
    handle: Handle,
    waiting: mpsc::Receiver<Message>,
    again: VecDeque<Message>,
    /// Could not start because articles or configuration could not be read: tried again with time.
    unreadable: BTreeSet<RequestId>,
}

impl<H: Hosts, R: Record, L: Library, S: Sources, C: Chat> Loop<H, R, L, S, C> {
    /// Runs until `stop` turns true. What is under way on hosts goes on there and is settled at
    /// the next start, exactly as after a crash.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), BotError> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let batch = if self.again.is_empty() {
                tokio::select! {
                    _ = stop.wait_for(|stop| *stop) => return Ok(()),
                    Some(ended) = self.tasks.join_next() => {
                        ended.map_err(BotError::Died)?;
                        continue;
                    }
                    Some(message) = self.waiting.recv() => self.batch(message),
                    _ = tick.tick() => self.tick(),
                }
            } else {
                self.again.drain(..).collect()
            };
            self.take(batch).await?;
        }
    }

    fn tick(&self) -> Vec<Message> {
        let starts = self.unreadable.iter().map(|request| Input::Start(*request));
        std::iter::once(Input::Tick).chain(starts).map(|input| Message { input, trail: None }).collect()
    }

    fn batch(&mut self, first: Message) -> Vec<Message> {
        let mut batch = vec![first];
        while batch.len() < BATCH_MAX
            && let Ok(message) = self.waiting.try_recv()
        {
            batch.push(message);
        }
        batch
    }

    /// Decides a batch, records it with one sync, then does what follows from it.
    async fn take(&mut self, mut batch: Vec<Message>) -> Result<(), BotError> {
        let now_ms = now_ms();
        let mut events = Vec::new();
        let mut effects: Vec<(Effect, Option<Trail>)> = Vec::new();
        if batch.iter().any(|message| looks_at_sources(&message.input))
            && let Err(why) = self.reload().await
        {
            tracing::warn!("articles or configuration can't be read: {why}");
            let (refused, rest): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|message| rests_on_sources(&message.input));
            for message in &refused {
                self.refuse_unreadable(&message.input, &why);
            }
            batch = rest;
        }
        for Message { input, trail } in batch {
            let context = Context { now_ms, fresh_run: fresh_run()? };
            let conversation = conversation_of(&input);
            let decision = match decide(&self.state, &self.catalogue, input, context) {
                Ok(decision) => decision,
                Err(refusal) => told(conversation, &refusal),
            };
            for (actor, event) in decision.events {
                self.seq += 1;
                self.state.apply(&Moment {
                    seq: self.seq,
                    at_ms: now_ms,
                    actor: actor.clone(),
                    event: event.clone(),
                });
                events.push((actor, event));
            }
            effects.extend(decision.effects.into_iter().map(|effect| (effect, trail.clone())));
        }
        if !events.is_empty() {
            self.append(now_ms, events).await?;
        }
        for (effect, trail) in effects {
            self.effect(effect, trail).await?;
        }
        Ok(())
    }

    async fn append(&mut self, now_ms: u64, events: Vec<(ActorId, Event)>) -> Result<(), BotError> {
        self.with_record(move |record| record.append(now_ms, events))
            .await?
            .map(drop)
            .map_err(BotError::Record)
    }

    async fn with_record<T: Send + 'static>(
        &mut self,
        act: impl FnOnce(&mut R) -> T + Send + 'static,
    ) -> Result<T, BotError> {
        let Some(mut record) = self.record.take() else {
            return Err(BotError::Record(RecordError(
                "the record was lost by an earlier failure".to_owned(),
            )));
        };
        let acted = tokio::task::spawn_blocking(move || {
            let result = act(&mut record);
            (record, result)
        });
        let (record, result) = acted.await.map_err(BotError::Died)?;
        self.record = Some(record);
        Ok(result)
    }

    /// Reads articles and configuration anew before something is decided that could run.
    async fn reload(&mut self) -> Result<(), String> {
        let sources = Arc::clone(&self.sources);
        let read = tokio::task::spawn_blocking(move || sources.catalogue()).await;
        self.catalogue = Arc::new(read.map_err(|error| error.to_string())??);
        self.unreadable.clear();
        Ok(())
    }

    fn refuse_unreadable(&mut self, input: &Input, why: &str) {
        let conversation = match input {
            Input::Start(id) if !self.unreadable.insert(*id) => None,
            Input::Start(id) => self.state.requests.get(id).map(|request| request.conversation.clone()),
            other => conversation_of(other),
        };
        let refusal =
            Refusal::new("sources_unreadable", format!("articles or configuration can't be read: {why}"))
                .hint("Mend them; nothing starts until they can be read.");
        if let Some(conversation) = conversation {
            self.work.chat.say(&conversation, &replies::refusal(&refusal));
        }
    }

    async fn effect(&mut self, effect: Effect, trail: Option<Trail>) -> Result<(), BotError> {
        match effect {
            Effect::Reply(conversation, reply) => self.work.chat.say(&conversation, &reply),
            Effect::Start(request) => self.again.push_back(Message { input: Input::Start(request), trail }),
            Effect::Hold(request, approved) => {
                self.held.insert(request, Held::new(approved));
            }
            Effect::Release(request) => {
                self.held.remove(&request);
            }
            Effect::Stop(request) => {
                if let Some(held) = self.held.get(&request) {
                    held.stop();
                }
            }
            Effect::VerifyAudit(conversation) => {
                let reply = match self.with_record(|record| record.verify()).await? {
                    Ok(audit) => replies::audit_holds(audit.events, &audit.head),
                    Err(broken) => replies::audit_broken(&broken.to_string()),
                };
                self.work.chat.say(&conversation, &reply);
            }
            Effect::Search(conversation, _) | Effect::CheckHost(conversation, _)
                if self.tasks.len() >= TASKS_MAX =>
            {
                let refusal =
                    Refusal::new("too_busy", "too much is under way").hint("Try again in a moment.");
                self.work.chat.say(&conversation, &replies::refusal(&refusal));
            }
            Effect::Search(conversation, question) => {
                let search = self.work.search(Arc::clone(&self.catalogue), conversation, question);
                self.tasks.spawn(with_trail(search, trail));
            }
            Effect::CheckHost(conversation, host) => {
                let check = self.work.check(Arc::clone(&self.catalogue), conversation, host);
                self.tasks.spawn(with_trail(check, trail));
            }
            Effect::Probe(..) | Effect::Execute(..) | Effect::Settle(..) | Effect::Verify(..) => {
                self.on_host(effect, trail);
            }
        }
        Ok(())
    }

    /// Work on a host is possible only with the approved plan that is held for it.
    fn on_host(&mut self, effect: Effect, trail: Option<Trail>) {
        let (Effect::Probe(request, _)
        | Effect::Execute(request, ..)
        | Effect::Settle(request, ..)
        | Effect::Verify(request, _)) = &effect
        else {
            return;
        };
        let Some(held) = self.held.get(request) else {
            tracing::error!(%request, "no approved plan is held: nothing is sent");
            return;
        };
        let work = self.work.on_host(held, effect);
        let inputs = self.handle.inputs.clone();
        self.tasks.spawn(async move {
            if let Some(input) = work.await {
                // The loop has gone: the next start asks the host.
                let _ = inputs.send(Message { input, trail }).await;
            }
        });
    }
}

async fn with_trail(work: impl Future<Output = ()>, trail: Option<Trail>) {
    work.await;
    drop(trail);
}

/// Whether a decision on this input could let something run: without what stands in articles and
/// configuration now it is not made.
fn rests_on_sources(input: &Input) -> bool {
    match input {
        Input::Start(_) => true,
        Input::Command { command, .. } => matches!(command, Command::Run { .. } | Command::Approve(_)),
        _ => false,
    }
}

/// Whether roles, articles or hosts are looked at: read anew first. If they can't be read, what
/// runs can still be seen and stopped by whom the last readable ones name.
fn looks_at_sources(input: &Input) -> bool {
    rests_on_sources(input) || matches!(input, Input::Command { .. })
}

fn conversation_of(input: &Input) -> Option<ConversationId> {
    match input {
        Input::Command { conversation, .. } => Some(conversation.clone()),
        _ => None,
    }
}

fn told(conversation: Option<ConversationId>, refusal: &Refusal) -> Decision {
    conversation.map_or_else(Decision::default, |conversation| {
        Decision::reply(&conversation, replies::refusal(refusal))
    })
}

/// Milliseconds since 1970. A clock before that counts as 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn fresh_run() -> Result<RunId, BotError> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(BotError::Random)?;
    Ok(RunId(bits))
}

/// What is said when the library fails.
pub(super) fn library_failed(why: &str) -> Reply {
    Reply::new(Tone::Bad, Line::plain("the knowledge base can't be searched: ").untrusted(why))
}
