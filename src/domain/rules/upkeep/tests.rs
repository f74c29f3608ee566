//! What is a gap, what speaks against an article, and in which order.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use super::report::{LET_DOWN_POINTS, QUESTIONS_MAX, REVIEW_DAYS, Reason, Upkeep};
use crate::domain::id::{ActionId, AnswerId, ArticleId, ConversationId};
use crate::domain::policy::catalogue::Articles;
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::run::StepEnd;
use crate::domain::record::state::State;
use crate::domain::rules::upkeep::upkeep;
use crate::domain::say::replies::upkeep::report;
use crate::domain::testing::{R1, R2, START_MS, World, actor, catalogue, folded, run_command, text_of};
use crate::domain::world::article::{Article, NEVER_REVIEWED};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A record of questions and judgements.
#[derive(Default)]
struct Asked(Vec<Moment>);

impl Asked {
    fn add(mut self, at_ms: u64, event: Event) -> Self {
        let seq = self.0.len() as u64 + 1;
        self.0.push(Moment { seq, at_ms, actor: actor("dia"), event });
        self
    }

    /// A question, with the articles that its answer cites.
    fn at(self, at_ms: u64, question: &str, articles: &[&str]) -> Self {
        let answer = AnswerId(self.0.len() as u64 + 1);
        let conversation = ConversationId::from("ops");
        let articles = articles.iter().map(|id| ArticleId::from(*id)).collect();
        let question = question.to_owned();
        let doubtful = false;
        self.add(at_ms, Event::QuestionAnswered { answer, conversation, question, articles, doubtful })
    }

    /// Makes the last answer a doubtful one.
    fn doubtfully(mut self) -> Self {
        if let Some(Event::QuestionAnswered { doubtful, .. }) = self.0.last_mut().map(|it| &mut it.event) {
            *doubtful = true;
        }
        self
    }

    fn unanswered(self, question: &str) -> Self {
        self.at(START_MS, question, &[])
    }

    fn answered(self, question: &str, articles: &[&str]) -> Self {
        self.at(START_MS, question, articles)
    }

    /// What somebody says of the last question.
    fn judged(self, person: &str, right: bool) -> Self {
        let questions = self.0.iter().rev().find_map(|moment| match moment.event {
            Event::QuestionAnswered { answer, .. } => Some(answer),
            _ => None,
        });
        let (answer, person) = (questions.unwrap(), person.to_owned());
        self.add(START_MS, Event::AnswerJudged { answer, person, right })
    }

    fn upkeep(&self) -> Upkeep {
        upkeep(&folded(&self.0), &catalogue().articles, START_MS)
    }

    fn gaps(&self) -> Vec<(usize, Vec<String>)> {
        self.upkeep().gaps.into_iter().map(|gap| (gap.count, gap.questions)).collect()
    }
}

/// Several articles like the one of the world, by id.
fn several(ids: &[&str]) -> Articles {
    let one = catalogue().articles.into_values().next().unwrap();
    let named = |id: ArticleId| (id.clone(), Arc::new(Article { id, ..Article::clone(&one) }));
    ids.iter().map(|id| named(ArticleId::from(*id))).collect()
}

fn kinds(reasons: &[Reason]) -> String {
    serde_json::to_string(reasons).unwrap()
}

#[test]
fn a_doubtful_answer_leaves_its_question_open_until_somebody_calls_it_right() {
    let asked = || Asked::default().answered("how do I grow a disk", &["vm-hung"]).doubtfully();
    let open = vec![(1, vec!["how do I grow a disk".to_owned()])];
    assert_eq!((asked().gaps(), asked().upkeep().unanswered), (open.clone(), 1));
    assert_eq!(asked().judged("dia", false).gaps(), open);
    let right = asked().judged("dia", true);
    assert_eq!((right.gaps(), right.upkeep().unanswered), (vec![], 0));
    let later = Asked::default().unanswered("how do I grow a disk").answered("grow a disk", &["vm-hung"]);
    assert_eq!(later.doubtfully().gaps().len(), 1, "it closes no gap");
}

