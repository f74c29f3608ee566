//! Buttons: what pressing one means.
//!
//! Invariant: what a button refers to is still what was shown, or it is refused.

use super::form;
use super::reference::{Pressed, shown};
use crate::domain::command::Command;
use crate::domain::planning::wish::Asked;
use crate::domain::record::request::{Request, Status};
use crate::domain::record::run::Outcome;
use crate::domain::record::state;
use crate::domain::refusal::Refusal;
use crate::domain::rules::ladder;
use crate::domain::rules::view::{Caller, View};
use crate::domain::say::button::{AnswerPress, Press, RequestPress};
use crate::domain::say::question::{Purpose, Question};
use crate::domain::world::actor::Role;

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
            let asked = Asked {
                action,
                params: std::collections::BTreeMap::new(),
                hosts: Vec::new(),
                reason: String::new(),
            };
            form::of_action(view, Some(revision), &asked).map(Pressed::Form)
        }
        Press::Answer(press, id, prefix) => {
            let answer = state::find_answer(view.state, id, prefix)?;
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
            let request = shown(state::find_request(view.state, id)?, prefix)?;
            on_request(view, request, press)
        }
    }
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
