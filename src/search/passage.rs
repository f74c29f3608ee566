//! The best section -> the lines that are quoted.
//!
//! A passage consists of whole blocks that follow each other, so that its lines are exact. The blocks
//! that hold most of the question are taken, then what belongs to them: the line that leads in to a
//! list or a command, the list that follows such a line, and the rest of the same list or table, as far
//! as it fits.

use std::collections::HashSet;

use super::analysis::{Analyzer, Terms, Unit, meaning_term};
use super::evidence::EQUIVALENT_COVER;
use super::question::Question;
use crate::domain::article::{Block, Section};

/// Characters of the blocks that answer, as far as whole blocks allow.
const CORE_LEN_MAX: usize = 600;
/// Characters of a passage with what belongs to them.
const PASSAGE_LEN_MAX: usize = 900;
/// Characters that are shown of a single block that is longer than a passage.
const BLOCK_LEN_MAX: usize = 1_200;
/// What a further block must add, as a fraction of the question, to be worth its space.
const BLOCK_COST: f32 = 0.1;

/// What a command is worth beyond its words, as a fraction of the question: it is what people look for.
const CODE_WORTH: f32 = 0.15;

/// What is quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    /// The texts of the blocks, one after the other.
    pub text: String,
    /// First and last line in the file.
    pub lines: (usize, usize),
    /// The blocks themselves.
    pub blocks: Vec<Block>,
}

/// The passage of a section that answers best; of a section without text, its heading's line.
pub(super) fn passage(
    analyzer: &Analyzer,
    question: &Question,
    rarities: &[f32],
    section: &Section,
) -> Passage {
    let blocks = &section.blocks;
    if blocks.is_empty() {
        let text = section.heading.last().cloned().unwrap_or_default();
        return Passage { text, lines: (section.lines.0, section.lines.0), blocks: Vec::new() };
    }
    let held: Vec<Vec<f32>> = blocks.iter().map(|block| held(analyzer, question, rarities, block)).collect();
    let (first, last) = grown(blocks, best_window(blocks, &held, rarities.iter().sum()));
    let blocks = &blocks[first..=last];
    let texts: Vec<String> = blocks.iter().map(|block| shortened(&block.text)).collect();
    let lines = (blocks[0].lines.0, blocks[blocks.len() - 1].lines.1);
    Passage { text: texts.join("\n"), lines, blocks: blocks.to_vec() }
}

/// How much of every unit of the question a block holds, weighted by rarity.
fn held(analyzer: &Analyzer, question: &Question, rarities: &[f32], block: &Block) -> Vec<f32> {
    let terms = Terms::of(&analyzer.units(&block.text));
    let words: HashSet<&String> = terms.words.iter().collect();
    let meanings: HashSet<&String> = terms.meanings.iter().collect();
    let cover = |unit: &Unit| {
        if unit.wholes.iter().any(|whole| words.contains(whole)) {
            return 1.0;
        }
        if unit.stems.iter().all(|stem| words.contains(stem)) {
            return 1.0;
        }
        let equivalent = unit.meanings.iter().any(|meaning| meanings.contains(&meaning_term(*meaning)));
        if equivalent { EQUIVALENT_COVER } else { 0.0 }
    };
    question.units.iter().zip(rarities).map(|(unit, rarity)| rarity * cover(unit)).collect()
}

/// The blocks that hold most of the question for their number; of equals, the first.
fn best_window(blocks: &[Block], held: &[Vec<f32>], question: f32) -> (usize, usize) {
    let mut best = ((0, 0), f32::NEG_INFINITY);
    for first in 0..blocks.len() {
        for last in first..blocks.len() {
            if last > first && length(blocks, (first, last)) > CORE_LEN_MAX {
                break;
            }
            let cost = f32::from(u16::try_from(last - first).unwrap_or(u16::MAX)) * BLOCK_COST * question;
            let code = blocks[first..=last].iter().any(|block| block.code);
            let worth = if code { CODE_WORTH * question } else { 0.0 };
            let value = fold_max(&held[first..=last]).iter().sum::<f32>() + worth - cost;
            if value > best.1 {
                best = ((first, last), value);
            }
        }
    }
    best.0
}

fn fold_max(held: &[Vec<f32>]) -> Vec<f32> {
    let mut most = held.first().cloned().unwrap_or_default();
    for block in held {
        for (most, value) in most.iter_mut().zip(block) {
            *most = most.max(*value);
        }
    }
    most
}

/// The window with what belongs to it.
fn grown(blocks: &[Block], (mut first, mut last): (usize, usize)) -> (usize, usize) {
    let fits = |window| length(blocks, window) <= PASSAGE_LEN_MAX;
    let code = |at: usize| blocks.get(at).is_some_and(|block| block.code);
    // Only items and rows stand on lines that follow each other: two of them begin a list or a table.
    let adjoins = |at: usize| blocks.get(at + 1).is_some_and(|next| blocks[at].lines.1 + 1 == next.lines.0);
    let leads = |at: usize| {
        let open = blocks[at].text.trim_end().ends_with(':') || (!code(at) && code(at + 1));
        open || (!adjoins(at) && !code(at + 1) && adjoins(at + 1))
    };
    while first > 0 && leads(first - 1) && fits((first - 1, last)) {
        first -= 1;
    }
    let listed = (first..last).any(adjoins);
    while last + 1 < blocks.len() && fits((first, last + 1)) {
        let inside = code(last) && (first..last).any(adjoins);
        let belongs =
            inside || adjoins(last) || blocks[last].text.trim_end().ends_with(':') || code(last + 1);
        if !belongs && (listed || !leads(last)) {
            break;
        }
        last += 1;
    }
    while first > 0 && (leads(first - 1) || adjoins(first - 1)) && fits((first - 1, last)) {
        first -= 1;
    }
    (first, last)
}

fn length(blocks: &[Block], (first, last): (usize, usize)) -> usize {
    blocks[first..=last].iter().map(|block| block.text.len() + 1).sum()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= BLOCK_LEN_MAX {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(BLOCK_LEN_MAX - 1).collect();
    short.push('…');
    short
}
