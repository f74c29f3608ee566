//! The state that an earlier version left when it was killed in the middle of everything. Every later
//! version opens and verifies it, makes the same of it, and goes on with it.
//!
//! tests/fixtures/serve-v1 was written by the program itself, on the Discord of these tests and on
//! practice hosts: `story` plays it and ends it with SIGKILL. `state/` is the state folder without its
//! file `holder`; `discord.json` is what that Discord had seen of the bot. It holds incidents (open,
//! resolved, one whose thread is not made yet), a run whose end is unknown, one in flight, an approved
//! request that waits for its host, one that waits for its second approval, and an outbox with posts
//! that did not arrive, cards, tickets, and questions that are owed an answer.
//!
//! The hosts of the plans are gone: going on must not take others for them. The times are those of the
//! day it was written; whatever waits in it has been over since half an hour later.
//!
//! It stays as it is. Only before a version is released may it be written anew:
//!
//! ```text
//! DOGWATCH_WRITE_FIXTURE=1 INSTA_UPDATE=always cargo test --test it discord::fixture::an_earlier
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dogwatch::domain::audit::chain::{GENESIS, event_hash};
use dogwatch::domain::canonical::canonical;
use dogwatch::domain::record::event::Event;
use dogwatch::domain::record::request::Status;
use dogwatch::domain::record::run::Outcome;
use dogwatch::store::{Recorded, Store, verify};

use tempfile::TempDir;

use super::scene::{privately, read, run};
use super::serving::Serving;
use crate::bot::Place;
use crate::bot::record::folded;
use crate::discord_server::Setup;
use crate::discord_server::model::Message;
use crate::folder;

mod story;
mod summary;

const STATE: &str = "state";
const MEMORY: &str = "discord.json";

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/serve-v1")
}

