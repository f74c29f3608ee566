//! Bad weather: the network and Discord do everything they can, and nothing is lost or doubled.

use std::time::{Duration, Instant};

use serde_json::json;

use super::serving::Serving;
use super::story::{nothing_lost_nothing_doubled, story};
use crate::bot::two_at_a_time;
use crate::chance::Chance;
use crate::discord_server::Operation;
use crate::discord_server::Setup;
use crate::discord_server::faults::{DispatchFault, Odds, RestFault};

/// Stories that are told in bad weather.
const STORIES: u64 = 4;

#[test]
fn the_story_on_days_when_everything_goes_wrong() {
    let mut chance = Chance::new();
    let seeds: Vec<_> = (0..STORIES).map(|_| chance.below(u64::MAX)).collect();
    two_at_a_time(seeds, |seed| {
        println!("weather from seed {seed}");
        let mut serving = Serving::with(Setup::with_cast().seed(seed));
        serving.server.misbehave(Odds::BAD);
        // Every second story is restarted as well.
        let mut between = |serving: &mut Serving| {
            if seed % 2 == 0 {
                serving.restart();
            }
        };
        story(&mut serving, &mut between);
        serving.server.misbehave(Odds::default());
        nothing_lost_nothing_doubled(&serving);
        serving.is_clean();
    });
}

#[test]
fn five_hundred_interactions_at_once_are_all_acknowledged_in_time() {
    let serving = Serving::new();
    let ops = serving.server.channel("ops");
    let people = ["ana", "ben", "cem", "dia", "eve"];
    let interactions: Vec<_> = (0..500)
        .map(|n| {
            let who = people[n % people.len()];
            match n % 25 {
                0..10 => serving.server.slash(who, ops, "help", &[]),
                10 => {
                    serving.server.slash(who, ops, "ask", &[("question", json!("how do I stop a hung VM?"))])
                }
                11..18 => serving.server.slash(who, ops, "kb search", &[("words", json!("disk full"))]),
                _ => serving.server.slash(who, ops, "incident list", &[]),
            }
        })
        .collect();
    for interaction in &interactions {
        interaction.wait_ack();
    }
    let late = serving.server.late_acks();
    let slowest = interactions.iter().map(|interaction| interaction.wait_ack().after_ms).max();
    println!("500 interactions: {late} acknowledged late, the slowest after {slowest:?} ms");
    assert_eq!(late, 0);
    for interaction in &interactions {
        interaction.wait_answer();
    }
    serving.is_clean();
}

/// A mention is answered once, whatever happened before.
fn answers(serving: &Serving, question: &str) {
    let ops = serving.server.channel("ops");
    let before = serving.server.said(ops).len();
    serving.server.mention("ana", ops, question);
    serving.server.wait_until("an answer", || serving.server.said(ops).len() > before);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(serving.server.said(ops).len(), before + 1, "once");
}

#[test]
fn connections_end_in_every_way_and_the_bot_comes_back() {
    let serving = Serving::new();
    let server = &serving.server;
    answers(&serving, "the service console has no space left");
    server.cut();
    answers(&serving, "how do I make a virtual machine on the command line?");
    server.ask_to_reconnect();
    answers(&serving, "what is a hypervisor?");
    for code in [1000, 4000] {
        server.close(code);
        answers(&serving, "the VI web access page does not open");
    }
    server.invalidate_session(true);
    answers(&serving, "how do I stop a hung VM?");
    server.invalidate_session(false);
    server.wait_until("a new session", || server.identifies() > 1 && server.is_connected());
    server.wait_until_ready();
    answers(&serving, "the service console has no space left");
    let (_, puts) = server.command_counts();
    assert_eq!(puts, 1, "READY comes again, the commands are registered once");
    serving.is_clean();
}

#[test]
fn what_was_asked_during_an_outage_is_answered_after_it() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    answers(&serving, "what is a hypervisor?");
    let before = server.said(ops).len();
    server.outage(Duration::from_secs(12));
    server.mention("ana", ops, "the service console has no space left");
    server.wait_until("the answer", || server.said(ops).len() > before);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(server.said(ops).len(), before + 1, "once");
    serving.is_clean();
}

#[test]
fn a_request_that_fails_in_any_way_is_made_good_and_doubled_in_none() {
    let serving = Serving::new();
    let wait = Duration::from_millis(1200);
    let faults = [
        RestFault::Before(500),
        RestFault::After(500),
        RestFault::Before(502),
        RestFault::After(503),
        RestFault::TooMany { wait, global: false },
        RestFault::TooMany { wait, global: true },
        RestFault::SlowBefore(wait),
        RestFault::SlowAfter(wait),
        RestFault::ResetBefore,
        RestFault::ResetAfter,
    ];
    for fault in faults {
        println!("{fault:?}");
        serving.server.fail_request(Operation::CreateMessage, fault);
        answers(&serving, &format!("what is a hypervisor? ({fault:?})"));
        assert!(serving.server.faults_are_spent());
    }
    serving.is_clean();
}

