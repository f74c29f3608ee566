//! What is sent against Discord's own description of its API (`tests/data/README.md`).
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::LazyLock;

use jsonschema::Validator;

use super::*;
use crate::domain::say::form::{Field, Form, Submit};

/// Discord's document, and a validator for each of the schemas that a reply is sent as.
static SCHEMAS: LazyLock<Vec<(&str, Validator)>> = LazyLock::new(|| {
    let names = ["MessageCreateRequest", "MessageEditRequestPartial", "IncomingWebhookUpdateRequestPartial"];
    names.into_iter().chain([MODAL]).map(|name| (name, validator(name))).collect()
});

const MODAL: &str = "ModalInteractionCallbackRequestData";

fn validator(name: &str) -> Validator {
    let text = include_str!("../../../../../tests/data/discord-openapi.json");
    let document: Value = serde_json::from_str(text).unwrap();
    let schema = json!({
        "components": document["components"],
        "allOf": [{"$ref": format!("#/components/schemas/{name}")}],
    });
    jsonschema::validator_for(&schema).unwrap()
}

/// The description says that the id of an attachment is a text; a number is the documented form.
fn with_text_ids(mut body: Value) -> Value {
    for attachment in body["attachments"].as_array_mut().into_iter().flatten() {
        attachment["id"] = json!(attachment["id"].to_string());
    }
    body
}

fn complaints(body: &Value, names: &[&str]) -> Vec<String> {
    let chosen = SCHEMAS.iter().filter(|(name, _)| names.contains(name));
    chosen
        .flat_map(|(name, schema)| schema.iter_errors(body).map(move |error| format!("{name}: {error}")))
        .collect()
}

fn field() -> impl Strategy<Value = Field> {
    ("[a-z_]{0,120}", text(), text(), text(), any::<(bool, bool)>()).prop_map(
        |(name, label, value, example, (required, long))| Field {
            name,
            label: Untrusted::new(label),
            value: Untrusted::new(value),
            example: Untrusted::new(example),
            required,
            long,
        },
    )
}

fn a_form() -> impl Strategy<Value = Form> {
    (text(), prop::collection::vec(field(), 0..8), "[a-z-]{0,80}").prop_map(|(title, fields, action)| Form {
        submit: Submit::Run(ActionId(action), Prefix([3; 6])),
        title: Untrusted::new(title),
        fields,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn discord_would_take_every_message(reply in reply()) {
        for message in layout(&reply) {
            let body = with_text_ids(message.body());
            let names = ["MessageCreateRequest", "MessageEditRequestPartial", "IncomingWebhookUpdateRequestPartial"];
            prop_assert_eq!(complaints(&body, &names), Vec::<String>::new());
        }
    }

    #[test]
    fn discord_would_take_every_form(shape in a_form()) {
        let body = form(&shape);
        prop_assert_eq!(complaints(&body, &[MODAL]), Vec::<String>::new());
        let length = |value: &Value| units(value.as_str().unwrap_or_default());
        prop_assert!((1..=45).contains(&length(&body["title"])));
        let rows = body["components"].as_array().unwrap();
        prop_assert!((1..=5).contains(&rows.len()));
        for row in rows {
            let input = &row["components"][0];
            prop_assert!((1..=45).contains(&length(&input["label"])), "{}", input);
            prop_assert!(length(&input["placeholder"]) <= 100 && length(&input["value"]) <= 4_000);
            prop_assert!(input["max_length"].as_u64().unwrap_or(4_000) >= length(&input["value"]) as u64);
        }
    }
}

#[test]
fn the_check_finds_what_is_wrong() {
    let label = "x".repeat(81);
    let button = json!({"type": 2, "style": 1, "label": label, "custom_id": "a"});
    let body = json!({"components": [{"type": 1, "components": [button]}]});
    assert!(!complaints(&body, &["MessageCreateRequest"]).is_empty());
    assert!(!complaints(&json!({"custom_id": "a", "title": "", "components": []}), &[MODAL]).is_empty());
}

#[test]
fn a_form_of_one_field() {
    let shape = Form {
        submit: Submit::Deny(RequestId(1), Prefix([3; 6])),
        title: Untrusted::new("Deny r1"),
        fields: vec![Field {
            name: "reason".to_owned(),
            label: Untrusted::new("Why"),
            value: Untrusted::default(),
            example: Untrusted::new("the disk is *not* full"),
            required: true,
            long: true,
        }],
    };
    let input = json!({
        "type": 4, "custom_id": "reason", "style": 2, "label": "Why", "required": true,
        "min_length": 1, "max_length": 4000, "placeholder": "the disk is *not* full",
    });
    assert_eq!(
        form(&shape),
        json!({
            "custom_id": "1:deny:r1:030303030303",
            "title": "Deny r1",
            "components": [{"type": 1, "components": [input]}],
        })
    );
}
