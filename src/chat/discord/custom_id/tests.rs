#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::domain::id::{AnswerId, RequestId};

fn action_id() -> impl Strategy<Value = ActionId> {
    "[a-z0-9]{1,20}(-[a-z0-9]{1,10}){0,3}".prop_map(ActionId)
}

fn prefix() -> impl Strategy<Value = Prefix> {
    any::<[u8; 6]>().prop_map(Prefix)
}

fn press() -> impl Strategy<Value = Press> {
    let answers = [AnswerPress::Right, AnswerPress::Wrong, AnswerPress::More];
    let requests = [
        RequestPress::Approve,
        RequestPress::Deny,
        RequestPress::Plan,
        RequestPress::Cancel,
        RequestPress::Next,
        RequestPress::Find,
        RequestPress::Settle,
    ];
    prop_oneof![
        (action_id(), prefix()).prop_map(|(action, prefix)| Press::Run(action, prefix)),
        (prop::sample::select(answers.to_vec()), any::<u64>(), prefix())
            .prop_map(|(kind, number, prefix)| Press::Answer(kind, AnswerId(number), prefix)),
        (prop::sample::select(requests.to_vec()), any::<u64>(), prefix())
            .prop_map(|(kind, number, prefix)| Press::Request(kind, RequestId(number), prefix)),
    ]
}

fn submit() -> impl Strategy<Value = Submit> {
    prop_oneof![
        (action_id(), prefix()).prop_map(|(action, prefix)| Submit::Run(action, prefix)),
        (any::<u64>(), prefix()).prop_map(|(number, prefix)| Submit::Deny(RequestId(number), prefix)),
        (any::<u64>(), prefix()).prop_map(|(number, prefix)| Submit::Settle(RequestId(number), prefix)),
    ]
}

fn fits(custom_id: &str) -> bool {
    (1..=100).contains(&custom_id.len()) && custom_id.bytes().all(|b| b.is_ascii_graphic())
}

proptest! {
    #[test]
    fn every_press_comes_back(press in press()) {
        let text = from_press(&press);
        prop_assert!(fits(&text), "{text}");
        prop_assert_eq!(to_press(&text), Ok(press));
    }

    #[test]
    fn every_submit_comes_back(submit in submit()) {
        let text = from_submit(&submit);
        prop_assert!(fits(&text), "{text}");
        prop_assert_eq!(to_submit(&text), Ok(submit));
    }

    #[test]
    fn what_is_read_has_one_spelling(text in "(1|2|):?(run|right|approve|deny|x)?:?[ar]?[0-9a-z:-]{0,30}") {
        if let Ok(press) = to_press(&text) {
            prop_assert_eq!(from_press(&press), text);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,120}") {
        let _ = (to_press(&text), to_submit(&text));
    }

    #[test]
    fn an_id_that_is_none_still_fits(text in "\\PC{0,120}") {
        let custom_id = from_press(&Press::Run(ActionId(text), Prefix([7; 6])));
        prop_assert!(fits(&custom_id));
    }
}

#[test]
fn the_longest_action_fits() {
    let action = ActionId("x".repeat(64));
    let text = from_press(&Press::Run(action.clone(), Prefix([0xab; 6])));
    assert_eq!(text, format!("1:run:{action}:abababababab"));
    assert!(fits(&text));
}

#[test]
fn the_error_says_what_is_unknown() {
    let error = |text: &str| to_press(text).unwrap_err().to_string();
    assert!(error("2:run:a:000000000000").contains("version `2`"));
    assert!(error("1:dance:r1:000000000000").contains("kind `dance`"));
    for damaged in ["1", "1:run:a", "1:run:A_B:000000000000", "1:approve:r01:000000000000", "1:approve:r1:00"]
    {
        assert!(matches!(to_press(damaged), Err(CustomIdError::Malformed(_))), "{damaged}");
    }
    assert!(matches!(to_press(""), Err(CustomIdError::Version(_))));
    assert!(matches!(to_submit("1:approve:r1:000000000000"), Err(CustomIdError::Kind(_))));
}
