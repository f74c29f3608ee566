//! An article and its ranked chunks -> the section to cite.
//!
//! The title stands in every chunk, so it says nothing about which section to cite: that is the one which
//! says most of the question itself, words that few sections of the article have weighing most. Where
//! none says anything, since the question names the topic alone, it is the first that says what to do.
//!
//! A section that only supports an answer (what people see, why it happens, how to check) yields to another
//! that is nearly as good: whoever asks wants to know what to do. To somebody who asks why, the cause is the
//! answer. What people see is no answer at all, also where they paste it: where no other section is nearly as
//! good, the first that says what to do is cited. A few sentences above a list of steps yield to the steps
//! below them in the same way, and so does the text under the title of an article about a trouble.

use tantivy::postings::Postings as _;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Term};

use super::analysis::{Analyzer, Unit, meaning_term};
use super::chunk::TITLE_TIMES;
use super::question::Question;
use super::ranking::Ranked;
use super::segments::{Segments, stands_in};
use crate::domain::world::article::Section;

/// How often a word must be said for half of its weight. Steeper than where articles are ranked: a section
/// that is about a word says it often.
const HALF_SAID: f32 = 4.0;
/// What parts of a compound tell where another section of the article says it as a whole.
const PART_TELLS: f32 = 0.5;
/// To what part of its score a supporting section yields.
const SUPPORTING_YIELDS: f32 = 0.5;
/// The same of what people see, which is cited in no case.
const SYMPTOMS_YIELD: f32 = 0.4;
/// The same of all others for somebody who asks why.
const REASON_YIELDS: f32 = 0.25;
/// The same of when to call somebody: it is what to do.
const ESCALATION_YIELDS: f32 = 0.65;
/// The same of the text under the title where there are symptoms: it says what the trouble is.
const INTRODUCTION_YIELDS: f32 = 0.7;
/// To what part of its score a mere overview yields to a section below it.
const OVERVIEW_YIELDS: f32 = 0.5;
/// Words of the heading of a supporting section: a longer one says what to do.
const SUPPORTING_WORDS_MAX: usize = 3;

/// What a top heading says that its sections are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Symptoms,
    Cause,
    Check,
    Escalation,
    Resolution,
    /// To say what to do, or what is so.
    Answer,
}

