#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use crate::domain::command::Command;
use crate::domain::decide::ask::looks_like_a_question;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::input::Input;
use crate::domain::id::{AnswerId, ArticleId, ConversationId, Digest, IncidentId};
use crate::domain::record::answer::prefix;
use crate::domain::record::event::Event;
use crate::domain::record::origin::Origin;
use crate::domain::say::button::{AnswerPress, Press};
use crate::domain::say::question::{Purpose, Question};
use crate::domain::testing::{World, actor};
use crate::domain::world::citation::{Cited, Found};

fn hit() -> Cited {
    Cited {
        article: ArticleId::from("vm-hung"),
        title: "Hung".to_owned(),
        heading: Vec::new(),
        quotes: Vec::new(),
        file: "vm-hung.md".to_owned(),
        lines: (1, 2),
        revision: Digest([0xab; 32]),
        outdated: false,
        actions: Vec::new(),
        elsewhere: Vec::new(),
        strange: Vec::new(),
    }
}

/// What follows from a search that was asked for, if one was.
fn search(world: &mut World, who: &str, command: Command, hits: Vec<Cited>) -> Vec<Event> {
    let origin = Origin::typed(actor(who), ConversationId::from("thread"));
    world.input(Input::Command { origin, command }).unwrap();
    match world.asked.pop() {
        Some(Effect::Search(question)) => {
            world.input(Input::Found(question, Ok(Found { hits, ..Found::default() }))).unwrap()
        }
        _ => Vec::new(),
    }
}

#[test]
fn an_answer_and_a_missing_one_are_recorded_and_a_search_is_not() {
    let mut world = World::new();
    search(&mut world, "dia", Command::Ask("why".into()), vec![hit()]);
    search(&mut world, "dia", Command::Ask("where".into()), Vec::new());
    search(&mut world, "dia", Command::KbSearch("what".into()), vec![hit()]);
    let articles = |id| world.state.answers[&AnswerId(id)].articles.len();
    assert_eq!((world.state.answers.len(), articles(1), articles(2)), (2, 1, 0));
}

#[test]
fn broken_articles_are_told_to_admins_and_to_nobody_else() {
    for (who, told) in [("eve", true), ("ben", false), ("dia", false)] {
        for hits in [vec![hit()], Vec::new()] {
            let mut world = World::new();
            let origin = Origin::typed(actor(who), ConversationId::from("thread"));
            world.input(Input::Command { origin, command: Command::Ask("why".into()) }).unwrap();
            let Some(Effect::Search(question)) = world.asked.pop() else { panic!("nothing is searched") };
            let broken = vec!["vm-hung.md:3: no title".to_owned(), "other.md:1: no id".to_owned()];
            world.input(Input::Found(question, Ok(Found { hits, broken, ..Found::default() }))).unwrap();
            assert_eq!(world.said.contains("vm-hung.md:3: no title (and 1 more)"), told, "{who}");
        }
    }
}

#[test]
fn why_actions_are_not_offered_is_told_to_admins_once_and_before_other_mistakes() {
    let broken = vec!["vm-hung.md:3: no title".to_owned(), "other.md:1: no id".to_owned()];
    let hit = |action: &str| Cited {
        actions: vec![crate::domain::world::citation::Candidate { id: action.into(), ..Default::default() }],
        ..hit()
    };
    for (who, action, expected) in [
        ("eve", "gone", vec!["its actions are not offered: vm-hung.md:3: no title", ": other.md:1: no id;"]),
        ("eve", "vm-start", vec![": vm-hung.md:3: no title (and 1 more);"]),
        ("ben", "gone", vec![]),
    ] {
        let mut world = World::new();
        world.catalogue.left_out.insert(hit(action).file, broken[0].clone());
        let origin = Origin::typed(actor(who), ConversationId::from("thread"));
        let question = Question { origin, words: "why".to_owned(), purpose: Purpose::Answer };
        let found = Found { hits: vec![hit(action)], broken: broken.clone(), ..Found::default() };
        world.input(Input::Found(question, Ok(found))).unwrap();
        assert!(expected.iter().all(|text| world.said.contains(text)), "{who}: {}", world.said);
        let told = usize::from(!expected.is_empty());
        assert_eq!(world.said.matches("no title").count(), told, "{who}: {}", world.said);
    }
}

