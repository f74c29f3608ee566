//! What one person, or everybody who is nobody, sends too much of.

use super::scene::{privately, slash};
use super::serving::Serving;
use crate::discord_server::Setup;

const QUESTION: &str = "how do I stop a virtual machine on ESX?";

#[test]
fn what_strangers_send_is_answered_once_and_keeps_nobody_waiting() {
    let serving = Serving::with(Setup::with_cast().person("fay", &[]).person("gil", &[]));
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    for n in 0..150 {
        server.mention(if n % 2 == 0 { "fay" } else { "gil" }, ops, QUESTION);
    }
    privately(&slash(&serving, "ana", ops, "hosts", &[]), "3 hosts");
    // Who waits for an answer of their own gets one, which nobody else sees.
    privately(&slash(&serving, "fay", ops, "hosts", &[]), "is nobody this bot knows");
    server.mention("ana", ops, QUESTION);
    server.wait_for_text(ops, "vm-power-off-unresponsive.md");
    let said = server.said(ops);
    assert_eq!(said.iter().filter(|one| one.text().contains("is nobody this bot knows")).count(), 1);
    assert_eq!(said.len(), 2, "{said:?}");
    serving.is_clean();
}

#[test]
fn who_asks_too_fast_is_told_once_in_the_channel_and_the_others_are_answered() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    for _ in 0..60 {
        server.mention("ana", ops, "/hosts");
    }
    server.mention("ben", ops, QUESTION);
    server.wait_for_text(ops, "vm-power-off-unresponsive.md");
    let said = server.said(ops);
    let told = said.iter().filter(|one| one.text().contains("5 commands a second is your share")).count();
    assert_eq!(told, 1);
    assert!(said.len() < 60, "{}", said.len());
    serving.is_clean();
}
