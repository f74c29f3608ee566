//! The first version's record, as it was written then: every later version has to open it, lose
//! nothing of it and make the same of it. The kinds of events that came later are added to it from
//! the vectors.
//!
//! `DOGWATCH_WRITE_FIXTURE=1` writes it anew from the vectors that it was made of, which is right
//! only before a version is released.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dogwatch::domain::audit::chain::{GENESIS, event_hash};
use dogwatch::domain::canonical::canonical;
use dogwatch::domain::id::{ConversationId, RequestId};
use dogwatch::domain::record::answer::Answer;
use dogwatch::domain::record::event::Event;
use dogwatch::domain::record::incident::Incident;
use dogwatch::domain::record::moment::Moment;
use dogwatch::domain::record::request::{HostPhase, Request};
use dogwatch::domain::record::state::State;
use dogwatch::domain::world::actor::ActorId;
use dogwatch::store::{Recorded, Store, verify};
use tempfile::TempDir;

use super::vectors::envelopes;
use super::{NOW_MS, opened};
use crate::bot::record::folded;
use crate::folder;

/// Events of the fixture: as many vectors as there were then.
const EVENTS: usize = 77;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-v1")
}

fn write(path: &Path) {
    let dir = TempDir::new().unwrap();
    let (mut store, _) = opened::<Event>(dir.path()).unwrap();
    for envelope in envelopes().take(EVENTS) {
        store.append(envelope.at_ms, vec![(envelope.actor, envelope.event)]).unwrap();
    }
    drop(store);
    fs::remove_file(dir.path().join("holder")).unwrap();
    if path.exists() {
        fs::remove_dir_all(path).unwrap();
    }
    folder::copy(dir.path(), path);
}

/// Seconds of the story.
fn at(ms: u64) -> String {
    format!("{} s", (ms - NOW_MS) / 1000)
}

fn summary(state: &State) -> String {
    let mut text = String::new();
    for incident in state.incidents.values() {
        describe_incident(&mut text, incident);
    }
    for (conversation, incident) in &state.conversations {
        writeln!(text, "{conversation} uses {incident}").unwrap();
    }
    for request in state.requests.values() {
        describe_request(&mut text, request);
    }
    for answer in state.answers.values() {
        let Answer { id, at_ms, conversation, question, articles, doubtful, judged } = answer;
        let (at, doubt) = (at(*at_ms), if *doubtful { ", doubtful" } else { "" });
        writeln!(text, "{id} in {conversation} at {at}: {question:?} {articles:?}{doubt}, {judged:?}")
            .unwrap();
    }
    for conversation in &state.quiet {
        writeln!(text, "quiet in {conversation}").unwrap();
    }
    text
}

fn describe_incident(text: &mut String, incident: &Incident) {
    let Incident { id, title, severity, opened_by, opened_at_ms, .. } = incident;
    let Incident { assigned_to, thread, resolved_at_ms, timeline, .. } = incident;
    let resolved = resolved_at_ms.map_or("open".to_owned(), |ms| format!("resolved at {}", at(ms)));
    let severity = severity.word();
    writeln!(text, "{id} {title}: {severity}, by {opened_by} at {}, {resolved}", at(*opened_at_ms)).unwrap();
    if let Some(person) = assigned_to {
        writeln!(text, "  given to {person}").unwrap();
    }
    if let Some(conversation) = thread {
        writeln!(text, "  in {conversation}").unwrap();
    }
    let seqs: Vec<_> = timeline.iter().map(|moment| moment.seq.to_string()).collect();
    writeln!(text, "  events {}", seqs.join(" ")).unwrap();
}

