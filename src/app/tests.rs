#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod keeping;
mod reach;
mod shares;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::bot::BotError;
use super::outbox::{Note, Post};
use super::ports::{
    Asked, Audit, Chat, HostCheck, Hosts, Library, Record, RecordError, Roles, Sources, StepAt, When,
};
use super::{Bot, Handle, Outbox};
use crate::domain::audit::chain::Head;
use crate::domain::command::Command;
use crate::domain::decide::input::Input;
use crate::domain::id::{Digest, GroupId, RequestId, RunId, StoreId};
use crate::domain::plan::Plan;
use crate::domain::plan::approved::Approved;
use crate::domain::policy::catalogue::{Catalogue, Subject};
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::origin::{Origin, Ticket};
use crate::domain::record::run::{Ground, Output, StepEnd, StepReport, VerifyReport};
use crate::domain::rules::reach::Unreached;
use crate::domain::say::button::{Press, RequestPress};
use crate::domain::say::card::CardId;
use crate::domain::say::form::Submit;
use crate::domain::say::reply::Reply;
use crate::domain::testing::{World, actor, catalogue, ground, report, run_command, text_of};
use crate::domain::world::actor::{ActorId, Role};
use crate::domain::world::citation::Found;
use crate::domain::world::host::Host;
use std::sync::Arc;

/// A world that counts what is asked of it. Hosts answer a probe, and no step ends.
#[derive(Default)]
struct Outside {
    probes: AtomicUsize,
    /// Whether no probe is ever answered; so often, at first, a connection is reset.
    silent: bool,
    resets: usize,
    said: Mutex<String>,
    reads: AtomicUsize,
    /// What the last of them was about.
    about: Mutex<Vec<Subject>>,
    /// Of `reads`, the one that fails.
    unreadable: usize,
    /// From this read on, nobody has a role.
    emptied: usize,
    /// The host of a plan that can never be reached.
    away: Option<usize>,
    /// So often, at first, a step has not begun, because the link broke.
    not_begun: usize,
    /// Whether steps are done at once, and the ids under which they were sent.
    done: bool,
    runs: Mutex<Vec<RunId>>,
    /// What a step has printed, each a while after the one before; it never ends.
    prints: Vec<&'static str>,
    /// What was shown of steps that run.
    shown: Mutex<Vec<String>>,
    /// How many commands were turned away.
    turned_away: AtomicUsize,
    /// How often a host was looked at, and whether that comes to no end.
    checks: AtomicUsize,
    never_checked: bool,
    /// How often roles were asked for; so often, at first, nobody answers.
    asked: AtomicUsize,
    unanswered: usize,
}

/// A group that gives the role of an approver.
const APPROVERS: &str = "chat:approvers";

/// The world of the domain's tests, in which a group gives a role.
fn in_chat() -> Catalogue {
    let mut catalogue = catalogue();
    let groups = BTreeMap::from([(GroupId(APPROVERS.to_owned()), Role::Approver)]);
    catalogue.people = std::mem::take(&mut catalogue.people).with_groups(groups);
    catalogue
}

impl Outside {
    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }
}

impl Hosts for Outside {
    async fn probe(&self, _: &Approved<Plan>, host: usize) -> Result<Ground, Unreached> {
        self.said.lock().unwrap().push_str("[a host is asked]\n");
        match self.probes.fetch_add(1, Ordering::SeqCst) {
            _ if self.silent => std::future::pending().await,
            n if n < self.resets || self.away == Some(host) => {
                Err(Unreached { why: "reset by peer".to_owned(), passes: true })
            }
            _ => Ok(ground()),
        }
    }

