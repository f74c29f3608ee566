//! Hosts that can't be reached, and steps that have not begun, through the loop.

use super::*;

async fn until(bot: &Running, what: &str, holds: impl Fn(&Outside) -> bool) {
    let wait = async {
        while !holds(&bot.outside) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
    assert!(waited.is_ok(), "waited for {what}: {}", bot.said());
}

/// A change on these hosts that has its approval.
async fn approved(outside: Outside, action: &str, hosts: &[&str]) -> Running {
    let bot = running(outside, 1000);
    assert!(bot.handle.send(says("ana", run_command(action, hosts))).await);
    assert!(bot.handle.send(says("ben", Command::Approve(RequestId(1)))).await);
    bot
}

fn probes(outside: &Outside) -> usize {
    outside.probes.load(Ordering::SeqCst)
}

#[tokio::test]
async fn what_is_approved_starts_once_its_host_has_answered() {
    let bot = approved(Outside { resets: 2, ..Outside::default() }, "vm-start", &["kvm1"]).await;
    until(&bot, "the start", |outside| outside.said().contains("r1 starts")).await;
    let said = bot.said();
    assert!(said.contains("r1 waits: kvm1 can't be reached: reset by peer; try 1, next at"), "{said}");
    assert_eq!((probes(&bot.outside), said.matches("can't be reached").count()), (3, 1));
    until(&bot, "the step", |outside| outside.runs.lock().unwrap().len() == 1).await;
}

#[tokio::test]
async fn one_probe_of_a_request_is_under_way_at_one_time() {
    let bot = approved(Outside { silent: true, ..Outside::default() }, "vm-start", &["kvm1"]).await;
    until(&bot, "the probe", |outside| probes(outside) > 0).await;
    // Some ticks.
    tokio::time::sleep(Duration::from_millis(3500)).await;
    assert_eq!(probes(&bot.outside), 1);
}

#[tokio::test]
async fn what_is_cancelled_while_it_waits_for_its_host_is_tried_no_more() {
    let bot = approved(Outside { away: Some(0), ..Outside::default() }, "vm-start", &["kvm1"]).await;
    until(&bot, "the reason", |outside| outside.said().contains("r1 waits")).await;
    assert!(bot.handle.send(says("ana", Command::Cancel(RequestId(1)))).await);
    until(&bot, "the end", |outside| outside.said().contains("r1 cancelled by ana")).await;
    let before = probes(&bot.outside);
    tokio::time::sleep(Duration::from_millis(3500)).await;
    assert_eq!(probes(&bot.outside), before);
    assert!(!bot.said().contains("r1 starts"), "{}", bot.said());
}

#[tokio::test]
async fn cancel_does_not_wait_for_the_next_try_on_a_later_host() {
    let outside = Outside { away: Some(1), done: true, ..Outside::default() };
    let bot = approved(outside, "vm-folder", &["kvm1", "kvm2"]).await;
    // The third try on the second host: the next one comes after 8 s.
    until(&bot, "the tries", |outside| probes(outside) == 4).await;
    assert!(bot.handle.send(says("ana", Command::Cancel(RequestId(1)))).await);
    let cancelled = until(&bot, "the end", |outside| outside.said().ends_with("r1 cancelled"));
    let cancelled = tokio::time::timeout(Duration::from_secs(5), cancelled).await;
    assert!(cancelled.is_ok() && probes(&bot.outside) == 4, "{}", bot.said());
}

#[tokio::test]
async fn step_that_has_not_begun_is_sent_again_and_each_attempt_is_recorded() {
    let outside = Outside { not_begun: 2, done: true, ..Outside::default() };
    let bot = approved(outside, "vm-folder", &["kvm1"]).await;
    until(&bot, "the end", |outside| outside.said().contains("r1 succeeded")).await;
    let mut runs = bot.outside.runs.lock().unwrap().clone();
    // The first step three times, the second once; and a probe before each attempt at a first.
    assert_eq!((runs.len(), probes(&bot.outside)), (4, 3));
    runs.sort();
    runs.dedup();
    assert_eq!(runs.len(), 4, "no id is sent twice");
    let shown = bot.outside.shown.lock().unwrap().clone();
    assert!(shown.iter().any(|card| card.contains("step 1 of 2 did not begin, is sent again")), "{shown:?}");
}
