//! Discord's own OpenAPI document, asked about one schema at a time.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

const DOCUMENT: &str = include_str!("../../data/discord-openapi.json");
const PREFIX: &str = "#/components/schemas/";
/// Of one complaint; those about a choice of schemas repeat the whole body.
const COMPLAINT_MAX: usize = 300;

fn schemas() -> &'static Map<String, Value> {
    static SCHEMAS: OnceLock<Map<String, Value>> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let mut document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let Value::Object(schemas) = document["components"]["schemas"].take() else {
            panic!("the document has no schemas");
        };
        schemas
    })
}

/// What a body does not keep to.
pub fn problems(schema: &str, body: &Value) -> Vec<String> {
    let mut body = body.clone();
    loosen(&mut body);
    let mut problems: Vec<String> = validator(schema)
        .iter_errors(&body)
        .map(|error| {
            let text = format!("{schema}{}: {error}", error.instance_path());
            text.chars().take(COMPLAINT_MAX).collect()
        })
        .collect();
    let known = schemas()[schema]["properties"].as_object();
    for field in body.as_object().into_iter().flat_map(Map::keys) {
        if !known.is_some_and(|known| known.contains_key(field)) {
            problems.push(format!("{schema} has no field {field}"));
        }
    }
    problems
}

/// What Discord accepts, and documents elsewhere, and its document does not.
fn loosen(body: &mut Value) {
    if body["description"].is_string()
        && let Some(command) = body.as_object_mut()
        && command.get("nsfw").is_some_and(Value::is_boolean)
    {
        command.remove("nsfw");
    }
    if let Some(permissions) = body.get_mut("default_member_permissions")
        && let Some(number) = permissions.as_str().and_then(|text| text.parse::<u64>().ok())
    {
        *permissions = json!(number);
    }
    for list in ["/attachments", "/data/attachments"] {
        for attachment in body.pointer_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(number) = attachment["id"].as_u64() {
                attachment["id"] = json!(number.to_string());
            }
        }
    }
}

fn validator(name: &str) -> Arc<Validator> {
    static BUILT: Mutex<Option<HashMap<String, Arc<Validator>>>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let built = built.get_or_insert_with(HashMap::new);
    Arc::clone(built.entry(name.to_owned()).or_insert_with(|| Arc::new(build(name))))
}

/// With those schemas that it needs: the whole document takes long to compile.
fn build(name: &str) -> Validator {
    let mut needed = BTreeMap::new();
    let mut names = vec![name.to_owned()];
    while let Some(name) = names.pop() {
        let schema = schemas().get(&name).unwrap_or_else(|| panic!("there is no schema {name}"));
        if needed.insert(name, schema).is_none() {
            references(schema, &mut names);
        }
    }
    let wrapped = json!({"components": {"schemas": needed}, "allOf": [{"$ref": format!("{PREFIX}{name}")}]});
    jsonschema::draft202012::new(&wrapped).unwrap()
}

fn references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                names.push(reference.trim_start_matches(PREFIX).to_owned());
            }
            fields.values().for_each(|field| references(field, names));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, names)),
        _ => {}
    }
}
