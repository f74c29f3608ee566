//! Buttons and forms: what pressing or filling one means.
//!
//! Invariant: a button or a form holds a reference and nothing else: a kind, an id, and the
//! beginning of the digest of what was shown. What it refers to stands in the record, so it works
//! after a restart, on an old message, from any client; a reference to something else is refused.

use serde::{Deserialize, Serialize};

use super::actor::Role;
use super::command::Command;
use super::decide::{Caller, Purpose, Question, View};
use super::id::{ActionId, AnswerId, Prefix, RequestId};
use super::refusal::Refusal;
use super::reply::Untrusted;
use super::request::{self, Request, Status, ladder};
use super::run::Outcome;
use super::{answer, form};

/// What a button asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Press {
    /// The form of an action, as the article of this revision declares it.
    Run(ActionId, Prefix),
    /// Something about an answer to this question.
    Answer(AnswerPress, AnswerId, Prefix),
    /// Something about the request with this plan.
    Request(RequestPress, RequestId, Prefix),
}

/// What a button on an answer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerPress {
    /// It was the right one.
    Right,
    /// It was not.
    Wrong,
    /// What else the knowledge base has.
    More,
}

/// What a button on a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestPress {
    /// Says yes.
    Approve,
    /// The form that says no.
    Deny,
    /// The whole plan and all that became of it.
    Plan,
    /// Gives it up, or stops it.
    Cancel,
    /// The form of the next rung of the ladder.
    Next,
    /// Runs the reading action that shows what the next rung needs.
    Find,
    /// The form that says how an unknown run ended.
    Settle,
}

/// How much a button weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// What most people are here for.
    Main,
    /// One of several.
    Plain,
    /// Cannot be taken back, or says no.
    Danger,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it.
    pub label: Untrusted,
    /// How much it weighs.
    pub weight: Weight,
    /// What it asks for.
    pub press: Press,
}

impl Button {
    /// A button.
    pub fn new(label: impl Into<String>, weight: Weight, press: Press) -> Self {
        Self { label: Untrusted::new(label), weight, press }
    }
}

/// What a filled form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submit {
    /// Runs an action, as the article of this revision declares it.
    Run(ActionId, Prefix),
    /// Says no to the request with this plan.
    Deny(RequestId, Prefix),
    /// Says how the run of this plan ended.
    Settle(RequestId, Prefix),
}

/// Fields of a form at the most: Discord's limit, and as much as anybody fills in at night.
pub const FIELDS_MAX: usize = 5;

/// A form to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What it is for.
    pub submit: Submit,
    /// What stands above it.
    pub title: Untrusted,
    /// At most [`FIELDS_MAX`].
    pub fields: Vec<Field>,
}

/// One text field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name under which its value comes back.
    pub name: String,
    /// What to fill in.
    pub label: Untrusted,
    /// What stands in it already.
    pub value: Untrusted,
    /// A value that works, shown while it is empty.
    pub example: Untrusted,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether it has several lines.
    pub long: bool,
}

/// What a press comes to.
pub enum Pressed {
    /// The same as this command.
    Command(Command),
    /// A form has to be filled in first.
    Form(Form),
    /// The question is looked up again for all that there is.
    More(Question),
    /// An answer was judged.
    Judge(AnswerId, bool),
}

/// Who may press a button at the least.
pub fn role(press: &Press) -> Role {
    match press {
        Press::Answer(..) | Press::Request(RequestPress::Plan, ..) => Role::Viewer,
        Press::Request(RequestPress::Approve | RequestPress::Deny, ..) => Role::Approver,
        Press::Run(..) | Press::Request(..) => Role::Responder,
    }
}

/// What pressing a button means, if what it refers to is still what was shown.
pub fn pressed(view: View<'_>, caller: Caller<'_>, press: Press) -> Result<Pressed, Refusal> {
    match press {
        Press::Run(action, revision) => {
            let asked = request::open::Asked {
                action,
                params: std::collections::BTreeMap::new(),
                hosts: Vec::new(),
                reason: String::new(),
            };
            form::of_action(view, Some(revision), &asked).map(Pressed::Form)
        }
        Press::Answer(press, id, prefix) => {
            let answer = answer::find(view.state, id, prefix)?;
            Ok(match press {
                AnswerPress::Right => Pressed::Judge(id, true),
                AnswerPress::Wrong => Pressed::Judge(id, false),
                AnswerPress::More => Pressed::More(Question {
                    origin: caller.origin.clone(),
                    words: answer.question.clone(),
                    purpose: Purpose::Search,
                }),
            })
        }
        Press::Request(press, id, prefix) => {
            let request = shown(request::find(view.state, id)?, prefix)?;
            on_request(view, request, press)
        }
    }
}

/// The request, if its plan is the one that was shown.
pub fn shown(request: &Request, prefix: Prefix) -> Result<&Request, Refusal> {
    if request.digest.prefix() == prefix {
        return Ok(request);
    }
    let message = format!("this belongs to another {} than the one in this record", request.id);
    Err(Refusal::new("another_plan", message).hint("`/approvals` lists what waits."))
}

fn on_request(view: View<'_>, request: &Request, press: RequestPress) -> Result<Pressed, Refusal> {
    let (id, prefix) = (request.id, request.digest.prefix());
    let no_rung = || {
        Refusal::new("no_next_rung", format!("nothing follows {id}"))
            .hint(format!("`/show {id}` says how it ended."))
    };
    Ok(match press {
        RequestPress::Approve => Pressed::Command(Command::Approve(id)),
        RequestPress::Cancel => Pressed::Command(Command::Cancel(id)),
        RequestPress::Plan => Pressed::Command(Command::Show(id)),
        // What is over needs no reason: the command itself says what has happened since.
        RequestPress::Deny if !request.is_open() => Pressed::Command(Command::Deny(id, "-".to_owned())),
        RequestPress::Deny => Pressed::Form(form::deny(id, prefix)),
        RequestPress::Settle if request.status != Status::Ended(Outcome::Unknown) => {
            Pressed::Command(Command::Settle(id, Outcome::Failed, "-".to_owned()))
        }
        RequestPress::Settle => Pressed::Form(form::settle(id, prefix)),
        RequestPress::Next => {
            let rung = ladder::next(view.catalogue, request).ok_or_else(no_rung)?;
            Pressed::Form(form::of_action(view, None, &rung.asked())?)
        }
        RequestPress::Find => {
            let rung = ladder::next(view.catalogue, request).ok_or_else(no_rung)?;
            let hosts = rung.hosts.clone();
            let (action, params) = (rung.find.ok_or_else(no_rung)?, std::collections::BTreeMap::new());
            Pressed::Command(Command::Run { action, params, hosts, reason: String::new() })
        }
    })
}
