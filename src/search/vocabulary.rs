//! Words that the search treats in a special way: those without meaning of their own, and those that
//! are written in two ways.
//!
//! The lists are general English. They hold no product, no article and no question: what means the same
//! stands in the `synonyms.toml` of the knowledge base, and what is specific in the articles.

use std::borrow::Cow;

/// Words that carry no information in a question or in a text.
///
/// tantivy's English list is not used: it drops `not` and `no`, and keeps `how`, `why` and `what`.
const FUNCTION_WORDS: &[&str] = &[
    "a",
    "about",
    "after",
    "again",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "anybody",
    "anyone",
    "are",
    "around",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "belong",
    "belonging",
    "belongs",
    "between",
    "but",
    "by",
    "can",
    "could",
    "did",
    "do",
    "does",
    "doing",
    "done",
    "during",
    "each",
    "either",
    "else",
    "ever",
    "every",
    "explain",
    "find",
    "for",
    "from",
    "get",
    "gets",
    "getting",
    "give",
    "given",
    "gives",
    "go",
    "goes",
    "going",
    "got",
    "had",
    "happen",
    "happens",
    "has",
    "have",
    "having",
    "he",
    "help",
    "her",
    "here",
    "him",
    "his",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "just",
    "keep",
    "keeps",
    "know",
    "let",
    "look",
    "looks",
    "many",
    "may",
    "me",
    "might",
    "mine",
    "much",
    "must",
    "my",
    "myself",
    "need",
    "needed",
    "needs",
    "now",
    "of",
    "on",
    "one",
    "only",
    "onto",
    "or",
    "our",
    "ours",
    "own",
    "please",
    "say",
    "says",
    "see",
    "seen",
    "she",
    "should",
    "so",
    "some",
    "somebody",
    "someone",
    "something",
    "still",
    "such",
    "tell",
    "than",
    "thanks",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "thing",
    "things",
    "this",
    "those",
    "to",
    "too",
    "try",
    "trying",
    "up",
    "us",
    "use",
    "used",
    "uses",
    "using",
    "very",
    "want",
    "wants",
    "was",
    "way",
    "we",
    "were",
    "what",
    "when",
    "where",
    "whether",
    "which",
    "while",
    "who",
    "whom",
    "whose",
    "why",
    "will",
    "with",
    "would",
    "you",
    "your",
];

/// Words of everyday talk: they say how, when or to whom, seldom about what. An article that lacks one is
/// not the worse for it, so they count little as evidence, though they are searched like any other.
const EVERYDAY_WORDS: &str = "
    above across actual actually ago ahead almost along already although always amount answer anything
    anymore anyway apart appear apparently asap ask away bad badly basically become begin beginner
    beginning behind believe below beside besides best better beyond bit both box boss bring case
    certain choose clear colleague come common company complain complete completely correct correctly
    couple current currently customer day deal decide definitely describe despite different dummy early
    easily easy eat enough entire especially etc even everybody everyone everything everywhere exact
    exactly example except expect extra fact few final finally fine finish first folks forever former
    frequently fully general great guess guy half hand hello hey hi hope hour idea immediately important
    inside instead interesting kind last late lately later lead learn least leave less like likely little
    long longer lot lots make matter maybe mention midnight minute moment month morning most mostly
    nearly necessary never new newbie newcomer next nice night nobody normal normally nothing obvious
    often ok okay once open opinion option otherwise outside overnight part particular people perfect
    perhaps person place plan point possible possibly pretty previous probably problem proper properly
    put question quick quickly quite rather react ready real really reason recently recommend resort
    right sample second seem several short sign similar simple simply since situation somehow sometimes
    somewhere soon sorry sort start stay strange stuff suddenly suggest suppose sure surely surprise
    survive take talk team term terminology thank think though through till time today together
    tomorrow tonight top toward trouble twice type typical typically under underneath understand unless
    until upon urgent urgently useful usual usually versus via vs wait week weekend weird well whatever
    whenever whole within without wonder work worry worse worst wrong year yesterday yet
";

/// Words that are written in two ways, and forms that stemming leaves alone: plurals, since it looks for a
/// vowel or spares `us`, and those of irregular verbs.
const SPELLINGS: &[(&str, &str)] = &[
    ("vms", "vm"),
    ("cpus", "cpu"),
    ("gpus", "gpu"),
    ("pros", "pro"),
    ("behaviour", "behavior"),
    ("catalogue", "catalog"),
    ("centre", "center"),
    ("centres", "center"),
    ("froze", "freeze"),
    ("frozen", "freeze"),
    ("grey", "gray"),
    ("hung", "hang"),
    ("lost", "lose"),
    ("ran", "run"),
    ("sent", "send"),
    ("stuck", "stick"),
    ("licence", "license"),
    ("licences", "license"),
    ("programme", "program"),
];

/// British endings and what stands for them.
const ENDINGS: &[(&str, &str)] = &[
    ("isation", "ization"),
    ("isations", "izations"),
    ("ise", "ize"),
    ("ised", "ized"),
    ("iser", "izer"),
    ("ises", "izes"),
    ("ising", "izing"),
];
/// Bytes of the shortest word whose ending is changed.
const ENDING_LEN_MIN: usize = 8;

/// Whether a lowercase word carries no information.
pub(super) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.binary_search(&word).is_ok()
}

/// Words that carry no information, those of everyday talk, and `cannot`.
pub(super) fn common_words() -> impl Iterator<Item = &'static str> {
    FUNCTION_WORDS.iter().copied().chain(everyday_words()).chain(["cannot"])
}

/// The words of everyday talk.
pub(super) fn everyday_words() -> impl Iterator<Item = &'static str> {
    EVERYDAY_WORDS.split_whitespace()
}

/// The one spelling that stands for all of a word.
pub(super) fn spelling(word: &str) -> Cow<'_, str> {
    if let Some((_, usual)) = SPELLINGS.iter().find(|(other, _)| *other == word) {
        return Cow::Borrowed(usual);
    }
    if word.len() >= ENDING_LEN_MIN {
        for (british, american) in ENDINGS {
            if let Some(root) = word.strip_suffix(british) {
                return Cow::Owned(format!("{root}{american}"));
            }
        }
    }
    Cow::Borrowed(word)
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_that_are_searched_by_halves_are_sorted() {
        assert!(super::FUNCTION_WORDS.is_sorted());
    }
}
