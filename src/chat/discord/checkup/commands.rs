//! Whether Discord knows the commands as they would be registered now.
//!
//! Discord gives a command back with more than was sent, and without what is the default: only what
//! people would notice is compared.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What makes a difference to people. Contexts and installations are those of global commands.
const FIELDS: &[&str] = &[
    "type",
    "name",
    "description",
    "options",
    "required",
    "choices",
    "value",
    "autocomplete",
    "min_length",
    "max_length",
    "default_member_permissions",
];

/// Says how the registered commands differ from the wanted ones, which a start sets right.
pub(super) fn compared(wanted: Option<&Value>, registered: &Value) -> String {
    let registered = by_name(registered);
    let Some(wanted) = wanted else {
        return format!(
            "{} are registered; not compared, for there are no articles to read",
            registered.len()
        );
    };
    let wanted = by_name(wanted);
    let all = wanted.len();
    let mut others: Vec<_> = wanted
        .iter()
        .filter_map(|(name, command)| match registered.get(name) {
            Some(known) if known == command => None,
            Some(_) => Some(format!("/{name} is another")),
            None => Some(format!("/{name} is not there")),
        })
        .collect();
    let unknown = registered.keys().filter(|name| !wanted.contains_key(*name));
    others.extend(unknown.map(|name| format!("/{name} is too many")));
    match others.as_slice() {
        [] => format!("all {all} are registered"),
        _ if registered.is_empty() => "none yet: `dogwatch serve` registers them at its start".to_owned(),
        _ => format!("{}: `dogwatch serve` registers them at its start", others.join(", ")),
    }
}

fn by_name(commands: &Value) -> BTreeMap<String, Value> {
    let commands = commands.as_array().into_iter().flatten();
    commands
        .map(|command| (command["name"].as_str().unwrap_or_default().to_owned(), essence(command)))
        .collect()
}

/// A command, an option or a choice without what makes no difference.
fn essence(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let known = fields.iter().filter(|(name, _)| FIELDS.contains(&name.as_str()));
            let known = known.map(|(name, value)| (name.clone(), essence(value)));
            let matters = |value: &Value| {
                !matches!(value, Value::Null | Value::Bool(false)) && *value != Value::Array(vec![])
            };
            Value::Object(known.filter(|(_, value)| matters(value)).collect::<Map<_, _>>())
        }
        Value::Array(values) => values.iter().map(essence).collect(),
        value => value.clone(),
    }
}
