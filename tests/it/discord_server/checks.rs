//! What is wrong with a request: by Discord's schema, and by the limits that it leaves out.
//!
//! Lengths are counted in Unicode code points.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::call::{Call, Operation, Target};
use super::command_checks;
use super::messages::id_of;
use super::model::EPHEMERAL;
use super::schema;
use super::state::State;

const CONTENT_MAX: usize = 2_000;
const EMBEDS_TOTAL_MAX: usize = 6_000;
const ROWS_MAX: usize = 5;
const ROW_BUTTONS_MAX: usize = 5;
const CUSTOM_ID_MAX: usize = 100;
const FILE_MAX: usize = 10 << 20;
const REQUEST_MAX: usize = 25 << 20;
const FILES_MAX: usize = 10;
const NONCE_MAX: usize = 25;

/// Nothing if all is well.
pub fn problems(state: &State, target: &Target, call: &Call) -> Vec<String> {
    use Operation as O;
    let mut problems = call.problems.clone();
    files(call, &mut problems);
    let body = &call.body;
    match target.operation {
        O::CreateMessage => {
            problems.extend(schema::problems("MessageCreateRequest", body));
            message(body, call, None, &mut problems);
            if body["flags"].as_u64().unwrap_or(0) & EPHEMERAL != 0 {
                problems.push("flags: only an answer to an interaction can be ephemeral".into());
            }
            if body["enforce_nonce"] == true && body["nonce"].is_null() {
                problems.push("enforce_nonce without a nonce".into());
            }
            if body["nonce"].as_str().is_some_and(|nonce| length(nonce) > NONCE_MAX) {
                problems.push(format!("nonce: more than {NONCE_MAX} characters"));
            }
        }
        O::EditMessage => {
            problems.extend(schema::problems("MessageEditRequestPartial", body));
            message(body, call, Some(&before(state, Some(target.second))), &mut problems);
        }
        O::Followup => {
            problems.extend(schema::problems("IncomingWebhookRequestPartial", body));
            message(body, call, None, &mut problems);
        }
        O::EditAnswer => {
            problems.extend(schema::problems("IncomingWebhookUpdateRequestPartial", body));
            let asked = state.interactions.values().find(|asked| asked.token == target.token);
            let original = asked.and_then(|asked| asked.original);
            let id = if target.second == 0 { original } else { Some(target.second) };
            message(body, call, Some(&before(state, id)), &mut problems);
        }
        O::Callback => callback(state, target, call, &mut problems),
        O::CreateThread => {
            problems.extend(schema::problems("CreateTextThreadWithMessageRequest", body));
            if body["name"].as_str().is_some_and(|name| name.trim().is_empty()) {
                problems.push("name: blank".into());
            }
        }
        O::EditChannel => {
            let is_thread = state.channels.get(&target.first).is_some_and(|found| found.parent.is_some());
            let name =
                if is_thread { "UpdateThreadRequestPartial" } else { "UpdateGuildChannelRequestPartial" };
            problems.extend(schema::problems(name, body));
        }
        O::PutCommands => command_checks::commands(body, &mut problems),
        _ if !body.is_null() => problems.push("a body where none belongs".into()),
        _ => {}
    }
    problems
}

/// What an edited message was: whether it stays non-empty if the body does not say so.
fn before(state: &State, id: Option<u64>) -> Value {
    let message = id.and_then(|id| state.messages.get(&id));
    message.map_or(Value::Null, |message| {
        json!({
            "content": message.content, "embeds": message.embeds, "components": message.components,
            "attachments": message.attachments.iter().map(|one| json!({"id": one.id})).collect::<Vec<_>>(),
        })
    })
}