    async fn execute(
        &self,
        _: &Approved<Plan>,
        _: &StepAt,
        run: RunId,
        _: &Ground,
        _: watch::Receiver<bool>,
        printed: watch::Sender<Output>,
    ) -> StepReport {
        let sent = {
            let mut runs = self.runs.lock().unwrap();
            runs.push(run);
            runs.len()
        };
        if sent <= self.not_begun {
            return StepReport { passes: true, ..report(StepEnd::NotRun("the link broke".to_owned())) };
        }
        if self.done {
            return report(StepEnd::Done(0));
        }
        for text in &self.prints {
            printed.send_replace(Output { head: (*text).to_owned(), ..Output::default() });
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::future::pending().await
    }

    async fn settle(
        &self,
        _: &Approved<Plan>,
        _: &StepAt,
        _: RunId,
        _: &Ground,
        _: watch::Receiver<bool>,
        _: watch::Sender<Output>,
    ) -> StepReport {
        std::future::pending().await
    }

    async fn verify(&self, _: &Approved<Plan>, _: usize, when: When) -> VerifyReport {
        if when == When::Before {
            return World::new().before;
        }
        std::future::pending().await
    }

    async fn check(&self, _: &Host, _: &[String]) -> HostCheck {
        self.checks.fetch_add(1, Ordering::SeqCst);
        if self.never_checked {
            std::future::pending::<()>().await;
        }
        HostCheck { findings: Vec::new() }
    }
}

impl Sources for Outside {
    fn catalogue(&self, about: &[Subject]) -> Result<Catalogue, String> {
        *self.about.lock().unwrap() = about.to_vec();
        let read = self.reads.fetch_add(1, Ordering::SeqCst) + 1;
        let mut catalogue = in_chat();
        if read == self.unreadable {
            return Err("half written".to_owned());
        }
        if self.emptied > 0 && read >= self.emptied {
            catalogue.people = crate::domain::world::actor::People::default();
        }
        Ok(catalogue)
    }
}

impl Chat for Outside {
    const KEEPS: bool = true;

    fn say(&self, post: Post) {
        self.said.lock().unwrap().push_str(&text_of(&post.say.reply));
    }

    fn turned_away(&self, _: Ticket, _: Reply) {
        self.turned_away.fetch_add(1, Ordering::SeqCst);
    }

    fn show(&self, card: CardId, reply: Reply, _: bool) {
        if matches!(card, CardId::Run(_)) {
            self.shown.lock().unwrap().push(text_of(&reply));
        }
    }
}

impl Roles for Outside {
    fn groups(&self, _: ActorId) -> Asked {
        let groups = match self.asked.fetch_add(1, Ordering::SeqCst) {
            n if n < self.unanswered => Err("the chat is down".to_owned()),
            _ => Ok(vec![GroupId(APPROVERS.to_owned())]),
        };
        Box::pin(std::future::ready(groups))
    }
}

impl Library for Outside {
    fn find(&self, _: &str) -> Result<Found, String> {
        Ok(Found::default())
    }
}

/// Holds events until it has taken as many appends as it can.
struct Paper {
    appends_left: usize,
    seq: u64,
}

impl Record for Paper {
    fn store(&self) -> StoreId {
        StoreId([1; 16])
    }

    fn head(&self) -> Head {
        Head { seq: self.seq, hash: Digest::of(&self.seq.to_be_bytes()) }
    }

    fn append(
        &mut self,
        at_ms: u64,
        events: Vec<(ActorId, Event)>,
        _: Vec<Note>,
    ) -> Result<Vec<Moment>, RecordError> {
        self.appends_left =
            self.appends_left.checked_sub(1).ok_or_else(|| RecordError("the disk is full".to_owned()))?;
        let moment = |(actor, event)| {
            self.seq += 1;
            Moment { seq: self.seq, at_ms, actor, event }
        };
        Ok(events.into_iter().map(moment).collect())
    }

