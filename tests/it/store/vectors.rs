//! The published test vectors, every kind of event among them: an independent program (Python's
//! json and hashlib) made them.

use std::collections::BTreeSet;

use dogwatch::domain::audit::chain::{Envelope, Head, event_hash, follow};
use dogwatch::domain::canonical::canonical;
use dogwatch::domain::id::Digest;
use dogwatch::domain::plan::WayBack;
use dogwatch::domain::policy::basis::Basis;
use dogwatch::domain::record::event::{ApprovalEnd, Event};
use dogwatch::domain::record::run::{Outcome, StepEnd, Verdict};
use dogwatch::domain::record::severity::Severity;
use dogwatch::domain::world::action::Risk;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    previous: Digest,
    envelope: serde_json::Value,
    canonical: String,
    hash: Digest,
}

impl Vector {
    fn envelope(&self) -> Envelope<Event> {
        serde_json::from_value(self.envelope.clone()).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

fn vectors() -> Vec<Vector> {
    let Vectors { vectors } = serde_json::from_str(include_str!("../../vectors/event.json")).unwrap();
    vectors
}

/// What the vectors tell, in order.
pub fn envelopes() -> impl Iterator<Item = Envelope<Event>> {
    vectors().into_iter().map(|vector| vector.envelope())
}

/// The name of every variant, and of the one at hand. A variant that is missing here does not
/// compile; one that is here needs a vector.
macro_rules! variants {
    ($name:ident, $all:ident, $of:ident: $($variant:ident)*) => {
        const $all: &[&str] = &[$(concat!(stringify!($of), "::", stringify!($variant))),*];

        fn $name(value: &$of) -> &'static str {
            match value {
                $($of::$variant { .. } => concat!(stringify!($of), "::", stringify!($variant)),)*
            }
        }
    };
}

variants! { event, EVENTS, Event:
    IncidentOpened IncidentUsed IncidentNoted IncidentResolved IncidentSeverityChanged IncidentAssigned
    IncidentThreaded QuestionAnswered AnswerJudged ConversationQuieted RequestOpened ApprovalGiven
    ApprovalWithdrawn RequestDenied RequestCancelled RequestExpired StartRefused CommandRefused
    RunStarted RunRecovered StepStarted OutputKept StepEnded VerifyEnded HostEnded RunEnded
    CancelAsked RunSettled ApprovalEnded RolesUnanswered ClockBehind ClockCaughtUp ClockAccepted
    HeadTold VerifiedBefore
}
/// An approval as it is since groups give roles; the ones before hold no role.
const WITH_CHAT_ROLE: &str = "Event::ApprovalGiven with chat_role";
/// An answer that said so; others don't mention it.
const DOUBTFUL: &str = "Event::QuestionAnswered that is doubtful";
/// A verification that said so; others don't mention it.
const NOT_APPLICABLE: &str = "Event::VerifyEnded that does not apply";
variants! { severity, SEVERITIES, Severity: Sev1 Sev2 Sev3 }
variants! { risk, RISKS, Risk: Read Change Destructive }
variants! { basis, BASES, Basis: NoneNeeded Quorum }
variants! { way_back, WAYS_BACK, WayBack: None Command }
variants! { step_end, STEP_ENDS, StepEnd: Done TimedOut Cancelled NotRun Unknown }
variants! { approval_end, APPROVAL_ENDS, ApprovalEnd: Lapsed RoleGone }
variants! { verdict, VERDICTS, Verdict: Holds Fails NotApplicable NotSeen }
variants! { outcome, OUTCOMES, Outcome: NothingDone Succeeded Cancelled Failed Unknown }

fn variants_in(envelope: &Envelope<Event>) -> Vec<&'static str> {
    let mut found = vec![event(&envelope.event)];
    match &envelope.event {
        Event::IncidentOpened { severity: how, .. } => found.push(severity(how)),
        Event::RequestOpened { plan, .. } => {
            found.extend([risk(&plan.risk), basis(&plan.basis)]);
            found.extend(plan.hosts.iter().filter_map(|host| host.rollback.as_ref()).map(way_back));
        }
        Event::ApprovalGiven { chat_role: Some(_), .. } => found.push(WITH_CHAT_ROLE),
        Event::QuestionAnswered { doubtful: true, .. } => found.push(DOUBTFUL),
        Event::VerifyEnded { not_applicable: true, .. } => found.push(NOT_APPLICABLE),
        Event::ApprovalEnded { why, .. } => found.push(approval_end(why)),
        Event::StepEnded { end, .. } => found.push(step_end(end)),
        Event::VerifiedBefore { found: how, .. } => found.push(verdict(how)),
        Event::HostEnded { outcome: how, .. } => found.push(outcome(how)),
        _ => {}
    }
    found
}

#[test]
fn canonical_bytes_and_hashes_are_the_published_ones() {
    let mut head = Head::START;
    for vector in vectors() {
        let (name, envelope) = (&vector.name, vector.envelope());
        let bytes = canonical(&envelope).unwrap();
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), vector.canonical, "{name}");
        assert_eq!(serde_json::from_slice::<Envelope<Event>>(&bytes).unwrap(), envelope, "{name}");
        assert_eq!(vector.previous, head.hash, "{name}");
        assert_eq!(event_hash(head.hash, &bytes), vector.hash, "{name}");
        head = follow(head, &envelope.store, &bytes, vector.hash).unwrap();
    }
}

#[test]
fn every_kind_of_event_has_a_vector() {
    let found: BTreeSet<_> = envelopes().flat_map(|envelope| variants_in(&envelope)).collect();
    let more: &[&str] = &[WITH_CHAT_ROLE, DOUBTFUL, NOT_APPLICABLE];
    let all =
        [EVENTS, SEVERITIES, RISKS, BASES, WAYS_BACK, APPROVAL_ENDS, STEP_ENDS, VERDICTS, OUTCOMES, more]
            .concat();
    let missing: Vec<_> = all.into_iter().filter(|variant| !found.contains(variant)).collect();
    assert!(missing.is_empty(), "no vector has {missing:?}");
}

#[test]
fn digests_of_plans_are_those_of_the_requests() {
    for envelope in envelopes() {
        if let Event::RequestOpened { request, plan, digest, .. } = envelope.event {
            assert_eq!((plan.request, plan.digest().unwrap()), (request, digest));
        }
    }
}
