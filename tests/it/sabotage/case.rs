//! An action with values and a machine of a practice host for which it succeeds.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dogwatch::domain::planning::values::filled;
use dogwatch::domain::policy::reads::ReadList;
use dogwatch::domain::world::action::{Action, Program, VerifyBefore};
use dogwatch::domain::world::host::Platform;
use regex::Regex;
use serde_json::{Value, json};

use super::tool::{Sabotage, printed, put_before, reached};
use crate::KB;
use crate::bot::Place;

/// Seconds that a step may take here.
const STEP_S: &str = "timeout_s = 4";
/// What tells a machine from another.
const FIELDS: [&str; 7] = ["name", "config", "vmid", "world", "group", "pid", "question"];

pub type Values = BTreeMap<String, String>;

/// What became of a run.
pub struct Run {
    pub said: String,
    /// The steps whose tools were given what is theirs.
    pub reached: Vec<usize>,
    before: Value,
    after: Value,
    printed: BTreeMap<usize, String>,
}

/// An action, the machine of its host that it is for, and how that stands.
pub struct Case {
    action: Action,
    host: &'static str,
    machine: usize,
    power: Option<&'static str>,
    /// By step: what its tool prints when it does what it says.
    printed: BTreeMap<usize, String>,
}

/// The shipped actions that change something on a practice host, and the ids of the others.
pub fn changing_actions() -> (Vec<Action>, Vec<String>) {
    let loaded = dogwatch::kb::load(Path::new(KB)).unwrap();
    let reads = ReadList::default();
    let actions = loaded.articles.into_iter().flat_map(|article| article.actions);
    let changing = actions.filter(|action| action.steps.iter().any(|step| !reads.covers(step)));
    let (here, elsewhere): (Vec<_>, Vec<_>) = changing.partition(|action| host_of(action).is_some());
    (here, elsewhere.into_iter().map(|action| action.id.to_string()).collect())
}

fn host_of(action: &Action) -> Option<&'static str> {
    action.platforms.iter().find_map(|platform| match platform {
        Platform::Esx3 => Some("lab-esx"),
        Platform::Esxi => Some("lab-esxi"),
        Platform::Kvm | Platform::Linux => Some("lab-kvm"),
        Platform::Windows => None,
    })
}

/// Looks for a machine for which the action succeeds: as it is, or turned on or off before.
pub fn honest(action: &Action) -> Result<Case, String> {
    let host = host_of(action).unwrap();
    let machines = machines(&Place::new(), host);
    let count = machines.as_array().unwrap().len();
    let mut tries: Vec<_> = (0..count).map(|at| (at, None)).collect();
    tries.extend(["on", "off", "suspended"].map(|power| (0, Some(power))));
    let mut said = Vec::new();
    for (machine, power) in tries {
        let mut case = Case { action: action.clone(), host, machine, power, printed: BTreeMap::new() };
        let run = case.run(&case.values(machine), None);
        if run.said.contains("r1 succeeded") {
            let harmed = case.harmed_others(&run);
            case.printed = run.printed;
            return if harmed.is_empty() {
                Ok(case)
            } else {
                Err(format!("{harmed:?} harmed: {}", run.said))
            };
        }
        said.push(run.said);
    }
    Err(format!("{} succeeds for no machine of {host}: {}", action.id, said.join("\n---\n")))
}

fn machines(place: &Place, host: &str) -> Value {
    let state: Value =
        serde_json::from_slice(&fs::read(place.host(host).join("state.json")).unwrap()).unwrap();
    state["machines"].clone()
}

/// What a parameter says of a machine, if its name or its example tells.
fn said_of(machines: &[Value], param: &str, example: &str) -> Option<&'static str> {
    let file = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let is_config = |machine: &Value| file(machine["config"].as_str().unwrap_or_default()) == file(example);
    match FIELDS.into_iter().find(|field| *field == param) {
        Some("name") => machines.iter().any(|machine| machine["name"] == example).then_some("name"),
        Some(field) => Some(field),
        None if param == "domain" => Some("name"),
        None if machines.iter().any(|machine| machine["name"] == example) => Some("name"),
        None if example.starts_with('/') && machines.iter().any(is_config) => Some("config"),
        None => None,
    }
}

fn field(machine: &Value, name: &str) -> String {
    let value = if name == "question" { &machine["question"]["id"] } else { &machine[name] };
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "0".to_owned(),
        value => value.to_string(),
    }
}

impl Case {
    pub fn id(&self) -> &str {
        self.action.id.as_str()
    }

    pub fn machine(&self) -> usize {
        self.machine
    }

    /// Another machine of the same host.
    fn neighbour(&self) -> usize {
        usize::from(self.machine == 0)
    }

    /// The values that mean a machine: what the examples say of one is said of this one.
    pub fn values(&self, machine: usize) -> Values {
        let machines = machines(&Place::new(), self.host);
        let all = machines.as_array().unwrap();
        let value = |name: &str, example: &str| match said_of(all, name, example) {
            Some(said) => field(&all[machine], said),
            None => example.to_owned(),
        };
        let params = self.action.params.iter();
        params
            .filter_map(|(name, param)| {
                let example = param.example.as_ref().or(param.default.as_ref()).or(param.choices.first())?;
                Some((name.clone(), value(name, example)))
            })
            .collect()
    }

