//! A table -> the rows that matter.

use std::collections::BTreeSet;

use super::wanted::Wanted;
use super::window::Weighed;
use crate::domain::world::article::{Block, BlockKind};

/// The least part of a question that tells the rows of a table apart.
const ROW_WORTH_MIN: f32 = 0.05;
/// The least part of what the best row says, for a row that is about something else.
const ROW_SHARE_MIN: f32 = 0.5;

/// For each block, whether it is quoted where the passage reaches it: of a table, the rows that tell the
/// most by what they are about (their first cell) or by all that they say, if that is half of what the best
/// one says; all rows where none does.
/// A header is not, where rows follow: each of them names its columns.
pub fn shown(wanted: &Wanted, blocks: &[Block], weighed: &[Weighed]) -> Vec<bool> {
    let is_row = |block: &Block| matches!(block.kind, BlockKind::Row(_));
    let mut shown = Vec::with_capacity(blocks.len());
    for run in blocks.chunk_by(|block, next| is_row(block) && is_row(next)) {
        let about = |block: &Block| match &block.kind {
            BlockKind::Row(cells) => wanted.held(&wanted.units(cells.first().map_or("", String::as_str))),
            _ => Vec::new(),
        };
        let about = telling(&run.iter().map(about).collect::<Vec<_>>(), wanted.total());
        let weighed = &weighed[shown.len()..shown.len() + run.len()];
        let said: Vec<_> = weighed.iter().map(|row| row.held.clone()).collect();
        let said = telling(&said, wanted.total());
        let weight = |row: &Weighed| row.held.iter().sum::<f32>();
        let most = weighed.iter().map(weight).fold(0.0, f32::max);
        let enough = |row: &Weighed| weight(row) >= ROW_SHARE_MIN * most;
        let rows = about.iter().zip(&said).zip(weighed);
        let tells: Vec<bool> = rows.map(|((about, said), row)| *about || *said && enough(row)).collect();
        let none = !tells.contains(&true);
        shown.extend(tells.iter().map(|tells| *tells || none));
    }
    for (at, pair) in blocks.windows(2).enumerate() {
        shown[at] &= !(pair[0].kind == BlockKind::Header && is_row(&pair[1]));
    }
    shown
}

/// Which of these texts hold something of the question that not all hold alike, where no other holds
/// that and more.
fn telling(held: &[Vec<f32>], total: f32) -> Vec<bool> {
    let units = held.first().map_or(0, Vec::len);
    let most = |unit: usize| held.iter().map(|text| text[unit]).fold(0.0, f32::max);
    let apart: Vec<(usize, f32)> = (0..units)
        .map(|unit| (unit, most(unit)))
        .filter(|(_, most)| *most >= ROW_WORTH_MIN * total)
        .filter(|(unit, most)| held.iter().any(|text| text[*unit] < *most))
        .collect();
    let holds = |text: &Vec<f32>| -> BTreeSet<usize> {
        apart.iter().filter(|(unit, most)| text[*unit] >= *most).map(|(unit, _)| *unit).collect()
    };
    let sets: Vec<_> = held.iter().map(holds).collect();
    // Few are different: comparing each text with each would be slow in a long table.
    let different: BTreeSet<_> = sets.iter().collect();
    let beaten =
        |set: &BTreeSet<usize>| different.iter().any(|other| other.len() > set.len() && set.is_subset(other));
    sets.iter().map(|set| !set.is_empty() && !beaten(set)).collect()
}
