//! The commands as Discord is told of them.
//!
//! Invariant: the same catalogue gives the same bytes, so it can be seen whether Discord has to be
//! told again.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::suggest::shown;
use crate::domain::command::table::{COMMANDS, Kind, Leaf, Opt, Shape, Spec};
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::bounds::TEXT_LEN_MAX;
use crate::domain::world::action::Param;

// Types of commands, options, contexts and installations
// (<https://docs.discord.com/developers/interactions/application-commands>).
const CHAT_INPUT: u8 = 1;
const SUB_COMMAND: u8 = 1;
const STRING: u8 = 3;
const USER: u8 = 6;
const GUILD: u8 = 0;
const GUILD_INSTALL: u8 = 0;

/// Options of a command.
pub const OPTIONS_MAX: usize = 25;
/// Characters of a name of a command or an option.
pub const NAME_LEN_MAX: usize = 32;
/// Characters of a description.
pub const DESCRIPTION_LEN_MAX: usize = 100;

/// The command that takes the values of an action.
const RUN: &str = "run";

/// The body of `PUT /applications/{application}/guilds/{guild}/commands`.
pub fn commands(catalogue: &Catalogue) -> Value {
    COMMANDS.iter().map(|spec| command(catalogue, spec)).collect()
}

/// No `default_member_permissions`: who may do what is ours to decide, by people and groups of the
/// configuration. Discord's permissions are another scheme, which guild administrators change
/// without us; a command hidden by it would be missing without a word instead of refused with the reason.
fn command(catalogue: &Catalogue, spec: &Spec) -> Value {
    let options = match spec.shape {
        Shape::Leaf(leaf) if spec.name == RUN => {
            let mut options = options(leaf);
            options.extend(choices(catalogue).iter().map(|(name, params)| choice(name, params)));
            options
        }
        Shape::Leaf(leaf) => options(leaf),
        Shape::Group(commands) => commands.iter().map(subcommand).collect(),
    };
    json!({
        "type": CHAT_INPUT,
        "name": spec.name,
        "description": spec.description,
        "options": options,
        "contexts": [GUILD],
        "integration_types": [GUILD_INSTALL],
    })
}

fn subcommand(spec: &Spec) -> Value {
    let options = match spec.shape {
        Shape::Leaf(leaf) => options(leaf),
        Shape::Group(_) => Vec::new(),
    };
    json!({ "type": SUB_COMMAND, "name": spec.name, "description": spec.description, "options": options })
}

fn options(leaf: Leaf) -> Vec<Value> {
    leaf.options.iter().map(option).collect()
}

fn option(option: &Opt) -> Value {
    let mut value = json!({
        "type": STRING,
        "name": option.name,
        "description": option.description,
        "required": option.required,
    });
    match option.kind {
        Kind::Text => value["max_length"] = json!(TEXT_LEN_MAX),
        Kind::Choice(words) => {
            value["choices"] = words.iter().map(|word| json!({ "name": word, "value": word })).collect();
        }
        Kind::Action | Kind::Host | Kind::Hosts | Kind::Incident | Kind::Request | Kind::Article => {
            value["autocomplete"] = json!(true);
        }
        Kind::Person => value["type"] = json!(USER),
    }
    value
}

/// The parameters with choices by name, each as every action declares it: those that can be options
/// of `/run`. A form asks for the others.
fn choices(catalogue: &Catalogue) -> BTreeMap<&str, Vec<&Param>> {
    let mut choices = BTreeMap::<_, Vec<_>>::new();
    for (_, action) in catalogue.actions() {
        for (name, param) in &action.params {
            if !param.choices.is_empty() && is_option_name(name) && !is_option_of_run(name) {
                choices.entry(name.as_str()).or_default().push(param);
            }
        }
    }
    let room = OPTIONS_MAX - options_of_run().len();
    choices.into_iter().take(room).collect()
}

fn options_of_run() -> &'static [Opt] {
    match COMMANDS.iter().find(|spec| spec.name == RUN).map(|spec| spec.shape) {
        Some(Shape::Leaf(leaf)) => leaf.options,
        _ => &[],
    }
}

fn is_option_of_run(name: &str) -> bool {
    options_of_run().iter().any(|option| option.name == name)
}

/// Whether Discord takes it as the name of an option; of the letters that it takes, only these are
/// letters of a parameter.
fn is_option_name(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    (1..=NAME_LEN_MAX).contains(&name.len()) && name.bytes().all(letter)
}

fn choice(name: &str, params: &[&Param]) -> Value {
    let prompt = match params {
        [first, rest @ ..] if rest.iter().all(|param| param.prompt == first.prompt) => &first.prompt,
        _ => "",
    };
    let description = match shown(prompt, DESCRIPTION_LEN_MAX) {
        empty if empty.is_empty() => format!("the action's {name}"),
        description => description,
    };
    json!({
        "type": STRING,
        "name": name,
        "description": description,
        "required": false,
        "autocomplete": true,
    })
}

#[cfg(test)]
mod tests;
