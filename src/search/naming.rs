//! What a question names: products, and of an action what it does and what it does it to.
//!
//! Invariant: words are found by their stems and by the synonyms of the knowledge base, as everywhere in the
//! search, and told as they were typed. What is done with them is decided elsewhere
//! ([`crate::domain::rules::offers`]).

use std::collections::HashSet;

use super::analysis::{Analyzer, Unit};
use super::entry::{Entry, Placed};
use super::segments::Segments;
use crate::domain::world::citation::Candidate;
use crate::domain::world::host::Platform;

/// Words before a deed by which it is said not to be, to have been tried, or only to be talked of.
const DENYING: &[&str] = &[
    "after",
    "alternative",
    "alternatives",
    "avoid",
    "avoiding",
    "cannot",
    "danger",
    "dangerous",
    "dangers",
    "despite",
    "ever",
    "failed",
    "failing",
    "fails",
    "ignored",
    "ignores",
    "instead",
    "never",
    "no",
    "not",
    "prevent",
    "preventing",
    "prevents",
    "refused",
    "refuses",
    "should",
    "survived",
    "survives",
    "unable",
    "undo",
    "wants",
    "who",
    "without",
];
/// How many words before it such a word may stand.
const DENYING_DISTANCE_MAX: usize = 3;
/// Words behind a deed that say that it was of no use.
const FAILING: &[&str] = &[
    "after", "error", "failed", "fails", "hangs", "ignored", "next", "not", "nothing", "refused", "remains",
    "sits", "still", "survived", "survives",
];
/// What begins to speak of something else: `kill the guest that does not answer`.
const PARTING: &[&str] = &["because", "since", "that", "which", "who"];
/// Words that end what the verb of a title is about: what follows says where, how or what for.
const ENDING: &[&str] = &[
    "at", "by", "for", "from", "in", "into", "on", "so", "that", "through", "to", "which", "with", "without",
];

/// Products by the names that articles give them, and platforms.
pub(super) struct Products(Vec<Product>);

struct Product {
    /// In small letters, without versions.
    words: Vec<String>,
    /// The synonyms of the whole name, if it has any.
    meaning: Option<usize>,
}

impl Products {
    /// Those of all articles.
    pub fn of(analyzer: &Analyzer, segments: &Segments) -> tantivy::Result<Self> {
        let mut products: Vec<Product> = Vec::new();
        let mut add = |name: &str| {
            let product = Product::new(analyzer, name);
            if !product.words.is_empty() && products.iter().all(|known| known.words != product.words) {
                products.push(product);
            }
        };
        PLATFORMS.iter().copied().map(product_of).for_each(&mut add);
        segments.each_word(segments.fields.product, &mut add)?;
        Ok(Self(products))
    }

    /// The words of a question that name a product which an article is not about.
    pub fn elsewhere(&self, analyzer: &Analyzer, asked: &[Unit<'_>], entry: &Entry) -> Vec<String> {
        let named: Vec<_> = self.0.iter().map(|product| (product, product.named(asked))).collect();
        if named.iter().all(|(_, words)| words.is_empty()) {
            return Vec::new();
        }
        let mut about: Vec<Product> =
            entry.labels().chain([&entry.title]).map(|label| Product::new(analyzer, label)).collect();
        let platforms = entry.actions.iter().flat_map(|action| &action.platforms);
        about.extend(platforms.map(|platform| Product::new(analyzer, product_of(*platform))));
        let elsewhere = named.into_iter().filter(|(product, _)| !about.iter().any(|it| it.is_of(product)));
        elsewhere.flat_map(|(_, words)| words).collect()
    }
}

const PLATFORMS: &[Platform] =
    &[Platform::Esx3, Platform::Esxi, Platform::Kvm, Platform::Linux, Platform::Windows];

fn product_of(platform: Platform) -> &'static str {
    match platform {
        Platform::Esx3 => "ESX",
        platform => platform.word(),
    }
}

impl Product {
    fn new(analyzer: &Analyzer, name: &str) -> Self {
        let units = analyzer.units(name);
        let is_version = |word: &str| word.contains(|c: char| c.is_ascii_digit());
        let words = units.iter().map(lower).enumerate();
        let words: Vec<_> =
            words.filter(|(at, word)| *at == 0 || !is_version(word)).map(|(_, word)| word).collect();
        let named = units.iter().take(words.len());
        let of_one = |meaning: &&usize| {
            named.clone().all(|unit| unit.meanings.contains(meaning) && unit.is_meant_whole())
        };
        let meaning = units.first().and_then(|first| first.meanings.iter().find(of_one).copied());
        Self { words, meaning }
    }

