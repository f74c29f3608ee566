//! What somebody could mean while they type a value of a slash command.
//!
//! Invariant: a suggestion is a help for typing and nothing else; what is sent is checked like any
//! other value. Whoever asks for suggestions makes sure that they go to somebody who may look.

use super::slash::{BETWEEN, Slash, chosen};
use crate::chat::parse;
use crate::domain::command::table::{self, Kind};
use crate::domain::id::{ActionId, HostName};
use crate::domain::planning::planner::effective_risk;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::text::is_invisible;
use crate::domain::world::action::Action;
use crate::domain::world::host::Host;

/// Suggestions at one time.
pub const SUGGESTIONS_MAX: usize = 25;
/// Characters of the name and of the value of a suggestion.
pub const SUGGESTION_LEN_MAX: usize = 100;

/// What has happened and can be named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Incidents by id with their titles, the most likely first.
    pub incidents: Vec<(String, String)>,
    /// Requests by id with what they are about, the most likely first.
    pub requests: Vec<(String, String)>,
}

/// Something that can be meant.
struct Candidate {
    /// What it is found by first.
    id: String,
    /// What else it is found by.
    about: String,
    /// What is shown.
    name: String,
    /// What is sent.
    value: String,
}

impl Candidate {
    /// Something with an id, told as `ID - TITLE (REMARK)`.
    fn titled(id: &str, title: &str, remark: &str) -> Self {
        let remark = if remark.is_empty() { String::new() } else { format!(" ({remark})") };
        let room = SUGGESTION_LEN_MAX.saturating_sub(length(id) + length(BETWEEN) + length(&remark));
        let name = match shown(title, room) {
            empty if empty.is_empty() => format!("{id}{remark}"),
            title => format!("{id}{BETWEEN}{title}{remark}"),
        };
        Self { id: id.to_owned(), about: format!("{title}{remark}"), name, value: id.to_owned() }
    }
}

/// At most [`SUGGESTIONS_MAX`] names with their values for the option that is being typed, the best
/// first.
pub fn suggest(catalogue: &Catalogue, known: &Known, slash: &Slash, focused: &str) -> Vec<(String, String)> {
    let path = slash.path.join(" ");
    let typed = slash.value(focused);
    let option = table::find(&path).and_then(|named| {
        named.leaf.options.iter().find(|option| option.name == focused).map(|option| option.kind)
    });
    let titled = |(id, title): &(String, String)| Candidate::titled(id, title, "");
    match option {
        Some(Kind::Action) => ranked(typed, actions(catalogue)),
        Some(Kind::Host) => ranked(typed, hosts(catalogue, None, "", &[])),
        Some(Kind::Hosts) => {
            let (before, last) = typed.rsplit_once(',').unwrap_or(("", typed));
            let listed = parse::hosts(before);
            let before: String = listed.iter().flat_map(|host| [host.as_str(), ","]).collect();
            ranked(last, hosts(catalogue, action(catalogue, slash), &before, &listed))
        }
        Some(Kind::Article) => {
            let articles = catalogue.articles.values();
            ranked(typed, articles.map(|article| Candidate::titled(article.id.as_str(), &article.title, "")))
        }
        Some(Kind::Incident) => ranked(typed, known.incidents.iter().map(titled)),
        Some(Kind::Request) => ranked(typed, known.requests.iter().map(titled)),
        None if path == "run" => ranked(typed, choices(action(catalogue, slash), focused)),
        Some(Kind::Text | Kind::Choice(_) | Kind::Person) | None => Vec::new(),
    }
}

/// The action that is chosen already.
fn action<'a>(catalogue: &'a Catalogue, slash: &Slash) -> Option<&'a Action> {
    catalogue.action(&ActionId::from(chosen(slash.value("action")))).map(|(_, action)| action)
}

fn actions(catalogue: &Catalogue) -> impl Iterator<Item = Candidate> {
    catalogue.actions().map(|(_, action)| {
        let risk = effective_risk(catalogue, action).to_string();
        Candidate::titled(action.id.as_str(), &action.title, &risk)
    })
}

