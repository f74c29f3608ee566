//! What is wrong with commands and modals beyond Discord's schema.

use std::collections::BTreeSet;

use serde_json::Value;

use super::checks::{at_most, custom_id, known_fields};
use super::schema;

const COMMANDS_MAX: usize = 100;
const OPTIONS_MAX: usize = 25;
const CHOICES_MAX: usize = 25;
const COMMAND_TEXT_MAX: usize = 8_000;
const SUBCOMMAND: u64 = 1;
const GROUP: u64 = 2;

/// All commands of a guild.
pub fn commands(body: &Value, problems: &mut Vec<String>) {
    let Some(list) = body.as_array() else { return problems.push("commands: no list".into()) };
    let slash = list.iter().filter(|command| matches!(command["type"].as_u64(), None | Some(1)));
    if slash.count() > COMMANDS_MAX {
        problems.push(format!("commands: {}, {COMMANDS_MAX} are allowed", list.len()));
    }
    unique_names(list, problems);
    for command in list {
        problems.extend(schema::problems("ApplicationCommandUpdateRequest", command));
        if matches!(command["type"].as_u64(), None | Some(1)) {
            described(command, problems);
        }
        options(command, 0, problems);
        let text = text_of(command);
        if text > COMMAND_TEXT_MAX {
            problems.push(format!("{}: {text} characters in all", command["name"]));
        }
    }
}

fn unique_names(list: &[Value], problems: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for one in list {
        if !names.insert(one["name"].to_string()) {
            problems.push(format!("name: {} twice", one["name"]));
        }
    }
}

/// A name of lowercase letters, digits, `-`, `_` and a description.
fn described(of: &Value, problems: &mut Vec<String>) {
    let name = of["name"].as_str().unwrap_or_default();
    let good = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    if name.is_empty() || name.chars().count() > 32 || !name.chars().all(good) || name.to_lowercase() != name
    {
        problems.push(format!("name: {name:?}"));
    }
    let description = at_most(of, "description", 100, problems);
    if description == 0 {
        problems.push(format!("{name}: no description"));
    }
}

fn options(of: &Value, depth: usize, problems: &mut Vec<String>) {
    let list = of["options"].as_array().map_or(&[][..], Vec::as_slice);
    if list.len() > OPTIONS_MAX {
        problems.push(format!("{}: {} options", of["name"], list.len()));
    }
    unique_names(list, problems);
    let mut optional = false;
    for option in list {
        described(option, problems);
        known_fields(
            option,
            "type name name_localizations description description_localizations required choices options \
             channel_types min_value max_value min_length max_length autocomplete",
            problems,
        );
        let nested = matches!(option["type"].as_u64(), Some(SUBCOMMAND | GROUP));
        if nested && depth >= 2 || option["type"] == GROUP && depth >= 1 {
            problems.push(format!("{}: nested too deeply", option["name"]));
        }
        let required = option["required"] == true;
        if required && optional {
            problems.push(format!("{}: a required option after an optional one", option["name"]));
        }
        optional |= !nested && !required;
        let choices = option["choices"].as_array().map_or(0, Vec::len);
        if choices > CHOICES_MAX {
            problems.push(format!("{}: {choices} choices", option["name"]));
        }
        if choices > 0 && option["autocomplete"] == true {
            problems.push(format!("{}: choices and autocomplete", option["name"]));
        }
        options(option, depth + 1, problems);
    }
}

/// Names, descriptions and values count together.
fn text_of(of: &Value) -> usize {
    let own: usize = ["name", "description", "value"]
        .into_iter()
        .filter_map(|name| of[name].as_str())
        .map(|text| text.chars().count())
        .sum();
    let nested = ["options", "choices"].into_iter().filter_map(|name| of[name].as_array()).flatten();
    own + nested.map(text_of).sum::<usize>()
}

/// Rows of one text input each, as the bot's library reads them back.
pub fn modal(data: &Value, problems: &mut Vec<String>) {
    known_fields(data, "custom_id title components", problems);
    custom_id(data, problems);
    if at_most(data, "title", 45, problems) == 0 {
        problems.push("title: none".into());
    }
    let rows = data["components"].as_array().map_or(&[][..], Vec::as_slice);
    if !(1..=5).contains(&rows.len()) {
        problems.push(format!("modal: {} rows", rows.len()));
    }
    let mut custom_ids = BTreeSet::new();
    for row in rows {
        let parts = row["components"].as_array().map_or(&[][..], Vec::as_slice);
        let [input] = parts else {
            problems.push(format!("modal: {} inputs in a row", parts.len()));
            continue;
        };
        if row["type"] != 1 || input["type"] != 4 {
            problems.push("modal: only rows with a text input are understood here".into());
        }
        known_fields(
            input,
            "type id custom_id style label min_length max_length required value placeholder",
            problems,
        );
        custom_id(input, problems);
        if !custom_ids.insert(input["custom_id"].to_string()) {
            problems.push(format!("custom_id: {} twice in a modal", input["custom_id"]));
        }
        if at_most(input, "label", 45, problems) == 0 {
            problems.push("label: none".into());
        }
        at_most(input, "placeholder", 100, problems);
        at_most(input, "value", 4000, problems);
    }
}
