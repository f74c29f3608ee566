#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::domain::id::RequestId;
use crate::domain::record::origin::Origin;
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::world::actor::ActorId;

fn say(to: To) -> Say {
    let reply = Reply::new(Tone::Good, Line::plain("r1 ").untrusted("x").code("y")).block("z");
    Say { to, reply, card: Some(CardId::Request(RequestId(1))) }
}

fn room() -> To {
    To::Room(ConversationId::from("discord:1"))
}

/// What a store would give back after these notes.
fn written(notes: &[Note]) -> Vec<(String, Vec<u8>)> {
    let mut entries = BTreeMap::new();
    for Note { key, value } in notes {
        match value {
            Some(value) => entries.insert(key.clone(), value.clone()),
            None => entries.remove(key),
        };
    }
    entries.into_iter().collect()
}

#[test]
fn a_post_stays_until_it_is_delivered_and_numbers_go_on() {
    let mut outbox = Outbox::default();
    let (first, mut notes) = outbox.post(say(room()), 5);
    let (second, more) = outbox.post(say(room()), 5);
    notes.extend(more);
    notes.extend(outbox.delivered(first.number));
    assert_eq!(outbox.delivered(first.number), None);
    let mut again = Outbox::load(&written(&notes)).unwrap();
    assert_eq!(again.posts().collect::<Vec<_>>(), std::slice::from_ref(&second));
    assert_eq!(again.post(say(room()), 5).0.number, second.number + 1);
}

#[test]
fn a_number_is_not_given_again_by_a_record_that_was_set_back() {
    let (now_ms, mut before) = (1_795_000_000_000, Outbox::default());
    let sent = (0..50).map(|n| before.post(say(room()), now_ms + n * 10).0.number).max().unwrap();
    let next = Outbox::default().post(say(room()), now_ms + 10_000).0.number;
    assert!(next > sent, "{next} {sent}");
    // 25 characters are 8 of the record, the number, the page and what stands between them.
    assert!(next.to_string().len() <= 11);
}

#[test]
fn what_only_the_caller_sees_is_not_kept() {
    let origin = Origin::typed(ActorId("demo:ana".to_owned()), ConversationId::from("demo:ana"));
    let (_, notes) = Outbox::default().post(say(To::Caller(origin)), 5);
    assert_eq!(notes, []);
}

#[test]
fn a_ticket_is_taken_once_whatever_happens_between() {
    let mut outbox = Outbox::default();
    let notes = outbox.take(Ticket(7)).unwrap();
    assert_eq!(outbox.take(Ticket(7)), None);
    assert_eq!(Outbox::load(&written(&notes)).unwrap().take(Ticket(7)), None);
}

#[test]
fn tickets_have_a_limit_and_the_oldest_go_first() {
    let mut outbox = Outbox::default();
    let mut notes = Vec::new();
    for ticket in 0..=TICKETS_MAX as u64 {
        notes.extend(outbox.take(Ticket(ticket)).unwrap());
    }
    assert_eq!(written(&notes).len(), TICKETS_MAX);
    assert!(outbox.take(Ticket(0)).is_none(), "forgotten, not new");
    assert!(outbox.take(Ticket(5000)).is_none());
}

#[test]
fn a_card_remembers_its_message() {
    let mut outbox = Outbox::default();
    let shown = Shown {
        conversation: ConversationId::from("discord:1"),
        message: "2".to_owned(),
        state: Digest::of(b"x"),
        last: false,
    };
    let note = outbox.shown(CardId::Run(RequestId(3)), shown.clone());
    let again = Outbox::load(&written(&[note])).unwrap();
    assert_eq!(again.cards().collect::<Vec<_>>(), [(CardId::Run(RequestId(3)), shown)]);
}