    /// The words of a question that name it.
    fn named(&self, asked: &[Unit<'_>]) -> Vec<String> {
        let is_said = |units: &[Unit<'_>]| units.iter().map(lower).eq(self.words.iter().cloned());
        let tells = |unit: &Unit<'_>| !unit.empty && (!unit.everyday || self.words.len() > 1);
        let said = asked.windows(self.words.len()).find(|units| is_said(units) && units.iter().any(tells));
        if let Some(units) = said {
            return units.iter().map(typed).collect();
        }
        let Some(meaning) = self.meaning else { return Vec::new() };
        let means = |unit: &&Unit<'_>| unit.meanings.contains(&meaning) && unit.is_meant_whole();
        asked.iter().filter(means).map(typed).collect()
    }

    /// Whether what has this name is that product, or a part or a version of it.
    fn is_of(&self, product: &Self) -> bool {
        self.words.windows(product.words.len()).any(|words| words == product.words)
            || (self.meaning.is_some() && self.meaning == product.meaning)
    }
}

/// An action of an article, with what the question says of it if it stands in the section that is quoted.
pub(super) fn candidate(
    analyzer: &Analyzer,
    asked: &[Unit<'_>],
    action: &Placed,
    is_near: bool,
) -> Candidate {
    let id = action.offer.id.clone();
    if !is_near {
        return Candidate { id, ..Candidate::default() };
    }
    let deed = Deed::read(analyzer, action);
    let commands: Vec<usize> = deed.commands_in(asked);
    let does =
        |at: usize, unit: &Unit<'_>| commands.contains(&at) || deed.verbs.iter().any(|verb| says(unit, verb));
    let is_object = |unit: &Unit<'_>| deed.objects.iter().any(|object| says(unit, object));
    let numbered = || asked.iter().enumerate();
    let mut verbs: Vec<_> = numbered().filter(|(at, unit)| does(*at, unit)).collect();
    // A message that says it twice says the same.
    if verbs.iter().any(|(at, _)| is_denied(asked, *at)) {
        verbs.clear();
    }
    let objects = numbered().filter(|(at, unit)| is_object(unit) && !does(*at, unit));
    Candidate {
        id,
        is_near,
        verbs: verbs.into_iter().map(|(_, unit)| typed(unit)).collect(),
        objects: objects.map(|(_, unit)| typed(unit)).collect(),
    }
}

/// The words of a question that an article does not know, numbers and names with numbers aside: whoever says
/// them may mean something else than the article.
pub(super) fn strange(analyzer: &Analyzer, asked: &[Unit<'_>], entry: &Entry) -> Vec<String> {
    let offers =
        entry.actions.iter().flat_map(|action| [action.offer.title.as_str(), action.offer.id.as_str()]);
    let texts = entry.texts().chain([&entry.title]).map(String::as_str).chain(offers);
    let (mut stems, mut meanings) = (HashSet::new(), HashSet::new());
    for text in texts {
        for unit in analyzer.units(text) {
            stems.extend(unit.stems.iter().map(ToString::to_string));
            meanings.extend(unit.meanings.iter().copied());
        }
    }
    let has_number = |unit: &Unit<'_>| unit.written.contains(|c: char| c.is_ascii_digit());
    let is_known = |unit: &Unit<'_>| {
        unit.stems.iter().all(|stem| stems.contains::<str>(stem))
            || unit.meanings.iter().any(|meaning| meanings.contains(meaning))
    };
    let tells = asked.iter().filter(|unit| !unit.empty && !unit.everyday && !has_number(unit));
    tells.filter(|unit| !is_known(unit)).map(typed).collect()
}

/// What an action does and what it does it to, as its title, its id and its parameters say.
#[derive(Default)]
struct Deed {
    verbs: Vec<Said>,
    /// The command's own words for it: `stop hard`.
    command: Vec<String>,
    objects: Vec<Said>,
}

/// A word, or an expression that has synonyms.
#[derive(Debug, Clone, Default, PartialEq)]
struct Said {
    /// The stem of a word that says it alone.
    stem: Option<String>,
    meanings: Vec<usize>,
}

impl Deed {
    /// A title begins with the verb, as in `Kill the process of a virtual machine (kill -9)`; of its object
    /// it is enough to name what stands in the id, too.
    fn read(analyzer: &Analyzer, action: &Placed) -> Self {
        let (title, aside) =
            action.offer.title.split_once(['(', ',', ':', ';']).unwrap_or((&action.offer.title, ""));
        let (title, aside) = (analyzer.units(title), analyzer.units(aside));
        let id = action.offer.id.as_str().replace('-', " ");
        let id = analyzer.units(&id);
        let Some(first) = title.iter().find(|unit| !unit.empty) else {
            return Self::default();
        };
        let of_verb = |unit: &Unit<'_>| unit == first || shares(&unit.meanings, &first.meanings);
        let is_phrase = title.iter().filter(|unit| of_verb(unit)).count() > 1;
        let verbs = vec![said(first, is_phrase)];
        let in_id = |unit: &&Unit<'_>| id.iter().any(|other| other.stems == unit.stems);
        let command = aside.iter().skip_while(|unit| !in_id(unit)).take_while(in_id);
        let command = command.flat_map(|unit| unit.stems.iter().cloned()).collect();
        let rest = title.iter().skip_while(|unit| *unit != first).filter(|unit| !of_verb(unit));
        let object: Vec<_> = rest
            .take_while(|unit| !ENDING.contains(&lower(unit).as_str()))
            .filter(|unit| !unit.empty)
            .collect();
        let agreed = |unit: &&&Unit<'_>| {
            id.iter().any(|other| other.stems == unit.stems || shares(&other.meanings, &unit.meanings))
        };
        let named: Vec<_> = object.iter().filter(agreed).copied().collect();
        let object = if named.is_empty() { object } else { named };
        let is_expression = |unit: &Unit<'_>| {
            !unit.meanings.is_empty()
                && object.iter().filter(|it| shares(&it.meanings, &unit.meanings)).count() > 1
        };
        let mut objects: Vec<_> = object.iter().map(|unit| said(unit, is_expression(unit))).collect();
        let takes = action.takes.join(" ");
        let takes = analyzer.units(&takes);
        objects
            .extend(takes.iter().filter(|unit| !unit.empty && !unit.everyday).map(|unit| said(unit, false)));
        Self { verbs, command, objects }
    }

    /// The places of the words that are the command's own.
    fn commands_in(&self, asked: &[Unit<'_>]) -> Vec<usize> {
        let count = self.command.len();
        let is_it = |units: &[Unit<'_>]| units.iter().flat_map(|unit| &unit.stems).eq(&self.command);
        let starts = asked.windows(count.max(1)).enumerate().filter(|(_, units)| count > 0 && is_it(units));
        starts.flat_map(|(start, _)| start..start + count).collect()
    }
}

/// What a word of an action says, by its synonyms alone where it is a part of an expression.
fn said(unit: &Unit<'_>, is_part: bool) -> Said {
    let stem = (!is_part && unit.stems.len() == 1).then(|| unit.stems[0].clone());
    Said { stem, meanings: unit.meanings.clone() }
}

fn says(unit: &Unit<'_>, said: &Said) -> bool {
    let is_stem = |stem: &String| unit.stems == [stem.as_str()];
    // A part of `vm-support` is no machine.
    let means = unit.is_meant_whole() && shares(&unit.meanings, &said.meanings);
    said.stem.as_ref().is_some_and(is_stem) || means
}

fn shares(some: &[usize], others: &[usize]) -> bool {
    some.iter().any(|meaning| others.contains(meaning))
}

/// Whether a deed is said not to be, to be done, or to have been of no use: who says so asks for another.
fn is_denied(asked: &[Unit<'_>], at: usize) -> bool {
    let is_in = |unit: &Unit<'_>, words: &[&str]| {
        words.contains(&lower(unit).as_str()) || unit.stems.iter().any(|stem| words.contains(&stem.as_str()))
    };
    let before = &asked[at.saturating_sub(DENYING_DISTANCE_MAX)..at];
    let is_past = lower(&asked[at]).ends_with("ed") && !before.iter().any(|unit| is_in(unit, &["be"]));
    let mut after = asked[at + 1..].iter().take_while(|unit| !is_in(unit, PARTING));
    is_past || before.iter().any(|unit| is_in(unit, DENYING)) || after.any(|unit| is_in(unit, FAILING))
}

fn typed(unit: &Unit<'_>) -> String {
    unit.written.to_string()
}

fn lower(unit: &Unit<'_>) -> String {
    let word = unit.written.to_lowercase();
    word.strip_suffix("'s").map(str::to_owned).unwrap_or(word)
}

#[cfg(test)]
mod tests;