#[test]
fn questions_that_differ_in_small_words_and_endings_are_one_gap() {
    let asked = Asked::default()
        .unanswered("How do I restart the mail queue?")
        .unanswered("who won the match")
        .unanswered("restarting mail queues")
        .unanswered("PLEASE: how can we restart our mail-queue??");
    assert_eq!(
        asked.gaps(),
        [
            (
                3,
                vec![
                    "PLEASE: how can we restart our mail-queue??".to_owned(),
                    "restarting mail queues".to_owned(),
                    "How do I restart the mail queue?".to_owned(),
                ]
            ),
            (1, vec!["who won the match".to_owned()]),
        ]
    );
}

#[test]
fn questions_that_share_less_than_most_of_their_words_are_two_gaps() {
    for (one, other) in [
        ("install nginx on linux", "install samba on linux"),
        ("restart the printer", "restart the queue"),
        ("the printer", "the printer jams"),
        ("tape drive full again", "tape drive full never"),
        ("power the machine on", "power the machine off"),
        ("?", "!"),
        ("how is it", "what was this"),
        ("\u{6f22}", "\u{5b57}"),
    ] {
        assert_eq!(Asked::default().unanswered(one).unanswered(other).gaps().len(), 2, "{one} / {other}");
    }
}

#[test]
fn one_more_word_in_a_long_question_is_the_same_gap() {
    let asked = Asked::default()
        .unanswered("the label printer on floor three prints blank pages")
        .unanswered("the printer on floor three prints blank pages");
    assert_eq!(asked.gaps().len(), 1);
}

#[test]
fn a_question_joins_the_gap_that_is_most_like_it() {
    let asked = Asked::default()
        .unanswered("backup tape drive error code west tower east")
        .unanswered("backup tape drive error code west tower")
        .unanswered("backup tape drive error code east wing");
    let counts: Vec<_> = asked.gaps().into_iter().map(|(count, said)| (count, said[0].clone())).collect();
    let expected = [
        (2, "backup tape drive error code west tower".to_owned()),
        (1, "backup tape drive error code east wing".to_owned()),
    ];
    assert_eq!(counts, expected, "the last of them is like both");
}

#[test]
fn the_most_asked_gap_is_first_and_of_equals_the_one_asked_last() {
    let asked = Asked::default()
        .unanswered("tape drive jams")
        .unanswered("badge reader beeps")
        .unanswered("tape drive jams")
        .unanswered("coffee machine leaks");
    let first: Vec<_> = asked.gaps().into_iter().map(|(count, said)| (count, said.concat())).collect();
    let expected = [(2, "tape drive jams"), (1, "coffee machine leaks"), (1, "badge reader beeps")];
    assert_eq!(first, expected.map(|(count, said)| (count, said.to_owned())));
}

#[test]
fn a_gap_shows_a_few_wordings_each_once() {
    let asked = ["tape jams", "tape jams!", "tape jams", "Tape jams", "tape jamming", "the tape jams"];
    let asked = asked.into_iter().fold(Asked::default(), Asked::unanswered);
    let newest = ["the tape jams", "tape jamming", "Tape jams"].map(str::to_owned).to_vec();
    assert_eq!(asked.gaps(), [(6, newest)]);
}

#[test]
fn a_question_that_was_answered_later_is_no_gap_any_more() {
    let asked =
        Asked::default().unanswered("tape drive jams").answered("the tape drive is jamming", &["kvm-vm"]);
    assert_eq!((asked.gaps().len(), asked.upkeep().answered_since, asked.upkeep().unanswered), (0, 1, 1));
}

