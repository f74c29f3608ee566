//! The loop itself.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::handle::{Handle, Message, Trail};
use super::outbox::{Outbox, Post};
use super::ports::{Chat, Elsewhere, Hosts, Library, Record, RecordError, Roles, Sources};
use super::timekeeper::{Timekeeper, wall_ms};
use super::turn::{Next, Turn, answers_its_caller, origin_of, told};
use super::work::{Held, Work};
use crate::domain::audit::chain::Head;
use crate::domain::command::limits::Limits;
use crate::domain::decide::decide;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::input::Input;
use crate::domain::id::{RequestId, StoreId};
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::request::Request;
use crate::domain::record::state::State;
use crate::domain::rules::reach::{Reach, Tries};
use crate::domain::rules::view::{Caller, Context};
use crate::domain::say::Say;
use crate::domain::say::address::To;
use crate::domain::say::card::CardId;
use crate::domain::say::replies;

mod admission;
mod effects;
mod sources;

/// Inputs that wait for the loop.
const INPUTS_MAX: usize = 256;
/// Inputs decided together and recorded with one sync.
const BATCH_MAX: usize = 64;
/// How often expiry is looked at.
const TICK: Duration = Duration::from_secs(1);

/// Why the bot stopped.
#[derive(Debug, thiserror::Error)]
pub enum BotError {
    /// What was decided could not be recorded, so it was not done.
    #[error("nothing can be recorded any more, so nothing more is done")]
    Record(#[source] RecordError),
    /// A task of ours died.
    #[error("a part of the bot has died")]
    Died(#[source] tokio::task::JoinError),
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
    /// What chats say of them.
    pub roles: Arc<dyn Roles>,
    /// Where else heads of the record are kept, if anywhere.
    pub elsewhere: Option<Arc<dyn Elsewhere>>,
}

impl<H: Hosts, R: Record, L: Library, S: Sources, C: Chat> Bot<H, R, L, S, C> {
    /// A loop on what is in the record, and the handle to it. Nothing happens until it is run.
    pub fn prepare(
        self,
        catalogue: Catalogue,
        moments: &[Moment],
        outbox: Outbox,
    ) -> (Loop<H, R, L, S, C>, Handle) {
        let (inputs, waiting) = mpsc::channel(INPUTS_MAX);
        let state = State::folded(moments);
        let handle = Handle { inputs };
        let work = Work::new(self.hosts, self.library, self.chat, self.roles, handle.clone());
        let bot = Loop {
            work,
            store: self.record.store(),
            head: self.record.head(),
            elsewhere: self.elsewhere,
            record: Some(self.record),
            has_to_recover: state.requests.values().any(Request::is_open),
            sources: self.sources,
            catalogue: Arc::new(catalogue),
            seq: moments.last().map_or(0, |moment| moment.seq),
            timekeeper: Timekeeper::new(state.clock.last_ms, Instant::now()),
            state,
            outbox,
            live: HashMap::new(),
            held: HashMap::new(),
            tasks: JoinSet::new(),
            handle: handle.clone(),
            waiting,
            again: VecDeque::new(),
            unreadable: BTreeSet::new(),
            asked: HashMap::new(),
            limits: Limits::default(),
            began: Instant::now(),
            checks: HashMap::new(),
            reach: Reach::default(),
            auditing: Arc::default(),
        };
        (bot, handle)
    }
}

/// The loop with all it holds. One owner, no locks.
pub struct Loop<H, R, L, S, C> {
    work: Work<H, L, C>,
    /// Away only while it is being written.
    record: Option<R>,
    store: StoreId,
    head: Head,
    elsewhere: Option<Arc<dyn Elsewhere>>,
    /// Until then time starts nothing: a run of this life would be taken for one of an earlier.
    has_to_recover: bool,
    sources: Arc<S>,
    catalogue: Arc<Catalogue>,
    seq: u64,
    timekeeper: Timekeeper,
    state: State,
    outbox: Outbox,
    /// What the step under way of each run has printed so far.
    live: HashMap<RequestId, String>,
    held: HashMap<RequestId, Held>,
    tasks: JoinSet<()>,
    handle: Handle,
    waiting: mpsc::Receiver<Message>,
    again: VecDeque<Message>,
    /// Could not start because articles or configuration could not be read: tried again with time.
    unreadable: BTreeSet<RequestId>,
    /// For which requests roles were asked for and not answered, and when.
    asked: HashMap<RequestId, Instant>,
    limits: Limits,
    began: Instant,
    /// By person: as many clones as hosts are being looked at for them.
    checks: HashMap<String, Arc<()>>,
    /// How reaching hosts has gone in this life.
    reach: Reach,
    /// Has a clone while the record is being verified.
    auditing: Arc<()>,
}

impl<H: Hosts, R: Record, L: Library, S: Sources, C: Chat> Loop<H, R, L, S, C> {
    /// Runs until `stop` turns true. What is under way on hosts goes on there and is settled at
    /// the next start, exactly as after a crash.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), BotError> {
        self.resume();
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
                    _ = tick.tick(), if !self.has_to_recover => self.tick(),
                }
            } else {
                self.again.drain(..).collect()
            };
            self.take(batch).await?;
        }
    }

    fn tick(&self) -> Vec<Message> {
        let starts = self.unreadable.iter().map(|request| Input::Start(*request));
        std::iter::once(Input::Tick).chain(starts).map(|input| Message::Input(input, None)).collect()
    }

    fn batch(&mut self, first: Message) -> Vec<Message> {
        let mut batch = vec![first];
        // What is decided after another time was accepted is of that time.
        while batch.len() < BATCH_MAX
            && !batch.last().is_some_and(Message::accepts_a_time)
            && let Ok(message) = self.waiting.try_recv()
        {
            batch.push(message);
        }
        batch
    }

    /// Hands the chat what an earlier life has left, and looks up what it still owed an answer.
    fn resume(&mut self) {
        if !C::KEEPS {
            return;
        }
        let incidents = self.state.incidents.keys().map(|id| CardId::Incident(*id));
        let requests = self.state.requests.keys().flat_map(|id| [CardId::Request(*id), CardId::Run(*id)]);
        incidents.chain(requests).for_each(|card| self.show(card));
        let threads = self.state.incidents.values().filter_map(|at| Some((at.id, at.thread.clone()?)));
        self.work.chat.resume(
            self.outbox.cards().collect(),
            threads.collect(),
            self.outbox.posts().collect(),
        );
        let owed: Vec<_> = self.outbox.owed().cloned().collect();
        for question in owed {
            let search = self.work.search(question);
            self.spawn(async move { Some(search.await) }, None);
        }
    }

    fn show(&self, card: CardId) {
        let live = match card {
            CardId::Run(id) => self.live.get(&id).map(String::as_str),
            _ => None,
        };
        if let Some((reply, last)) =
            replies::card::card(&self.catalogue, &self.state, &self.reach, card, live)
        {
            self.work.chat.show(card, reply, last);
        }
    }

    /// Decides a batch, records it with one sync, then does what follows from it.
    async fn take(&mut self, batch: Vec<Message>) -> Result<(), BotError> {
        let (began, wall_ms) = (Instant::now(), wall_ms());
        let now_ms = self.timekeeper.now_ms(wall_ms);
        let mut turn = Turn { now_ms, wall_ms, ..Turn::default() };
        let mut inputs = Vec::new();
        for message in batch {
            match message {
                Message::Input(input, trail) => {
                    self.has_to_recover &= input != Input::Recover;
                    inputs.push((input, trail));
                }
                Message::Delivered(number, shown) => {
                    turn.notes.extend(self.outbox.delivered(number));
                    turn.notes.extend(shown.map(|(card, shown)| self.outbox.shown(card, shown)));
                }
                Message::Shown(card, shown) => turn.notes.push(self.outbox.shown(card, shown)),
                Message::Live(request, text) => {
                    self.live.insert(request, text);
                    turn.touched.insert(CardId::Run(request));
                }
                // Nobody waits any more: the terminal has gone.
                Message::Leaving(asked) => drop(asked.send(replies::run::leaving(&self.state))),
            }
        }
        self.reload_for(&mut inputs).await;
        // What has no effects has ended only once it is recorded.
        let mut trails = Vec::new();
        for (input, trail) in inputs {
            self.decide(&mut turn, input, trail.as_ref());
            trails.push(trail);
        }
        let happened = !turn.events.is_empty();
        if happened || !turn.notes.is_empty() {
            let Turn { now_ms, events, notes, .. } = &mut turn;
            let (now_ms, events, notes) = (*now_ms, std::mem::take(events), std::mem::take(notes));
            let append = move |record: &mut R| record.append(now_ms, events, notes).map(|_| record.head());
            self.head = self.with_record(append).await?.map_err(BotError::Record)?;
            if happened {
                self.timekeeper = Timekeeper::new(self.state.clock.last_ms, began);
            }
        }
        if C::KEEPS {
            turn.touched.iter().for_each(|card| self.show(*card));
        }
        for (next, trail) in turn.next {
            match next {
                Next::Effect(effect) => self.effect(effect, trail),
                Next::Post(post) => self.work.chat.say(post),
                Next::Decided(ticket, elsewhere) => self.work.chat.decided(ticket, elsewhere.as_ref()),
            }
        }
        Ok(())
    }

    fn decide(&mut self, turn: &mut Turn, input: Input, trail: Option<&Trail>) {
        let origin = origin_of(&input);
        let ticket = origin.as_ref().and_then(|origin| origin.ticket);
        // Of strangers nothing is kept; what somebody else sent has been dealt with once it is turned away.
        let is_known =
            origin.as_ref().is_some_and(|origin| Caller::of(origin).known(&self.catalogue).is_some());
        if !is_known && self.turns_away(&input, turn.now_ms) {
            return;
        }
        if let Some(ticket) = ticket {
            match self.outbox.take(ticket) {
                // Delivered once more: it has been decided.
                None => return,
                Some(notes) => turn.notes.extend(notes),
            }
        }
        if is_known && self.turns_away(&input, turn.now_ms) {
            return;
        }
        if let Input::Found(question, _) = &input {
            turn.notes.extend(self.outbox.settle(question));
        }
        if let Input::Roles(request, answers, _) = &input
            && answers.groups.values().all(Result::is_ok)
        {
            self.asked.remove(request);
        }
        let (now_ms, wall_ms) = (turn.now_ms, turn.wall_ms);
        let context = Context { now_ms, wall_ms, store: self.store, head: self.head, reach: &self.reach };
        let decision = match decide(&self.state, &self.catalogue, input, context) {
            Ok(decision) => decision,
            Err(refusal) => told(origin, &refusal),
        };
        for (actor, event) in decision.events {
            self.seq += 1;
            turn.touch(&event);
            if let Event::StepStarted { request, .. } = &event {
                self.live.remove(request);
            }
            let (seq, at_ms) = (self.seq, turn.now_ms);
            self.state.apply(&Moment { seq, at_ms, actor: actor.clone(), event: event.clone() });
            // Where a request stands is said by others that do the same.
            let request = event.request().and_then(|id| self.state.requests.get(&id));
            if let Some(over) = request.filter(|request| !request.is_open()) {
                self.reach.set(over.id, None);
            }
            let others = request.into_iter().flat_map(|request| self.state.said_by(request));
            turn.touched.extend(others.map(CardId::Request));
            turn.events.push((actor, event));
        }
        let answered = decision.effects.iter().any(answers_its_caller);
        if C::KEEPS {
            let searches = decision.effects.iter().filter_map(|effect| match effect {
                Effect::Search(question) => self.outbox.owe(question),
                _ => None,
            });
            turn.notes.extend(searches);
        }
        let mut elsewhere = None;
        for effect in decision.effects {
            let said = match &effect {
                Effect::Say(say) => Some(say.to.clone()),
                // What becomes of it is said there.
                Effect::Reach(request, ..) => self.state.requests.get(request).map(To::request),
                Effect::Tries(request, tries) => {
                    self.keep(turn, *request, tries.clone());
                    None
                }
                _ => None,
            };
            elsewhere = elsewhere.or(said);
            let next = match effect {
                Effect::Say(say) if C::KEEPS => Next::Post(self.post(turn, say)),
                effect => Next::Effect(effect),
            };
            turn.next.push((next, trail.cloned()));
        }
        if let Some(ticket) = ticket.filter(|_| !answered) {
            turn.next.push((Next::Decided(ticket, elsewhere), None));
        }
    }

    /// Keeps how reaching the host of a request has gone; what shows it is shown anew.
    fn keep(&mut self, turn: &mut Turn, request: RequestId, tries: Option<Tries>) {
        if !self.reach.set(request, tries) {
            return;
        }
        turn.touched.extend([CardId::Request(request), CardId::Run(request)]);
        let incident = self.state.requests.get(&request).and_then(|request| request.incident);
        turn.touched.extend(incident.map(CardId::Incident));
    }

    fn post(&mut self, turn: &mut Turn, say: Say) -> Post {
        let (post, notes) = self.outbox.post(say, turn.now_ms);
        turn.notes.extend(notes);
        post
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
}
