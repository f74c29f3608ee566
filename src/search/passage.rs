//! The best section -> what is quoted of it.
//!
//! Invariant: what is quoted stands in the lines that are named, in the order of the file, and where
//! something between is left out there is a `…`.
//!
//! A section without a table is quoted to its end if it fits: what stands below a command may be the warning
//! or the second half of it. Otherwise the blocks that hold most of the question are taken, then what belongs
//! to them: the line that leads in to a list or a command, the list that follows such a line, what follows a
//! command, and the rest of the same list or table, as far as it fits. Of a long paragraph the best sentences
//! are quoted, of a table the rows that matter.

mod rows;
mod sentences;
mod wanted;
mod window;

use super::analysis::{Analyzer, Unit};
use super::question::Question;
use crate::domain::text::one_line;
use crate::domain::world::article::{Block, BlockKind, Quote, Section};
use wanted::Wanted;
use window::Weighed;

/// Bytes of the blocks that answer, as far as whole blocks allow.
const CORE_LEN_MAX: usize = 600;
/// Bytes of a passage with what belongs to them.
const PASSAGE_LEN_MAX: usize = 900;
/// Bytes of a paragraph that is quoted whole.
const PARAGRAPH_LEN_MAX: usize = 350;
/// Characters that are shown of a single block that can't be cut otherwise.
const BLOCK_LEN_MAX: usize = 1_200;
/// What stands before a row where others before it are left out.
const LEFT_OUT: &str = "…\n";
/// What part of a word the title or the headings above have said already.
const ABOVE_SAYS: f32 = 0.5;
/// What a command is worth beyond its words, as a fraction of the question: it is what people look for.
const CODE_WORTH: f32 = 0.15;

/// What is quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    /// Piece by piece, at least one.
    pub quotes: Vec<Quote>,
    /// First and last line in the file; those of a table's header are among them.
    pub lines: (usize, usize),
}

impl Passage {
    /// The texts, one after the other.
    pub fn text(&self) -> String {
        self.quotes.iter().map(|quote| quote.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// What in the text was asked for: each range in characters.
    pub fn marks(&self) -> Vec<(usize, usize)> {
        let mut marks = Vec::new();
        let mut before = 0;
        for quote in &self.quotes {
            let chars = |end: usize| before + quote.text.get(..end).unwrap_or_default().chars().count();
            marks.extend(quote.marks.iter().map(|mark| (chars(mark.start), chars(mark.end))));
            before += quote.text.chars().count() + 1;
        }
        marks
    }
}

/// A block on its way into the passage.
struct Piece<'a> {
    block: &'a Block,
    quote: Quote,
    /// Whether it is quoted where the passage reaches it.
    shown: bool,
    /// Whether the next block belongs to the same list or table.
    goes_on: bool,
}

impl Piece<'_> {
    fn is_code(&self) -> bool {
        self.block.kind == BlockKind::Code
    }

    fn is_row(&self) -> bool {
        matches!(self.block.kind, BlockKind::Row(_))
    }

    fn ends_open(&self) -> bool {
        self.block.text.trim_end().ends_with(':')
    }

    /// Whether it goes on with the sentence that stands before a command.
    fn begins_small(&self) -> bool {
        self.block.kind == BlockKind::Text && self.block.text.starts_with(char::is_lowercase)
    }
}

