//! What was said, what was recorded, and what the hosts themselves noted must agree.

use dogwatch::domain::event::Event;
use dogwatch::domain::plan::Command;
use dogwatch::domain::request::{HostPhase, Request, Status};
use dogwatch::domain::run::{Outcome, StepEnd};
use dogwatch::lab::Play;
use regex::Regex;

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

/// Everything that was answered is in the record: an answer comes after its events are on disk.
/// Returns how many answers that were.
pub fn assert_recorded(said: &str, record: &Record, context: &str) -> usize {
    let answer = Regex::new(concat!(
        r"(?m)^[-+!?] (?:",
        r"incident i(?<opened>\d+) \(\w+\) is open",
        r"|(?<noted>noted) in i1$",
        r"|r(?<waits>\d+) waits for approval: ",
        r"|r(?<approved>\d+) approved by (?<person>\w+), plan",
        r"|r(?<starts>\d+) starts \(",
        r"|r(?<done>\d+) `[\w-]+` step (?<step>\d+) of \d+ `.*`: done$",
        r"|r(?<verified>\d+) `[\w-]+` verification holds$",
        r"|r(?<ended>\d+) (?<outcome>succeeded|failed|cancelled|unknown)$",
        r")"
    ))
    .unwrap();
    let mut answers = 0;
    let mut notes = 0;
    for found in answer.captures_iter(said) {
        let line = &found[0];
        let number = |name| found.name(name).and_then(|number| number.as_str().parse::<u64>().ok());
        let is = |event: &Event, number: u64| event.request().is_some_and(|id| id.0 == number);
        let recorded = |is: &dyn Fn(&Event) -> bool| record.events.iter().any(is);
        let there = if let Some(n) = number("opened") {
            recorded(&|event| matches!(event, Event::IncidentOpened { incident, .. } if incident.0 == n))
        } else if found.name("noted").is_some() {
            notes += 1;
            record.count(|event| matches!(event, Event::IncidentNoted { .. })) >= notes
        } else if let Some(n) = number("waits") {
            recorded(&|event| matches!(event, Event::RequestOpened { .. }) && is(event, n))
        } else if let Some(n) = number("approved") {
            let who = &found["person"];
            recorded(&|event| {
                is(event, n) && matches!(event, Event::ApprovalGiven { person, .. } if person == who)
            })
        } else if let Some(n) = number("starts") {
            recorded(&|event| matches!(event, Event::RunStarted { .. }) && is(event, n))
        } else if let Some((n, ended)) = number("done").zip(number("step")) {
            let end = |event: &Event| match event {
                Event::StepEnded { step, end: StepEnd::Done(_), .. } => *step as u64 + 1 == ended,
                _ => false,
            };
            recorded(&|event| is(event, n) && end(event))
        } else if let Some(n) = number("verified") {
            recorded(&|event| is(event, n) && matches!(event, Event::VerifyEnded { problem: None, .. }))
        } else if let Some(n) = number("ended") {
            let said: Outcome = found["outcome"].parse().unwrap();
            recorded(&|event| {
                is(event, n) && matches!(event, Event::RunEnded { outcome, .. } if *outcome == said)
            })
        } else {
            false
        };
        assert!(there, "{context}: was said and is not in the record: {line}");
        answers += 1;
    }
    answers
}