/// The hosts that an action works on, without those that are listed already. The name is the value,
/// letter by letter: a client goes on typing after the name, and the next host has to follow a list.
fn hosts(
    catalogue: &Catalogue,
    action: Option<&Action>,
    before: &str,
    listed: &[HostName],
) -> impl Iterator<Item = Candidate> {
    let fits = move |host: &&Host| {
        action.is_none_or(|action| host.platforms.iter().any(|platform| action.platforms.contains(platform)))
            && !listed.contains(&host.name)
    };
    catalogue.inventory.values().filter(fits).map(move |host| {
        let platforms: Vec<_> = host.platforms.iter().map(|platform| platform.word()).collect();
        let list = format!("{before}{}", host.name);
        Candidate {
            id: host.name.to_string(),
            about: format!("{} {}", platforms.join(" "), host.labels.join(" ")),
            name: list.clone(),
            value: list,
        }
    })
}

fn choices(action: Option<&Action>, param: &str) -> impl Iterator<Item = Candidate> {
    let param = action.and_then(|action| action.params.get(param));
    param.into_iter().flat_map(|param| &param.choices).map(|choice| Candidate::titled(choice, "", ""))
}

/// The candidates that fit what is typed, the best first, those that fit alike in their order.
fn ranked(typed: &str, candidates: impl Iterator<Item = Candidate>) -> Vec<(String, String)> {
    let typed = typed.trim().to_lowercase();
    let words = words(&typed);
    let mut found: Vec<_> = candidates
        .filter(|candidate| is_sendable(&candidate.name) && is_sendable(&candidate.value))
        .filter_map(|candidate| Some((rank(&typed, &words, &candidate)?, candidate)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.truncate(SUGGESTIONS_MAX);
    found.into_iter().map(|(_, candidate)| (candidate.name, candidate.value)).collect()
}

/// How far a candidate is from what is typed: its id begins with it, or every word typed begins a
/// word of it, is within one, or is as many wrong letters away; none if it is something else.
fn rank(typed: &str, typed_words: &[String], candidate: &Candidate) -> Option<usize> {
    if candidate.id.to_lowercase().starts_with(typed) {
        return Some(0);
    }
    let own: Vec<_> = words(&candidate.id).into_iter().chain(words(&candidate.about)).collect();
    let ranks = typed_words.iter().map(|word| word_rank(word, &own));
    ranks.reduce(|worst, rank| Some(worst?.max(rank?)))?
}

fn word_rank(typed: &str, own: &[String]) -> Option<usize> {
    if own.iter().any(|word| word.starts_with(typed)) {
        return Some(1);
    }
    if own.iter().any(|word| word.contains(typed)) {
        return Some(2);
    }
    let wrong = own.iter().map(|word| wrong_letters(typed, word)).min()?;
    (wrong <= typed.chars().count() / 3).then_some(2 + wrong)
}

/// Letters of `typed` that are wrong if it is `word` or, still being typed, its beginning.
fn wrong_letters(typed: &str, word: &str) -> usize {
    let beginning: String = word.chars().take(typed.chars().count()).collect();
    strsim::damerau_levenshtein(typed, word).min(strsim::damerau_levenshtein(typed, &beginning))
}

/// Words of a text that are compared.
const WORDS_MAX: usize = 32;
/// Characters of such a word.
const WORD_LEN_MAX: usize = 32;

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words = words.map(|word| word.chars().take(WORD_LEN_MAX).collect::<String>().to_lowercase());
    words.take(WORDS_MAX).collect()
}

fn is_sendable(text: &str) -> bool {
    (1..=SUGGESTION_LEN_MAX).contains(&length(text)) && !text.chars().any(is_hidden)
}

fn is_hidden(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

/// The length as Discord counts at the most: in units of UTF-16.
fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Somebody's words on one line of at most `max` characters, without what can't be seen.
pub(super) fn shown(text: &str, max: usize) -> String {
    let visible: String = text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if length(&line) <= max {
        return line;
    }
    let mut room = max.saturating_sub(length(CUT));
    let fits = |c: &char| {
        let fits = c.len_utf16() <= room;
        room = room.saturating_sub(c.len_utf16());
        fits
    };
    let kept: String = line.chars().take_while(fits).collect();
    match kept.trim_end() {
        "" => String::new(),
        kept => format!("{kept}{CUT}"),
    }
}

/// What stands where a text was cut.
const CUT: &str = "...";

#[cfg(test)]
mod tests;
