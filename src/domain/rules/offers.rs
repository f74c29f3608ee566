//! What is offered beside an answer: few actions, the harmless first.
//!
//! Invariant: this is the one place that decides it, for chats, their buttons and `ask --json`. A change
//! stands in the very section that is quoted; what destroys is named by the question besides, what it does
//! and what to, in words that the article knows all of. Nothing is offered on an answer that may be none. The risk is what the planner sees.

use crate::domain::id::ID_PUNCTUATION;
use crate::domain::planning::planner::effective_risk;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::world::action::{Action, Risk};
use crate::domain::world::article::Article;
use crate::domain::world::citation::{Candidate, Cited, Found};
use crate::domain::world::host::Host;

/// Actions that are offered at the most.
pub const OFFERS_MAX: usize = 3;

/// The actions that are offered under a hit of this question, reading ones first; under another than the best
/// none but those.
pub fn offers<'a>(
    catalogue: &'a Catalogue,
    question: &str,
    found: &Found,
    hit: &Cited,
) -> Vec<(&'a Article, &'a Action)> {
    let is_guessed = found.doubtful || !found.mended.is_empty() || hit.outdated;
    if is_guessed || hit.elsewhere.iter().any(|word| !is_host(catalogue, word)) {
        return Vec::new();
    }
    let hosts = hosts_in_question(catalogue, question);
    // Of another hit no section is quoted in a chat.
    let is_best = found.hits.first() == Some(hit);
    let offered = hit.actions.iter().filter_map(|candidate| {
        let (article, action) = catalogue.action(&candidate.id)?;
        let risk = effective_risk(catalogue, action);
        let is_asked_for = risk == Risk::Read || (is_best && is_asked_for(catalogue, hit, candidate, risk));
        let is_offered = is_asked_for && can_run(&hosts, action);
        is_offered.then_some((candidate.is_near, risk, (article, action)))
    });
    let mut offered: Vec<_> = offered.collect();
    offered.sort_by_key(|(is_near, risk, _)| (!is_near, *risk));
    offered.truncate(OFFERS_MAX);
    offered.sort_by_key(|(_, risk, _)| *risk);
    offered.into_iter().map(|(.., offer)| offer).collect()
}

fn is_asked_for(catalogue: &Catalogue, hit: &Cited, candidate: &Candidate, risk: Risk) -> bool {
    let names = |words: &[String]| words.iter().any(|word| !is_host(catalogue, word));
    match risk {
        Risk::Read => true,
        Risk::Change => candidate.is_near,
        Risk::Destructive => {
            let knows_all = hit.strange.iter().all(|word| is_host(catalogue, word));
            candidate.is_near && knows_all && names(&candidate.verbs) && names(&candidate.objects)
        }
    }
}

/// Whether a word is the name of a host, or looks like one: it says where, not what.
fn is_host(catalogue: &Catalogue, word: &str) -> bool {
    host(catalogue, word).is_some() || looks_like_a_host(word)
}

/// A name and a number: `kvm01`, `web-02`, `esx05.example.com`.
fn looks_like_a_host(word: &str) -> bool {
    let name = word.split('.').next().unwrap_or_default();
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    letters.len() < name.len()
        && letters.starts_with(|c: char| c.is_ascii_alphabetic())
        && letters.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn host<'a>(catalogue: &'a Catalogue, word: &str) -> Option<&'a Host> {
    let word = word.trim_matches(ID_PUNCTUATION);
    let word = word.strip_suffix("'s").or(word.strip_suffix("’s")).unwrap_or(word);
    catalogue
        .inventory
        .values()
        .find(|host| host.name.as_str().eq_ignore_ascii_case(word) || host.address.eq_ignore_ascii_case(word))
}

/// The hosts that a question is about: those it names, else all; none if there is no inventory.
fn hosts_in_question<'a>(catalogue: &'a Catalogue, question: &str) -> Vec<&'a Host> {
    let named: Vec<_> = question.split_whitespace().filter_map(|word| host(catalogue, word)).collect();
    if named.is_empty() { catalogue.inventory.values().collect() } else { named }
}

/// Whether one of the hosts is of a platform of the action.
fn can_run(hosts: &[&Host], action: &Action) -> bool {
    let fits = |host: &&Host| host.platforms.iter().any(|platform| action.platforms.contains(platform));
    hosts.is_empty() || hosts.iter().any(fits)
}

#[cfg(test)]
mod tests;
