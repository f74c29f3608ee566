//! The next rung of the ladder: it exists, it goes up, and it gets what it needs.

use std::collections::BTreeMap;

use super::scope::{Scope, scopes};
use crate::domain::id::ActionId;
use crate::domain::planning::values::mismatch;
use crate::domain::policy::catalogue::nearest;
use crate::domain::world::action::{Action, Escalation, PARAM_LEN_MAX, Part, Risk, parts};
use crate::kb::finding::{Code, Finding};
use crate::kb::limits::is_long;
use crate::kb::page::Page;

type Actions<'a> = BTreeMap<&'a ActionId, &'a Action>;

/// Checks every escalation of the knowledge base.
pub(super) fn check(pages: &[Page], findings: &mut Vec<Finding>) {
    let all = pages.iter().flat_map(|page| &page.article.actions);
    let actions: Actions<'_> = all.map(|action| (&action.id, action)).collect();
    for scope in pages.iter().flat_map(scopes) {
        if let Some(escalation) = &scope.action.escalates_to {
            check_target(&scope, escalation, &actions, findings);
            check_find(&scope, escalation, &actions, findings);
        }
    }
}

fn unknown(id: &ActionId, actions: &Actions<'_>) -> (String, String) {
    let near = nearest(id.as_str(), actions.keys().map(|id| id.as_str()));
    let advice = near
        .map_or("name an action of the knowledge base".to_owned(), |near| format!("did you mean `{near}`?"));
    (format!("there is no action `{id}`"), advice)
}

fn check_target(
    scope: &Scope<'_>,
    escalation: &Escalation,
    actions: &Actions<'_>,
    findings: &mut Vec<Finding>,
) {
    let key = "escalates_to.action";
    let Some(target) = actions.get(&escalation.action) else {
        let (message, advice) = unknown(&escalation.action, actions);
        findings.push(scope.find(key, Code::EscalationUnknown, message, advice));
        return;
    };
    if !covers_platforms(scope.action, target) {
        let message = format!("`{}` does not work on all its platforms", target.id);
        let advice = "escalate to an action of the same platform";
        findings.push(scope.find(key, Code::EscalationPlatform, message, advice));
    }
    if target.risk < scope.action.risk {
        let message = format!("`{}` is {}, less than {}", target.id, target.risk, scope.action.risk);
        let advice = "a ladder goes up; turn it round or correct the risk";
        findings.push(scope.find(key, Code::EscalationRiskLower, message, advice));
    }
    if leads_back(scope.action, actions) {
        let advice = "a ladder ends; remove one of its rungs";
        findings.push(scope.find(key, Code::EscalationCycle, "its escalations lead back to it", advice));
    }
    check_values(scope, escalation, target, findings);
}

fn covers_platforms(action: &Action, target: &Action) -> bool {
    action.platforms.iter().all(|platform| target.platforms.contains(platform))
}

fn leads_back(action: &Action, actions: &Actions<'_>) -> bool {
    let mut at = action;
    for _ in 0..=actions.len() {
        let next = at.escalates_to.as_ref().and_then(|escalation| actions.get(&escalation.action));
        match next {
            Some(next) if next.id == action.id => return true,
            Some(next) => at = next,
            None => return false,
        }
    }
    false
}

fn check_values(scope: &Scope<'_>, escalation: &Escalation, target: &Action, findings: &mut Vec<Finding>) {
    for (name, template) in &escalation.with {
        let key = format!("escalates_to.with.{name}");
        let Some(param) = target.params.get(name) else {
            let message = format!("`{}` has no parameter {name}", target.id);
            let advice = "give only what the target takes";
            findings.push(scope.find(&key, Code::EscalationParamUnknown, message, advice));
            continue;
        };
        let refused =
            sample(scope.action, template).and_then(|value| Some((mismatch(param, &value)?, value)));
        if let Some((expected, value)) = refused {
            let message = format!("`{}` refuses {name}={value:?}: it expects {expected}", target.id);
            let advice = "give both parameters the same type and pattern";
            findings.push(scope.find(&key, Code::EscalationValue, message, advice));
        }
    }
    let lacks = |(name, param): &(&String, &crate::domain::world::action::Param)| {
        param.default.is_none() && !escalation.with.contains_key(*name)
    };
    if escalation.find.is_none()
        && let Some((name, _)) = target.params.iter().find(lacks)
    {
        let message = format!("`{}` needs {name}, and nothing gives or shows it", target.id);
        let advice = format!("add {name} to `with`, or name the reading action that shows it as `find`");
        findings.push(scope.find("escalates_to", Code::EscalationParamMissing, message, advice));
    }
}

/// The template filled with examples, as far as no value is longer; none if a parameter has none to show.
fn sample(action: &Action, template: &str) -> Option<String> {
    let mut sample = String::new();
    for part in parts(template) {
        sample.push_str(match part {
            Part::Literal(text) => text,
            Part::Placeholder(name) => {
                let param = action.params.get(name)?;
                param.example.as_ref().or(param.default.as_ref()).or(param.choices.first())?
            }
        });
        if is_long(&sample, PARAM_LEN_MAX) {
            break;
        }
    }
    Some(sample)
}

fn check_find(
    scope: &Scope<'_>,
    escalation: &Escalation,
    actions: &Actions<'_>,
    findings: &mut Vec<Finding>,
) {
    let key = "escalates_to.find";
    let Some(id) = &escalation.find else { return };
    let (message, advice) = match actions.get(id) {
        None => unknown(id, actions),
        Some(find) if find.risk != Risk::Read => {
            (format!("`{id}` does not only read"), "name an action of risk `read`".to_owned())
        }
        Some(find) if !covers_platforms(scope.action, find) => {
            (format!("`{id}` does not work on all its platforms"), "name one of the same platform".to_owned())
        }
        Some(_) => return,
    };
    findings.push(scope.find(key, Code::EscalationFind, message, advice));
}
