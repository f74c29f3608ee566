//! What follows from a decision, once it is recorded.

use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Loop, Message, Trail};
use crate::app::outbox::Post;
use crate::app::ports::{Chat, Hosts, Library, Record, Sources};
use crate::app::work::Held;
use crate::domain::audit::chain::Head;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::input::{Input, Reached};
use crate::domain::id::{HostName, RequestId};
use crate::domain::record::origin::Origin;
use crate::domain::refusal::Refusal;
use crate::domain::say::Say;
use crate::domain::say::address::To;
use crate::domain::say::replies;
use crate::domain::world::actor::ActorId;

/// Searches, looks at hosts and steps under or on their way, above which no search and no look begins.
const TASKS_MAX: usize = 1024;
/// Hosts that are looked at for one person at one time.
const OWN_CHECKS_MAX: usize = 4;
/// How long people wait to hear that a head is kept elsewhere.
const KEEPING_MAX: Duration = Duration::from_secs(10);
/// How long after it was asked for, a role is asked for again: longer than an answer may take.
const ROLES_AGAIN: Duration = Duration::from_secs(6);

impl<H: Hosts, R: Record, L: Library, S: Sources, C: Chat> Loop<H, R, L, S, C> {
    pub(super) fn effect(&mut self, effect: Effect, trail: Option<Trail>) {
        match effect {
            // Where a chat keeps what is said, it has become a post of the outbox before this.
            Effect::Say(say) => self.work.chat.say(Post::unkept(say)),
            Effect::Follow(conversation, reply) => self.work.chat.follow(&conversation, &reply),
            Effect::Form(origin, form) => self.work.chat.form(&origin, form),
            Effect::Start(request) => self.again.push_back(Message::Input(Input::Start(request), trail)),
            Effect::TellHead => self.again.push_back(Message::Input(Input::TellHead, trail)),
            Effect::KeepElsewhere(at_ms, head) => self.keep_elsewhere(at_ms, head, trail),
            Effect::AskRoles(request, actors, asked_at_ms, reached) => {
                self.ask_roles(request, actors, asked_at_ms, reached, trail);
            }
            Effect::Reach(request, host, approved, answers) => {
                let reach = self.work.reach(request, host, approved, answers);
                self.spawn(reach, trail);
            }
            // Taken in when it was decided.
            Effect::Tries(..) => {}
            Effect::Hold(request, approved) => {
                self.held.insert(request, Held::new(approved));
            }
            Effect::Release(request) => {
                self.held.remove(&request);
                self.live.remove(&request);
            }
            Effect::Stop(request) => {
                if let Some(held) = self.held.get(&request) {
                    held.stop();
                }
            }
            Effect::VerifyAudit(origin) => self.audit(origin, trail),
            Effect::Search(question) if self.tasks.len() >= TASKS_MAX => {
                let busy = Err("too much is under way: try again in a moment".to_owned());
                self.again.push_back(Message::Input(Input::Found(question, busy), trail));
            }
            Effect::CheckHost(origin, _) if self.tasks.len() >= TASKS_MAX => {
                let refusal =
                    Refusal::new("too_busy", "too much is under way").hint("Try again in a moment.");
                self.say_now(To::Caller(origin), &refusal);
            }
            Effect::Search(question) => {
                let search = self.work.search(question);
                self.spawn(async move { Some(search.await) }, trail);
            }
            Effect::CheckHost(origin, host) => self.check_host(origin, host, trail),
            Effect::Probe(..)
            | Effect::VerifyBefore(..)
            | Effect::Execute(..)
            | Effect::Settle(..)
            | Effect::Verify(..) => self.on_host(effect, trail),
        }
    }