#[test]
fn an_acknowledgement_that_fails_is_repeated_in_time() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let wait = Duration::from_millis(800);
    let faults = [
        RestFault::Before(500),
        RestFault::After(500),
        RestFault::TooMany { wait, global: false },
        RestFault::TooMany { wait, global: true },
        RestFault::SlowAfter(wait),
        RestFault::ResetBefore,
        RestFault::ResetAfter,
    ];
    for fault in faults {
        println!("{fault:?}");
        server.fail_request(Operation::Callback, fault);
        let help = server.slash("ana", ops, "help", &[]);
        help.wait_ack();
        help.wait_for_text("what I understand");
        assert_eq!(help.answers().len(), 1, "once");
        server.fail_request(Operation::Callback, fault);
        let before = server.said(ops).len();
        let ask = server.slash(
            "ana",
            ops,
            "ask",
            &[("question", json!(format!("what is a hypervisor? {fault:?}")))],
        );
        ask.wait_ack();
        server.wait_until("an answer", || server.said(ops).len() > before);
        std::thread::sleep(Duration::from_millis(400));
        assert_eq!(server.said(ops).len(), before + 1, "once");
    }
    serving.is_clean();
}

#[test]
fn a_dispatch_that_goes_astray_is_answered_once() {
    let serving = Serving::new();
    for fault in [
        DispatchFault::Duplicate,
        DispatchFault::Swap,
        DispatchFault::Delay(Duration::from_millis(700)),
        DispatchFault::CutInstead,
        DispatchFault::CutAfter,
        DispatchFault::CloseAfter(4000),
        DispatchFault::ReconnectAfter,
        DispatchFault::InvalidateAfter { resumable: true },
    ] {
        println!("{fault:?}");
        serving.server.fail_dispatch("MESSAGE_CREATE", fault);
        answers(&serving, &format!("what is a hypervisor? ({fault:?})"));
    }
    serving.is_clean();
}

#[test]
fn events_that_cannot_be_read_are_counted_and_shown_to_nobody() {
    let serving = Serving::new();
    let broken = json!({ "id": "not a number", "token": "a-secret-token", "type": 2 });
    serving.server.dispatch("INTERACTION_CREATE", broken.clone());
    serving.server.dispatch("SOMETHING_NEW", json!({ "x": 1 }));
    serving.server.send_text_to_bot(&broken.to_string());
    answers(&serving, "what is a hypervisor?");
    let logged = serving.logged();
    assert!(logged.contains("2 events of Discord could not be read so far"), "{logged}");
    assert!(!logged.contains("a-secret-token"), "{logged}");
    serving.is_clean();
}

#[test]
fn an_answer_comes_soon_after_an_outage_however_long_it_was() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    for _ in 0..100 {
        server.fail_request(Operation::CreateMessage, RestFault::Before(503));
    }
    server.mention("ana", ops, "the service console has no space left");
    // Long enough that a pause that doubles without end would be the longest part of it.
    std::thread::sleep(Duration::from_secs(22));
    assert_eq!(server.said(ops).len(), 0);
    server.heal();
    let began = Instant::now();
    server.wait_until("the answer", || server.said(ops).len() == 1);
    let took = began.elapsed();
    println!("answered {took:?} after the end of the outage");
    assert!(took < Duration::from_millis(6500), "{took:?}");
    serving.is_clean();
}

#[test]
fn while_one_channel_waits_the_others_and_every_form_do_not() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let wait = Duration::from_secs(12);
    server.fail_request(Operation::CreateMessage, RestFault::TooMany { wait, global: false });
    let began = Instant::now();
    server.mention("ana", ops, "what is a hypervisor?");
    server.wait_until("the channel is to wait", || server.faults_are_spent());
    server.slash("ana", ops, "incident open", &[("title", json!("db01 hangs"))]);
    let incidents = server.channel("incidents");
    let thread = server.wait_for("the thread", || server.threads(incidents).first().map(|thread| thread.id));
    server.wait_for_text(thread, "incident i1 (sev3) is open");
    let form = super::scene::run(&serving, "esx-vm-stop", "esx");
    form.wait_modal();
    assert!(began.elapsed() + Duration::from_secs(1) < wait, "{:?}", began.elapsed());
    assert_eq!(server.said(ops).len(), 0, "it is waited as long as Discord says");
    server.wait_until("the answer", || server.said(ops).len() == 1);
    assert!(began.elapsed() >= wait);
    serving.is_clean();
}

#[test]
fn a_form_opens_while_everything_else_has_to_wait() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let wait = Duration::from_secs(10);
    server.fail_request(Operation::CreateMessage, RestFault::TooMany { wait, global: true });
    server.mention("ana", ops, "what is a hypervisor?");
    server.wait_until("all have to wait", || server.faults_are_spent());
    let began = Instant::now();
    for fault in [
        RestFault::Before(503),
        RestFault::After(500),
        RestFault::ResetBefore,
        RestFault::ResetAfter,
        RestFault::SlowBefore(Duration::from_millis(900)),
        RestFault::TooMany { wait: Duration::from_millis(500), global: false },
    ] {
        println!("{fault:?}");
        server.fail_request(Operation::Callback, fault);
        super::scene::run(&serving, "esx-vm-stop", "esx").wait_modal();
    }
    assert!(began.elapsed() < wait, "{:?}", began.elapsed());
    serving.is_clean();
}
