//! What speaks against each article.
//!
//! A run counts where a step is known to have run and the outcome is known: a host that could not be
//! reached, or where the action does not apply, a run that somebody stopped or that a restart cut short say
//! nothing about the article.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::report::{EXAMPLES_MAX, Neglected, REVIEW_DAYS, Reason};
use crate::domain::id::{ActionId, ArticleId};
use crate::domain::policy::catalogue::Articles;
use crate::domain::record::answer::Answer;
use crate::domain::record::request::{HostPhase, HostRun, Request};
use crate::domain::record::run::Outcome;
use crate::domain::record::state::State;
use crate::domain::world::article::{Article, NEVER_REVIEWED};

/// The articles with a reason to look at them, by score and then by id.
pub(super) fn neglected(state: &State, articles: &Articles, now_ms: u64) -> Vec<Neglected> {
    let tallies = tallies(state, articles, now_ms);
    let answers = state.answers.values().filter(|answer| !answer.articles.is_empty());
    let mut answered_ms: Vec<_> = answers.map(|answer| answer.at_ms).collect();
    answered_ms.sort_unstable();
    let neglected = tallies.into_iter().filter_map(|(id, tally)| {
        let article = articles.get(id)?;
        let answered = answered_ms.len() - answered_ms.partition_point(|at| *at < tally.since_ms);
        let enough = answered > 0 && answered >= articles.len();
        let unfound = (enough && !tally.found)
            .then_some(Reason::NeverFound { count: 0, of: u64::try_from(answered).unwrap_or(u64::MAX) });
        let reasons: Vec<_> =
            tally.reasons().into_iter().chain(overdue(article, now_ms)).chain(unfound).collect();
        let score = reasons.iter().map(Reason::points).sum();
        let title = article.title.clone();
        (!reasons.is_empty()).then_some(Neglected { article: id.clone(), title, score, reasons })
    });
    let mut neglected: Vec<_> = neglected.collect();
    // Stable: among equals the order of ids stays.
    neglected.sort_by_key(|article| Reverse(article.score));
    neglected
}

/// The beginning of the day of the last review, in ms since 1970.
fn reviewed_ms(article: &Article) -> Option<u64> {
    let day = article.reviewed.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?;
    u64::try_from(day.timestamp().as_millisecond()).ok()
}

fn overdue(article: &Article, now_ms: u64) -> Option<Reason> {
    if article.reviewed == NEVER_REVIEWED {
        return Some(Reason::NeverReviewed);
    }
    let now = Timestamp::from_millisecond(i64::try_from(now_ms).ok()?).ok()?;
    let count = days_overdue(article, now.to_zoned(TimeZone::UTC).date());
    (count > 0).then_some(Reason::ReviewOverdue { count, of: REVIEW_DAYS })
}

/// Days since the review of an article was due; none while the last one is good.
pub fn days_overdue(article: &Article, today: Date) -> u64 {
    let since = article.reviewed.parse::<Date>().and_then(|reviewed| reviewed.until(today));
    let days = since.ok().and_then(|since| u64::try_from(since.get_days()).ok());
    days.unwrap_or_default().saturating_sub(REVIEW_DAYS)
}

/// What happened with one article since its last review.
#[derive(Default)]
struct Tally<'a> {
    since_ms: u64,
    /// Whether an answer ever cited it.
    found: bool,
    judgements: u64,
    wrong: u64,
    questions: Vec<String>,
    runs: BTreeMap<&'a ActionId, Runs>,
}

/// What became of one action on its hosts.
#[derive(Default)]
struct Runs {
    hosts: u64,
    step_failed: u64,
    verification_failed: u64,
}

fn tallies<'a>(state: &'a State, articles: &'a Articles, now_ms: u64) -> BTreeMap<&'a ArticleId, Tally<'a>> {
    let mut tallies: BTreeMap<_, _> = articles
        .values()
        .map(|article| {
            // A review that is yet to come has answered nothing.
            let since_ms = reviewed_ms(article).filter(|at| *at <= now_ms).unwrap_or_default();
            (&article.id, Tally { since_ms, ..Tally::default() })
        })
        .collect();
    for answer in state.answers.values().rev() {
        for (place, id) in answer.articles.iter().enumerate() {
            let Some(tally) = tallies.get_mut(id) else { continue };
            tally.found = true;
            // What people judge is the passage that is shown: the first.
            if place == 0 && answer.at_ms >= tally.since_ms {
                tally.judge(answer);
            }
        }
    }
    for request in state.requests.values() {
        if let Some(tally) = tallies.get_mut(&request.plan.article) {
            tally.run(request);
        }
    }
    tallies
}

impl<'a> Tally<'a> {
    fn judge(&mut self, answer: &Answer) {
        for right in answer.judged.values() {
            self.judgements += 1;
            self.wrong += u64::from(!right);
        }
        let wrong = answer.judged.values().any(|right| !right);
        if wrong && self.questions.len() < EXAMPLES_MAX && !self.questions.contains(&answer.question) {
            self.questions.push(answer.question.clone());
        }
    }

    fn run(&mut self, request: &'a Request) {
        let Some(run) = &request.run else { return };
        if run.recovered || run.started_at_ms < self.since_ms {
            return;
        }
        let tried = run.hosts.iter().filter(|host| host.ran.is_some() && !host.not_applicable);
        for HostRun { phase, verified, .. } in tried {
            let HostPhase::Ended(outcome @ (Outcome::Succeeded | Outcome::Failed), _) = phase else {
                continue;
            };
            let runs = self.runs.entry(&request.plan.action).or_default();
            runs.hosts += 1;
            match (outcome, verified) {
                (Outcome::Failed, Some(Some(_))) => runs.verification_failed += 1,
                (Outcome::Failed, _) => runs.step_failed += 1,
                _ => {}
            }
        }
    }

    fn reasons(self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if self.wrong > 0 {
            let (count, of) = (self.wrong, self.judgements);
            reasons.push(Reason::Wrong { count, of, questions: self.questions });
        }
        for (action, Runs { hosts: of, step_failed, verification_failed }) in self.runs {
            if verification_failed > 0 {
                let (action, count) = (action.clone(), verification_failed);
                reasons.push(Reason::VerificationFailed { action, count, of });
            }
            if step_failed > 0 {
                let (action, count) = (action.clone(), step_failed);
                reasons.push(Reason::StepFailed { action, count, of });
            }
        }
        reasons
    }
}
