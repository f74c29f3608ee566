//! How an action is typed.

use crate::domain::text::quoted;
use crate::domain::world::action::{Action, Risk};

/// How to call an action, with an example for every parameter.
pub fn usage(action: &Action) -> String {
    let mut words = vec!["/run".to_owned(), action.id.to_string()];
    for (name, param) in &action.params {
        let example = param.example.as_deref().or(param.default.as_deref());
        let example = example.or(param.choices.first().map(String::as_str)).unwrap_or("VALUE");
        words.push(format!("{name}={}", quoted(example)));
    }
    words.push(if action.risk == Risk::Read { "on HOST" } else { "on HOST because REASON" }.to_owned());
    words.join(" ")
}
