//! What the loop does with what is too much, and with roles that a chat gives.

use super::*;
use crate::domain::id::{ConversationId, HostName};
use crate::domain::record::origin::Ticket;

/// A bot to which people send messages with numbers.
struct Chatting {
    bot: Running,
    tickets: u64,
}

impl Chatting {
    fn with(outside: Outside) -> Self {
        Self { bot: running(outside, 1000), tickets: 0 }
    }

    /// Somebody sends a message, and gets whatever answer there is.
    async fn sends(&mut self, who: &str, groups: &[&str], command: Command) {
        self.tickets += 1;
        let origin = Origin {
            actor: actor(who),
            groups: groups.iter().map(|group| GroupId((*group).to_owned())).collect(),
            conversation: ConversationId::from("ops"),
            ticket: Some(Ticket(self.tickets)),
            is_message: true,
        };
        let input = Input::Command { origin, command };
        assert!(self.bot.handle.send(input).await);
    }

    async fn until(&self, what: &str, holds: impl Fn(&Outside) -> bool) {
        let wait = async {
            while !holds(&self.bot.outside) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
        assert!(waited.is_ok(), "waited for {what}: {}", self.bot.said());
    }
}

#[tokio::test]
async fn what_strangers_send_is_answered_once_and_delays_nobody() {
    let mut chat = Chatting::with(Outside::default());
    for _ in 0..2000 {
        chat.sends("chat:mallory", &[], Command::Ask("who are you".to_owned())).await;
    }
    chat.sends("ana", &[], Command::Hosts).await;
    chat.until("the hosts", |outside| outside.said().contains("kvm1")).await;
    assert_eq!(chat.bot.said().matches("nobody this bot knows").count(), 1);
    assert_eq!(chat.bot.outside.turned_away.load(Ordering::SeqCst), 1999);
}

#[tokio::test]
async fn what_is_beyond_a_persons_share_is_not_decided() {
    let mut chat = Chatting::with(Outside::default());
    for n in 0..200 {
        let open =
            Command::IncidentOpen(crate::domain::record::severity::Severity::Sev3, format!("number {n};"));
        chat.sends("ana", &[], open).await;
    }
    chat.sends("ben", &[], Command::Hosts).await;
    chat.until("the hosts", |outside| outside.said().contains("kvm1")).await;
    let said = chat.bot.said();
    assert_eq!(said.matches("5 commands a second is your share").count(), 1, "{said}");
    assert!(said.contains("number 0;") && !said.contains("number 199;"), "{said}");
}

#[tokio::test]
async fn what_was_turned_away_is_not_done_when_it_is_delivered_again() {
    let mut chat = Chatting::with(Outside::default());
    let open = |title: &str| {
        Command::IncidentOpen(crate::domain::record::severity::Severity::Sev3, title.to_owned())
    };
    for n in 1..=30 {
        chat.sends("ana", &[], open(&format!("number {n};"))).await;
    }
    chat.until("what is too much", |outside| outside.turned_away.load(Ordering::SeqCst) == 9).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    chat.tickets -= 1;
    chat.sends("ana", &[], open("number 30;")).await;
    chat.sends("ana", &[], open("number 31;")).await;
    chat.until("the last", |outside| outside.said().contains("number 31;")).await;
    assert!(!chat.bot.said().contains("number 30;"), "{}", chat.bot.said());
}

#[tokio::test]
async fn one_person_looks_at_four_hosts_at_a_time() {
    let mut chat = Chatting::with(Outside { never_checked: true, ..Outside::default() });
    for who in ["ana", "discord:ana", "ben"] {
        for _ in 0..5 {
            chat.sends(who, &[], Command::Check(HostName::from("kvm1"))).await;
        }
    }
    let refused = |outside: &Outside| outside.said().matches("4 hosts are being looked at for you").count();
    chat.until("the refusals", |outside| refused(outside) == 7).await;
    chat.until("the checks", |outside| outside.checks.load(Ordering::SeqCst) == 8).await;
}

/// A change of ana's that somebody approves whose role a group gives.
async fn approved(chat: &mut Chatting) {
    chat.sends("ana", &[], run_command("vm-start", &["kvm1"])).await;
    chat.sends("chat:fay", &[APPROVERS], Command::Approve(RequestId(1))).await;
}

#[tokio::test]
async fn a_role_that_a_chat_gives_is_asked_for_before_the_start() {
    let mut chat = Chatting::with(Outside::default());
    approved(&mut chat).await;
    chat.until("the start", |outside| outside.said().contains("r1 starts")).await;
    assert_eq!(chat.bot.outside.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_role_that_nobody_tells_is_asked_for_again_after_a_while() {
    let mut chat = Chatting::with(Outside { unanswered: 1, ..Outside::default() });
    approved(&mut chat).await;
    chat.until("the reason", |outside| outside.said().contains("the chat is down")).await;
    assert!(!chat.bot.said().contains("r1 starts"));
    chat.until("the start", |outside| outside.said().contains("r1 starts")).await;
    assert_eq!(chat.bot.outside.asked.load(Ordering::SeqCst), 2, "once for each time, not once a tick");
}
