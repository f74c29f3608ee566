//! A chat that keeps: what is said stays in the outbox until it has arrived, whatever dies between.

use std::collections::BTreeMap;

use super::*;
use crate::app::outbox::Shown;
use crate::domain::audit::chain::Head;
use crate::domain::id::{ConversationId, Digest, IncidentId, StoreId};
use crate::domain::record::origin::Ticket;
use crate::domain::record::severity::Severity;
use crate::domain::say::address::To;

/// What the chat was told, in order.
#[derive(Debug, Clone, PartialEq)]
enum Heard {
    Said(Post),
    Decided(Ticket, Option<To>),
    Shown(CardId, String),
    Resumed(Vec<(CardId, Shown)>, Vec<Post>),
}

#[derive(Default)]
struct Room(Mutex<Vec<Heard>>);

impl Room {
    fn hears(&self, heard: Heard) {
        self.0.lock().unwrap().push(heard);
    }
}

impl Chat for Room {
    const KEEPS: bool = true;

    fn say(&self, post: Post) {
        self.hears(Heard::Said(post));
    }

    fn decided(&self, ticket: Ticket, elsewhere: Option<&To>) {
        self.hears(Heard::Decided(ticket, elsewhere.cloned()));
    }

    fn show(&self, card: CardId, reply: Reply, _: bool) {
        self.hears(Heard::Shown(card, text_of(&reply)));
    }

    fn resume(&self, cards: Vec<(CardId, Shown)>, _: Vec<(IncidentId, ConversationId)>, posts: Vec<Post>) {
        self.hears(Heard::Resumed(cards, posts));
    }
}

/// What outlives the bot. An append is whole or not there.
#[derive(Default)]
struct Kept {
    moments: Vec<Moment>,
    entries: BTreeMap<String, Vec<u8>>,
    full: bool,
}

#[derive(Clone, Default)]
struct Disk(Arc<Mutex<Kept>>);

impl Disk {
    fn load(&self) -> (Vec<Moment>, Outbox) {
        let kept = self.0.lock().unwrap();
        let entries: Vec<_> = kept.entries.clone().into_iter().collect();
        (kept.moments.clone(), Outbox::load(&entries).unwrap())
    }
}

impl Record for Disk {
    fn store(&self) -> StoreId {
        StoreId([1; 16])
    }

    fn head(&self) -> Head {
        let seq = self.0.lock().unwrap().moments.len() as u64;
        Head { seq, hash: Digest::of(&seq.to_be_bytes()) }
    }

    fn append(
        &mut self,
        at_ms: u64,
        events: Vec<(ActorId, Event)>,
        notes: Vec<Note>,
    ) -> Result<Vec<Moment>, RecordError> {
        let mut kept = self.0.lock().unwrap();
        if kept.full {
            return Err(RecordError("the disk is full".to_owned()));
        }
        let first = kept.moments.len() as u64 + 1;
        let numbered = |(seq, (by, event))| Moment { seq, at_ms, actor: by, event };
        let appended: Vec<_> = (first..).zip(events).map(numbered).collect();
        kept.moments.extend(appended.clone());
        for Note { key, value } in notes {
            match value {
                Some(value) => kept.entries.insert(key, value),
                None => kept.entries.remove(&key),
            };
        }
        Ok(appended)
    }

    fn audit(&self) -> Audit {
        Box::new(|| Err(RecordError("this disk is not verified".to_owned())))
    }
}

/// One life of the bot. Nothing is left of it but the disk.
struct Life {
    disk: Disk,
    room: Arc<Room>,
    handle: Handle,
    ended: tokio::task::JoinHandle<Result<(), BotError>>,
    stop: watch::Sender<bool>,
}

impl Life {
    fn on(disk: &Disk) -> Self {
        let (outside, room) = (Arc::new(Outside::default()), Arc::new(Room::default()));
        let bot = Bot {
            hosts: Arc::clone(&outside),
            record: disk.clone(),
            library: Arc::clone(&outside),
            sources: Arc::clone(&outside),
            chat: Arc::clone(&room),
            roles: outside,
            elsewhere: None,
        };
        let (moments, left) = disk.load();
        let (bot, handle) = bot.prepare(catalogue(), &moments, left);
        let stop = watch::Sender::new(false);
        let ended = tokio::spawn(bot.run(stop.subscribe()));
        Self { disk: disk.clone(), room, handle, ended, stop }
    }

    /// The next life, on what this one has left.
    async fn restarted(self) -> Self {
        self.stop.send_replace(true);
        self.ended.await.unwrap().unwrap();
        Self::on(&self.disk)
    }

    /// Somebody's command with its ticket; all that follows from it has ended. What was heard since
    /// the last time comes back.
    async fn says(&self, who: &str, ticket: u64, command: Command) -> Vec<Heard> {
        self.input(ticketed(who, ticket, command)).await
    }