#[test]
fn an_entry_that_is_not_known_whole_is_named_and_told_from_damage() {
    let load =
        |key: &str, value: &str| Outbox::load(&[(key.to_owned(), value.as_bytes().to_vec())]).unwrap_err();
    assert_eq!(load("post/1", "{"), Unread::Damaged("post/1".to_owned()));
    for (key, value) in [
        ("lapse/1", "null"),
        ("post/one", "null"),
        ("number", "{\"last\":7}"),
        ("card/run/r3", "[{\"poll\":3},{}]"),
    ] {
        assert_eq!(load(key, value), Unread::Unknown(key.to_owned()));
    }
    let (_, notes) = Outbox::default().post(say(room()), 5);
    let mut entries = written(&notes);
    let (key, value) = entries.iter_mut().find(|(key, _)| key.starts_with(POST)).unwrap();
    let key = key.clone();
    *value =
        String::from_utf8(value.clone()).unwrap().replace("{\"to\"", "{\"pin\":true,\"to\"").into_bytes();
    assert_eq!(Outbox::load(&entries).unwrap_err(), Unread::Unknown(key));
}

#[test]
fn a_question_is_owed_an_answer_until_it_has_one() {
    let mut origin = Origin::typed(ActorId("discord:1".to_owned()), ConversationId::from("discord:2"));
    origin.ticket = Some(Ticket(3));
    let question = Question { origin, words: "why".to_owned(), purpose: Purpose::Answer };
    let overheard = Question { purpose: Purpose::Overheard, ..question.clone() };
    let mut outbox = Outbox::default();
    assert_eq!(outbox.owe(&overheard), None);
    let mut notes: Vec<_> = outbox.owe(&question).into_iter().collect();
    let again = Outbox::load(&written(&notes)).unwrap();
    assert_eq!(again.owed().collect::<Vec<_>>(), [&question]);
    notes.extend(outbox.settle(&question));
    assert_eq!(Outbox::load(&written(&notes)).unwrap().owed().count(), 0);
}

#[test]
fn a_post_that_is_too_long_is_cut_and_kept() {
    let mut long = say(room());
    // Each of these becomes six bytes of JSON.
    let text = "\u{1}".repeat(400_000);
    long.reply = long.reply.output(Line::plain("step 1"), "out.txt", &text).file("all.md", text);
    let (post, notes) = Outbox::default().post(long, 5);
    let kept = notes.iter().filter_map(|note| note.value.as_ref()).map(Vec::len).max();
    assert!(kept.is_some_and(|len| len <= POST_LEN_MAX));
    assert!(format!("{:?}", post.say.reply).contains("too long to be sent"));
}

#[test]
fn what_was_kept_before_a_reply_knew_its_question_is_still_read() {
    let origin = r#"{"actor":"discord:1","groups":[],"conversation":"discord:2","ticket":3}"#;
    let say = format!(
        r#"{{"to":{{"asker":{origin}}},"reply":{{"tone":"good","title":[],"parts":[],"buttons":[]}},"card":null}}"#
    );
    let owed = format!(r#"{{"origin":{origin},"words":"x","purpose":"answer"}}"#);
    let entries = [("post/1", format!("[5,{say}]")), ("owed/3", owed)];
    let entries: Vec<_> =
        entries.into_iter().map(|(key, value)| (key.to_owned(), value.into_bytes())).collect();
    let outbox = Outbox::load(&entries).unwrap();
    let To::Asker(origin) = outbox.posts().next().unwrap().say.to else { unreachable!("it is an answer") };
    assert!(!origin.is_message);
    assert_eq!(outbox.owed().count(), 1);
}

#[test]
fn that_an_answer_is_a_reply_to_a_message_is_kept_with_it() {
    let mut origin = Origin::typed(ActorId("discord:1".to_owned()), ConversationId::from("discord:2"));
    (origin.ticket, origin.is_message) = (Some(Ticket(3)), true);
    let (post, notes) = Outbox::default().post(say(To::Asker(origin)), 5);
    assert_eq!(Outbox::load(&written(&notes)).unwrap().posts().next(), Some(post));
}
