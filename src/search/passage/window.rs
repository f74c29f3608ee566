//! Pieces of text that follow each other -> those that hold most of a question for their number.

/// What a further piece must add, as a fraction of the question, to be worth its space.
const PIECE_COST: f32 = 0.1;

/// A piece of text, weighed.
#[derive(Debug)]
pub struct Weighed {
    /// Bytes that it takes.
    pub len: usize,
    /// How much of every unit of the question it holds.
    pub held: Vec<f32>,
    /// What it is worth beyond its words.
    pub bonus: f32,
}

/// First and last of the best pieces that take at most `len_max` together, or of the best single one;
/// of equals, the first. `total` is what the whole question weighs.
pub fn best(pieces: &[Weighed], total: f32, len_max: usize) -> (usize, usize) {
    let mut best = ((0, 0), f32::NEG_INFINITY);
    for first in 0..pieces.len() {
        let mut most: Vec<f32> = Vec::new();
        let (mut len, mut bonus, mut cost) = (0, 0.0_f32, 0.0);
        for (last, piece) in pieces.iter().enumerate().skip(first) {
            len += piece.len + 1;
            if last > first {
                cost += PIECE_COST * total;
                if len > len_max {
                    break;
                }
            }
            most.resize(piece.held.len(), 0.0);
            for (most, held) in most.iter_mut().zip(&piece.held) {
                *most = most.max(*held);
            }
            bonus = bonus.max(piece.bonus);
            let value = most.iter().sum::<f32>() + bonus - cost;
            if value > best.1 {
                best = ((first, last), value);
            }
        }
    }
    best.0
}
