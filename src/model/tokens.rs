//! Text -> the numbers of word pieces that the model was trained on.
//!
//! The rules are those of BERT's uncased vocabulary: control characters go, Chinese characters stand
//! alone, accents and case go, punctuation stands alone; a word is then cut greedily into the longest
//! known pieces (`WordPiece`, Wu et al. 2016). The text is read no further than the model looks.
//!
//! Invariant: any text has tokens, at most [`TOKENS_MAX`] of them. The name of a special token in a
//! text is text: nobody who asks can end a question early.

use std::collections::HashMap;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};

use super::error::ModelError;

/// Tokens of a text, the two that frame it included; the model was trained on no more.
pub(super) const TOKENS_MAX: usize = 256;
/// Characters of a word; a longer one is unknown.
const WORD_LEN_MAX: usize = 100;

/// The vocabulary.
pub(super) struct Tokens {
    pieces: HashMap<String, u32>,
    begin: u32,
    end: u32,
    unknown: u32,
    normalizer: DecomposingNormalizerBorrowed<'static>,
    categories: CodePointMapDataBorrowed<'static, GeneralCategory>,
}

#[derive(serde::Deserialize)]
struct File {
    model: FileModel,
}

#[derive(serde::Deserialize)]
struct FileModel {
    vocab: HashMap<String, u32>,
}

impl Tokens {
    /// Reads the vocabulary of a `tokenizer.json`.
    pub(super) fn read(json: &[u8]) -> Result<Self, ModelError> {
        let unfit = |problem: String| ModelError::Unfit { file: super::files::TOKENIZER.name, problem };
        let file: File = serde_json::from_slice(json).map_err(|error| unfit(error.to_string()))?;
        let pieces = file.model.vocab;
        let number = |piece: &str| pieces.get(piece).copied().ok_or_else(|| unfit(format!("no {piece}")));
        let (begin, end, unknown) = (number("[CLS]")?, number("[SEP]")?, number("[UNK]")?);
        Ok(Self {
            begin,
            end,
            unknown,
            pieces,
            normalizer: DecomposingNormalizerBorrowed::new_nfd(),
            categories: CodePointMapData::<GeneralCategory>::new(),
        })
    }

    /// The tokens of a text, framed.
    pub(super) fn of(&self, text: &str) -> Vec<u32> {
        let mut tokens = vec![self.begin];
        let mut word = String::new();
        let known = text.chars().filter(|&c| !self.is_dropped(c));
        let plain = self.normalizer.normalize_iter(known).filter(|&c| !self.is_accent(c));
        for c in plain.flat_map(char::to_lowercase) {
            if tokens.len() >= TOKENS_MAX {
                break;
            }
            let alone = is_chinese(c) || self.is_punctuation(c);
            if alone || c.is_whitespace() {
                self.cut(&word, &mut tokens);
                word.clear();
            }
            if alone {
                self.cut(c.encode_utf8(&mut [0; 4]), &mut tokens);
            // A byte a character at least: what is longer is unknown anyway, and isn't kept.
            } else if !c.is_whitespace() && word.len() <= WORD_LEN_MAX * 4 {
                word.push(c);
            }
        }
        self.cut(&word, &mut tokens);
        tokens.truncate(TOKENS_MAX - 1);
        tokens.push(self.end);
        tokens
    }

    /// Adds the pieces of a word, or that it is unknown.
    fn cut(&self, word: &str, tokens: &mut Vec<u32>) {
        let before = tokens.len();
        if word.chars().count() > WORD_LEN_MAX {
            tokens.push(self.unknown);
            return;
        }
        let mut rest = word;
        let mut candidate = String::new();
        while !rest.is_empty() {
            candidate.clear();
            if rest.len() < word.len() {
                candidate.push_str("##");
            }
            let prefix = candidate.len();
            candidate.push_str(rest);
            let known = loop {
                if let Some(number) = self.pieces.get(&candidate) {
                    break Some(*number);
                }
                candidate.pop();
                if candidate.len() <= prefix {
                    break None;
                }
            };
            let Some(number) = known else {
                tokens.truncate(before);
                tokens.push(self.unknown);
                return;
            };
            tokens.push(number);
            rest = rest.get(candidate.len() - prefix..).unwrap_or_default();
        }
    }

    fn is_dropped(&self, c: char) -> bool {
        if c.is_ascii() {
            return c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r');
        }
        let category = self.categories.get(c);
        c == char::REPLACEMENT_CHARACTER
            || matches!(
                category,
                GeneralCategory::Control | GeneralCategory::Format | GeneralCategory::PrivateUse
            )
    }

    fn is_accent(&self, c: char) -> bool {
        !c.is_ascii() && self.categories.get(c) == GeneralCategory::NonspacingMark
    }

    fn is_punctuation(&self, c: char) -> bool {
        c.is_ascii_punctuation()
            || (!c.is_ascii() && GeneralCategoryGroup::Punctuation.contains(self.categories.get(c)))
    }
}

/// The blocks of Chinese characters that the vocabulary was made with.
fn is_chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x2_0000..=0x2_A6DF | 0x2_A700..=0x2_B73F
        | 0x2_B740..=0x2_B81F | 0x2_B920..=0x2_CEAF | 0xF900..=0xFAFF | 0x2_F800..=0x2_FA1F)
}