    /// What was heard since the last time, once all that was handed over before has been taken in.
    async fn heard(&self) -> Vec<Heard> {
        self.input(Input::Tick).await
    }

    async fn input(&self, input: Input) -> Vec<Heard> {
        assert!(self.handle.submit(input).await);
        std::mem::take(&mut *self.room.0.lock().unwrap())
    }

    fn events(&self) -> usize {
        self.disk.0.lock().unwrap().moments.len()
    }
}

fn ticketed(who: &str, ticket: u64, command: Command) -> Input {
    let mut origin = Origin::typed(actor(who), "room".into());
    origin.ticket = Some(Ticket(ticket));
    Input::Command { origin, command }
}

fn open_incident() -> Command {
    Command::IncidentOpen(Severity::Sev2, "db01 hangs".to_owned())
}

fn posts(heard: &[Heard]) -> Vec<Post> {
    let post = |heard: &Heard| match heard {
        Heard::Said(post) => Some(post.clone()),
        _ => None,
    };
    heard.iter().filter_map(post).collect()
}

fn decided(heard: &[Heard]) -> Vec<(Ticket, Option<To>)> {
    let decided = |heard: &Heard| match heard {
        Heard::Decided(ticket, elsewhere) => Some((*ticket, elsewhere.clone())),
        _ => None,
    };
    heard.iter().filter_map(decided).collect()
}

fn shown(heard: &[Heard]) -> Vec<(CardId, String)> {
    let shown = |heard: &Heard| match heard {
        Heard::Shown(card, text) => Some((*card, text.clone())),
        _ => None,
    };
    heard.iter().filter_map(shown).collect()
}

/// The cards of what was shown.
fn cards(heard: &[Heard]) -> Vec<CardId> {
    shown(heard).into_iter().map(|(card, _)| card).collect()
}

fn resumed(heard: &[Heard]) -> (Vec<(CardId, Shown)>, Vec<Post>) {
    let mut resumed = heard.iter().filter_map(|heard| match heard {
        Heard::Resumed(cards, posts) => Some((cards.clone(), posts.clone())),
        _ => None,
    });
    let first = resumed.next().unwrap();
    assert_eq!(resumed.next(), None, "resumed once in a life");
    first
}

#[tokio::test]
async fn a_post_stays_in_the_outbox_until_it_is_delivered() {
    let life = Life::on(&Disk::default());
    let said = posts(&life.says("ana", 1, open_incident()).await);
    let [post] = said.as_slice() else { panic!("{said:?}") };

    // Said and never delivered: the next life gets it, and says nothing by itself.
    let life = life.restarted().await;
    let heard = life.heard().await;
    assert_eq!((resumed(&heard).1, posts(&heard)), (said.clone(), vec![]));

    // Not even then: the one after that gets it again, with its number.
    let life = life.restarted().await;
    assert_eq!(resumed(&life.heard().await).1, said);
    let card = CardId::Incident(IncidentId(1));
    let message = Shown {
        conversation: ConversationId::from("room"),
        message: "77".to_owned(),
        state: Digest::of(b"as it is shown"),
        last: false,
    };
    life.handle.delivered(post.number, Some((card, message.clone()))).await;
    assert_eq!(posts(&life.heard().await), []);

    // Delivered, it is gone; the message that shows the card is known.
    let life = life.restarted().await;
    assert_eq!(resumed(&life.heard().await), (vec![(card, message.clone())], vec![]));
    let later = Shown { message: "78".to_owned(), ..message };
    life.handle.shown(card, later.clone()).await;
    life.heard().await;
    let life = life.restarted().await;
    assert_eq!(resumed(&life.heard().await).0, [(card, later)]);
    let again = posts(&life.says("ana", 2, open_incident()).await);
    assert!(again[0].number > post.number, "a number is never used twice");
}

#[tokio::test]
async fn what_only_the_caller_sees_is_said_once_or_never() {
    let life = Life::on(&Disk::default());
    let heard = life.says("ana", 1, Command::Help).await;
    assert_eq!((posts(&heard).len(), decided(&heard)), (1, vec![]));
    let life = life.restarted().await;
    assert_eq!(resumed(&life.heard().await), (vec![], vec![]));
}

#[tokio::test]
async fn a_ticket_is_decided_once_even_after_a_restart() {
    let life = Life::on(&Disk::default());
    life.says("ana", 7, open_incident()).await;
    let events = life.events();
    assert!(events > 0);
    assert_eq!(life.says("ana", 7, open_incident()).await, []);
    assert_eq!(life.events(), events);

    let life = life.restarted().await;
    life.heard().await;
    assert_eq!(life.says("ana", 7, open_incident()).await, []);
    assert_eq!(life.events(), events);
    assert_eq!(posts(&life.says("ana", 8, open_incident()).await).len(), 1);
    assert!(life.events() > events);
}

