//! From a wish and the catalogue to a plan. Synchronous, deterministic; refuses what it can't say
//! exactly.

use base64::Engine as _;

use super::commands::{dash_argument, program_refusal};
use super::powershell::powershell_refusal;
use super::ties::loose;
use super::usage::usage;
use super::values::{Values, checked_values, filled};
use super::wish::Wish;
use crate::domain::id::{ActionId, HostName};
use crate::domain::plan::{Check, Command, FIRST_STEP, HOSTS_MAX, HostPlan, PLAN_LEN_MAX, Plan, WayBack};
use crate::domain::policy::basis::Basis;
use crate::domain::policy::catalogue::{Catalogue, ambiguous, named, nearest};
use crate::domain::refusal::Refusal;
use crate::domain::world::action::{Action, Program, Risk, Rollback, Step};
use crate::domain::world::article::Article;
use crate::domain::world::host::{Host, Platform};

/// Plans a wish, or says what is missing, wrong or not allowed.
pub fn plan(catalogue: &Catalogue, wish: &Wish) -> Result<Plan, Refusal> {
    let (article, action) = known_action(catalogue, &wish.action)?;
    if action.steps.is_empty() {
        return Err(Refusal::new("no_steps", format!("`{}` has no steps", action.id)));
    }
    let values = checked_values(action, &wish.params)?;
    let risk = effective_risk(catalogue, action);
    let hosts = checked_hosts(catalogue, action, &wish.hosts)?;
    if let Some(loose) = loose(action, &catalogue.policy.reads).first() {
        return Err(Refusal::new("parameters_loose", format!("`{}`: {}", action.id, loose.message()))
            .hint(format!("The article must be mended: {}.", loose.advice())));
    }
    let plan = Plan {
        request: wish.request,
        requester: wish.requester.clone(),
        reason: wish.reason.clone(),
        policy: catalogue.policy_revision(),
        basis: catalogue.policy.basis(risk),
        article: article.id.clone(),
        revision: article.revision,
        action: action.id.clone(),
        risk,
        hosts: hosts
            .into_iter()
            .map(|host| host_plan(catalogue, action, &values, host))
            .collect::<Result<_, _>>()?,
        params: values,
    };
    if plan.basis == Basis::NoneNeeded && plan.hosts.iter().any(|host| !host.verify.is_empty()) {
        return Err(Refusal::new(
            "read_with_verify",
            format!("`{}` only reads and yet has a verification", action.id),
        ));
    }
    match plan.canonical() {
        Ok(bytes) if bytes.len() <= PLAN_LEN_MAX => Ok(plan),
        Ok(bytes) => Err(Refusal::new(
            "plan_too_large",
            format!("the plan has {} bytes; {PLAN_LEN_MAX} is the limit", bytes.len()),
        )
        .hint("Ask for fewer hosts at once.")),
        Err(error) => Err(Refusal::new("plan_not_canonical", error.to_string())),
    }
}

/// What the author declares, unless that is `read` and a step is not known to read.
pub fn effective_risk(catalogue: &Catalogue, action: &Action) -> Risk {
    let believed =
        action.risk != Risk::Read || action.steps.iter().all(|step| catalogue.policy.reads.covers(step));
    if believed { action.risk } else { Risk::Change }
}

/// An action with its article by id, whatever its case, or the one that was probably meant.
pub fn known_action<'a>(
    catalogue: &'a Catalogue,
    id: &ActionId,
) -> Result<(&'a Article, &'a Action), Refusal> {
    match named(id.as_str(), catalogue.actions(), |(_, action)| action.id.as_str()) {
        Ok(found) => found.ok_or_else(|| unknown_action(catalogue, id)),
        Err(several) => Err(ambiguous("action", id.as_str(), &several)),
    }
}

fn unknown_action(catalogue: &Catalogue, id: &ActionId) -> Refusal {
    let refusal = Refusal::new("unknown_action", format!("there is no action `{id}`"));
    match nearest(id.as_str(), catalogue.actions().map(|(_, action)| action.id.as_str())) {
        Some(near) => refusal.hint(format!("Did you mean `{near}`?")),
        None => refusal.hint(
            "Ask a question in your own words; the answer names the actions. An article with a mistake is \
             left out with its actions: `dogwatch kb lint` names it.",
        ),
    }
}

