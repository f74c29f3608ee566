//! The form that a command needs, and the command that a filled one becomes.

use std::collections::BTreeMap;

use super::effect::{Decision, Effect};
use super::reference::{Pressed, shown};
use super::run;
use crate::domain::command::Command;
use crate::domain::id::{HostName, Prefix, RequestId};
use crate::domain::planning::planner::{self, effective_risk};
use crate::domain::planning::wish::Asked;
use crate::domain::record::run::Outcome;
use crate::domain::record::state;
use crate::domain::refusal::Refusal;
use crate::domain::rules::view::{Caller, View, require};
use crate::domain::say::form::{FIELDS_MAX, Field, Form, Submit};
use crate::domain::say::line::Untrusted;
use crate::domain::world::action::{Action, Param, Risk};
use crate::domain::world::actor::Role;
use crate::domain::world::host::Host;

/// The fields that are no parameter.
const HOST: &str = "host";
const REASON: &str = "reason";
const MORE: &str = "more";
const OUTCOME: &str = "outcome";

/// Who may fill a form in.
pub fn role(submit: &Submit) -> Role {
    match submit {
        Submit::Run(..) | Submit::Settle(..) => Role::Responder,
        Submit::Deny(..) => Role::Approver,
    }
}

/// Opens a request if everything it needs is given, else asks for the rest.
pub fn fill(
    view: View<'_>,
    caller: Caller<'_>,
    revision: Option<Prefix>,
    asked: Asked,
) -> Result<Decision, Refusal> {
    let (_, action) = declared(view, revision, &asked)?;
    let known = |name: &String| asked.params.contains_key(name) || action.params[name].default.is_some();
    let risk = effective_risk(view.catalogue, action);
    // A reason is asked for wherever somebody will have to decide on it.
    let whole = !asked.hosts.is_empty()
        && action.params.keys().all(known)
        && (risk == Risk::Read || !asked.reason.is_empty());
    if whole {
        return run::open(view, caller, asked);
    }
    require(view.catalogue, caller, Role::Responder)?;
    let form = of_action(view, revision, &asked)?;
    Ok(Decision { events: Vec::new(), effects: vec![Effect::Form(caller.origin.clone(), form)] })
}

/// The action, if its article is still the one that was shown.
fn declared<'a>(
    view: View<'a>,
    revision: Option<Prefix>,
    asked: &Asked,
) -> Result<(Prefix, &'a Action), Refusal> {
    let (article, action) = planner::known_action(view.catalogue, &asked.action)?;
    let now = article.revision.prefix();
    if revision.is_some_and(|shown| shown != now) {
        let message = format!("the article {} has changed since this was shown", article.id);
        return Err(Refusal::new("article_changed", message)
            .hint(format!("Read it again: `/kb show {}`.", article.id)));
    }
    Ok((now, action))
}

/// The form of an action, filled in as far as it is known.
pub fn of_action(view: View<'_>, revision: Option<Prefix>, asked: &Asked) -> Result<Form, Refusal> {
    let (revision, action) = declared(view, revision, asked)?;
    let risk = effective_risk(view.catalogue, action);
    let mut fields = vec![host_field(view, action, &asked.hosts)];
    // What has to be filled in comes first, so that it has a field of its own.
    let mut params: Vec<_> = action.params.iter().collect();
    params.sort_by_key(|(_, param)| param.default.is_some());
    let own_fields = if params.len() + 2 > FIELDS_MAX { FIELDS_MAX - 3 } else { params.len() };
    let (own, more): (Vec<_>, Vec<_>) = params
        .into_iter()
        .enumerate()
        .partition(|(at, (name, _))| *at < own_fields && ![HOST, REASON, MORE].contains(&name.as_str()));
    fields.extend(own.into_iter().map(|(_, (name, param))| param_field(name, param, asked.params.get(name))));
    if !more.is_empty() {
        fields.push(more_field(more.into_iter().map(|(_, param)| param), &asked.params));
    }
    fields.push(Field {
        name: REASON.to_owned(),
        label: Untrusted::new("Reason"),
        value: Untrusted::new(asked.reason.as_str()),
        example: Untrusted::new("what is wrong, in your words"),
        required: risk == Risk::Destructive,
        long: false,
    });
    let submit = Submit::Run(action.id.clone(), revision);
    Ok(Form { submit, title: Untrusted::new(action.title.as_str()), fields })
}

fn host_field(view: View<'_>, action: &Action, given: &[HostName]) -> Field {
    let fits = |host: &&Host| host.platforms.iter().any(|at| action.platforms.contains(at));
    let fitting: Vec<_> =
        view.catalogue.inventory.values().filter(fits).map(|host| host.name.as_str()).collect();
    let given: Vec<_> = given.iter().map(HostName::as_str).collect();
    let value = match (given.as_slice(), fitting.as_slice()) {
        ([], [only]) => (*only).to_owned(),
        (given, _) => given.join(","),
    };
    Field {
        name: HOST.to_owned(),
        label: Untrusted::new("Host, or several with commas"),
        value: Untrusted::new(value),
        example: Untrusted::new(fitting.join(", ")),
        required: true,
        long: false,
    }
}