#[test]
fn a_person_judges_once_whatever_they_press_again() {
    let mut world = World::new();
    search(&mut world, "dia", Command::Ask("why".into()), vec![hit()]);
    let prefix = world.state.answers[&AnswerId(1)].prefix();
    let press = |press| Command::Press(Press::Answer(press, AnswerId(1), prefix));
    assert_eq!(world.says("dia", press(AnswerPress::Right)).unwrap().len(), 1);
    assert_eq!(world.says("discord:dia", press(AnswerPress::Right)).unwrap().len(), 0);
    assert_eq!(world.says("dia", press(AnswerPress::Wrong)).unwrap().len(), 1);
    assert_eq!(world.state.answers[&AnswerId(1)].judged.get("dia"), Some(&false));
    assert!(world.says("mallory", press(AnswerPress::Right)).is_err());
}

#[test]
fn an_answer_of_another_record_is_not_judged() {
    let mut world = World::new();
    search(&mut world, "dia", Command::Ask("why".into()), vec![hit()]);
    let other = Press::Answer(AnswerPress::Right, AnswerId(1), prefix("something else"));
    assert_eq!(world.says("dia", Command::Press(other)).unwrap_err(), "unknown_answer");
}

#[test]
fn what_is_overheard_is_answered_once_in_a_thread_of_an_incident_if_it_looks_like_a_question() {
    let mut world = World::new();
    let overhear = |world: &mut World, who: &str, words: &str, hits| {
        search(world, who, Command::Overheard(words.to_owned()), hits).len()
    };
    let question = "how do I stop a hung machine?";
    assert_eq!(overhear(&mut world, "dia", question, vec![hit()]), 0, "no incident is in use here");
    world
        .says("ana", Command::IncidentOpen(crate::domain::record::severity::Severity::Sev2, "x".into()))
        .unwrap();
    world.input(Input::Threaded(IncidentId(1), ConversationId::from("thread"))).unwrap();
    assert_eq!(overhear(&mut world, "mallory", question, vec![hit()]), 0);
    assert_eq!(overhear(&mut world, "dia", "I will look at it", vec![hit()]), 0);
    assert_eq!(overhear(&mut world, "dia", question, Vec::new()), 0, "nothing is not said");
    assert_eq!(overhear(&mut world, "dia", question, vec![hit()]), 1);
    assert_eq!(overhear(&mut world, "ana", "How do I stop a hung machine?", vec![hit()]), 0, "once");
    let quiet = |quiet| {
        let origin = Origin::typed(actor("ana"), ConversationId::from("thread"));
        Input::Command { origin, command: Command::Quiet(quiet) }
    };
    world.input(quiet(true)).unwrap();
    assert_eq!(overhear(&mut world, "dia", "why is the disk full here?", vec![hit()]), 0);
    world.input(quiet(false)).unwrap();
    assert_eq!(overhear(&mut world, "dia", "why is the disk full here?", vec![hit()]), 1);
}

#[test]
fn a_doubtful_answer_is_for_those_who_asked() {
    for (purpose, said) in [(Purpose::Overheard, 0), (Purpose::Answer, 1)] {
        let mut world = World::new();
        let origin = Origin::typed(actor("dia"), ConversationId::from("thread"));
        let question = Question { origin, words: "how do I stop it?".to_owned(), purpose };
        let found = Found { hits: vec![hit()], doubtful: true, ..Found::default() };
        let events = world.input(Input::Found(question, Ok(found))).unwrap();
        assert_eq!(events.len(), said);
        assert_eq!(world.said.contains("I am not sure"), said == 1, "{}", world.said);
    }
}

#[test]
fn people_who_talk_to_each_other_are_left_alone() {
    for question in
        ["how do I stop a hung VM?", "Why does the console not start?", "esx01 the disk full again?"]
    {
        assert!(looks_like_a_question(question), "{question}");
    }
    for talk in [
        "why?",
        "can you take over, ben?",
        "restarting it now",
        "/run x on y?",
        "ok thanks all",
        "> how do I stop it?",
    ] {
        assert!(!looks_like_a_question(talk), "{talk}");
    }
}
