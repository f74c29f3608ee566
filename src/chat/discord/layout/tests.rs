//! Replies of every shape against every limit.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::chat::discord::testing::{HOSTILE, Token, live, tokens};
use crate::domain::id::{ActionId, ConversationId, Prefix, RequestId};
use crate::domain::say::button::{Press, RequestPress};
use crate::domain::say::line::{Line, Span, Untrusted};
use crate::domain::say::reply::Part;
use crate::domain::world::actor::ActorId;

mod looks;
mod schema;

fn text() -> impl Strategy<Value = String> {
    let piece =
        || prop_oneof![prop::sample::select(HOSTILE).prop_map(str::to_owned), "\\PC{0,8}", "[ -~]{0,30}"];
    let words = prop::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.concat());
    let long = (piece(), 1..900_usize).prop_map(|(piece, times)| piece.repeat(times));
    let lines = (piece(), 1..60_usize).prop_map(|(piece, times)| format!("{piece}\n").repeat(times));
    prop_oneof![30 => words, 1 => long, 1 => lines]
}

/// Who or what an account or a channel is: of Discord, by a long id, or of another platform.
fn id() -> impl Strategy<Value = String> {
    let elsewhere = text().prop_filter("an id of Discord", |id| !id.starts_with("discord:"));
    prop_oneof!["discord:9[0-9]{5,25}".boxed(), elsewhere.boxed()]
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![
        text().prop_map(Span::Plain),
        text().prop_map(|text| Span::Untrusted(Untrusted::new(text))),
        text().prop_map(|text| Span::Marked(Untrusted::new(text))),
        text().prop_map(|text| Span::Code(Untrusted::new(text))),
        id().prop_map(|id| Span::Account(ActorId(id))),
        id().prop_map(|id| Span::Place(ConversationId(id))),
    ]
}

fn a_line() -> impl Strategy<Value = Line> {
    prop::collection::vec(span(), 0..5).prop_map(Line)
}

fn a_part() -> impl Strategy<Value = Part> {
    prop_oneof![
        a_line().prop_map(Part::Line),
        a_line().prop_map(Part::Item),
        a_line().prop_map(Part::Quote),
        text().prop_map(|text| Part::Block(Untrusted::new(text))),
        text().prop_map(|text| Part::Ready(Untrusted::new(text))),
        (a_line(), text(), text()).prop_map(|(about, name, text)| Part::Output(
            about,
            name,
            Untrusted::new(text)
        )),
        ("[ -~]{0,8}", text()).prop_map(|(name, text)| Part::File(name, Untrusted::new(text))),
    ]
}

fn a_button() -> impl Strategy<Value = Button> {
    let press = prop_oneof![
        (0..40_u64).prop_map(|n| Press::Request(RequestPress::Approve, RequestId(n), Prefix([1; 6]))),
        text().prop_map(|id| Press::Run(ActionId(id), Prefix([2; 6]))),
    ];
    (text(), press).prop_map(|(label, press)| Button::new(label, Weight::Danger, press))
}

pub fn reply() -> impl Strategy<Value = Reply> {
    let tone = prop::sample::select(vec![Tone::Info, Tone::Good, Tone::Bad, Tone::Wait]);
    let parts = prop_oneof![
        12 => prop::collection::vec(a_part(), 0..6),
        1 => prop::collection::vec(a_part(), 0..120),
        1 => (a_part(), 0..300_usize).prop_map(|(part, times)| vec![part; times]),
    ];
    (tone, a_line(), parts, prop::collection::vec(a_button(), 0..40))
        .prop_map(|(tone, title, parts, buttons)| Reply { tone, title, parts, buttons })
}

