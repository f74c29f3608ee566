//! Where to look when there is no answer.

use super::answer::Nearest;
use super::ranking::Ranked;
use crate::domain::article::Article;

/// Articles that are named beside "I don't know".
const NEAREST_MAX: usize = 3;
/// Words of the question that are compared letter by letter.
const WORDS_MAX: usize = 12;
/// Characters of such a word.
const WORD_LEN_MAX: usize = 32;

/// The best ranked articles; if no word of the question is known, those whose titles look most alike.
/// Empty only without articles.
pub(super) fn nearest(articles: &[Article], ranked: &[Ranked], text: &str) -> Vec<Nearest> {
    let found = ranked.iter().filter_map(|ranked| articles.get(ranked.article));
    let mut chosen: Vec<&Article> = found.take(NEAREST_MAX).collect();
    if chosen.is_empty() {
        let words: Vec<String> = words(text).take(WORDS_MAX).collect();
        let mut alike: Vec<(f64, &Article)> =
            articles.iter().map(|article| (likeness(&words, article), article)).collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.id.cmp(&b.1.id)));
        chosen = alike.into_iter().take(NEAREST_MAX).map(|(_, article)| article).collect();
    }
    let nearest = |article: &Article| Nearest { article: article.id.clone(), title: article.title.clone() };
    chosen.into_iter().map(nearest).collect()
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().nth(3).is_some());
    words.map(|word| word.chars().take(WORD_LEN_MAX).collect::<String>().to_lowercase())
}

fn likeness(question: &[String], article: &Article) -> f64 {
    let title: Vec<String> = words(&article.title).collect();
    let best =
        |word: &String| title.iter().map(|other| strsim::jaro_winkler(word, other)).fold(0.0, f64::max);
    question.iter().map(best).fold(0.0, f64::max)
}