fn param_field(name: &str, param: &Param, given: Option<&String>) -> Field {
    let value = given.or(param.default.as_ref()).cloned().unwrap_or_default();
    let example = match param.choices.as_slice() {
        [] => param.example.clone().unwrap_or_default(),
        choices => choices.join(" | "),
    };
    Field {
        name: name.to_owned(),
        label: Untrusted::new(format!("{name}: {}", param.prompt)),
        value: Untrusted::new(value),
        example: Untrusted::new(example),
        required: param.default.is_none(),
        long: false,
    }
}

/// The parameters that have no field of their own, one a line.
fn more_field<'a>(
    params: impl Iterator<Item = (&'a String, &'a Param)>,
    given: &BTreeMap<String, String>,
) -> Field {
    let mut lines = Vec::new();
    let mut required = false;
    for (name, param) in params {
        let value = given.get(name).or(param.default.as_ref());
        required |= param.default.is_none();
        lines.push(format!("{name}={}", value.map_or("", String::as_str)));
    }
    Field {
        name: MORE.to_owned(),
        label: Untrusted::new("More, one name=value a line"),
        value: Untrusted::new(lines.join("\n")),
        example: Untrusted::default(),
        required,
        long: true,
    }
}

/// The form that says no.
pub fn deny(id: RequestId, prefix: Prefix) -> Form {
    Form {
        submit: Submit::Deny(id, prefix),
        title: Untrusted::new(format!("Deny {id}")),
        fields: vec![reason_field("why not")],
    }
}

/// The form that says how an unknown run ended.
pub fn settle(id: RequestId, prefix: Prefix) -> Form {
    let outcome = Field {
        name: OUTCOME.to_owned(),
        label: Untrusted::new("How did it end?"),
        value: Untrusted::default(),
        example: Untrusted::new("succeeded, failed or cancelled"),
        required: true,
        long: false,
    };
    let title = Untrusted::new(format!("How did {id} end?"));
    Form { submit: Submit::Settle(id, prefix), title, fields: vec![outcome, reason_field("how you know")] }
}

fn reason_field(example: &str) -> Field {
    Field {
        name: REASON.to_owned(),
        label: Untrusted::new("Reason"),
        value: Untrusted::default(),
        example: Untrusted::new(example),
        required: true,
        long: true,
    }
}

/// What a filled form asks for.
pub fn submitted(
    view: View<'_>,
    submit: Submit,
    mut values: BTreeMap<String, String>,
) -> Result<Pressed, Refusal> {
    let reason = values.remove(REASON).unwrap_or_default().trim().to_owned();
    let command = match submit {
        Submit::Run(action, revision) => {
            let hosts = values.remove(HOST).unwrap_or_default();
            let hosts = hosts.split(|c: char| c == ',' || c.is_whitespace());
            let hosts = hosts.filter(|host| !host.is_empty()).map(HostName::from).collect();
            let more = values.remove(MORE).unwrap_or_default();
            let mut params = more_values(&more)?;
            params.extend(values);
            // An empty field is one that was not filled in.
            params.retain(|_, value| !value.is_empty());
            let asked = Asked { action, params, hosts, reason };
            declared(view, Some(revision), &asked).map_err(|refusal| with_typed(refusal, &asked))?;
            let Asked { action, params, hosts, reason } = asked;
            Command::Run { action, params, hosts, reason }
        }
        Submit::Deny(id, prefix) => {
            shown(state::find_request(view.state, id)?, prefix)?;
            Command::Deny(id, reason)
        }
        Submit::Settle(id, prefix) => {
            shown(state::find_request(view.state, id)?, prefix)?;
            let word = values.remove(OUTCOME).unwrap_or_default();
            let outcome: Outcome = word.trim().to_lowercase().parse().map_err(|()| {
                Refusal::new("bad_outcome", format!("`{word}` is no outcome"))
                    .hint("It is succeeded, failed or cancelled.")
            })?;
            Command::Settle(id, outcome, reason)
        }
    };
    Ok(Pressed::Command(command))
}

/// The refusal of a filled form with all that was typed into it: it is not to be typed again.
fn with_typed(refusal: Refusal, asked: &Asked) -> Refusal {
    let quoted = |value: &String| shlex::try_quote(value).unwrap_or_default().into_owned();
    let params = asked.params.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    let mut words = vec![format!("/run {}", asked.action)];
    words.extend(params);
    let hosts: Vec<_> = asked.hosts.iter().map(HostName::as_str).collect();
    words.push(format!("on {}", hosts.join(",")));
    if !asked.reason.is_empty() {
        words.push(format!("because {}", asked.reason));
    }
    let hint = format!("{} What you typed: `{}`", refusal.hint, words.join(" "));
    refusal.hint(hint)
}

fn more_values(text: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let mut values = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once('=').ok_or_else(|| {
            Refusal::new("bad_command", format!("`{line}` is no name=value"))
                .hint("One parameter a line, for instance memory_mb=512.")
        })?;
        if values.insert(name.trim().to_owned(), value.trim().to_owned()).is_some() {
            return Err(Refusal::new("bad_command", format!("{name} is given twice")));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests;