    /// The values of this machine, but one of them is the neighbour's: no single one, since then it is the one
    /// that is named.
    pub fn mixed_up(&self) -> Vec<Values> {
        let (own, other) = (self.values(self.machine), self.values(self.neighbour()));
        let differ: Vec<_> = own.keys().filter(|name| own[*name] != other[*name]).collect();
        if differ.len() < 2 {
            return Vec::new();
        }
        let mixed = |name: &&String| {
            let mut values = own.clone();
            values.insert((*name).clone(), other[*name].clone());
            values
        };
        differ.iter().map(mixed).collect()
    }

    /// The steps that change something, the last first, with what can be done to each.
    pub fn sabotages(&self) -> Vec<(usize, Sabotage)> {
        let proves_itself = self.action.verify_before == VerifyBefore::MustNotHold;
        let (own, other) = (self.values(self.machine), self.values(self.neighbour()));
        let mut all = Vec::new();
        for step in self.changing().into_iter().rev() {
            all.push((step, if proves_itself { Sabotage::Lies } else { Sabotage::Nothing }));
            all.extend([Sabotage::Half, Sabotage::Late].map(|sabotage| (step, sabotage)));
            if self.argv(step, &own) != self.argv(step, &other) {
                all.push((step, Sabotage::Neighbour));
            }
        }
        all
    }

    fn changing(&self) -> Vec<usize> {
        let reads = ReadList::default();
        (0..self.action.steps.len()).filter(|at| !reads.covers(&self.action.steps[*at])).collect()
    }

    fn argv(&self, step: usize, values: &Values) -> Vec<String> {
        match &self.action.steps[step].program {
            Program::Run(argv) => argv.iter().map(|word| filled(word, values, str::to_owned)).collect(),
            Program::PowerShell(text) => vec![text.clone()],
        }
    }

    /// Runs the action on a new host with these values, all approvals given.
    pub fn run(&self, values: &Values, sabotaged: Option<(usize, Sabotage)>) -> Run {
        let mut place = Place::new();
        place.own_kb();
        hurry(place.kb());
        let folder = place.host(self.host);
        for machine in [self.machine, self.neighbour()] {
            self.prepare(&folder, machine);
        }
        let other = self.values(self.neighbour());
        for step in self.changing() {
            let (argv, instead) = (self.argv(step, values), self.argv(step, &other));
            let said = self.printed.get(&step).map_or("", String::as_str);
            let sabotage = sabotaged.filter(|(at, _)| *at == step);
            put_before(&folder, step, &argv, sabotage.map(|(_, sabotage)| (sabotage, said, &instead[..])));
        }
        let before = machines(&place, self.host);
        let given: Vec<_> = values.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let request =
            format!("/run {} {} on {} because it hangs", self.action.id, given.join(" "), self.host);
        let bot = place.bot().line(&request).by("ben").line("/approve r1").by("cem").line("/approve r1");
        let said = bot.run().out;
        let text = |step| Some((step, fs::read_to_string(printed(&folder, step)).ok()?));
        let printed = self.changing().into_iter().filter_map(text).collect();
        let reached = self.changing().into_iter().filter(|step| reached(&folder, *step).exists()).collect();
        Run { said, reached, before, after: machines(&place, self.host), printed }
    }

    /// Has a machine obey, and turns it on or off if that is the case.
    fn prepare(&self, folder: &Path, machine: usize) {
        let Some(power) = self.power else { return };
        let path = folder.join("state.json");
        let mut state: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let machine = &mut state["machines"][machine];
        machine["power"] = json!(power);
        machine["yields_to"] = json!("ask");
        machine["stops_after_ms"] = json!(0);
        machine["reason"] = json!(if power == "on" { "booted" } else { "shutdown" });
        fs::write(&path, state.to_string()).unwrap();
    }

    /// The machines that were not named and are otherwise than before.
    pub fn harmed_others(&self, run: &Run) -> Vec<String> {
        let named = run.before[self.machine]["name"].as_str().unwrap();
        changed(run).into_iter().filter(|name| name != named).collect()
    }
}

/// The machines that are not as they were, by name. One that is new was made, not harmed.
pub fn changed(run: &Run) -> Vec<String> {
    let after = run.after.as_array().unwrap();
    let is_same = |machine: &Value| {
        let now = after.iter().find(|now| now["name"] == machine["name"]);
        now.is_some_and(|now| ["power", "world", "pid"].iter().all(|field| now[field] == machine[field]))
    };
    let before = run.before.as_array().unwrap().iter();
    before.filter(|machine| !is_same(machine)).map(|machine| field(machine, "name")).collect()
}

/// Has every step and verification give up soon.
fn hurry(kb: &Path) {
    let steps = Regex::new(r"(?m)^timeout_s = \d+").unwrap();
    let within = Regex::new(r"(?m)^within_s = \d+").unwrap();
    for entry in fs::read_dir(kb)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "md"))
    {
        let text = fs::read_to_string(entry.path()).unwrap();
        let text = steps.replace_all(&text, STEP_S);
        fs::write(entry.path(), &*within.replace_all(&text, "within_s = 2")).unwrap();
    }
}