fn describe_request(text: &mut String, request: &Request) {
    let Request { id, incident, conversation, plan, status, approvals, run, .. } = request;
    let incident = incident.map_or("no incident".to_owned(), |incident| incident.to_string());
    let (requester, opened) = (&plan.requester, at(request.opened_at_ms));
    let expires = at(request.expires_at_ms);
    writeln!(text, "{id} {}: {status:?}; {} {:?}", plan.action, plan.risk, plan.basis).unwrap();
    writeln!(text, "  {incident}, {requester} in {conversation}, {opened} to {expires}").unwrap();
    for (person, approval) in approvals {
        let fits = if approval.digest == request.digest { "this plan" } else { "ANOTHER PLAN" };
        let role = approval.chat_role.map_or(String::new(), |role| format!(" as {role}"));
        writeln!(text, "  {person} ({}) approved {fits} at {}{role}", approval.actor, at(approval.at_ms))
            .unwrap();
    }
    let Some(run) = run else { return };
    let flags = [(run.recovered, ", recovered"), (run.cancel_asked, ", cancel asked")];
    let flags: String = flags.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    writeln!(text, "  ran at {} on {:?}{flags}", at(run.started_at_ms), run.basis).unwrap();
    for (host, planned) in run.hosts.iter().zip(&plan.hosts) {
        let HostPhase::Ended(outcome, why) = &host.phase else { panic!("{id}: {:?}", host.phase) };
        let verified = match &host.verified {
            None => "not verified",
            Some(None) => "verified",
            Some(Some(problem)) => problem,
        };
        writeln!(text, "  {} {outcome} ({why}); {verified}", planned.name).unwrap();
        for (step, output) in &host.output {
            writeln!(text, "    {step:?} {output:?}").unwrap();
        }
    }
    if let Some((actor, reason)) = &run.settled {
        writeln!(text, "  settled by {actor}: {reason}").unwrap();
    }
}

#[test]
fn the_first_version_opens_and_goes_on() {
    if std::env::var_os("DOGWATCH_WRITE_FIXTURE").is_some() {
        write(&fixture());
    }
    let dir = TempDir::new().unwrap();
    folder::copy(&fixture(), dir.path());
    let report = verify(dir.path()).unwrap();
    assert!(report.is_sound() && report.head.seq == EVENTS as u64, "{report:?}");
    let (mut store, recorded) = Store::open::<Event>(dir.path(), NOW_MS).unwrap();
    assert_eq!(store.head(), report.head);

    // A field that was renamed and may be missing would be read as none: the hash tells.
    let mut previous = GENESIS;
    for Recorded { envelope, hash } in &recorded {
        let bytes = canonical(envelope).unwrap();
        assert_eq!(event_hash(previous, &bytes), *hash, "read back otherwise: {envelope:?}");
        previous = *hash;
    }

    let before = summary(&folded(&recorded));
    insta::assert_snapshot!(before);

    let mut state = folded(&recorded);
    assert_eq!(state.next_request(), RequestId(11));
    let mut more: Vec<_> = envelopes().skip(EVENTS).map(|later| (later.actor, later.event)).collect();
    let incident = state.incident_in_use(&ConversationId::from("demo:ben")).unwrap().id;
    more.extend([
        (ActorId("demo:ben".to_owned()), Event::IncidentNoted { incident, text: "it goes on".to_owned() }),
        (ActorId("demo:ana".to_owned()), Event::IncidentResolved { incident, text: String::new() }),
    ]);
    let appended = store.append(NOW_MS, more).unwrap();
    for Recorded { envelope, .. } in &appended {
        let (seq, actor) = (envelope.seq, envelope.actor.clone());
        state.apply(&Moment { seq, at_ms: envelope.at_ms, actor, event: envelope.event.clone() });
    }
    let after = summary(&state);
    let added: Vec<_> = after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
    insta::assert_snapshot!("what_came_later", added.join("\n"));
    drop(store);
    assert_eq!(verify(dir.path()).unwrap().head.seq, (EVENTS + appended.len()) as u64);
    let (store, recorded) = Store::open::<Event>(dir.path(), NOW_MS).unwrap();
    assert_eq!(folded(&recorded), state);
    assert_eq!(store.outbox().unwrap(), [], "the first version had no outbox");
}