/// The number and the score of each section that says something of the question itself, best first.
pub(super) fn scored(
    analyzer: &Analyzer,
    segments: &Segments,
    (question, rarities): (&Question<'_>, &[f32]),
    title: &str,
    ranked: &Ranked,
) -> tantivy::Result<Vec<(usize, f32)>> {
    let title = analyzer.units(title);
    let found = ranked.chunks.iter();
    let mut chunks: Vec<(DocAddress, usize, f32)> =
        found.filter_map(|(chunk, score)| Some((*chunk, segments.section(*chunk)?, *score))).collect();
    chunks.sort_by_key(|(chunk, ..)| *chunk);
    let places: Vec<DocAddress> = chunks.iter().map(|(chunk, ..)| *chunk).collect();
    let mut said = vec![0.0; chunks.len()];
    for (unit, rarity) in question.units.iter().zip(rarities) {
        let told = tell_themselves(segments, unit, &title, &places)?;
        said.iter_mut().zip(told).for_each(|(said, told)| *said += rarity * told);
    }
    let most = said.iter().copied().fold(0.0, f32::max);
    let best = chunks.iter().map(|(_, _, score)| *score).fold(f32::MIN_POSITIVE, f32::max);
    let mut sections: Vec<(usize, f32)> = Vec::new();
    if most > 0.0 {
        for ((_, section, score), said) in chunks.iter().zip(said).filter(|(_, said)| *said > 0.0) {
            // Both count alike: the score knows what stands close together, and what is near in meaning.
            let score = said / most + score / best;
            match sections.iter_mut().find(|(number, _)| number == section) {
                Some((_, known)) => *known = known.max(score),
                None => sections.push((*section, score)),
            }
        }
        sections.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }
    Ok(sections)
}

/// A part of all.
#[expect(clippy::cast_precision_loss, reason = "chunks of one article")]
fn portion(part: usize, all: usize) -> f32 {
    part as f32 / all as f32
}

/// How much of a unit each chunk says beside its title, and how well that tells it from the others: together
/// from 0 to 1. Where one says a compound as a whole, what others say is a part of another compound.
fn tell_themselves(
    segments: &Segments,
    unit: &Unit<'_>,
    title: &[Unit<'_>],
    chunks: &[DocAddress],
) -> tantivy::Result<Vec<f32>> {
    let fields = segments.fields;
    let in_title = |word: &String| {
        let words = title.iter().flat_map(|unit| unit.stems.iter().chain(&unit.wholes));
        words.filter(|it| *it == word).count()
    };
    let most = |says: &mut Vec<f32>, beside: Vec<f32>, part: f32| {
        says.iter_mut().zip(beside).for_each(|(says, it)| *says = says.max(part * it));
    };
    let mut wholes = vec![0.0_f32; chunks.len()];
    for whole in &unit.wholes {
        most(&mut wholes, beside(segments, fields.text, whole, in_title(whole), chunks)?, 1.0);
    }
    let mut parts = vec![0.0_f32; chunks.len()];
    for stem in &unit.stems {
        let part = portion(1, unit.stems.len());
        let beside = beside(segments, fields.text, stem, in_title(stem), chunks)?;
        parts.iter_mut().zip(beside).for_each(|(says, it)| *says += part * it);
    }
    for meaning in &unit.meanings {
        let in_title = title.iter().filter(|it| it.meanings.contains(meaning)).count();
        let beside = beside(segments, fields.meanings, &meaning_term(*meaning), in_title, chunks)?;
        most(&mut parts, beside, unit.equivalent_cover());
    }
    let is_whole = wholes.iter().any(|says| *says > 0.0);
    let mut told = telling(wholes);
    most(&mut told, telling(parts), if is_whole { PART_TELLS } else { 1.0 });
    Ok(told)
}

/// What chunks say, by how few of them say anything.
fn telling(mut says: Vec<f32>) -> Vec<f32> {
    let having = says.iter().filter(|says| **says > 0.0).count();
    let telling = 1.0 - portion(having, says.len() + 1);
    for says in &mut says {
        *says *= telling;
    }
    says
}

/// How much chunks say of a term that their title has so many times; the chunks in the order of the index.
fn beside(
    segments: &Segments,
    field: Field,
    term: &str,
    in_title: usize,
    chunks: &[DocAddress],
) -> tantivy::Result<Vec<f32>> {
    let title = u32::try_from(TITLE_TIMES * in_title).unwrap_or(u32::MAX);
    let term = Term::from_field_text(field, term);
    let mut said = vec![0.0; chunks.len()];
    // Those of an article are neighbours.
    let Some(first) = chunks.first() else { return Ok(said) };
    let inverted = segments.searcher.segment_reader(first.segment_ord).inverted_index(field)?;
    let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::WithFreqs)? else {
        return Ok(said);
    };
    for (said, chunk) in said.iter_mut().zip(chunks) {
        if stands_in(&mut postings, chunk.doc_id) {
            #[expect(clippy::cast_precision_loss, reason = "words of a chunk")]
            let own = postings.term_freq().saturating_sub(title) as f32;
            *said = own / (own + HALF_SAID);
        }
    }
    Ok(said)
}

/// The number of the section to cite; `found` are numbers and scores of sections, best first.
pub(super) fn cited(sections: &[Section], found: &[(usize, f32)], asks_why: bool) -> usize {
    let has_text = |number: usize| sections.get(number).is_some_and(Section::has_text);
    let role = |number: usize| sections.get(number).map_or(Role::Answer, role);
    let is_trouble = sections.iter().any(|section| self::role(section) == Role::Symptoms);
    let is_introduction = |number: usize| sections.get(number).is_some_and(|it| it.heading.is_empty());
    let supports = |number: usize| match role(number) {
        Role::Cause if asks_why => None,
        Role::Symptoms => Some(SYMPTOMS_YIELD),
        Role::Cause | Role::Check => Some(SUPPORTING_YIELDS),
        Role::Escalation => Some(ESCALATION_YIELDS),
        Role::Answer if is_trouble && is_introduction(number) => Some(INTRODUCTION_YIELDS),
        Role::Resolution | Role::Answer => None,
    };
    let found: Vec<(usize, f32)> = found.iter().copied().filter(|(number, _)| has_text(*number)).collect();
    let is_answer = |number: &usize| has_text(*number) && supports(*number).is_none();
    let first = || {
        let all = || (0..sections.len()).filter(|number| has_text(*number));
        let of = |wanted: Role| all().find(|number| role(*number) == wanted);
        let cause = of(Role::Cause).filter(|_| asks_why);
        cause.or_else(|| of(Role::Resolution)).or_else(|| all().find(is_answer)).or_else(|| all().next())
    };
    let mut chosen = found.first().copied().or_else(|| Some((first()?, 0.0))).unwrap_or_default();
    if asks_why {
        let least = chosen.1 * REASON_YIELDS;
        let mut causes =
            found.iter().filter(|(number, score)| role(*number) == Role::Cause && *score >= least);
        if let Some((cause, _)) = causes.next() {
            return *cause;
        }
    }
    if let Some(part) = supports(chosen.0) {
        let better = found.iter().copied().find(|(n, s)| is_answer(n) && *s >= chosen.1 * part);
        chosen = better.unwrap_or(chosen);
        if role(chosen.0) == Role::Symptoms {
            chosen = first().map_or(chosen, |number| (number, 0.0));
        }
    }
    if is_overview(sections, chosen.0) {
        let least = chosen.1 * OVERVIEW_YIELDS;
        let above = sections.get(chosen.0);
        let is_below =
            |number: usize| above.zip(sections.get(number)).is_some_and(|(above, it)| it.is_below(above));
        chosen = found
            .iter()
            .copied()
            .find(|(n, s)| is_below(*n) && is_answer(n) && *s >= least)
            .unwrap_or(chosen);
    }
    chosen.0
}

/// What the sections under a top heading are good for, by how it is usually called.
fn role(section: &Section) -> Role {
    let Some(top) = section.heading.first() else { return Role::Answer };
    let words: Vec<String> = top.split_whitespace().map(str::to_lowercase).collect();
    let begins = |with: &[&str]| words.iter().any(|word| with.iter().any(|with| word.starts_with(with)));
    if words.len() > SUPPORTING_WORDS_MAX {
        Role::Answer
    } else if begins(&["symptom"]) {
        Role::Symptoms
    } else if begins(&["cause", "background"]) {
        Role::Cause
    } else if begins(&["verif", "prevent"]) {
        Role::Check
    } else if begins(&["escalat"]) {
        Role::Escalation
    } else if begins(&["resol", "solution"]) {
        Role::Resolution
    } else {
        Role::Answer
    }
}

/// Whether a section under a heading is one paragraph and has sections below it.
fn is_overview(sections: &[Section], number: usize) -> bool {
    let Some(section) = sections.get(number) else { return false };
    let short = section.blocks.len() <= 1 && !section.heading.is_empty();
    short && sections.iter().any(|other| other.is_below(section))
}
