//! How near two vectors are.
//!
//! A vector is kept as 384 bytes and a scale: byte times scale is the number, which costs a cosine less
//! than 0.01. All sums are of integers, so an order does not depend on the machine.

use super::network::DIMENSIONS;

/// A vector of bytes.
pub(super) type Bytes = [i8; DIMENSIONS];

/// A vector that others are compared with.
#[derive(Debug, Clone)]
pub struct Query {
    bytes: Bytes,
    scale: f32,
}

impl Query {
    /// What [`super::Model::encode`] gave for a question.
    pub fn new(vector: &[f32]) -> Self {
        let (bytes, scale) = quantised(vector);
        Self { bytes, scale }
    }

    pub(super) fn cosine(&self, row: &Bytes, scale: f32) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "384 products of bytes are below 2^23")]
        let dot = dot(&self.bytes, row) as f32;
        dot * self.scale * scale
    }
}

/// A vector as bytes, and what they are to be multiplied with.
pub(super) fn quantised(vector: &[f32]) -> (Bytes, f32) {
    let largest = vector.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let scale = if largest > 0.0 && largest.is_finite() { largest / 127.0 } else { 1.0 };
    let mut bytes = [0; DIMENSIONS];
    for (byte, value) in bytes.iter_mut().zip(vector) {
        #[expect(clippy::cast_possible_truncation, reason = "at most 127 by the scale; a cast saturates")]
        let rounded = (value / scale).round() as i8;
        *byte = rounded;
    }
    (bytes, scale)
}

fn dot(one: &Bytes, other: &Bytes) -> i32 {
    // Two products of bytes fit into 16 bits, so a pair is added there and twice as many go at once.
    let pairs = one.as_chunks::<16>().0.iter().zip(other.as_chunks::<16>().0);
    let mut sums = [0_i32; 8];
    for (a, b) in pairs {
        for (lane, sum) in sums.iter_mut().enumerate() {
            let product = |at: usize| i16::from(a[at]) * i16::from(b[at]);
            *sum += i32::from(product(lane) + product(lane + 8));
        }
    }
    sums.iter().sum()
}