#[test]
fn a_question_that_was_answered_before_or_wrongly_is_still_a_gap() {
    let before = Asked::default().answered("tape drive jams", &["kvm-vm"]).unanswered("tape drive jams");
    assert_eq!(before.gaps().len(), 1, "it is not answered any more");
    let wrongly = Asked::default().unanswered("tape drive jams").answered("tape drive jams", &["kvm-vm"]);
    assert_eq!(wrongly.judged("dia", false).gaps().len(), 1);
}

#[test]
fn only_the_newest_questions_are_looked_at_and_the_report_says_how_many_are_not() {
    let old = Asked::default().unanswered("tape drive jams").answered("badge", &["kvm-vm"]);
    let all = (0..QUESTIONS_MAX).fold(old, |asked, at| asked.unanswered(&format!("number {at} is {at}")));
    let upkeep = all.upkeep();
    assert_eq!((upkeep.asked, upkeep.unanswered), (QUESTIONS_MAX + 2, QUESTIONS_MAX + 1));
    assert_eq!(upkeep.too_old, 1);
    assert_eq!(upkeep.gaps.iter().map(|gap| gap.count).sum::<usize>(), QUESTIONS_MAX);
    assert!(upkeep.gaps.iter().all(|gap| gap.questions != ["tape drive jams"]));
}

#[test]
fn a_question_of_any_length_is_grouped_by_its_first_words() {
    let long = |tail: &str| format!("{}{tail}", "tape drive jams ".repeat(500));
    assert_eq!(Asked::default().unanswered(&long("badge")).unanswered(&long("coffee")).gaps().len(), 1);
}

#[test]
fn judgements_count_against_the_article_that_was_quoted_first() {
    let asked = Asked::default()
        .answered("one", &["b", "a"])
        .judged("dia", false)
        .judged("ben", true)
        .answered("two", &["b"])
        .judged("dia", false);
    let upkeep = upkeep(&folded(&asked.0), &several(&["a", "b", "c"]), START_MS);
    let [worst] = upkeep.articles.as_slice() else { unreachable!("{:?}", upkeep.articles) };
    let questions = vec!["two".to_owned(), "one".to_owned()];
    assert_eq!(worst.reasons, [Reason::Wrong { count: 2, of: 3, questions }]);
    assert_eq!((worst.article.as_str(), worst.score), ("b", 2 * LET_DOWN_POINTS));
    assert_eq!((upkeep.right, upkeep.wrong), (1, 2));
}

#[test]
fn whoever_changes_their_mind_counts_once() {
    let asked = Asked::default().answered("one", &["kvm-vm"]).judged("dia", false).judged("dia", true);
    assert_eq!(asked.upkeep().articles, []);
}

#[test]
fn what_was_said_before_the_last_review_is_answered_by_it() {
    let asked = Asked::default().at(START_MS - DAY_MS, "one", &["kvm-vm"]).judged("dia", false);
    assert_eq!(asked.upkeep().articles, []);
    let mut articles = several(&["kvm-vm"]);
    for (reviewed, listed) in [("2026-10-31", 1), ("2026-11-01", 0), ("2027-01-01", 1), ("soon", 1)] {
        for article in articles.values_mut() {
            reviewed.clone_into(&mut Arc::make_mut(article).reviewed);
        }
        let found = upkeep(&folded(&asked.0), &articles, START_MS).articles.len();
        assert_eq!(found, listed, "reviewed {reviewed}");
    }
}

#[test]
fn a_failed_verification_and_a_failed_step_count_by_action() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.step_ends(R1, StepEnd::Done(0));
    world.verify_ends(R1, false);
    world.says("ana", run_command("vm-state", &["kvm1", "kvm2"])).unwrap();
    world.step_ends(R2, StepEnd::Done(0));
    world.step_ends(R2, StepEnd::TimedOut);
    let upkeep = upkeep(&world.state, &world.catalogue.articles, START_MS);
    let [article] = upkeep.articles.as_slice() else { unreachable!("{:?}", upkeep.articles) };
    let (start, state) = (ActionId::from("vm-start"), ActionId::from("vm-state"));
    let expected = [
        Reason::VerificationFailed { action: start, count: 1, of: 1 },
        Reason::StepFailed { action: state, count: 1, of: 2 },
    ];
    assert_eq!((article.reasons.as_slice(), article.score), (expected.as_slice(), 2 * LET_DOWN_POINTS));
}

