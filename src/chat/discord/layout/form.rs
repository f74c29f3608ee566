//! A form as a modal: one text input a row, the shape that the client library reads back.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::chat::discord::{custom_id, escape};
use crate::domain::say::form::{FIELDS_MAX, Field, Form};

use super::label::one_line;

/// Units of a title at the most.
const TITLE_MAX: usize = 45;
/// Units of a label at the most.
const LABEL_MAX: usize = 45;
/// Units of a placeholder at the most.
const PLACEHOLDER_MAX: usize = 100;
/// Units of a value at the most.
const VALUE_MAX: usize = 4_000;
/// Units of a value on one line at the most.
const SHORT_VALUE_MAX: usize = 1_000;
/// Bytes of the name of a field at the most.
const NAME_LEN_MAX: usize = 100;

/// The `data` of the callback that opens a form. Discord has no form without a field: one without
/// gets a field that need not be filled in, named `nothing`.
pub fn form(form: &Form) -> Value {
    let mut names = BTreeSet::new();
    let mut rows: Vec<_> = form
        .fields
        .iter()
        .filter(|field| (1..=NAME_LEN_MAX).contains(&field.name.len()) && names.insert(field.name.as_str()))
        .take(FIELDS_MAX)
        .map(|field| row(&input(field)))
        .collect();
    if rows.is_empty() {
        let label = "There is nothing to fill in";
        rows.push(row(
            &json!({"type": 4, "custom_id": "nothing", "label": label, "style": 1, "required": false}),
        ));
    }
    json!({
        "custom_id": custom_id::from_submit(&form.submit),
        "title": form.title.escape_with(|text| one_line(text, TITLE_MAX)),
        "components": rows,
    })
}

fn row(input: &Value) -> Value {
    json!({"type": 1, "components": [input]})
}

fn input(field: &Field) -> Value {
    let max = if field.long { VALUE_MAX } else { SHORT_VALUE_MAX };
    let mut input = json!({
        "type": 4,
        "custom_id": field.name,
        "style": if field.long { 2 } else { 1 },
        "label": field.label.escape_with(|text| one_line(text, LABEL_MAX)),
        "required": field.required,
        "min_length": u8::from(field.required),
        "max_length": max,
    });
    let escape = if field.long { escape::lines } else { escape::plain };
    let value = field.value.escape_with(escape);
    // A part of a value would be another value.
    if !value.is_empty() && escape::units(&value) <= max {
        input["value"] = json!(value);
    }
    let example = field.example.escape_with(|text| one_line(text, PLACEHOLDER_MAX));
    if !field.example.escape_with(str::to_owned).trim().is_empty() {
        input["placeholder"] = json!(example);
    }
    input
}
