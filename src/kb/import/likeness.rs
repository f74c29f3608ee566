//! How much two texts have in common.
//!
//! The measure is Jaccard's over shingles: of all runs of three words that stand in one of two
//! texts, the share that stands in both (Broder, "On the resemblance and containment of documents",
//! 1997). Case, markup and punctuation don't count.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use crate::kb::page::Page;

/// Words of a shingle.
const SHINGLE_WORDS: usize = 3;
/// From this likeness on, one text is a duplicate of another. Articles that only share a subject
/// stay far below it; a copy with some edits is far above.
pub(super) const LIKENESS_MIN: f64 = 0.5;

/// Texts known so far, by their shingles.
#[derive(Default)]
pub(super) struct Known {
    paths: Vec<PathBuf>,
    sizes: Vec<usize>,
    holders: HashMap<u64, Vec<usize>>,
}

impl Known {
    /// Takes in what a page says, under its path.
    pub(super) fn add(&mut self, path: PathBuf, page: &Page) {
        let shingles = shingles(page);
        for shingle in &shingles {
            self.holders.entry(*shingle).or_default().push(self.paths.len());
        }
        self.sizes.push(shingles.len());
        self.paths.push(path);
    }

    /// The path of the text that is most like a page, and how much it is, from 0 to 1.
    pub(super) fn nearest(&self, page: &Page) -> Option<(&Path, f64)> {
        let shingles = shingles(page);
        let mut shared = vec![0_usize; self.paths.len()];
        for i in shingles.iter().filter_map(|shingle| self.holders.get(shingle)).flatten() {
            shared[*i] += 1;
        }
        let likeness = |(i, shared): (usize, usize)| {
            (self.paths[i].as_path(), fraction(shared, shingles.len() + self.sizes[i] - shared))
        };
        shared.into_iter().enumerate().map(likeness).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

#[expect(clippy::cast_precision_loss, reason = "an article has far fewer shingles than 2^52")]
fn fraction(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn shingles(page: &Page) -> BTreeSet<u64> {
    let sections = page.article.sections.iter();
    let texts = sections.flat_map(|section| {
        section.heading.last().into_iter().chain(section.blocks.iter().map(|block| &block.text))
    });
    let words: Vec<String> = texts.flat_map(|text| words(text)).collect();
    words.windows(SHINGLE_WORDS.min(words.len()).max(1)).map(digest).collect()
}

/// The words of a text in lower case.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn digest(words: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::kb::{load, read_page};

    const KB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/kb");

    fn known_without(id: &str) -> Known {
        let mut known = Known::default();
        for page in load(Path::new(KB)).unwrap().pages {
            if page.article.id.as_str() != id {
                known.add(PathBuf::from(&page.article.file), &page);
            }
        }
        known
    }

    #[test]
    fn articles_that_share_a_subject_are_far_below_the_threshold() {
        for page in load(Path::new(KB)).unwrap().pages {
            let known = known_without(page.article.id.as_str());
            let (other, likeness) = known.nearest(&page).unwrap();
            println!("{likeness:.3} {} {}", page.article.file, other.display());
            assert!(likeness < LIKENESS_MIN / 4.0, "{} {} {likeness}", page.article.file, other.display());
        }
    }

    #[test]
    fn a_copy_with_every_twentieth_word_changed_is_above_the_threshold() {
        let known = known_without("");
        for page in load(Path::new(KB)).unwrap().pages {
            let text = fs::read_to_string(Path::new(KB).join(&page.article.file)).unwrap();
            let (front, body) = text.rsplit_once("+++\n").unwrap();
            // Some changes would break an action, and actions are no part of what is compared.
            let mut parts = body.split("```action\n");
            let first = parts.next().unwrap().to_owned();
            let body = parts.fold(first, |body, part| body + part.split_once("```\n").unwrap().1);
            let edit = |(i, word)| if i % 20 == 19 { "other" } else { word };
            let body: Vec<_> = body.split(' ').enumerate().map(edit).collect();
            let body = body.join(" ");
            let (edited, _) = read_page("x.md", format!("{front}+++\n{body}").as_bytes());
            let edited = edited.unwrap();
            let (found, likeness) = known.nearest(&edited).unwrap();
            println!("{likeness:.3} {}", page.article.file);
            assert!(likeness >= LIKENESS_MIN && found == Path::new(&page.article.file), "{likeness}");
        }
    }
}