fn callback(state: &State, target: &Target, call: &Call, problems: &mut Vec<String>) {
    let body = &call.body;
    let data = &body["data"];
    let schema = match body["type"].as_u64() {
        Some(4 | 5) => "CreateMessageInteractionCallbackRequest",
        Some(6 | 7) => "UpdateMessageInteractionCallbackRequest",
        Some(8) => "ApplicationCommandAutocompleteCallbackRequest",
        Some(9) => "ModalInteractionCallbackRequest",
        _ => return problems.push(format!("type: {} is no callback", body["type"])),
    };
    problems.extend(schema::problems(schema, body));
    let mut inner = |schema: &str| problems.extend(schema::problems(schema, data));
    match body["type"].as_u64() {
        Some(4) => {
            inner("IncomingWebhookInteractionRequest");
            message(data, call, None, problems);
        }
        Some(7) => {
            inner("IncomingWebhookInteractionRequest");
            let source = state.interactions.get(&target.first).and_then(|asked| asked.source);
            message(data, call, Some(&before(state, source)), problems);
        }
        Some(5) if data.as_object().is_some_and(|data| data.keys().any(|name| name != "flags")) => {
            problems.push("data: type 5 has flags only".into());
        }
        Some(6) if !data.is_null() => problems.push("data: type 6 has none".into()),
        Some(8) => choices(&data["choices"], problems),
        Some(9) => command_checks::modal(data, problems),
        _ => {}
    }
}

fn choices(list: &Value, problems: &mut Vec<String>) {
    let Some(list) = list.as_array() else { return problems.push("choices: none".into()) };
    if list.len() > 25 {
        problems.push("choices: more than 25".into());
    }
    for choice in list {
        at_most(choice, "name", 100, problems);
        at_most(choice, "value", 100, problems);
        if choice["name"].as_str().is_none_or(str::is_empty) {
            problems.push("choices: an empty name".into());
        }
    }
}

fn files(call: &Call, problems: &mut Vec<String>) {
    if call.size > REQUEST_MAX {
        problems.push(format!("a request of {} bytes", call.size));
    }
    if call.files.len() > FILES_MAX {
        problems.push(format!("{} files", call.files.len()));
    }
    for file in &call.files {
        if file.bytes.len() > FILE_MAX {
            problems.push(format!("{} is larger than 10 MiB", file.name));
        }
    }
}

/// A body that makes or, given what it was before, changes a message.
fn message(body: &Value, call: &Call, before: Option<&Value>, problems: &mut Vec<String>) {
    if !body.is_object() {
        return problems.push("a message is an object".into());
    }
    if body["allowed_mentions"] != json!({"parse": []}) {
        problems.push(format!("allowed_mentions: {} is not {{\"parse\":[]}}", body["allowed_mentions"]));
    }
    at_most(body, "content", CONTENT_MAX, problems);
    embeds(&body["embeds"], problems);
    rows(&body["components"], problems);
    attachments(body, call, problems);
    let is_there = |name: &str| {
        let from = body.get(name).or_else(|| before.and_then(|before| before.get(name)));
        from.is_some_and(|value| match value {
            Value::String(text) => !text.trim().is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => false,
        })
    };
    if !["content", "embeds", "components", "attachments"].into_iter().any(is_there) && call.files.is_empty()
    {
        problems.push("Cannot send an empty message".into());
    }
}

/// The ids of files that are sent name their part.
fn attachments(body: &Value, call: &Call, problems: &mut Vec<String>) {
    let Some(described) = body["attachments"].as_array() else { return };
    let named: Vec<_> = described.iter().filter_map(|one| id_of(&one["id"])).collect();
    for file in &call.files {
        if !named.contains(&file.index) {
            problems.push(format!("attachments: files[{}] is not among them", file.index));
        }
    }
    for id in named.into_iter().filter(|&id| id < 1_000) {
        if !call.files.iter().any(|file| file.index == id) {
            problems.push(format!("attachments: there is no files[{id}]"));
        }
    }
}

