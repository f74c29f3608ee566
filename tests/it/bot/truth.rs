//! What was said, what was recorded, and what the hosts themselves noted must agree.

use dogwatch::domain::id::HostName;
use dogwatch::domain::plan::{Check, Command};
use dogwatch::domain::record::event::Event;
use dogwatch::domain::record::request::{HostPhase, Request, Status};
use dogwatch::domain::record::run::{Outcome, StepEnd};
use dogwatch::lab::Play;
use regex::{Captures, Regex};

use super::place::Place;
use super::record::Record;

/// How often a command was started on a host, by the host's own log.
fn times_played(plays: &[Play], command: &Command) -> usize {
    plays.iter().filter(|play| play.tool == command.argv[0] && play.args == command.argv[1..]).count()
}

/// Nothing ran twice, nothing ran that is not recorded, and every end that is recorded is what the
/// host saw. Returns the outcomes of the requests that have one.
pub fn assert_agrees(place: &Place, record: &Record, context: &str) -> Vec<Outcome> {
    for request in record.state.requests.values() {
        let of = |event: &&Event| event.request() == Some(request.id);
        let events: Vec<_> = record.events.iter().filter(of).collect();
        let starts = events.iter().filter(|event| matches!(event, Event::RunStarted { .. })).count();
        assert!(starts <= 1, "{context}: {} was started {starts} times", request.id);
        assert_recovery_starts_nothing(&events, context);
        for host in 0..request.plan.hosts.len() {
            assert_host_agrees(place, request, host, &events, context);
        }
    }
    let outcome = |request: &Request| match request.status {
        Status::Ended(outcome) => Some(outcome),
        _ => None,
    };
    record.state.requests.values().filter_map(outcome).collect()
}

fn assert_recovery_starts_nothing(events: &[&Event], context: &str) {
    let recovered = events.iter().position(|event| matches!(event, Event::RunRecovered { .. }));
    let after = recovered.map_or(&[][..], |at| &events[at..]);
    let step = after.iter().find(|event| matches!(event, Event::StepStarted { .. }));
    assert!(step.is_none(), "{context}: a step was started after a recovery: {step:?}");
}

fn assert_host_agrees(place: &Place, request: &Request, at: usize, events: &[&Event], context: &str) {
    let planned = &request.plan.hosts[at];
    let plays = place.plays(planned.name.as_str());
    let mut all_played = true;
    for (index, command) in planned.steps.iter().enumerate() {
        let context = format!("{context}: {} step {} on {}", request.id, index + 1, planned.name);
        let played = times_played(&plays, command);
        // A look that the verification repeats word for word can't be told from it.
        let is_look = |check: &Check| check.command.argv == command.argv;
        if planned.verify.iter().any(is_look) {
            all_played &= played > 0;
            continue;
        }
        assert!(played <= 1, "{context}: ran {played} times");
        all_played &= played == 1;
        let is_this = |of: &_, step: usize| *of == planned.name && step == index;
        let started = events
            .iter()
            .filter(|event| matches!(event, Event::StepStarted { host, step, .. } if is_this(host, *step)));
        assert!(started.count() >= played, "{context}: ran and was never recorded as started");
        for event in events {
            let Event::StepEnded { host, step, end, .. } = event else { continue };
            if !is_this(host, *step) {
                continue;
            }
            match end {
                StepEnd::Done(_) => assert_eq!(played, 1, "{context}: `done`, but the host never ran it"),
                StepEnd::NotRun(why) => assert_eq!(played, 0, "{context}: `not run` ({why}), but it ran"),
                StepEnd::Unknown(why) => assert!(!why.is_empty(), "{context}: unknown without a reason"),
                StepEnd::TimedOut | StepEnd::Cancelled => {}
            }
        }
    }
    let phase = request.run.as_ref().map(|run| &run.hosts[at].phase);
    if let Some(HostPhase::Ended(outcome, why)) = phase {
        let context = format!("{context}: {} on {}", request.id, planned.name);
        match outcome {
            Outcome::Succeeded => assert!(all_played, "{context}: succeeded without all of its steps"),
            _ => assert!(!why.is_empty(), "{context}: {outcome} without a reason"),
        }
    }
}

/// Whether an event is what an answer tells.
type Tells = fn(&Captures<'_>, &Event) -> bool;

/// The answers that tell of an event, each with what it must find in the record.
const ANSWERS: [(&str, Tells); 9] = [
    (
        r"incident i(\d+) \(\w+\) is open",
        |said, event| matches!(event, Event::IncidentOpened { incident, .. } if incident.0 == number(said, 1)),
    ),
    (r"noted in i(\d+) by \w+: (.*)$", |said, event| match event {
        Event::IncidentNoted { incident, text } => incident.0 == number(said, 1) && *text == said[2],
        _ => false,
    }),
    (r"r(\d+) waits for approval: ", |said, event| {
        matches!(event, Event::RequestOpened { .. }) && is_about(event, said)
    }),
    (r"r(\d+) approved by (\w+), plan", |said, event| {
        is_about(event, said) && matches!(event, Event::ApprovalGiven { person, .. } if *person == said[2])
    }),
    (r"r(\d+) starts \(", |said, event| matches!(event, Event::RunStarted { .. }) && is_about(event, said)),
    (r"r(\d+) `([\w-]+)` step (\d+) of \d+: `", |said, event| match event {
        Event::StepStarted { host, step, .. } => is_about(event, said) && is_step(said, host, *step),
        _ => false,
    }),
    (r"r(\d+) `([\w-]+)` step (\d+) of \d+: done$", |said, event| match event {
        Event::StepEnded { host, step, end: StepEnd::Done(_), problem: None, .. } => {
            is_about(event, said) && is_step(said, host, *step)
        }
        _ => false,
    }),
    (r"r(\d+) `([\w-]+)`: the verification holds$", |said, event| match event {
        Event::VerifyEnded { host, problem: None, .. } => is_about(event, said) && *host.as_str() == said[2],
        _ => false,
    }),
    (r"r(\d+) (succeeded|failed|cancelled|unknown)(?:: .*)?$", |said, event| match event {
        Event::RunEnded { outcome, .. } | Event::RunSettled { outcome, .. } => {
            is_about(event, said) && *outcome == said[2].parse().unwrap()
        }
        _ => false,
    }),
];

fn number(said: &Captures<'_>, group: usize) -> u64 {
    said[group].parse().unwrap()
}

fn is_about(event: &Event, said: &Captures<'_>) -> bool {
    event.request().is_some_and(|id| id.0 == number(said, 1))
}

fn is_step(said: &Captures<'_>, host: &HostName, step: usize) -> bool {
    *host.as_str() == said[2] && step as u64 + 1 == number(said, 3)
}

/// Everything that was answered is in the record: an answer comes after its events are on disk.
/// Returns the patterns of the answers that were never given.
pub fn assert_recorded(said: &str, record: &Record, context: &str) -> Vec<&'static str> {
    let is_given = |(pattern, tells): &(&str, Tells)| {
        let answer = Regex::new(&format!("(?m)^[-+!?] {pattern}")).unwrap();
        for found in answer.captures_iter(said) {
            let there = record.events.iter().any(|event| tells(&found, event));
            assert!(there, "{context}: was said and is not in the record: {}", &found[0]);
        }
        answer.is_match(said)
    };
    ANSWERS.iter().filter(|answer| !is_given(answer)).map(|(pattern, _)| *pattern).collect()
}
