//! Tokens -> a vector: the forward pass of a BERT with the shape of MiniLM-L6 (Devlin et al. 2019,
//! Wang et al. 2020), in f32 on the CPU.
//!
//! A token is a row of 384 numbers. Six layers follow, each attention (every row looks at all rows)
//! and then two linear maps with a GELU between, with what came in added and normalised after both.
//! The vector is the mean of the rows, of length 1. There is no padding, so no mask.
//!
//! Invariant: weights whose shape is another are refused at the start; after that no input fails.

use rten_gemm::{BiasVector, GemmError, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::{Matrix, NdTensorView};
use safetensors::{Dtype, SafeTensors};

use super::error::ModelError;
use super::tokens::TOKENS_MAX;

/// Numbers of a vector.
pub const DIMENSIONS: usize = 384;

const VOCABULARY: usize = 30_522;
const POSITIONS: usize = 512;
const KINDS: usize = 2;
const LAYERS: usize = 6;
const HEADS: usize = 12;
const HEAD: usize = DIMENSIONS / HEADS;
/// Query, key and value of a token beside each other.
const LOOKS: usize = 3 * DIMENSIONS;
const INNER: usize = 1536;
/// Keeps the normalisation of a row without variance finite; the model was trained with it.
const EPSILON: f32 = 1e-12;

/// The weights, packed for the products that are made with them.
pub(super) struct Network {
    words: Vec<f32>,
    positions: Vec<f32>,
    /// The kind of every token is the first: there is no second sentence.
    kind: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    looks: Linear,
    attended: Linear,
    attended_norm: Norm,
    widen: Linear,
    narrow: Linear,
    norm: Norm,
}

struct Linear {
    weights: PackedBMatrix<f32>,
    bias: Vec<f32>,
}

struct Norm {
    gain: Vec<f32>,
    bias: Vec<f32>,
}

impl Network {
    /// Reads the weights of a `model.safetensors`.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| unfit(error.to_string()))?;
        let weights = Weights(&file);
        let products = GemmExecutor::default();
        let layers = (0..LAYERS).map(|layer| Layer::read(&weights, &products, layer));
        let layers = layers.collect::<Result<_, _>>()?;
        let embedding = |name: &str, rows| {
            weights.get(&format!("embeddings.{name}_embeddings.weight"), &[rows, DIMENSIONS])
        };
        Ok(Self {
            words: embedding("word", VOCABULARY)?,
            positions: embedding("position", POSITIONS)?,
            kind: embedding("token_type", KINDS)?.into_iter().take(DIMENSIONS).collect(),
            norm: Norm::read(&weights, "embeddings.LayerNorm")?,
            layers,
        })
    }

    /// The vector of a text of these tokens, of length 1.
    pub(super) fn vector(&self, tokens: &[u32]) -> Result<Vec<f32>, GemmError> {
        // Made for each text: it is nothing but a choice of code, and can't be sent between threads.
        let products = GemmExecutor::default();
        let mut rows = self.embed(tokens.get(..TOKENS_MAX).unwrap_or(tokens));
        for layer in &self.layers {
            let attended = layer.attended.of(&products, &layer.attend(&products, &rows)?)?;
            add(&mut rows, &attended);
            layer.attended_norm.apply(&mut rows);
            let mut inner = layer.widen.of(&products, &rows)?;
            for value in &mut inner {
                *value = gelu(*value);
            }
            add(&mut rows, &layer.narrow.of(&products, &inner)?);
            layer.norm.apply(&mut rows);
        }
        let mut mean = vec![0.0; DIMENSIONS];
        for row in rows.chunks_exact(DIMENSIONS) {
            add(&mut mean, row);
        }
        let length = mean.iter().map(|value| value * value).sum::<f32>().sqrt();
        scale(&mut mean, 1.0 / length.max(f32::MIN_POSITIVE));
        Ok(mean)
    }

    fn embed(&self, tokens: &[u32]) -> Vec<f32> {
        let mut rows = Vec::with_capacity(tokens.len() * DIMENSIONS);
        for (token, position) in tokens.iter().zip(self.positions.chunks_exact(DIMENSIONS)) {
            let word = self.words.chunks_exact(DIMENSIONS).nth(*token as usize).unwrap_or_default();
            rows.extend(word.iter().zip(position).zip(&self.kind).map(|((word, at), kind)| word + at + kind));
        }
        self.norm.apply(&mut rows);
        rows
    }
}

impl Layer {
    fn read(weights: &Weights, products: &GemmExecutor, layer: usize) -> Result<Self, ModelError> {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let looks = ["query", "key", "value"].map(|look| name(&format!("attention.self.{look}")));
        let linear = |part: &str, inputs, outputs| {
            Linear::read(weights, products, std::slice::from_ref(&name(part)), inputs, outputs)
        };
        Ok(Self {
            looks: Linear::read(weights, products, &looks, DIMENSIONS, DIMENSIONS)?,
            attended: linear("attention.output.dense", DIMENSIONS, DIMENSIONS)?,
            attended_norm: Norm::read(weights, &name("attention.output.LayerNorm"))?,
            widen: linear("intermediate.dense", DIMENSIONS, INNER)?,
            narrow: linear("output.dense", INNER, DIMENSIONS)?,
            norm: Norm::read(weights, &name("output.LayerNorm"))?,
        })
    }