    /// Verifies the record beside the loop, once at a time: each takes the space of a copy.
    fn audit(&mut self, origin: Origin, trail: Option<Trail>) {
        let busy = |message| Refusal::new("too_busy", message).hint("Wait for its answer, or try again.");
        if Arc::strong_count(&self.auditing) > 1 {
            return self.say_now(To::Caller(origin), &busy("the record is being verified already"));
        }
        let Some(audit) = self.record.as_ref().map(Record::audit) else { return };
        let held = Arc::clone(&self.auditing);
        let audited = async move {
            let found = match tokio::task::spawn_blocking(audit).await {
                Ok(found) => found.map_err(|error| error.to_string()),
                Err(died) => Err(died.to_string()),
            };
            drop(held);
            Some(Input::Audited(origin, found))
        };
        self.spawn(audited, trail);
    }

    /// Keeps a head elsewhere, beside the loop: a file system that hangs holds up this alone.
    fn keep_elsewhere(&mut self, at_ms: u64, head: Head, trail: Option<Trail>) {
        let Some(elsewhere) = &self.elsewhere else { return };
        let elsewhere = Arc::clone(elsewhere);
        let keep = async move {
            let keeping = tokio::task::spawn_blocking(move || elsewhere.keep(at_ms, head));
            let kept = match tokio::time::timeout(KEEPING_MAX, keeping).await {
                Ok(Ok(kept)) => kept,
                Ok(Err(died)) => Err(died.to_string()),
                Err(_) => Err(format!("it was not done within {} s", KEEPING_MAX.as_secs())),
            };
            kept.err().map(Input::NotKept)
        };
        self.spawn(keep, trail);
    }

    /// Looks at a host, for each person at a few at one time.
    fn check_host(&mut self, origin: Origin, host: HostName, trail: Option<Trail>) {
        self.checks.retain(|_, held| Arc::strong_count(held) > 1);
        let held = self.checks.entry(self.catalogue.people.name(&origin.actor)).or_default();
        if Arc::strong_count(held) > OWN_CHECKS_MAX {
            let message = format!("{OWN_CHECKS_MAX} hosts are being looked at for you; that is the limit");
            let refusal = Refusal::new("too_busy", message).hint("Wait for one of the answers.");
            return self.say_now(To::Caller(origin), &refusal);
        }
        let held = Arc::clone(held);
        let check = self.work.check(Arc::clone(&self.catalogue), origin, host);
        let check = async move {
            let checked = check.await;
            drop(held);
            checked
        };
        self.spawn(check, trail);
    }

    /// Asks for roles, unless that was just asked for and not answered.
    fn ask_roles(
        &mut self,
        request: RequestId,
        actors: Vec<ActorId>,
        asked_at_ms: u64,
        reached: Option<Reached>,
        trail: Option<Trail>,
    ) {
        let now = Instant::now();
        self.asked.retain(|_, asked| now.duration_since(*asked) < ROLES_AGAIN);
        if let Entry::Vacant(vacant) = self.asked.entry(request) {
            vacant.insert(now);
            let answers = self.work.roles(actors, asked_at_ms);
            self.spawn(async move { Some(Input::Roles(request, answers.await, reached)) }, trail);
        }
    }

    /// Work on a host is possible only with the approved plan that is held for it.
    fn on_host(&mut self, effect: Effect, trail: Option<Trail>) {
        let (Effect::Probe(request, ..)
        | Effect::VerifyBefore(request, ..)
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
        self.spawn(work, trail);
    }

    /// Does something outside; what it brings back is the next input.
    pub(super) fn spawn(
        &mut self,
        work: impl Future<Output = Option<Input>> + Send + 'static,
        trail: Option<Trail>,
    ) {
        let inputs = self.handle.inputs.clone();
        self.tasks.spawn(async move {
            if let Some(input) = work.await {
                // The loop has gone: the next start asks the host.
                let _ = inputs.send(Message::Input(input, trail)).await;
            }
        });
    }

    /// Says something that nothing in the record depends on.
    pub(super) fn say_now(&self, to: To, refusal: &Refusal) {
        let say = Say { to, reply: replies::refusal(refusal), card: None };
        self.work.chat.say(Post::unkept(say));
    }
}