#[test]
fn a_run_whose_end_is_not_the_articles_fault_counts_nothing() {
    let not_run = {
        let mut world = World::running("vm-start", &["kvm1"]);
        world.step_ends(R1, StepEnd::NotRun("no connection".to_owned()));
        world
    };
    let cut_short = {
        let mut world = World::running("vm-folder", &["kvm1"]);
        world.crash();
        world.step_ends(R1, StepEnd::Done(0));
        world
    };
    let stopped = {
        let mut world = World::running("vm-folder", &["kvm1"]);
        world.says("ana", crate::domain::command::Command::Cancel(R1)).unwrap();
        world.step_ends(R1, StepEnd::Done(0));
        world
    };
    let not_applicable = {
        let mut world = World::new();
        world.catalogue.action_mut("vm-folder").steps[0].not_applicable_exit = vec![3];
        world.says("ana", run_command("vm-folder", &["kvm1"])).unwrap();
        world.says("ben", crate::domain::command::Command::Approve(R1)).unwrap();
        world.step_ends(R1, StepEnd::Done(3));
        world
    };
    for world in [World::unknown("vm-start", &["kvm1"]), not_run, cut_short, stopped, not_applicable] {
        assert!(!world.request(R1).is_open());
        assert_eq!(upkeep(&world.state, &world.catalogue.articles, START_MS).articles, []);
    }
}

#[test]
fn a_review_is_overdue_from_the_day_after_its_last_good_one() {
    let overdue = |days: u64| {
        let now_ms = START_MS + (REVIEW_DAYS + days) * DAY_MS;
        upkeep(&State::default(), &catalogue().articles, now_ms).articles.pop()
    };
    assert_eq!(overdue(0), None);
    let one_day = overdue(1).unwrap();
    assert_eq!(one_day.reasons, [Reason::ReviewOverdue { count: 1, of: REVIEW_DAYS }]);
    assert_eq!((one_day.score, overdue(REVIEW_DAYS + 1).unwrap().score), (1, 2));
}