    /// What every row gathers from all rows: softmax(Q K^T / sqrt(d)) V in each head (Vaswani et al. 2017).
    fn attend(&self, products: &GemmExecutor, rows: &[f32]) -> Result<Vec<f32>, GemmError> {
        let looks = self.looks.of(products, rows)?;
        let count = rows.len() / DIMENSIONS;
        let looks = matrix(&looks, count, LOOKS);
        let mut gathered = vec![0.0; rows.len()];
        let mut shares = vec![0.0; count * count];
        let mut part = vec![0.0; count * HEAD];
        for first in (0..DIMENSIONS).step_by(HEAD) {
            let look = |at: usize| looks.slice((.., at * DIMENSIONS + first..at * DIMENSIONS + first + HEAD));
            let (query, key, value) = (look(0), look(1), look(2));
            #[expect(clippy::cast_precision_loss, reason = "32 is exact")]
            let scaled = GemmOptions { alpha: 1.0 / (HEAD as f32).sqrt(), ..GemmOptions::default() };
            let key = key.transposed();
            products.gemm(&mut shares, GemmInputA::Unpacked(query), GemmInputB::Unpacked(key), scaled)?;
            shares.chunks_exact_mut(count).for_each(softmax);
            let shares = GemmInputA::Unpacked(matrix(&shares, count, count));
            products.gemm(&mut part, shares, GemmInputB::Unpacked(value), GemmOptions::default())?;
            for (row, part) in gathered.chunks_exact_mut(DIMENSIONS).zip(part.chunks_exact(HEAD)) {
                row[first..first + HEAD].copy_from_slice(part);
            }
        }
        Ok(gathered)
    }
}

impl Linear {
    /// The maps of these names as one, their outputs beside each other.
    fn read(
        weights: &Weights,
        products: &GemmExecutor,
        names: &[String],
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, ModelError> {
        let mut all = Vec::new();
        let mut bias = Vec::new();
        for name in names {
            all.extend(weights.get(&format!("{name}.weight"), &[outputs, inputs])?);
            bias.extend(weights.get(&format!("{name}.bias"), &[outputs])?);
        }
        let all = matrix(&all, bias.len(), inputs);
        Ok(Self { weights: products.prepack_b(all.transposed()), bias })
    }

    fn of(&self, products: &GemmExecutor, rows: &[f32]) -> Result<Vec<f32>, GemmError> {
        let inputs = self.weights.rows();
        let count = rows.len() / inputs;
        let mut out = vec![0.0; count * self.bias.len()];
        let biased = GemmOptions { bias: Some(BiasVector::Row(&self.bias)), ..GemmOptions::default() };
        let rows = GemmInputA::Unpacked(matrix(rows, count, inputs));
        products.gemm(&mut out, rows, GemmInputB::Packed(&self.weights), biased)?;
        Ok(out)
    }
}

impl Norm {
    fn read(weights: &Weights, name: &str) -> Result<Self, ModelError> {
        let part = |part: &str| weights.get(&format!("{name}.{part}"), &[DIMENSIONS]);
        Ok(Self { gain: part("weight")?, bias: part("bias")? })
    }

    fn apply(&self, rows: &mut [f32]) {
        #[expect(clippy::cast_precision_loss, reason = "384 is exact")]
        let count = DIMENSIONS as f32;
        for row in rows.chunks_exact_mut(DIMENSIONS) {
            let mean = row.iter().sum::<f32>() / count;
            let variance = row.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / count;
            let scale = 1.0 / (variance + EPSILON).sqrt();
            for ((value, gain), bias) in row.iter_mut().zip(&self.gain).zip(&self.bias) {
                *value = (*value - mean) * scale * gain + bias;
            }
        }
    }
}

/// The tensors of a file.
struct Weights<'a>(&'a SafeTensors<'a>);

impl Weights<'_> {
    /// The numbers of a tensor of this name and shape.
    fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let tensor = self.0.tensor(name).map_err(|error| unfit(error.to_string()))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            return Err(unfit(format!(
                "{name} is {:?} {:?}, not F32 {shape:?}",
                tensor.dtype(),
                tensor.shape()
            )));
        }
        Ok(tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}

fn unfit(problem: String) -> ModelError {
    ModelError::Unfit { file: super::files::WEIGHTS.name, problem }
}

fn matrix(data: &[f32], rows: usize, columns: usize) -> Matrix<'_, f32> {
    NdTensorView::from_data([rows, columns], data)
}

fn add(to: &mut [f32], what: &[f32]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += what);
}

fn scale(row: &mut [f32], by: f32) {
    for value in row {
        *value *= by;
    }
}

fn softmax(row: &mut [f32]) {
    let max = row.iter().copied().fold(f32::MIN, f32::max);
    for value in row.iter_mut() {
        *value = (*value - max).exp();
    }
    let sum = row.iter().sum::<f32>();
    scale(row, 1.0 / sum);
}

/// x Φ(x), with the error function of Abramowitz and Stegun 7.1.26 (error below 1.5e-7).
fn gelu(x: f32) -> f32 {
    let z = x * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z.abs());
    let series =
        ((((1.061_405_4 * t - 1.453_152_1) * t + 1.421_413_8) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    let erf = (1.0 - series * (-z * z).exp()).copysign(z);
    0.5 * x * (1.0 + erf)
}
