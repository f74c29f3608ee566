//! What the loop does with what is too much, and with roles that a chat gives.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::domain::actor::Role;
use crate::domain::command::Ticket;
use crate::domain::id::{ConversationId, GroupId, HostName};

const APPROVERS: &str = "chat:approvers";

/// A chat whose messages have numbers, whose groups give roles, and hosts that never answer.
#[derive(Default)]
struct Crowd {
    said: Mutex<String>,
    turned_away: AtomicUsize,
    checks: AtomicUsize,
    /// How often roles were asked for; the first of these times nobody answers.
    asked: AtomicUsize,
    unanswered: usize,
}

impl Crowd {
    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }
}

impl Hosts for Crowd {
    async fn boot_id(&self, _: &Approved<Plan>, _: usize) -> Result<BootId, String> {
        std::future::pending().await
    }

    async fn execute(
        &self,
        _: &Approved<Plan>,
        _: StepAt,
        _: RunId,
        _: &BootId,
        _: watch::Receiver<bool>,
        _: watch::Sender<Output>,
    ) -> StepReport {
        std::future::pending().await
    }

    async fn settle(
        &self,
        _: &Approved<Plan>,
        _: StepAt,
        _: RunId,
        _: &BootId,
        _: watch::Receiver<bool>,
        _: watch::Sender<Output>,
    ) -> StepReport {
        std::future::pending().await
    }

    async fn verify(&self, _: &Approved<Plan>, _: usize) -> VerifyReport {
        std::future::pending().await
    }

    async fn check(&self, _: &Host, _: &[String]) -> HostCheck {
        self.checks.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

impl Sources for Crowd {
    fn catalogue(&self, _: &[Subject]) -> Result<Catalogue, String> {
        Ok(in_chat())
    }
}

impl Chat for Crowd {
    const KEEPS: bool = true;

    fn say(&self, post: Post) {
        self.said.lock().unwrap().push_str(&text_of(&post.say.reply));
    }

    fn turned_away(&self, _: Ticket, _: Reply) {
        self.turned_away.fetch_add(1, Ordering::SeqCst);
    }
}

impl Library for Crowd {
    fn find(&self, _: &str) -> Result<Found, String> {
        Ok(Found::default())
    }
}

impl Roles for Crowd {
    fn groups(&self, _: ActorId) -> Asked {
        let groups = match self.asked.fetch_add(1, Ordering::SeqCst) {
            n if n < self.unanswered => Err("the chat is down".to_owned()),
            _ => Ok(vec![GroupId(APPROVERS.to_owned())]),
        };
        Box::pin(std::future::ready(groups))
    }
}

fn in_chat() -> Catalogue {
    let mut catalogue = catalogue();
    let groups = BTreeMap::from([(GroupId(APPROVERS.to_owned()), Role::Approver)]);
    catalogue.people = std::mem::take(&mut catalogue.people).with_groups(groups);
    catalogue
}

struct Bots {
    crowd: Arc<Crowd>,
    handle: Handle,
    tickets: u64,
    _stop: watch::Sender<bool>,
}

impl Bots {
    fn with(crowd: Crowd) -> Self {
        let crowd = Arc::new(crowd);
        let bot = Bot {
            hosts: Arc::clone(&crowd),
            record: Paper { appends_left: 1000, seq: 0 },
            library: Arc::clone(&crowd),
            sources: Arc::clone(&crowd),
            chat: Arc::clone(&crowd),
            roles: Arc::clone(&crowd) as Arc<dyn Roles>,
        };
        let (bot, handle) = bot.prepare(in_chat(), &[], Outbox::default());
        let stop = watch::Sender::new(false);
        tokio::spawn(bot.run(stop.subscribe()));
        Self { crowd, handle, tickets: 0, _stop: stop }
    }

    /// Somebody sends a message, and gets whatever answer there is.
    async fn sends(&mut self, who: &str, groups: &[&str], command: Command) {
        self.tickets += 1;
        let origin = Origin {
            actor: actor(who),
            groups: groups.iter().map(|group| GroupId((*group).to_owned())).collect(),
            conversation: ConversationId::from("ops"),
            ticket: Some(Ticket(self.tickets)),
        };
        let input = Input::Command { origin, command };
        assert!(self.handle.send(input).await);
    }

    async fn until(&self, what: &str, holds: impl Fn(&Crowd) -> bool) {
        let wait = async {
            while !holds(&self.crowd) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
        assert!(waited.is_ok(), "waited for {what}: {}", self.crowd.said());
    }
}

#[tokio::test]
async fn what_strangers_send_is_answered_once_and_delays_nobody() {
    let mut bots = Bots::with(Crowd::default());
    for _ in 0..2000 {
        bots.sends("chat:mallory", &[], Command::Ask("who are you".to_owned())).await;
    }
    bots.sends("ana", &[], Command::Hosts).await;
    bots.until("the hosts", |crowd| crowd.said().contains("kvm1")).await;
    assert_eq!(bots.crowd.said().matches("nobody this bot knows").count(), 1);
    assert_eq!(bots.crowd.turned_away.load(Ordering::SeqCst), 1999);
}

#[tokio::test]
async fn what_is_beyond_a_persons_share_is_not_decided() {
    let mut bots = Bots::with(Crowd::default());
    for n in 0..200 {
        let open = Command::IncidentOpen(crate::domain::command::Severity::Sev3, format!("number {n};"));
        bots.sends("ana", &[], open).await;
    }
    bots.sends("ben", &[], Command::Hosts).await;
    bots.until("the hosts", |crowd| crowd.said().contains("kvm1")).await;
    let said = bots.crowd.said();
    assert_eq!(said.matches("5 commands a second is your share").count(), 1, "{said}");
    assert!(said.contains("number 0;") && !said.contains("number 199;"), "{said}");
}

#[tokio::test]
async fn one_person_looks_at_four_hosts_at_a_time() {
    let mut bots = Bots::with(Crowd::default());
    for who in ["ana", "discord:ana", "ben"] {
        for _ in 0..5 {
            bots.sends(who, &[], Command::Check(HostName::from("kvm1"))).await;
        }
    }
    let refused = |crowd: &Crowd| crowd.said().matches("4 hosts are being looked at for you").count();
    bots.until("the refusals", |crowd| refused(crowd) == 7).await;
    bots.until("the checks", |crowd| crowd.checks.load(Ordering::SeqCst) == 8).await;
}

/// A change of ana's that somebody approves whose role a group gives.
async fn approved(bots: &mut Bots) {
    bots.sends("ana", &[], run_command("vm-start", &["kvm1"])).await;
    bots.sends("chat:fay", &[APPROVERS], Command::Approve(RequestId(1))).await;
}

#[tokio::test]
async fn a_role_that_a_chat_gives_is_asked_for_before_the_start() {
    let mut bots = Bots::with(Crowd::default());
    approved(&mut bots).await;
    bots.until("the start", |crowd| crowd.said().contains("r1 starts")).await;
    assert_eq!(bots.crowd.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_role_that_nobody_tells_is_asked_for_again_after_a_while() {
    let mut bots = Bots::with(Crowd { unanswered: 1, ..Crowd::default() });
    approved(&mut bots).await;
    bots.until("the reason", |crowd| crowd.said().contains("the chat is down")).await;
    assert!(!bots.crowd.said().contains("r1 starts"));
    bots.until("the start", |crowd| crowd.said().contains("r1 starts")).await;
    assert_eq!(bots.crowd.asked.load(Ordering::SeqCst), 2, "once for each time, not once a tick");
}