fn checked_hosts<'a>(
    catalogue: &'a Catalogue,
    action: &Action,
    names: &[HostName],
) -> Result<Vec<&'a Host>, Refusal> {
    if names.is_empty() {
        return Err(Refusal::new("no_host", "no host is named").hint(format!("Expected: {}", usage(action))));
    }
    if names.len() > HOSTS_MAX {
        return Err(Refusal::new(
            "too_many_hosts",
            format!("{} hosts; {HOSTS_MAX} is the limit", names.len()),
        ));
    }
    let mut hosts: Vec<&Host> = Vec::new();
    for name in names {
        let host = known_host(catalogue, name)?;
        if hosts.iter().any(|other| other.name == host.name) {
            return Err(Refusal::new("host_twice", format!("`{name}` is named twice")));
        }
        refuse_one_machine(&hosts, host)?;
        if !action.platforms.iter().any(|platform| host.platforms.contains(platform)) {
            let words =
                |platforms: &[Platform]| platforms.iter().map(|p| p.word()).collect::<Vec<_>>().join(", ");
            let message = format!(
                "`{}` is for {}, but `{name}` is {}",
                action.id,
                words(&action.platforms),
                words(&host.platforms)
            );
            return Err(Refusal::new("wrong_platform", message)
                .hint("`/hosts` lists the hosts with their platforms."));
        }
        refuse_powershell_elsewhere(action, host)?;
        hosts.push(host);
    }
    Ok(hosts)
}

/// Two names must not hide that a plan would do the same to one machine twice.
fn refuse_one_machine(hosts: &[&Host], host: &Host) -> Result<(), Refusal> {
    let same_key = |other: &&&Host| host.host_key.is_some() && other.host_key == host.host_key;
    let same_place =
        |other: &&&Host| other.address.eq_ignore_ascii_case(&host.address) && other.port == host.port;
    let message = |other: &Host, what: &str| {
        format!(
            "`{}` and `{}` are one machine: the inventory gives both the same {what}",
            other.name, host.name
        )
    };
    if let Some(other) = hosts.iter().find(same_place) {
        return Err(
            Refusal::new("machine_twice", message(other, "address and port")).hint("Name one of them.")
        );
    }
    if let Some(other) = hosts.iter().find(same_key) {
        return Err(Refusal::new("machine_twice", message(other, "host key")).hint(
            "Name one of them. If they are two, one was probably cloned with its keys: give it keys of its own, \
             and pin those.",
        ));
    }
    Ok(())
}

/// A `PowerShell` text is a script: on any other platform it would be an interpreter's back door.
fn refuse_powershell_elsewhere(action: &Action, host: &Host) -> Result<(), Refusal> {
    let verify = action.verify.iter().map(|verify| &verify.step);
    let rollback = action.rollback.as_ref().and_then(|rollback| match rollback {
        Rollback::Step { step, .. } => Some(step),
        Rollback::None(_) => None,
    });
    let mut steps = action.steps.iter().chain(verify).chain(rollback);
    let is_script = |step: &Step| matches!(step.program, Program::PowerShell(_));
    if host.platforms.contains(&Platform::Windows) || !steps.any(is_script) {
        return Ok(());
    }
    let message = format!("`{}` has a PowerShell step, but `{}` does not run Windows", action.id, host.name);
    Err(Refusal::new("powershell_elsewhere", message).hint("The article needs `run` with a program."))
}

/// A host by name, whatever its case, or the one that was probably meant.
pub fn known_host<'a>(catalogue: &'a Catalogue, name: &HostName) -> Result<&'a Host, Refusal> {
    let found = named(name.as_str(), catalogue.inventory.values(), |host| host.name.as_str());
    found.map_err(|several| ambiguous("host", name.as_str(), &several))?.ok_or_else(|| {
        let refusal = Refusal::new("unknown_host", format!("there is no host `{name}` in the inventory"));
        match nearest(name.as_str(), catalogue.inventory.keys().map(HostName::as_str)) {
            Some(near) => refusal.hint(format!("Did you mean `{near}`?")),
            None => refusal.hint("`/hosts` lists the hosts."),
        }
    })
}

