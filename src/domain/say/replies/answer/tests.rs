#![expect(clippy::unwrap_used, reason = "tests")]

use crate::domain::id::{AnswerId, ArticleId, Digest};
use crate::domain::say::button::{Press, Weight};
use crate::domain::say::line::Line;
use crate::domain::say::replies::answer::{PATH_LEN_MAX, found, lines, listed, path, quoted};
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::testing::{World, text_of};
use crate::domain::world::article::Quote;
use crate::domain::world::citation::{Candidate, Cited, Found};

fn cited(heading: &[&str], quotes: Vec<Quote>, lines: (usize, usize)) -> Cited {
    Cited {
        article: ArticleId::from("vm-hung"),
        title: "Hung".to_owned(),
        heading: heading.iter().map(ToString::to_string).collect(),
        quotes,
        file: "vm-hung.md".to_owned(),
        lines,
        revision: Digest([0xab; 32]),
        outdated: false,
        actions: Vec::new(),
        elsewhere: Vec::new(),
        strange: Vec::new(),
    }
}

fn shown(line: Line) -> String {
    text_of(&Reply::new(Tone::Info, line))
}

#[test]
fn the_path_is_whole_unless_it_is_long() {
    let path = |heading: &[&str]| shown(path(&cited(heading, Vec::new(), (1, 1))));
    assert_eq!(path(&[]), "Hung");
    assert_eq!(path(&["Resolution", "Stop it", "Hard"]), "Hung > Resolution > Stop it > Hard");
    let long = "x".repeat(PATH_LEN_MAX);
    assert_eq!(path(&["Resolution", &long, "Hard"]), "Hung > … > Hard");
    assert_eq!(path(&[&long]), format!("Hung > {long}"));
}

#[test]
fn a_passage_is_quoted_line_by_line_with_its_marks_and_its_code_apart() {
    let row = "product: ESX\n- limit: price";
    let quotes = vec![
        Quote { text: row.to_owned(), code: false, lines: (3, 3), marks: vec![9..12, 15..20] },
        Quote { text: "stop\nhard".to_owned(), code: true, lines: (4, 5), marks: Vec::new() },
    ];
    let reply = quoted(Reply::new(Tone::Info, Line::default()), &cited(&[], quotes, (3, 5)));
    let expected = Reply::new(Tone::Info, Line::default())
        .quote(Line::default().untrusted("product: ").marked("ESX"))
        .quote(Line::default().untrusted("- ").marked("limit").untrusted(": price"))
        .block("stop\nhard")
        .line(Line::plain("source: ").code("vm-hung.md:3-5").then(", revision ").code("abababababab"));
    assert_eq!(reply, expected);
}

#[test]
fn code_within_a_text_stays_code() {
    let text = "Type `vmkload_app -k 9 ID`, then `ls`. It's 5` wide";
    let quote =
        Quote { text: text.to_owned(), code: false, lines: (3, 3), marks: vec![6..17, 34..36, 39..43] };
    let expected = Line::default()
        .untrusted("Type ")
        .code("vmkload_app -k 9 ID")
        .untrusted(", then ")
        .code("ls")
        .untrusted(". ")
        .marked("It's")
        .untrusted(" 5` wide");
    assert_eq!(lines(&quote).collect::<Vec<_>>(), [expected]);
}

#[test]
fn one_line_is_cited_by_its_number() {
    let reply = quoted(Reply::new(Tone::Info, Line::default()), &cited(&[], Vec::new(), (7, 7)));
    assert!(text_of(&reply).ends_with("source: vm-hung.md:7, revision abababababab"));
}

#[test]
fn the_last_good_version_of_a_broken_article_says_that_it_is_one() {
    let hit = Cited { outdated: true, ..cited(&[], Vec::new(), (7, 7)) };
    let text = text_of(&quoted(Reply::new(Tone::Info, Line::default()), &hit));
    assert!(text.ends_with("can't be read any more: this is its last good version"), "{text}");
}

#[test]
fn an_answer_says_how_words_were_read_that_no_article_has() {
    let hits = vec![cited(&[], Vec::new(), (7, 7))];
    let read = |words: &[(&str, &str)]| {
        let mended =
            words.iter().map(|(word, read_as)| ((*word).to_owned(), (*read_as).to_owned())).collect();
        let result = Found { hits: hits.clone(), mended, ..Found::default() };
        [
            found(&World::new().catalogue, "why", &result, None),
            listed(&World::new().catalogue, "why", &result),
        ]
        .map(|reply| text_of(&reply))
    };
    for text in read(&[("vmotoin", "vmotion"), ("worldid", "world id")]) {
        assert!(text.starts_with("Hung\nI read vmotoin as vmotion, worldid as world id:\n"), "{text}");
    }
    assert!(read(&[]).iter().all(|text| !text.contains("I read")));
}

fn near(id: &str) -> Candidate {
    Candidate { id: id.into(), is_near: true, ..Candidate::default() }
}

#[test]
fn a_doubtful_answer_says_so_and_what_was_guessed_offers_nothing() {
    let catalogue = World::new().catalogue;
    let hit = Cited { actions: vec![near("vm-start")], ..cited(&[], Vec::new(), (7, 7)) };
    let read = vec![("strat".to_owned(), "start".to_owned())];
    for (doubtful, mended) in [(false, Vec::new()), (true, Vec::new()), (false, read)] {
        let is_sure = !doubtful && mended.is_empty();
        let result = Found { hits: vec![hit.clone()], doubtful, mended, ..Found::default() };
        let judged = Some((AnswerId(1), Digest([0xab; 32]).prefix()));
        let reply = found(&catalogue, "start it", &result, judged);
        let text = text_of(&reply);
        assert_eq!(text.contains("I am not sure that this answers the question"), doubtful, "{text}");
        assert_eq!(text.contains("/run vm-start"), is_sure, "{text}");
        assert_eq!(text.contains("every action of this article: /kb show vm-hung"), !is_sure, "{text}");
        let runs = reply.buttons.iter().filter(|button| matches!(button.press, Press::Run(..))).count();
        assert_eq!(runs, usize::from(is_sure), "{:?}", reply.buttons);
    }
}

#[test]
fn lines_and_buttons_offer_the_same_and_what_destroys_looks_dangerous() {
    let catalogue = World::new().catalogue;
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let destroy = Candidate { verbs: words(&["destroy"]), objects: words(&["vm"]), ..near("vm-destroy") };
    let actions = vec![destroy, near("vm-start"), near("vm-state")];
    let hit = Cited { actions, ..cited(&[], Vec::new(), (7, 7)) };
    let result = Found { hits: vec![hit], ..Found::default() };
    let reply = found(&catalogue, "destroy the vm", &result, None);
    let buttons: Vec<_> = reply.buttons.iter().map(|button| (&button.press, button.weight)).collect();
    let prefix = Digest::of(b"article").prefix();
    let run = |id: &str| Press::Run(id.into(), prefix);
    assert_eq!(
        buttons,
        [
            (&run("vm-state"), Weight::Main),
            (&run("vm-start"), Weight::Main),
            (&run("vm-destroy"), Weight::Danger),
        ]
    );
    let text = text_of(&reply);
    let at = |id: &str| text.find(&format!("/run {id} ")).unwrap();
    assert!(at("vm-state") < at("vm-start") && at("vm-start") < at("vm-destroy"), "{text}");
    assert!(!text.contains("every action"), "{text}");
}
