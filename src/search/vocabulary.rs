//! Words that the search treats in a special way: those without meaning of their own, and on-call
//! expressions that mean the same.
//!
//! Both lists are general English and general on-call language. They hold no product, no article and
//! no question: what is specific belongs into the articles.

/// Words that carry no information in a question or in a text.
///
/// tantivy's English list is not used: it drops `not` and `no`, and keeps `how`, `why` and `what`.
const FUNCTION_WORDS: &[&str] = &[
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "anybody", "anyone", "are", "around", "as", "at", "be", "because", "been", "before", "being", "but", "by", "can", "could", "did", "do", "does", "doing", "done", "during", "each", "either", "else", "ever", "every", "explain", "find", "for", "from", "get", "gets", "getting", "give", "given", "gives", "go", "goes", "going", "got", "had", "happen", "happens", "has", "have", "having", "he", "help", "her", "here", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "know", "let", "look", "looks", "may", "me", "might", "mine", "must", "my", "myself", "need", "needed", "needs", "now", "of", "on", "one", "only", "or", "our", "ours", "own", "please", "say", "says", "she", "should", "so", "some", "somebody", "someone", "something", "still", "such", "tell", "than", "thanks", "that", "the", "their", "them", "then", "there", "these", "they", "thing", "things", "this", "those", "to", "too", "try", "trying", "us", "use", "used", "uses", "using", "very", "want", "wants", "was", "way", "we", "were", "what", "when", "where", "whether", "which", "while", "who", "whom", "whose", "why", "will", "with", "would", "you", "your",
];

/// Expressions that on-call people use for the same thing, one line a meaning. A text that holds one
/// of them is found by the others, at a lower weight than by its own words.
const EQUIVALENTS: &[&[&str]] = &[
    &["vm", "virtual machine", "guest", "virtual server"],
    &["power off", "shut down", "shutdown", "turn off", "switch off", "poweroff", "stop", "halt"],
    &["power on", "power up", "turn on", "switch on", "start", "boot", "bring up"],
    &["kill", "terminate", "force off", "force stop", "destroy"],
    &["hung", "hang", "stuck", "frozen", "freeze", "unresponsive", "not respond", "not answer", "lock up"],
    &["delete", "remove", "erase", "clean up", "clean", "purge"],
    &["full", "no space", "out of space", "insufficient space", "fill up", "not enough space"],
    &["create", "make", "build", "provision"],
    &["list", "show", "display"],
    &["convert", "conversion", "converter", "import", "p2v"],
    &["fail", "failure", "error", "abort", "break", "broken"],
    &["unavailable", "unreachable", "down", "not available", "not load", "not open", "offline"],
    &["difference", "compare", "comparison", "versus", "vs", "against"],
    &["command line", "cli", "shell", "terminal", "command"],
    &["big", "large", "huge"],
    &["directory", "folder"],
    &["restart", "reboot"],
    &["copy", "clone"],
    &["safe", "harmless", "risk", "danger"],
    &["quick", "fast", "speed", "performance"],
    &["slow", "lag", "delay"],
    &["mean", "meaning", "definition", "define"],
    &["limit", "drawback", "disadvantage", "restriction"],
    &["share", "distribute", "divide"],
    &["enlarge", "grow", "extend", "expand", "resize"],
    &["move", "migrate", "migration", "transfer"],
    &["login", "log in", "sign in", "logon"],
    &["set up", "setup", "configure", "configuration"],
    &["new version", "upgrade", "update"],
];

/// Whether a lowercase word carries no information.
pub(super) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.binary_search(&word).is_ok()
}

/// Every expression with the number of its meaning.
pub(super) fn equivalents() -> impl Iterator<Item = (usize, &'static str)> {
    let numbered = EQUIVALENTS.iter().enumerate();
    numbered.flat_map(|(meaning, expressions)| expressions.iter().map(move |text| (meaning, *text)))
}