/// The passage of a section that answers best; none of a section that says nothing.
pub(super) fn passage(
    analyzer: &Analyzer,
    question: &Question<'_>,
    rarities: &[f32],
    (title, section): (&str, &Section),
) -> Option<Passage> {
    let wanted = Wanted::new(analyzer, question, rarities);
    let (pieces, mut weighed) = pieces(&wanted, &section.blocks);
    // Which piece answers can't be told by what the title and the headings say anyway.
    let above = std::iter::once(title).chain(section.heading.iter().map(String::as_str));
    let above = wanted.held(&above.flat_map(|text| wanted.units(text)).collect::<Vec<_>>());
    let mut total = wanted.total();
    for (unit, said) in above.iter().enumerate().filter(|(_, said)| **said > 0.0) {
        total -= ABOVE_SAYS * said;
        for piece in &mut weighed {
            piece.held[unit] *= 1.0 - ABOVE_SAYS;
        }
    }
    let core = window::best(&weighed, total, CORE_LEN_MAX);
    let best = pieces.get(core.0)?;
    let (first, last) = grown(&pieces, core);
    let mut quotes = quotes(&pieces[first..=last]);
    if quotes.is_empty() {
        quotes.push(best.quote.clone());
    }
    let lines = (first_line(&pieces, &quotes[0]), quotes[quotes.len() - 1].lines.1);
    let says = quotes.iter().any(|quote| quote.text.contains(char::is_alphanumeric));
    says.then_some(Passage { quotes, lines })
}

fn pieces<'a>(wanted: &Wanted, blocks: &'a [Block]) -> (Vec<Piece<'a>>, Vec<Weighed>) {
    let weigh = |block: &Block| {
        let units = wanted.units(&block.text);
        let quote = quote(wanted, block, &units);
        let bonus = if block.kind == BlockKind::Code { CODE_WORTH * wanted.total() } else { 0.0 };
        let weighed = Weighed { len: quote.text.len(), held: wanted.held(&units), bonus };
        (quote, weighed)
    };
    let (quotes, weighed): (Vec<Quote>, Vec<Weighed>) = blocks.iter().map(weigh).unzip();
    let going_on = going_on(blocks);
    let shown = rows::shown(wanted, blocks, &weighed);
    let rest = going_on.into_iter().zip(shown);
    let pieces = blocks.iter().zip(quotes).zip(rest);
    let pieces =
        pieces.map(|((block, quote), (goes_on, shown))| Piece { block, quote, shown, goes_on }).collect();
    (pieces, weighed)
}

