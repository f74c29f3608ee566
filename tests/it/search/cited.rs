//! Which section of an article is cited, and how sure the answer is of it.

use dogwatch::domain::world::article::Synonyms;
use dogwatch::search::Search;

use super::{article, section};

/// The sections of a pump that is hot, under the top headings that an author has chosen.
fn hot_pump(symptoms: &str, cause: &str, check: &str) -> Search {
    let sections = vec![
        section(&[symptoms], 10, &["The panel says: ERR 17 bearing overheated."]),
        section(&[cause], 20, &["Old grease does not lead the heat away, and the rotor rubs."]),
        section(&["Resolution"], 30, &[]),
        section(&["Resolution", "Stop it"], 32, &["Turn the handle until it does not move any more."]),
        section(&["Resolution", "Grease the bearing"], 40, &["Press new grease in until the old comes out."]),
        section(&["Resolution", "Ask"], 50, &["Call the maker."]),
        section(&[check], 60, &["The thermometer shows less than 60."]),
    ];
    let article = article("hot-pump", "The pump is hot", &["the pump smokes"], sections);
    Search::of(vec![article], &Synonyms::default()).unwrap()
}

#[test]
fn the_section_is_cited_that_says_what_to_do_about_what_is_asked() {
    for headings in [("Symptoms", "Cause", "Verify"), ("Symptom", "Root cause", "Verification")] {
        let search = hot_pump(headings.0, headings.1, headings.2);
        for (question, expected) in [
            // Only the topic is named: the shortest section is no better than the first.
            ("the pump is hot", "Stop it"),
            ("hot pump", "Stop it"),
            // What people see is where it is pasted from.
            ("pump: ERR 17 bearing overheated", "Stop it"),
            ("pump bearing overheated", "Grease the bearing"),
            ("ERR 17 pump", "Stop it"),
            ("the pump is hot, which grease?", "Grease the bearing"),
            ("why is the pump hot", headings.1),
            ("what is the cause of a hot pump", headings.1),
            ("pump is hot. Reason: rotor rubs. Grease the bearing?", "Grease the bearing"),
            ("why is the pump hot, old grease?", headings.1),
            ("the pump is hot, what does the thermometer show", headings.2),
        ] {
            let cited = search.answer(question, 1).unwrap().hits.pop().and_then(|mut hit| hit.heading.pop());
            assert_eq!(cited.as_deref(), Some(expected), "{question}");
        }
    }
}

/// Articles with a text under the title; one is about a trouble.
fn leaking_valve() -> Search {
    let intro = "A valve leaks where its seat is worn, or where dirt keeps the spindle from the seat.";
    let trouble = vec![
        section(&[], 5, &[intro]),
        section(&["Symptoms"], 10, &["The panel says: ALARM 452 flow not sufficient for the boiler."]),
        section(&["Words"], 20, &["The spindle is what the hand wheel turns."]),
        section(&["Resolution", "Close it"], 30, &["Turn the hand wheel, and the spindle goes down."]),
        section(&["Resolution", "Thresholds"], 40, &["A flow of 9 is enough for a house."]),
        section(&["Resolution", "Grind the seat"], 50, &["Put paste on the worn seat and turn."]),
    ];
    let concept =
        vec![section(&[], 5, &["A boiler makes steam of water."]), section(&["Sizes"], 10, &["Many."])];
    let articles = vec![
        article("leak", "A valve leaks", &["drops below the valve"], trouble),
        article("boiler", "Boilers", &[], concept),
    ];
    Search::of(articles, &Synonyms::default()).unwrap()
}

#[test]
fn what_to_do_is_cited_rather_than_a_text_that_names_the_trouble() {
    let search = leaking_valve();
    for (question, expected) in [
        // One word of a message that was pasted.
        ("valve: ALARM 452 flow not sufficient for the boiler", Some("Close it")),
        ("which flow is enough for a leaking valve", Some("Thresholds")),
        ("valve leaks, the seat is worn", Some("Grind the seat")),
        ("boiler", None),
    ] {
        let mut hit = search.answer(question, 1).unwrap().hits.pop();
        let cited = hit.as_mut().and_then(|hit| hit.heading.pop());
        assert!(hit.is_some(), "{question}");
        assert_eq!(cited.as_deref(), expected, "{question}");
    }
}

#[test]
fn a_synonym_of_a_part_does_not_stand_for_a_whole_command() {
    let synonyms = Synonyms(vec![vec!["postgres".to_owned(), "pg".to_owned()]]);
    let disk = section(&["Resolution"], 10, &["Make room on the disk of the postgres server."]);
    let pooler = section(&["Resolution"], 10, &["PgBouncer keeps connections open for all."]);
    let articles = vec![
        article("full", "Postgres has no room", &[], vec![disk]),
        article("pool", "Too many connections", &["pgbouncer"], vec![pooler]),
    ];
    let search = Search::of(articles, &synonyms).unwrap();
    assert!(search.answer("pg has no room", 1).unwrap().certain);
    for question in ["pg_dump", "pg-upgrade"] {
        assert!(!search.answer(question, 1).unwrap().certain, "{question}");
    }
    // A part that nobody knows makes the whole no less worth.
    assert_eq!(search.answer("pg-bouncer", 1).unwrap().hits[0].article.as_str(), "pool");
}

#[test]
fn a_command_is_found_where_it_stands_and_not_where_others_begin_like_it() {
    let sections = vec![
        section(&["Resolution", "Fill the slot"], 10, &["pump_fill pump_slot ".repeat(9).trim()]),
        section(&["Resolution", "Wind back"], 20, &["If the other one has moved, pump_rewind is quick."]),
        section(&["Resolution", "Build anew"], 30, &["Or take all of it with pump_copy, which is slow."]),
    ];
    let standby = article("standby", "The standby is behind", &["it lags"], sections);
    // Words that many articles have, so that the one that these commands begin with is the rarer one.
    let usual = section(&["Tapes"], 10, &["Rewind a tape and copy it."]);
    let others = (0..9).map(|n| article(&format!("tape-{n}"), "Tapes", &[], vec![usual.clone()]));
    let search = Search::of(others.chain([standby]).collect(), &Synonyms::default()).unwrap();
    for (question, expected) in [
        ("is pump_rewind possible", "Wind back"),
        ("set up the standby again with pump_copy", "Build anew"),
        // Where no section has it, those with a part of it are what there is.
        ("standby: pump_fix, which pump slot", "Fill the slot"),
    ] {
        let cited = search.answer(question, 1).unwrap().hits.pop().and_then(|mut hit| hit.heading.pop());
        assert_eq!(cited.as_deref(), Some(expected), "{question}");
    }
}
