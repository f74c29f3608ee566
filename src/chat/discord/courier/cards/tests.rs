use super::*;
use crate::domain::id::{ConversationId, RequestId};
use crate::domain::say::line::Line;
use crate::domain::say::reply::Tone;

const REQUEST: CardId = CardId::Request(RequestId(1));
const RUN: CardId = CardId::Run(RequestId(1));

fn says(text: &str) -> Reply {
    Reply::new(Tone::Info, Line::plain(text))
}

/// What a card that says this shows in a channel.
fn shown(text: &str, channel: &str, last: bool) -> Shown {
    let state = Digest::of(layout::single(&says(text)).body().to_string().as_bytes());
    Shown { conversation: ConversationId::from(channel), message: "1".to_owned(), state, last }
}

fn due(cards: &mut Cards) -> Vec<CardId> {
    cards.due().into_iter().map(|((id, ..), _)| id).collect()
}

#[test]
fn a_card_is_edited_when_it_is_behind_and_not_while_it_is_being_edited() {
    let mut cards = Cards::default();
    cards.want(REQUEST, &says("waits"), false, "mark");
    assert_eq!(due(&mut cards), [], "no message shows it yet");
    cards.resume(vec![(REQUEST, shown("waits", "a", false))]);
    assert_eq!(due(&mut cards), [], "it shows what it should");
    cards.want(REQUEST, &says("runs"), false, "mark");
    assert_eq!(due(&mut cards), [REQUEST]);
    assert_eq!(due(&mut cards), [], "it is being edited");
    cards.over(REQUEST, None);
    assert_eq!(due(&mut cards), [], "its turn comes again after a while");
}

#[test]
fn in_one_place_one_card_is_edited_at_a_time() {
    let mut cards = Cards::default();
    cards.resume(vec![(REQUEST, shown("old", "a", false)), (RUN, shown("old", "a", false))]);
    cards.want(REQUEST, &says("new"), false, "mark");
    cards.want(RUN, &says("new"), false, "mark");
    assert_eq!(due(&mut cards), [REQUEST]);
    cards.over(REQUEST, Some(shown("new", "a", false)));
    assert_eq!(due(&mut cards), [RUN]);
}

#[test]
fn a_card_that_was_over_stays_as_it_is_until_something_happens() {
    let mut cards = Cards::default();
    cards.want(REQUEST, &says("over, in the words of today"), true, "mark");
    cards.resume(vec![(REQUEST, shown("over", "a", true))]);
    assert_eq!(due(&mut cards), []);
    cards.want(REQUEST, &says("settled after all"), true, "mark");
    assert_eq!(due(&mut cards), [REQUEST]);
}