fn embeds(list: &Value, problems: &mut Vec<String>) {
    let mut total = 0;
    for embed in list.as_array().into_iter().flatten() {
        known_fields(
            embed,
            "title type url description timestamp color fields footer image thumbnail author provider video",
            problems,
        );
        total += at_most(embed, "title", 256, problems);
        total += at_most(embed, "description", 4096, problems);
        total += at_most(&embed["footer"], "text", 2048, problems);
        total += at_most(&embed["author"], "name", 256, problems);
        let fields = embed["fields"].as_array().map_or(&[][..], Vec::as_slice);
        if fields.len() > 25 {
            problems.push("embed: more than 25 fields".into());
        }
        for field in fields {
            total += at_most(field, "name", 256, problems) + at_most(field, "value", 1024, problems);
            for part in ["name", "value"] {
                if field[part].as_str().is_none_or(|text| text.trim().is_empty()) {
                    problems.push(format!("embed: a field with an empty {part}"));
                }
            }
        }
    }
    if total > EMBEDS_TOTAL_MAX {
        problems.push(format!("embeds: {total} characters in all"));
    }
}

fn rows(list: &Value, problems: &mut Vec<String>) {
    let rows = list.as_array().map_or(&[][..], Vec::as_slice);
    if rows.len() > ROWS_MAX {
        problems.push(format!("components: {} rows", rows.len()));
    }
    let mut custom_ids = BTreeSet::new();
    for row in rows {
        if row["type"] != 1 {
            problems.push("components: only action rows are understood here".into());
        }
        known_fields(row, "type id components", problems);
        let parts = row["components"].as_array().map_or(&[][..], Vec::as_slice);
        let selects = parts.iter().filter(|part| part["type"] != 2).count();
        if parts.is_empty() || parts.len() > ROW_BUTTONS_MAX || selects > 0 && parts.len() > 1 {
            problems.push(format!("components: {} in a row", parts.len()));
        }
        for part in parts {
            component(part, problems);
            if let Some(custom_id) = part["custom_id"].as_str()
                && !custom_ids.insert(custom_id)
            {
                problems.push(format!("custom_id: {custom_id} twice in a message"));
            }
        }
    }
}

fn component(part: &Value, problems: &mut Vec<String>) {
    match part["type"].as_u64() {
        Some(2) => {
            known_fields(part, "type id style label emoji custom_id sku_id url disabled", problems);
            let label = at_most(part, "label", 80, problems);
            if label == 0 && part["emoji"].is_null() {
                problems.push("button: neither label nor emoji".into());
            }
            let is_link = part["style"] == 5;
            if is_link == part["url"].is_null() {
                problems.push("button: a link has a url, and nothing else has".into());
            }
            if is_link && !part["custom_id"].is_null() {
                problems.push("button: a link has no custom_id".into());
            }
            if !is_link {
                custom_id(part, problems);
            }
        }
        Some(3 | 5..=8) => {
            custom_id(part, problems);
            at_most(part, "placeholder", 150, problems);
            let options = part["options"].as_array().map_or(&[][..], Vec::as_slice);
            if options.len() > 25 || part["type"] == 3 && options.is_empty() {
                problems.push(format!("select: {} options", options.len()));
            }
            for option in options {
                for name in ["label", "value", "description"] {
                    at_most(option, name, 100, problems);
                }
            }
        }
        _ => problems.push(format!("components: type {} in a message", part["type"])),
    }
}

/// 1 to 100 characters.
pub fn custom_id(part: &Value, problems: &mut Vec<String>) {
    let length = part["custom_id"].as_str().map_or(0, length);
    if !(1..=CUSTOM_ID_MAX).contains(&length) {
        problems.push(format!("custom_id: {length} characters"));
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// The length of a text; a problem if it is too long.
pub fn at_most(of: &Value, name: &str, max: usize, problems: &mut Vec<String>) -> usize {
    let length = of[name].as_str().map_or(0, length);
    if length > max {
        problems.push(format!("{name}: {length} characters, {max} are allowed"));
    }
    length
}

/// `known` is separated by spaces.
pub fn known_fields(of: &Value, known: &str, problems: &mut Vec<String>) {
    for field in of.as_object().into_iter().flat_map(serde_json::Map::keys) {
        if !known.split(' ').any(|name| name == field) {
            problems.push(format!("unknown field {field}"));
        }
    }
}
