use super::{Analyzer, KNOWN_MAX, Known, NEW_MAX, Terms};
use crate::domain::world::article::Synonyms;
use crate::search::vocabulary::is_function_word;

fn analyzer() -> Analyzer {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("kb");
    Analyzer::new(&crate::kb::load(&folder).unwrap_or_default().synonyms)
}

fn listed(terms: &str) -> Vec<String> {
    terms.split_terminator(' ').map(str::to_owned).collect()
}

fn terms(text: &str) -> Terms {
    let mut terms = Terms::default();
    terms.push(&analyzer().units(text));
    terms
}

fn words(text: &str) -> Vec<String> {
    listed(&terms(text).words)
}

fn meanings(text: &str) -> Vec<String> {
    listed(&terms(text).meanings)
}

#[test]
fn compounds_are_kept_whole_and_in_parts() {
    assert_eq!(words("vmkload_app"), ["vmkload", "app", "vmkload_app"]);
    assert_eq!(words("(`proxy.properties`),"), ["proxi", "properti", "proxy.properties"]);
    assert_eq!(words("/proc/vmware/"), ["proc", "vmware", "/proc/vmware"]);
    assert_eq!(words("vm-support -d0"), ["vm", "support", "vm-support", "vmsupport", "d0", "-d0"]);
    assert_eq!(words("VirtualCenter 40GB"), ["virtual", "center", "virtualcent", "40", "gb", "40gb"]);
    assert_eq!(words("esx3 VMs"), ["esx", "3", "esx3", "vm"]);
    assert_eq!(words("i/o r/w IO"), ["io", "i/o", "rw", "r/w", "io"]);
}

#[test]
fn percents_are_one_thing_however_written() {
    for text in ["97%", "97 %", "97 percent", "97 Percent."] {
        assert_eq!(words(text), ["97", "percent", "97%"], "{text}");
    }
}

#[test]
fn not_and_no_stay_and_question_words_go() {
    assert_eq!(words("why is there no space"), ["no", "space"]);
    assert_eq!(words("VM's disk can’t be read"), ["vm", "disk", "not", "read"]);
    assert_eq!(words("how do I what"), Vec::<String>::new());
}

#[test]
fn an_apostrophe_may_be_left_out_or_be_another() {
    for text in ["won't", "won’t", "won`t", "won´t", "wonʼt", "won‛t", "wont", "WONT"] {
        assert_eq!(words(&format!("vm {text} start")), ["vm", "not", "start"], "{text}");
    }
    for text in ["cant", "doesnt", "isnt", "couldnt", "wasnt", "havent"] {
        assert_eq!(words(text), ["not"], "{text}");
    }
    assert_eq!(words("different mount"), ["differ", "mount"]);
}

#[test]
fn spellings_of_both_sides_of_the_ocean_are_one() {
    assert_eq!(words("virtualisation centre licence"), words("virtualization center license"));
    assert_eq!(words("VirtualCentre")[..2], words("VirtualCenter")[..2]);
    assert_eq!(words("raise"), ["rais"]);
}

#[test]
fn words_that_only_join_others_say_nothing() {
    assert_eq!(words("put him onto the lan"), ["put", "lan"]);
}

#[test]
fn everyday_words_are_marked_whatever_their_form() {
    for unit in analyzer().units("suddenly thinking nearly customers vs versus") {
        assert!(unit.everyday, "{unit:?}");
    }
    for unit in analyzer().units("snapshot terraform disk -d0 97%") {
        assert!(!unit.everyday, "{unit:?}");
    }
}

#[test]
fn expressions_share_a_meaning_even_when_separated() {
    let off = meanings("power off");
    assert!(!off.is_empty());
    for text in ["turn it off", "shut the thing down", "shutdown", "switched off"] {
        assert!(meanings(text).contains(&off[0]), "{text}");
    }
    assert_ne!(meanings("power on")[0], off[0]);
}

#[test]
fn an_expression_of_letters_and_digits_is_one_wherever_it_stands() {
    let same = [["ipv6", "sixstack"], ["sql2005", "yukon"]];
    let analyzer = Analyzer::new(&Synonyms(same.map(|it| it.map(str::to_owned).to_vec()).to_vec()));
    for (text, meaning) in [("is IPv6 off", 0), ("sixstack", 0), ("SQL2005 is slow", 1)] {
        let units = analyzer.units(text);
        let having: Vec<_> = units.iter().filter(|unit| unit.meanings == [meaning]).collect();
        assert!(having.len() == 1 && having[0].is_meant_whole(), "{text}");
    }
}

#[test]
fn function_words_say_nothing_and_words_of_denial_do() {
    for word in ["a", "how", "the", "what", "your"] {
        assert!(is_function_word(word), "{word}");
    }
    for word in ["not", "no", "off", "full", "without"] {
        assert!(!is_function_word(word), "{word}");
    }
}

#[test]
fn a_word_that_finds_no_place_is_analysed_all_the_same() {
    let (full, fresh) = (analyzer(), analyzer());
    let many: Vec<String> = (0..KNOWN_MAX).map(|number| format!("word{number}")).collect();
    full.units(&many.join(" "));
    let mut placeless = 0;
    for word in many.iter().rev().take(1_000) {
        let (known, anew) = (full.units(word), fresh.units(word));
        assert_eq!(known.len(), 1, "{word}");
        assert_eq!(*known[0], *anew[0], "{word}");
        let (asked, remembered) =
            (full.asked(word), |unit: &super::Unit<'_>| matches!(unit.word, Known::Remembered(_)));
        assert_eq!(remembered(&asked[0]), remembered(&known[0]), "{word}");
        placeless += usize::from(matches!(known[0].word, Known::Fresh(_)));
    }
    assert!(placeless > 0);
}

#[test]
fn of_many_articles_a_plain_word_is_told_so_often_and_of_few_always() {
    let said = |analyzer: Analyzer, times: usize| {
        let mut terms = Terms::default();
        (0..times).for_each(|_| terms.push(&analyzer.units("gasket 7")));
        (listed(&terms.plain).len(), listed(&terms.words).len())
    };
    let often = NEW_MAX as usize + 10;
    assert_eq!(said(analyzer(), often), (often, 2 * often));
    assert_eq!(said(analyzer().for_many(), often), (NEW_MAX as usize, 2 * often));
}

#[test]
fn words_of_questions_are_not_remembered() {
    let analyzer = analyzer();
    let asked = analyzer.asked("Is vmkload_app at 97 % hung?");
    let remembered = |asked: &super::Unit<'_>| matches!(asked.word, Known::Remembered(_));
    assert!(!asked.iter().any(remembered));
    let written = analyzer.units("Is vmkload_app at 97 % hung?");
    assert!(written.iter().all(remembered));
    let again = analyzer.asked("Is vmkload_app at 97 % hung?");
    assert!(again.iter().all(remembered), "what articles say is not analysed again");
    for ((asked, written), again) in asked.iter().zip(&written).zip(&again) {
        assert_eq!((&**asked, &asked.at), (&**written, &written.at));
        assert_eq!((&**again, &again.at), (&**written, &written.at));
    }
    assert_eq!((asked.len(), again.len()), (written.len(), written.len()));
}