/// Discord's limits, each in the place where Discord looks.
fn broken_limit(body: &Value, files: &[File]) -> Option<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let length = |value: &Value| units(value.as_str().unwrap_or_default());
    let (embeds, rows) = (list(&body["embeds"]), list(&body["components"]));
    let mut broken = vec![];
    let mut must = |holds: bool, what: &str| {
        if !holds {
            broken.push(what.to_owned());
        }
    };
    must(body["allowed_mentions"] == json!({"parse": []}), "mentions");
    must(length(&body["content"]) <= 2_000, "content");
    let blank = |value: &Value| value.as_str().unwrap_or_default().trim().is_empty();
    must(!blank(&body["content"]) || !embeds.is_empty() || !files.is_empty(), "an empty message");
    must(embeds.len() <= 10, "embeds");
    let mut total = 0;
    for embed in &embeds {
        must(!blank(&embed["description"]), "an empty description");
        must(length(&embed["description"]) <= 4_096, "description");
        total += length(&embed["description"]);
        let known = |key: &String| key == "description" || key == "color";
        must(embed.as_object().is_some_and(|embed| embed.keys().all(known)), "a key nobody counted");
    }
    must(total <= 6_000, "all embeds");
    must(rows.len() <= 5, "rows");
    let mut seen = BTreeSet::new();
    for row in &rows {
        let buttons = list(&row["components"]);
        must((1..=5).contains(&buttons.len()), "buttons of a row");
        for button in &buttons {
            must((1..=80).contains(&length(&button["label"])) && !blank(&button["label"]), "label");
            must((1..=100).contains(&length(&button["custom_id"])), "custom_id");
            must(seen.insert(button["custom_id"].to_string()), "two buttons of one custom_id");
        }
    }
    must(files.len() <= 10, "files");
    must(files.iter().all(|file| (1..=10 << 20).contains(&file.text.len())), "a file");
    must(
        files.iter().map(|file| file.text.len()).sum::<usize>() + body.to_string().len() <= 25 << 20,
        "request",
    );
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    must(files.iter().all(|file| !file.name.is_empty() && file.name.chars().all(safe)), "file name");
    must(
        files.iter().map(|file| &file.name).collect::<BTreeSet<_>>().len() == files.len(),
        "two files of one name",
    );
    must(list(&body["attachments"]).len() == files.len(), "attachments");
    (!broken.is_empty()).then(|| broken.join(", "))
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Without what the layout itself writes: bold, bullets, quotations, accounts and channels.
fn live_but_ours(text: &str) -> Option<String> {
    let text = without_references(&without_references(text, "<@9"), "<#9");
    let ours = |line| ["- ", "> "].iter().find_map(|mark| str::strip_prefix(line, mark)).unwrap_or(line);
    let lines: Vec<_> = text.lines().map(ours).collect();
    live(&lines.join("\n"), &["**"])
}

/// Accounts and channels of these tests have long ids, and nothing that is hostile names one.
fn without_references(text: &str, begin: &str) -> String {
    let mut pieces = text.split(begin);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| match piece.split_once('>') {
        Some((id, rest)) if id.len() >= 5 && id.bytes().all(|b| b.is_ascii_digit()) => text + "(x)" + rest,
        _ => text + begin + piece,
    })
}

/// That of any of the messages that a reply becomes.
fn broken_limit_of(reply: &Reply) -> Option<String> {
    let card = card(reply);
    let files_of_card = (!card.files.is_empty()).then(|| "a card has files".to_owned());
    let mut messages = layout(reply).into_iter().chain([card, single(reply)]);
    files_of_card.or_else(|| messages.find_map(|message| broken_limit(&message.body(), &message.files)))
}

#[test]
fn replies_of_nearly_nothing_keep_the_limits() {
    let nothing = Reply::new(Tone::Info, Line::default());
    let nothing_in_a_file =
        Reply { parts: vec![Part::File(String::new(), Untrusted::new(""))], ..nothing.clone() };
    let one_character = Reply::new(Tone::Info, Line::plain("|"));
    for reply in [nothing, nothing_in_a_file, one_character] {
        assert_eq!(broken_limit_of(&reply), None);
        let messages = layout(&reply);
        assert_eq!(messages.iter().find_map(|message| live_but_ours(&message.content)), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_limit_holds_for_every_reply(reply in reply()) {
        prop_assert!((1..=MESSAGES_MAX).contains(&layout(&reply).len()));
        prop_assert_eq!(broken_limit_of(&reply), None);
    }

    #[test]
    fn nothing_that_somebody_else_wrote_is_live(reply in reply()) {
        for message in layout(&reply) {
            prop_assert_eq!(live_but_ours(&message.content), None, "{}", message.content);
            for embed in &message.embeds {
                prop_assert_eq!(live_but_ours(&embed.description), None, "{}", embed.description);
            }
            for file in &message.files {
                let hidden = |c: char| !matches!(c, '\n' | '\t') && (c.is_control() || crate::domain::text::is_invisible(c));
                prop_assert!(!file.text.contains(hidden));
            }
            for button in message.rows.iter().flat_map(|row| &row.0) {
                prop_assert!(!button.label.contains(char::is_control));
            }
        }
    }

    #[test]
    fn nothing_is_lost_between_the_messages_and_the_file(words in prop::collection::vec("[a-z]{1,40}", 0..700)) {
        let mut reply = Reply::new(Tone::Info, Line::plain("title"));
        for (number, word) in words.iter().enumerate() {
            let text = format!("{word}x{number}x");
            reply = match number % 3 {
                0 => reply.item(Line::default().untrusted(text)),
                1 => reply.line(Line::default().code(text)),
                _ => reply.block(format!("{text}\n{}", "y".repeat(number % 90))),
            };
        }
        let messages = layout(&reply);
        let said: String = messages
            .iter()
            .flat_map(|message| message.embeds.iter().map(|embed| &embed.description).chain(message.files.iter().map(|file| &file.text)))
            .cloned()
            .collect();
        let mut from = 0;
        for (number, word) in words.iter().enumerate() {
            let at = said[from..].find(&format!("{word}x{number}x"));
            prop_assert!(at.is_some(), "{} is missing or out of order", number);
            from += at.unwrap_or_default();
        }
    }
}
