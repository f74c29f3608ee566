#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;

use super::*;
use crate::domain::testing::{action, catalogue, step};
use crate::domain::text::is_invisible;
use crate::domain::world::action::{ParamType, Risk};

/// Discord's own description of what is sent (`PUT` of all commands of a guild).
static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let text = include_str!("../../../../tests/data/discord-openapi.json");
    let document: Value = serde_json::from_str(text).unwrap();
    let path = &document["paths"]["/applications/{application_id}/guilds/{guild_id}/commands"];
    let body = &path["put"]["requestBody"]["content"]["application/json"]["schema"];
    jsonschema::validator_for(&json!({ "components": document["components"], "allOf": [body] })).unwrap()
});

/// Characters of all names, descriptions and values of a command.
const COMMAND_LEN_MAX: usize = 4000;

fn param(prompt: &str, choices: &[&str]) -> Param {
    Param {
        prompt: prompt.to_owned(),
        kind: ParamType::Choice,
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        default: None,
        pattern: None,
        example: None,
    }
}

/// A catalogue with one action more for each set of parameters.
fn with_params(sets: Vec<Vec<(String, Param)>>) -> Catalogue {
    let mut catalogue = catalogue();
    for (at, params) in sets.into_iter().enumerate() {
        let mut action = action(&format!("extra-{at}"), Risk::Read, vec![step(&["true"])]);
        action.params = params.into_iter().collect();
        catalogue.article_mut().actions.push(action);
    }
    catalogue
}

fn options_of<'a>(commands: &'a Value, name: &str) -> &'a [Value] {
    let command = commands.as_array().unwrap().iter().find(|command| command["name"] == name).unwrap();
    command["options"].as_array().unwrap()
}

fn names(options: &[Value]) -> Vec<&str> {
    options.iter().map(|option| option["name"].as_str().unwrap()).collect()
}

/// What Discord's description leaves out or what is stricter than it.
fn assert_limits(commands: &Value) {
    let errors: Vec<_> = SCHEMA.iter_errors(commands).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let commands = commands.as_array().unwrap();
    assert!(commands.len() <= 100);
    assert_unique(commands);
    for command in commands {
        assert_eq!(command["type"], CHAT_INPUT);
        assert!(assert_option(command) <= COMMAND_LEN_MAX, "{}", command["name"]);
    }
}

fn assert_unique(options: &[Value]) {
    assert_eq!(names(options).into_iter().collect::<BTreeSet<_>>().len(), options.len());
}

/// Checks a command or an option with all below it, and counts its characters.
fn assert_option(option: &Value) -> usize {
    let (name, description) = (option["name"].as_str().unwrap(), option["description"].as_str().unwrap());
    assert!(is_option_name(name), "{name}");
    assert!((1..=DESCRIPTION_LEN_MAX).contains(&description.encode_utf16().count()), "{name}");
    assert!(!description.chars().any(|c| c.is_control() || is_invisible(c)), "{name}");
    let choices = option["choices"].as_array().map_or(&[][..], Vec::as_slice);
    assert!(choices.len() <= 25 && (choices.is_empty() || option["autocomplete"].is_null()), "{name}");
    let texts = choices.iter().flat_map(|choice| [&choice["name"], &choice["value"]]);
    let texts: usize = texts.map(|text| text.as_str().unwrap().chars().count()).sum();
    let options = option["options"].as_array().map_or(&[][..], Vec::as_slice);
    assert!(options.len() <= OPTIONS_MAX, "{name}");
    assert_unique(options);
    assert!(
        options.is_sorted_by_key(|option| option["required"] != true),
        "{name}: required ones come first"
    );
    let below: usize = options.iter().map(assert_option).sum();
    name.chars().count() + description.chars().count() + texts + below
}

#[test]
fn discord_takes_the_commands() {
    assert_limits(&commands(&catalogue()));
}

#[test]
fn every_command_is_registered_under_the_name_it_has_in_the_terminal() {
    let commands = commands(&catalogue());
    let registered: Vec<_> = commands
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|command| {
            let name = command["name"].as_str().unwrap();
            let below = command["options"].as_array().unwrap().iter();
            let below: Vec<_> = below
                .filter(|option| option["type"] == SUB_COMMAND)
                .map(|option| format!("{name} {}", option["name"].as_str().unwrap()))
                .collect();
            if below.is_empty() { vec![name.to_owned()] } else { below }
        })
        .collect();
    let table: Vec<_> = crate::domain::command::table::all().map(|named| named.path).collect();
    assert_eq!(registered, table);
}

#[test]
fn nobody_is_kept_from_a_command_by_discord() {
    let text = commands(&catalogue()).to_string();
    assert!(!text.contains("default_member_permissions"));
}

#[test]
fn options_are_of_the_kind_that_the_table_says() {
    let commands = commands(&catalogue());
    let run = options_of(&commands, "run");
    assert_eq!(
        run[0],
        json!({"type": 3, "name": "action", "description": "the action", "required": true, "autocomplete": true})
    );
    assert_eq!(run[2]["max_length"], TEXT_LEN_MAX);
    let incident = options_of(&commands, "incident");
    let assign = incident.iter().find(|option| option["name"] == "assign").unwrap();
    assert_eq!(assign["options"][0]["type"], USER);
    let setting = &options_of(&commands, "quiet")[0];
    assert_eq!(setting["choices"], json!([{"name": "on", "value": "on"}, {"name": "off", "value": "off"}]));
}

#[test]
fn run_takes_every_parameter_with_choices_once() {
    let mode = || ("mode".to_owned(), param("How to stop it", &["soft", "hard"]));
    let plain = ("domain".to_owned(), param("no choices", &[]));
    let size = |prompt| ("size".to_owned(), param(prompt, &["s", "l"]));
    let catalogue =
        with_params(vec![vec![mode(), plain, size("Size of the disk")], vec![mode(), size("Size")]]);
    let commands = commands(&catalogue);
    let run = options_of(&commands, "run");
    assert_eq!(names(run), ["action", "host", "reason", "mode", "size"]);
    assert_eq!(run[3]["description"], "How to stop it");
    assert_eq!(run[4]["description"], "the action's size", "two actions mean different things by it");
}

#[test]
fn parameters_that_are_no_option_are_left_to_the_form() {
    let names_given = ["host", "reason", "action", &"x".repeat(33), "Mode", "größe"];
    let params = names_given.iter().map(|name| ((*name).to_owned(), param("p", &["a"]))).collect();
    let catalogue = with_params(vec![params]);
    assert_eq!(names(options_of(&commands(&catalogue), "run")), ["action", "host", "reason"]);
    let many = (0..40).map(|at| (format!("p{at:02}"), param(&"p".repeat(200), &["a"]))).collect();
    let commands = commands(&with_params(vec![many]));
    assert_eq!(options_of(&commands, "run").len(), OPTIONS_MAX);
    assert_limits(&commands);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_articles_declare_discord_takes_it_and_gets_the_same_again(
        sets in prop::collection::vec(prop::collection::vec(("[a-z_0-9é-]{0,40}", "\\PC{0,120}|[\\x00-\\u{2100}]{0,8}"), 0..9), 0..6),
    ) {
        let sets = sets.into_iter().map(|set| {
            set.into_iter().map(|(name, prompt)| (name, param(&prompt, &["a", "b"]))).collect()
        });
        let catalogue = with_params(sets.collect());
        let body = commands(&catalogue);
        assert_limits(&body);
        prop_assert_eq!(body.to_string(), commands(&catalogue).to_string());
    }
}