fn host_plan(
    catalogue: &Catalogue,
    action: &Action,
    values: &Values,
    host: &Host,
) -> Result<HostPlan, Refusal> {
    let host_key = host.host_key.clone().ok_or_else(|| {
        Refusal::new("no_host_key", format!("`{}` has no pinned host key, so nobody can tell it from an impostor", host.name))
            .hint("Compare its key with `ssh-keygen -lf` on the host itself and put it into the inventory as host_key.")
    })?;
    let verify = action.verify.iter().map(|verify| {
        if !catalogue.policy.reads.covers(&verify.step) {
            let message = format!("the verification of `{}` is not known to read only", action.id);
            return Err(Refusal::new("verify_not_reading", message)
                .hint("Use a program of the policy's list of reading ones."));
        }
        Ok(Check { command: command(action, &verify.step, values)?, within_s: verify.within_s })
    });
    let rollback = action.rollback.as_ref().map(|rollback| match rollback {
        Rollback::None(why) => Ok(WayBack::None(why.clone())),
        Rollback::Step { step, .. } => command(action, step, values).map(WayBack::Command),
    });
    Ok(HostPlan {
        name: host.name.clone(),
        address: host.address.clone(),
        port: host.port,
        user: host.user.clone(),
        jump: Vec::new(),
        sudo: host.sudo,
        legacy: host.legacy,
        host_key,
        path: host.path.clone(),
        folder: host.folder.clone(),
        steps: action.steps.iter().map(|step| command(action, step, values)).collect::<Result<_, _>>()?,
        verify: verify.collect::<Result<_, _>>()?,
        verify_before: action.verify_before,
        rollback: rollback.transpose()?,
        rollback_from_step: match &action.rollback {
            Some(Rollback::Step { from_step, .. }) => {
                from_step.unwrap_or_else(|| FIRST_STEP + catalogue.policy.reads.looks_before(&action.steps))
            }
            _ => FIRST_STEP,
        },
        wrapper: catalogue.wrapper,
    })
}

fn command(action: &Action, step: &Step, values: &Values) -> Result<Command, Refusal> {
    let argv = match &step.program {
        Program::Run(argv) => {
            let program = argv.first().map(String::as_str).unwrap_or_default();
            if let Some(why) = program_refusal(program) {
                return Err(Refusal::new("program_refused", format!("`{}`: {why}", action.id)));
            }
            if let Some((argument, name)) = dash_argument(argv, &action.params) {
                let message = format!(
                    "`{}`: {name} could begin with `-` and `{argument}` be taken for an option",
                    action.id
                );
                return Err(
                    Refusal::new("argument_like_option", message).hint("The article needs `--` before it.")
                );
            }
            if argv.iter().any(|argument| argument.contains('\0')) {
                let message =
                    format!("`{}`: an argument holds a NUL, which no program can be given", action.id);
                return Err(Refusal::new("argument_with_nul", message));
            }
            argv.iter().map(|argument| filled_argument(action, argument, values)).collect::<Result<_, _>>()?
        }
        Program::PowerShell(text) => {
            if let Some(why) = powershell_refusal(text) {
                return Err(Refusal::new("powershell_refused", format!("`{}`: {why}", action.id)));
            }
            powershell(&filled(text, values, powershell_literal))
        }
    };
    let pattern = |pattern: Option<&String>| pattern.map(|pattern| filled(pattern, values, regex::escape));
    Ok(Command {
        argv,
        stdin: step.stdin.as_ref().map(|stdin| filled(stdin, values, str::to_owned)),
        timeout_s: step.timeout_s,
        expect_exit: step.expect_exit.clone(),
        not_applicable_exit: step.not_applicable_exit.clone(),
        expect_stdout: pattern(step.expect_stdout.as_ref()),
        expect_no_stdout: pattern(step.expect_no_stdout.as_ref()),
    })
}

/// An argument with its values. None leads out of the folder that the article has written before it.
fn filled_argument(action: &Action, argument: &str, values: &Values) -> Result<String, Refusal> {
    let leads_up = |path: &str| path.split('/').any(|name| name == "..");
    let with_values = filled(argument, values, str::to_owned);
    if argument.starts_with('/') && leads_up(&with_values) && !leads_up(argument) {
        let message = format!("`{}`: a value makes `{argument}` lead out of its folder", action.id);
        return Err(Refusal::new("path_leads_out", message).hint("Give a name, and no path with `..`."));
    }
    Ok(with_values)
}

/// A single-quoted literal. `PowerShell` takes typographic quotes for quotes too, so each is
/// doubled (`about_Quoting_Rules`).
fn powershell_literal(value: &str) -> String {
    let mut literal = String::from("'");
    for c in value.chars() {
        if matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') {
            literal.push(c);
        }
        literal.push(c);
    }
    literal.push('\'');
    literal
}

/// The command line that carries a `PowerShell` text unharmed: UTF-16LE in base64.
fn powershell(text: &str) -> Vec<String> {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    ["powershell", "-NoProfile", "-NonInteractive", "-EncodedCommand", &encoded].map(str::to_owned).to_vec()
}