#[tokio::test]
async fn a_refused_command_takes_its_ticket_too() {
    let life = Life::on(&Disk::default());
    assert_eq!(posts(&life.says("ana", 1, Command::Approve(RequestId(1))).await).len(), 1);
    let life = life.restarted().await;
    life.heard().await;
    assert_eq!(life.says("ana", 1, Command::Approve(RequestId(1))).await, []);
}

#[tokio::test]
async fn whoever_is_told_nothing_is_told_that_it_is_decided() {
    let life = Life::on(&Disk::default());
    // What became of it is said to all who work on the request.
    let said_to = |heard: &[Heard]| posts(heard).into_iter().map(|post| post.say.to).next();
    let opened = life.says("ana", 1, run_command("vm-start", &["kvm1"])).await;
    assert_eq!(decided(&opened), [(Ticket(1), said_to(&opened))]);
    let denied = life.says("ben", 2, Command::Deny(RequestId(1), "no".to_owned())).await;
    assert_eq!(decided(&denied), [(Ticket(2), said_to(&denied))]);
    assert!(said_to(&opened).is_some() && said_to(&denied).is_some());
    // Nothing is said at all.
    let overheard = life.says("ana", 3, Command::Overheard("so it goes".to_owned())).await;
    assert_eq!(overheard, [Heard::Decided(Ticket(3), None)]);
    // What answers the caller is enough, now or later.
    let answered = [Command::Hosts, Command::AuditVerify, Command::Ask("what is this".to_owned())];
    for (ticket, command) in (4..).zip(answered) {
        let heard = life.says("ana", ticket, command).await;
        assert_eq!((posts(&heard).len(), decided(&heard)), (1, vec![]), "{heard:?}");
    }
}

#[tokio::test]
async fn whoever_asks_for_a_read_is_told_where_it_goes_on_while_its_host_is_asked() {
    let life = Life::on(&Disk::default());
    assert!(life.handle.send(ticketed("ana", 1, run_command("uptime", &["kvm1"]))).await);
    let mut heard = Vec::new();
    while posts(&heard).is_empty() {
        heard.extend(life.heard().await);
    }
    let started = posts(&heard)[0].say.clone();
    assert!(text_of(&started.reply).contains("r1 starts"), "{started:?}");
    assert_eq!(decided(&heard), [(Ticket(1), Some(started.to))]);
}

#[tokio::test]
async fn a_card_is_shown_after_each_event_about_it() {
    let life = Life::on(&Disk::default());
    let (incident, request) = (CardId::Incident(IncidentId(1)), CardId::Request(RequestId(1)));
    let run = CardId::Run(RequestId(1));

    assert_eq!(cards(&life.says("ana", 1, open_incident()).await), [incident]);
    // From here on what is said in the room is about the incident.
    let threaded = life.input(Input::Threaded(IncidentId(1), "room".into())).await;
    assert_eq!(cards(&threaded), [incident]);
    let opened = life.says("ana", 2, run_command("vm-start", &["kvm1"])).await;
    assert_eq!(cards(&opened), [request]);
    let noted = life.says("ana", 3, Command::IncidentNote("the owner knows".to_owned())).await;
    assert_eq!(cards(&noted), [incident]);
    // Looking changes nothing.
    assert_eq!(cards(&life.says("ana", 4, Command::Show(RequestId(1))).await), []);

    // The approval, and the start in a turn of its own; the host never answers the probe.
    assert!(life.handle.send(ticketed("ben", 5, Command::Approve(RequestId(1)))).await);
    let mut heard = Vec::new();
    while cards(&heard).iter().filter(|card| **card == run).count() < 2 {
        heard.extend(life.heard().await);
    }
    // Once started, and once the verification was asked before it.
    assert_eq!(cards(&heard), [request, request, run, request, run]);
    let (_, last) = shown(&heard).pop().unwrap();
    assert!(last.contains("run of r1"), "{last}");

    // After a restart every card is shown before the rest is handed over.
    let life = life.restarted().await;
    let heard = life.heard().await;
    assert_eq!(cards(&heard), [incident, request, run]);
    assert!(matches!(heard[3], Heard::Resumed(..)), "{heard:?}");
}

#[tokio::test]
async fn what_cannot_be_recorded_is_neither_shown_nor_kept() {
    let disk = Disk::default();
    let life = Life::on(&disk);
    life.heard().await;
    disk.0.lock().unwrap().full = true;
    assert_eq!(life.says("ana", 1, open_incident()).await, []);
    assert!(matches!(life.ended.await.unwrap(), Err(BotError::Record(_))));
    disk.0.lock().unwrap().full = false;
    // The ticket was not taken either: delivered again, the command is decided.
    let life = Life::on(&disk);
    assert_eq!(resumed(&life.heard().await), (vec![], vec![]));
    assert_eq!(posts(&life.says("ana", 1, open_incident()).await).len(), 1);
}