#[test]
fn an_earlier_state_opens_and_means_the_same() {
    if std::env::var_os("DOGWATCH_WRITE_FIXTURE").is_some() {
        story::write(&fixture());
    }
    let dir = TempDir::new().unwrap();
    folder::copy(&fixture().join(STATE), dir.path());
    let report = verify(dir.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    let (store, recorded) = Store::open::<Event>(dir.path(), 0).unwrap();
    assert_eq!(store.head(), report.head);
    let mut previous = GENESIS;
    for Recorded { envelope, hash } in &recorded {
        let bytes = canonical(envelope).unwrap();
        assert_eq!(event_hash(previous, &bytes), *hash, "read back otherwise: {envelope:?}");
        previous = *hash;
    }
    let state = folded(&recorded);
    let begin_ms = recorded[0].envelope.at_ms;
    let head = format!("{} events, the last {}\n", report.head.seq, report.head.hash);
    insta::assert_snapshot!("state", head + &summary::of_state(&state, begin_ms));
    insta::assert_snapshot!("outbox", summary::of_outbox(&store.outbox().unwrap()));
}

/// The bot on a copy of what was left, with a Discord that remembers it and hosts that it never knew.
struct After {
    serving: Serving,
    /// What people had seen.
    before: Vec<u64>,
    ops: u64,
    first: u64,
}

impl After {
    fn begin() -> Self {
        let place = Place::new();
        folder::copy(&fixture().join(STATE), &place.state());
        let serving = Serving::stopped_at(place, Setup::with_cast(), "");
        let memory = fs::read_to_string(fixture().join(MEMORY)).unwrap();
        serving.server.remember(&serde_json::from_str(&memory).unwrap());
        let (ops, incidents) = (serving.server.channel("ops"), serving.server.channel("incidents"));
        let first = serving.server.threads(incidents)[0].id;
        let mut after = Self { serving, before: Vec::new(), ops, first };
        after.before = after.messages().iter().map(|message| message.id).collect();
        after.serving.start();
        after
    }

    /// All that anybody sees, in the channels and in all threads.
    fn messages(&self) -> Vec<Message> {
        let (server, incidents) = (&self.serving.server, self.serving.server.channel("incidents"));
        let threads = server.threads(incidents).into_iter().map(|thread| thread.id);
        [self.ops, incidents].into_iter().chain(threads).flat_map(|at| server.messages(at)).collect()
    }

    /// What the bot has said since.
    fn since(&self) -> Vec<Message> {
        self.messages().into_iter().filter(|message| !self.before.contains(&message.id)).collect()
    }

    /// Waits until the bot says this in the thread of i1; a host that can't be reached is waited for
    /// longer than Discord.
    fn until(&self, text: &str) {
        let begin = Instant::now();
        let is_said = |message: &Message| message.channel == self.first && read(message).contains(text);
        while !self.since().iter().any(is_said) {
            assert!(begin.elapsed() < HOST_AWAY_MAX, "waited {HOST_AWAY_MAX:?} for {text:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// How many messages have a nonce that ends like this: of one page of one post.
    fn arrived(&self, post: u64) -> usize {
        let end = format!("-{post}-0\"");
        let nonces = self.since().into_iter().filter_map(|message| message.nonce);
        nonces.filter(|nonce| nonce.to_string().ends_with(&end)).count()
    }
}

/// A run is asked for, then its verification, each as long as a host may be away.
const HOST_AWAY_MAX: Duration = Duration::from_secs(240);

/// What the fixture's outbox holds, by name.
fn left(kind: &str) -> Vec<String> {
    let dir = TempDir::new().unwrap();
    folder::copy(&fixture().join(STATE), dir.path());
    let (store, _) = Store::open::<Event>(dir.path(), 0).unwrap();
    let entries = store.outbox().unwrap().into_iter();
    entries.filter_map(|(key, _)| key.strip_prefix(kind).map(str::to_owned)).collect()
}

#[test]
fn the_bot_goes_on_with_an_earlier_state_and_says_nothing_twice() {
    let posts: Vec<u64> = left("post/").iter().map(|number| number.parse().unwrap()).collect();
    let mut after = After::begin();
    after.until("r2 unknown");
    after.serving.server.wait_until("the answers that are owed", || {
        after.since().iter().filter(|message| message.channel == after.ops).count() == 1 + left("owed/").len()
    });
    for word in ["r3", "r4"] {
        let ended = after.since().into_iter().any(|message| {
            let text = read(&message);
            text.contains(&format!("{word} ")) && text.contains("expired")
        });
        assert!(ended, "nobody is told that {word} is over: {:#?}", after.since());
    }
    for post in &posts {
        assert_eq!(after.arrived(*post), 1, "post {post} in {:#?}", after.since());
    }
    // The incident whose thread could not be made has one now.
    let incidents = after.serving.server.channel("incidents");
    assert_eq!(after.serving.server.threads(incidents).len(), 3);
    let stop = run(&after.serving, "esx-vm-stop", "esx")
        .submit(&[("vmx", "/vmfs/volumes/storage1/db01/db01.vmx"), ("reason", "db01 hangs")]);
    privately(&stop, "how r2 ended on esx is unknown");
    after.serving.is_clean();

    let told: Vec<_> = after.since().iter().map(|message| message.id).collect();
    after.serving.restart();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(after.since().iter().map(|message| message.id).collect::<Vec<_>>(), told);
    after.serving.is_clean();
    assert!(after.serving.terminate().success());
    nothing_ran_and_all_is_over(&after.serving.place);
}

/// No host has run anything, nothing is open and nothing is left to be said, and the record is sound.
fn nothing_ran_and_all_is_over(place: &Place) {
    for host in ["lab-esx", "lab-esxi", "lab-kvm"] {
        assert_eq!(place.plays(host), [], "{host}");
    }
    let record = place.record();
    let statuses: Vec<_> = (1..=4).map(|request| record.status(request).unwrap()).collect();
    let unknown = Status::Ended(Outcome::Unknown);
    assert_eq!(statuses, [unknown.clone(), unknown, Status::Expired, Status::Expired]);
    let esx = record.request(2).unwrap().plan.hosts[0].name.clone();
    assert_eq!(record.state.occupant(&esx, record.request(3).unwrap().id).map(|it| it.id.0), Some(2));
    let asked = |event: &Event| matches!(event, Event::QuestionAnswered { .. });
    assert_eq!(record.count(asked), 2 + left("owed/").len(), "each question is answered once");
    let (store, _) = Store::open::<Event>(&place.state(), 0).unwrap();
    let outbox = store.outbox().unwrap();
    let waits = |(key, _): &&(String, Vec<u8>)| key.starts_with("post/") || key.starts_with("owed/");
    assert_eq!(outbox.iter().find(waits), None);
    assert!(store.head().seq > 29);
    drop(store);
    let (holds, printed) = place.dogwatch(&["audit", "verify"]);
    assert!(holds && printed.contains("the record holds"), "{printed}");
}

#[test]
fn the_incidents_of_an_earlier_state_are_listed_and_shown() {
    let place = Place::without_lab();
    folder::copy(&fixture().join(STATE), &place.state());
    let (listed, list) = place.dogwatch(&["incident", "list"]);
    for incident in ["i1", "mail01 hangs", "i2", "the console of esx is full", "i3", "nobody can log in"] {
        assert!(listed && list.contains(incident), "no {incident:?} in {list}");
    }
    let (shown, timeline) = place.dogwatch(&["incident", "show", "i1"]);
    for word in ["the owner of mail01 knows", "nobody reads this yet", "r1", "r2", "r3", "r4"] {
        assert!(shown && timeline.contains(word), "no {word:?} in {timeline}");
    }
    let (holds, printed) = place.dogwatch(&["audit", "verify"]);
    assert!(holds && printed.contains("the record holds: 29 events"), "{printed}");
}