/// A block as it is quoted wherever it is: whole, or the best sentences of it. `units` are its words that
/// may be asked for.
fn quote(wanted: &Wanted, block: &Block, units: &[Unit<'_>]) -> Quote {
    let mut quote = block.quoted();
    let mut part = 0..block.text.len();
    let prose = matches!(block.kind, BlockKind::Text | BlockKind::Item(_));
    if prose && quote.text.len() > PARAGRAPH_LEN_MAX {
        part = sentences::best(wanted, &block.text, units, PARAGRAPH_LEN_MAX);
        quote = block.quoted_part(part.clone());
    }
    quote.marks = match block.kind {
        BlockKind::Code => Vec::new(),
        // Its cells are quoted in another way than they stand in the text.
        BlockKind::Row(_) => wanted.marks(&quote.text, &wanted.units(&quote.text)),
        BlockKind::Text | BlockKind::Item(_) | BlockKind::Header => {
            let line = one_line(&block.text);
            let start = line.get(part.clone()).and_then(|part| quote.text.rfind(part)).unwrap_or_default();
            let marks = wanted.marks(&line, units).into_iter();
            let marks = marks.filter(|mark| part.start <= mark.start && mark.end <= part.end);
            marks.map(|mark| mark.start - part.start + start..mark.end - part.start + start).collect()
        }
    };
    let mut last = quote.text.char_indices().skip(BLOCK_LEN_MAX - 1);
    if let (Some((cut, _)), Some(_)) = (last.next(), last.next()) {
        quote.text.truncate(cut);
        quote.text.push('…');
        quote.marks.retain(|mark| mark.end <= cut);
    }
    quote
}

/// For each block, whether the next belongs to the same list or table. An item of a list that counts is
/// followed by the next number, whatever stands between; a bullet by the next one or by code before it.
fn going_on(blocks: &[Block]) -> Vec<bool> {
    let mut going_on = vec![false; blocks.len()];
    for (at, block) in blocks.iter().enumerate() {
        let following = &blocks[at + 1..];
        match &block.kind {
            BlockKind::Header | BlockKind::Row(_) => {
                going_on[at] = following.first().is_some_and(|next| matches!(next.kind, BlockKind::Row(_)));
            }
            BlockKind::Item(marker) => {
                let between = |block: &&Block| match block.kind {
                    BlockKind::Code => true,
                    BlockKind::Text => !marker.ends_with('-'),
                    _ => false,
                };
                let between = following.iter().take_while(between).count();
                if let Some(Block { kind: BlockKind::Item(next), .. }) = following.get(between)
                    && follows(marker, next)
                {
                    going_on[at..=at + between].fill(true);
                }
            }
            BlockKind::Text | BlockKind::Code => {}
        }
    }
    going_on
}

/// Whether an item with the marker `next` can follow one with `marker` in a list and those around it.
fn follows(marker: &str, next: &str) -> bool {
    let (number, next_number) = (marker.trim_start(), next.trim_start());
    let beside = marker.len() - number.len() == next.len() - next_number.len();
    let count = |marker: &str| marker.trim_end_matches('.').parse::<u64>().ok();
    match (count(number), count(next_number)) {
        _ if !beside => true,
        (Some(number), Some(next)) => number.checked_add(1) == Some(next),
        (number, next) => number.is_none() && next.is_none(),
    }
}

/// The window with what belongs to it: all, where that fits and is no table.
fn grown(pieces: &[Piece], (mut first, mut last): (usize, usize)) -> (usize, usize) {
    let len = |piece: &Piece| if piece.shown { piece.quote.text.len() + 1 } else { 1 };
    let fits =
        |first: usize, last: usize| pieces[first..=last].iter().map(len).sum::<usize>() <= PASSAGE_LEN_MAX;
    let all = (0, pieces.len() - 1);
    if !pieces.iter().any(Piece::is_row) && fits(all.0, all.1) {
        return all;
    }
    let code = |at: usize| pieces.get(at).is_some_and(Piece::is_code);
    let leads = |at: usize| {
        let (this, next) = (&pieces[at], pieces.get(at + 1));
        let begins_list = !this.goes_on && next.is_some_and(|next| next.goes_on);
        let into_code = !this.is_code() && code(at + 1);
        let out_of_code = this.is_code() && next.is_some_and(Piece::begins_small);
        this.ends_open() || into_code || out_of_code || begins_list && !this.is_row()
    };
    while first > 0 && leads(first - 1) && fits(first - 1, last) {
        first -= 1;
    }
    let listed = pieces[first..last].iter().any(|piece| piece.goes_on);
    while last + 1 < pieces.len() && fits(first, last + 1) {
        let below_code = pieces[last].is_code() && !pieces[last + 1].is_row();
        let belongs = pieces[last].goes_on || pieces[last].ends_open() || code(last + 1) || below_code;
        if !belongs && (listed || !leads(last)) {
            break;
        }
        last += 1;
    }
    while first > 0 && (leads(first - 1) || pieces[first - 1].goes_on) && fits(first - 1, last) {
        first -= 1;
    }
    (first, last)
}

/// What is shown of these blocks; a `…` where rows between are left out.
fn quotes(pieces: &[Piece]) -> Vec<Quote> {
    let mut quotes: Vec<Quote> = Vec::new();
    let mut row_before = None;
    for (at, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.shown) {
        let mut quote = piece.quote.clone();
        if row_before.is_some_and(|before| before + 1 < at) && piece.is_row() {
            quote.text.insert_str(0, LEFT_OUT);
            for mark in &mut quote.marks {
                *mark = mark.start + LEFT_OUT.len()..mark.end + LEFT_OUT.len();
            }
        }
        row_before = piece.is_row().then_some(at);
        quotes.push(quote);
    }
    quotes
}

/// The first line of a passage that begins with this quote: of a row, that of its table's header.
fn first_line(pieces: &[Piece], quote: &Quote) -> usize {
    let row = pieces.iter().position(|piece| piece.is_row() && piece.quote.lines == quote.lines);
    let header = pieces[..row.unwrap_or_default()].iter().rev().take_while(|piece| piece.goes_on).last();
    header.map_or(quote.lines.0, |header| header.quote.lines.0)
}
