//! Unanswered questions, grouped by the words that they share.
//!
//! A question whose answer is doubtful is one of them, unless somebody called the answer right. A question
//! joins the group whose newest question is the most like it. It is in none if a question like it was
//! answered later and nobody called that answer wrong. Only so many questions are looked at, the newest,
//! and of each only so many words: the work is bounded whatever people ask.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use frostem::{Algorithm, Stemmer};

use super::report::{EXAMPLES_MAX, Gap, QUESTIONS_MAX};
use crate::domain::record::answer::Answer;
use crate::domain::record::state::State;

/// Words of a question that are compared, the first.
const WORDS_MAX: usize = 16;
/// Characters of a word that are compared.
const WORD_LEN_MAX: usize = 40;

/// What no article surely answers.
#[derive(Default)]
pub(super) struct Gaps {
    /// The most asked first, of those the one asked last.
    pub open: Vec<Gap>,
    /// Unanswered questions that were answered later.
    pub answered_since: usize,
    /// Unanswered questions that were not looked at.
    pub too_old: usize,
}

/// Groups the unanswered questions of the record.
pub(super) fn gaps(state: &State) -> Gaps {
    let newest_first = || state.answers.values().rev();
    let too_old = newest_first().skip(QUESTIONS_MAX).filter(|answer| !answer.settles()).count();
    let mut gaps = Gaps { too_old, ..Gaps::default() };
    let stemmer = Stemmer::new(Algorithm::English);
    let (mut open, mut answered) = (Wordings::default(), Wordings::default());
    for answer in newest_first().take(QUESTIONS_MAX) {
        let words = words(&answer.question, &stemmer);
        if answer.settles() {
            // One like it stands for it already.
            if !was_called_wrong(answer) && answered.like(&words).is_none() {
                answered.add(words);
            }
        } else if answered.like(&words).is_some() {
            gaps.answered_since += 1;
        } else if let Some(gap) = open.like(&words).and_then(|at| gaps.open.get_mut(at)) {
            gap.count += 1;
            if gap.questions.len() < EXAMPLES_MAX && !gap.questions.contains(&answer.question) {
                gap.questions.push(answer.question.clone());
            }
        } else {
            open.add(words);
            gaps.open.push(Gap { count: 1, questions: vec![answer.question.clone()] });
        }
    }
    // Stable: among equals the one asked last stays first.
    gaps.open.sort_by_key(|gap| Reverse(gap.count));
    gaps
}

fn was_called_wrong(answer: &Answer) -> bool {
    answer.judged.values().any(|right| !right)
}

type Words = BTreeSet<String>;

/// Wordings by number, in the order in which they were added.
#[derive(Default)]
struct Wordings {
    sizes: Vec<usize>,
    /// The wordings that hold a word.
    holding: BTreeMap<String, Vec<usize>>,
}

impl Wordings {
    fn add(&mut self, words: Words) {
        let number = self.sizes.len();
        self.sizes.push(words.len());
        for word in words {
            self.holding.entry(word).or_default().push(number);
        }
    }

    /// The wording that is the most like these words, if one is like them; of several, the first.
    ///
    /// Two are alike if Dice's coefficient, twice the shared words over all words of both, is above
    /// 3/4. A word more makes no other question from two words on, another word instead from five on:
    /// "install nginx on linux" and "install samba on linux" are two.
    fn like(&self, words: &Words) -> Option<usize> {
        let mut shared = vec![0; self.sizes.len()];
        for number in words.iter().filter_map(|word| self.holding.get(word)).flatten() {
            shared[*number] += 1;
        }
        let counted = shared.into_iter().zip(&self.sizes).enumerate();
        let alike = counted.filter_map(|(number, (shared, size))| {
            let all = words.len() + size;
            (8 * shared > 3 * all).then_some((number, shared * DICE_STEPS / all))
        });
        let best = alike.max_by_key(|(number, dice)| (*dice, Reverse(*number)));
        best.map(|(number, ..)| number)
    }
}

/// Steps in which half of the coefficient is compared: finer than two wordings can differ.
const DICE_STEPS: usize = 10_000;

/// What a question is about: the stems of its words, function words left out. A question of
/// nothing else is all its words, or itself.
fn words(question: &str, stemmer: &Stemmer) -> Words {
    let lowercase = question.to_lowercase();
    let all = || lowercase.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let stem = |word: &str| {
        let word: String = word.chars().take(WORD_LEN_MAX).collect();
        stemmer.stem(&word).into_owned()
    };
    let telling: Words =
        all().filter(|word| !FUNCTION_WORDS.contains(word)).map(stem).take(WORDS_MAX).collect();
    if !telling.is_empty() {
        return telling;
    }
    let any: Words = all().map(stem).take(WORDS_MAX).collect();
    if any.is_empty() { Words::from([lowercase.trim().to_owned()]) } else { any }
}

/// Lowercase words that stand in questions about anything. `on`, `off`, `no` and `not` tell questions
/// apart.
const FUNCTION_WORDS: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "anybody", "anyone", "are", "as", "at", "be", "been", "but",
    "by", "can", "could", "did", "do", "does", "for", "from", "get", "had", "has", "have", "he", "hello",
    "help", "hi", "how", "i", "if", "in", "into", "is", "it", "its", "know", "ll", "m", "may", "me", "might",
    "must", "my", "need", "of", "one", "or", "our", "please", "re", "s", "say", "see", "she", "should", "so",
    "some", "somebody", "someone", "t", "tell", "thanks", "that", "the", "their", "them", "then", "there",
    "these", "they", "this", "those", "to", "us", "ve", "want", "was", "way", "we", "were", "what", "when",
    "where", "which", "who", "why", "will", "with", "would", "you", "your",
];