#[test]
fn no_review_however_old_or_never_done_outranks_an_article_that_was_wrong_once() {
    let asked = Asked::default().answered("one", &["wrong"]).judged("dia", false);
    let mut articles = several(&["never", "old", "wrong"]);
    for (id, reviewed) in [("never", NEVER_REVIEWED), ("old", "2001-11-01")] {
        let article = articles.get_mut(&ArticleId::from(id)).unwrap();
        reviewed.clone_into(&mut Arc::make_mut(article).reviewed);
    }
    let upkeep = upkeep(&folded(&asked.0), &articles, START_MS);
    let ranked: Vec<_> = upkeep.articles.iter().map(|found| (found.article.as_str(), found.score)).collect();
    assert_eq!(ranked, [("wrong", 3), ("never", 2), ("old", 2)]);
    assert_eq!(kinds(&upkeep.articles[1].reasons), r#"[{"kind":"never_reviewed"}]"#);
    let told = text_of(&report(&upkeep));
    assert!(told.contains("never 2: nobody has reviewed it yet"), "{told}");
}

#[test]
fn an_article_is_never_found_once_there_were_answers_enough_to_find_each() {
    let articles = several(&["a", "b"]);
    let one = Asked::default().answered("one", &["a"]).unanswered("two");
    assert_eq!(upkeep(&folded(&one.0), &articles, START_MS).articles, []);
    let two = one.answered("three", &["gone", "a"]);
    let found = upkeep(&folded(&two.0), &articles, START_MS).articles;
    assert_eq!(kinds(&found[0].reasons), r#"[{"kind":"never_found","count":0,"of":2}]"#);
    assert_eq!((found.len(), found[0].article.as_str()), (1, "b"));
    let three = two.answered("four", &["a", "b"]);
    assert_eq!(upkeep(&folded(&three.0), &articles, START_MS).articles, [], "found behind another is found");
}

#[test]
fn the_worst_article_is_first_and_equals_are_in_the_order_of_ids() {
    let wrong = |asked: Asked, id: &str| asked.answered("q", &[id]).judged("dia", false);
    let asked = ["d", "b", "c", "d"].into_iter().fold(Asked::default(), wrong);
    let upkeep = upkeep(&folded(&asked.0), &several(&["a", "b", "c", "d"]), START_MS);
    let ranked: Vec<_> = upkeep.articles.iter().map(|found| (found.article.as_str(), found.score)).collect();
    assert_eq!(ranked, [("d", 6), ("b", 3), ("c", 3), ("a", 1)]);
    assert!(
        upkeep
            .articles
            .iter()
            .all(|found| found.score == found.reasons.iter().map(Reason::points).sum::<u64>())
    );
}

#[test]
fn a_reply_shows_ten_of_each_and_says_how_many_more_there_are() {
    let words = |at: usize| format!("machine{at} {}", "jams ".repeat(100));
    let ids: Vec<_> = (10..22).map(|at| format!("article{at}")).collect();
    let asked = (0..13).fold(Asked::default(), |asked, at| asked.unanswered(&words(at)));
    let asked = ids.iter().fold(asked, |asked, id| asked.answered(id, &[id]).judged("dia", false));
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let reply = report(&upkeep(&folded(&asked.0), &several(&ids), START_MS));
    let text = text_of(&reply);
    assert_eq!((text.matches("1 time: ").count(), text.matches(" judgements").count()), (10, 10), "{text}");
    assert!(text.contains("and 3 more: ") && text.contains("and 2 more: "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() < 300), "{text}");
}

#[test]
fn a_reply_says_why_the_numbers_differ_and_when_there_is_nothing_to_fix() {
    let nothing = text_of(&report(&Asked::default().upkeep()));
    assert!(nothing.contains("0 questions asked") && nothing.contains("nothing to fix"), "{nothing}");
    let asked = Asked::default().unanswered("tape drive jams").answered("tape drive jams", &["kvm-vm"]);
    let since = text_of(&report(&asked.upkeep()));
    assert!(
        since.contains("1 without an answer")
            && since.contains("answered since, when somebody asked again: 1"),
        "{since}"
    );
    let old = (0..=QUESTIONS_MAX).fold(Asked::default(), |asked, _| asked.unanswered("tape drive jams"));
    let old = text_of(&report(&old.upkeep()));
    assert!(old.contains("questions: 1"), "{old}");
}

/// A number, not a fact: `cargo test --release --lib -- --ignored --nocapture thousands_of_questions`.
#[test]
#[ignore = "a measurement"]
fn thousands_of_questions() {
    let typical = |at: usize| format!("machine {} does not {} after {}", at % 97, at % 41, at % 13);
    // Each shares half of its words with every other, and none is like another.
    let worst = |at: usize| {
        let words: Vec<_> = (0..8).map(|n| format!("common{n} own{n}x{at}")).collect();
        words.join(" ")
    };
    let kinds: [(&str, &dyn Fn(usize) -> String); 2] = [("typical", &typical), ("worst", &worst)];
    for (name, question) in kinds {
        let asked = (0..QUESTIONS_MAX).fold(Asked::default(), |asked, at| asked.unanswered(&question(at)));
        let (state, articles) = (folded(&asked.0), catalogue().articles);
        let begin = std::time::Instant::now();
        let gaps = upkeep(&state, &articles, START_MS).gaps.len();
        println!("{name}: {QUESTIONS_MAX} questions, {gaps} gaps in {:?}", begin.elapsed());
    }
}