    fn audit(&self) -> Audit {
        Box::new(|| Err(RecordError("paper is not verified".to_owned())))
    }
}

struct Running {
    outside: Arc<Outside>,
    handle: Handle,
    ended: tokio::task::JoinHandle<Result<(), BotError>>,
    _stop: watch::Sender<bool>,
}

fn running(outside: Outside, appends_left: usize) -> Running {
    running_on(outside, appends_left, &[])
}

/// A bot on a record in which this has happened.
fn running_on(outside: Outside, appends_left: usize, moments: &[Moment]) -> Running {
    let outside = Arc::new(outside);
    let bot = Bot {
        hosts: Arc::clone(&outside),
        record: Paper { appends_left, seq: 0 },
        library: Arc::clone(&outside),
        sources: Arc::clone(&outside),
        chat: Arc::clone(&outside),
        roles: Arc::clone(&outside) as Arc<dyn Roles>,
        elsewhere: None,
    };
    let (bot, handle) = bot.prepare(in_chat(), moments, Outbox::default());
    let stop = watch::Sender::new(false);
    let ended = tokio::spawn(bot.run(stop.subscribe()));
    Running { outside, handle, ended, _stop: stop }
}

fn says(who: &str, command: Command) -> Input {
    Input::Command { origin: Origin::typed(actor(who), who.into()), command }
}

impl Running {
    fn said(&self) -> String {
        self.outside.said()
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_is_neither_done_nor_said() {
    let bot = running(Outside::default(), 0);
    assert!(bot.handle.send(says("ana", run_command("vm-start", &["kvm1"]))).await);
    let ended = bot.ended.await.unwrap();
    assert!(matches!(ended, Err(BotError::Record(_))));
    assert_eq!(bot.outside.said.lock().unwrap().as_str(), "");
    assert_eq!(bot.outside.probes.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn whoever_has_lost_their_role_is_refused_at_the_next_command() {
    let bot = running(Outside { emptied: 2, ..Outside::default() }, 9);
    let note = |title: &str| {
        says("ana", Command::IncidentOpen(crate::domain::record::severity::Severity::Sev3, title.to_owned()))
    };
    bot.handle.submit(note("before")).await;
    assert!(bot.said().contains("before"), "{}", bot.said());
    bot.handle.submit(note("after")).await;
    assert!(
        bot.said().contains("is nobody this bot knows") && !bot.said().contains("after"),
        "{}",
        bot.said()
    );
}

#[tokio::test]
async fn the_article_of_whatever_could_run_or_is_shown_is_read_anew() {
    let bot = running(Outside::default(), 9);
    let about = async |command: Command| {
        bot.handle.submit(says("ana", command)).await;
        std::mem::take(&mut *bot.outside.about.lock().unwrap())
    };
    let start = Subject::Action("vm-start".into());
    let prefix = Digest::of(b"shown").prefix();
    let press = |press| Command::Press(Press::Request(press, RequestId(1), prefix));
    assert_eq!(about(run_command("vm-start", &["kvm1"])).await, std::slice::from_ref(&start));
    let named = [
        Command::Approve(RequestId(1)),
        press(RequestPress::Approve),
        press(RequestPress::Next),
        press(RequestPress::Find),
        Command::Press(Press::Run("vm-start".into(), prefix)),
        Command::Submitted(Submit::Run("vm-start".into(), prefix), BTreeMap::new()),
    ];
    for command in named {
        assert_eq!(about(command.clone()).await, std::slice::from_ref(&start), "{command:?}");
    }
    assert_eq!(about(Command::KbShow("kvm-vm".into())).await, [Subject::Article("kvm-vm".into())]);
    assert_eq!(about(Command::Hosts).await, []);
    assert!(bot.handle.send(says("ben", Command::Approve(RequestId(1)))).await);
    let probed = async {
        while bot.outside.probes.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), probed).await.unwrap();
    let read = bot.outside.about.lock().unwrap().clone();
    assert_eq!(read, [start], "the start follows the approval");
}

#[tokio::test]
async fn an_approved_request_starts_once_its_sources_can_be_read_again() {
    // The third read is the one before the start.
    let bot = running(Outside { unreadable: 3, ..Outside::default() }, 9);
    bot.handle.submit(says("ana", run_command("vm-start", &["kvm1"]))).await;
    bot.handle.submit(says("ben", Command::Approve(RequestId(1)))).await;
    assert!(bot.said().contains("half written"), "{}", bot.said());
    let probed = async {
        while !bot.said().contains("r1 starts") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let probed = tokio::time::timeout(Duration::from_secs(60), probed).await;
    assert!(probed.is_ok(), "ended: {}, said: {}", bot.ended.is_finished(), bot.said());
    // It is tried again with time, which may be at once.
    let order = ["half written", "[a host is asked]", "r1 starts"].map(|text| bot.said().find(text));
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{}", bot.said());
}

#[tokio::test]
async fn time_starts_nothing_before_what_was_under_way_is_taken_up() {
    let mut world = World::new();
    (world.catalogue, world.now_ms) = (in_chat(), crate::app::wall_ms());
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.decided(says("ben", Command::Approve(RequestId(1)))).unwrap();
    let bot = running_on(Outside::default(), 9, &world.moments);
    // Longer than a tick.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!((bot.said().as_str(), bot.outside.probes.load(Ordering::SeqCst)), ("", 0));
    assert!(bot.handle.send(Input::Recover).await);
    let probed = async {
        while !bot.said().contains("r1 starts") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), probed).await.unwrap();
    let said = bot.said();
    assert!(said.contains("r1 starts") && !said.contains("I was restarted"), "{said}");
}

#[tokio::test]
async fn what_a_step_prints_is_shown_while_it_runs() {
    let bot = running(Outside { prints: vec!["one", "one two"], ..Outside::default() }, 9);
    assert!(bot.handle.send(says("ana", run_command("vm-start", &["kvm1"]))).await);
    assert!(bot.handle.send(says("ben", Command::Approve(RequestId(1)))).await);
    let shown = async {
        while bot.outside.shown.lock().unwrap().last().is_none_or(|last| !last.ends_with("two")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), shown).await.unwrap();
    let shown = bot.outside.shown.lock().unwrap().clone();
    assert!(shown.iter().any(|card| card.ends_with("\none")), "{shown:?}");
}
