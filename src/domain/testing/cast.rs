//! The people, hosts and actions of the small world.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::id::{ActionId, ArticleId, Digest, HostName};
use crate::domain::policy::Policy;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::world::action::{
    Action, Param, ParamType, Program, Risk, Rollback, Step, Verify, VerifyBefore,
};
use crate::domain::world::actor::{ActorId, People, Person, Role};
use crate::domain::world::article::Article;
use crate::domain::world::host::{Host, Platform};

pub fn actor(name: &str) -> ActorId {
    if name.contains(':') { ActorId(name.to_owned()) } else { ActorId(format!("demo:{name}")) }
}

pub fn person(name: &str, role: Role) -> Person {
    Person {
        name: name.to_owned(),
        role: Some(role),
        actors: vec![actor(name), ActorId(format!("discord:{name}"))],
    }
}

pub fn people() -> Vec<Person> {
    vec![
        person("ana", Role::Responder),
        person("ben", Role::Approver),
        person("cem", Role::Approver),
        person("dia", Role::Viewer),
        person("eve", Role::Admin),
    ]
}

pub fn step(argv: &[&str]) -> Step {
    Step {
        program: Program::Run(argv.iter().map(|word| (*word).to_owned()).collect()),
        stdin: None,
        timeout_s: 60,
        expect_exit: vec![0],
        not_applicable_exit: Vec::new(),
        expect_stdout: None,
        expect_no_stdout: None,
    }
}

pub fn text_param(pattern: Option<&str>) -> Param {
    Param {
        prompt: "Name of the domain".to_owned(),
        kind: ParamType::Text,
        choices: Vec::new(),
        default: None,
        pattern: pattern.map(str::to_owned),
        example: Some("web01".to_owned()),
    }
}

pub fn action(id: &str, risk: Risk, steps: Vec<Step>) -> Action {
    Action {
        id: ActionId::from(id),
        title: format!("Title of {id}"),
        platforms: vec![Platform::Kvm],
        risk,
        params: BTreeMap::from([("domain".to_owned(), text_param(Some("^[a-z][a-z0-9' {}.-]*$")))]),
        steps,
        verify: Vec::new(),
        verify_before: VerifyBefore::default(),
        rollback: None,
        escalates_to: None,
        line: 1,
    }
}

fn actions() -> Vec<Action> {
    let state = || step(&["virsh", "domstate", "{domain}"]);
    let shown = |pattern: &str| Step { expect_stdout: Some(pattern.to_owned()), ..state() };
    let verify = |pattern| vec![Verify { step: shown(pattern), within_s: 5 }];
    let start = || step(&["virsh", "start", "{domain}"]);
    let with_verify = |action: Action, pattern| Action {
        verify: verify(pattern),
        rollback: Some(Rollback::Step { step: start(), from_step: None }),
        ..action
    };
    let two_steps = vec![step(&["mkdir", "--", "/srv/{domain}"]), step(&["touch", "--", "/srv/{domain}/x"])];
    let destroy = action("vm-destroy", Risk::Destructive, vec![step(&["virsh", "destroy", "{domain}"])]);
    vec![
        action("vm-state", Risk::Read, vec![state()]),
        with_verify(action("vm-start", Risk::Change, vec![start()]), "running"),
        action("vm-folder", Risk::Change, two_steps),
        with_verify(destroy, "shut off"),
        Action { params: BTreeMap::new(), ..action("uptime", Risk::Read, vec![step(&["uptime"])]) },
    ]
}

pub fn host(name: &str, platform: Platform, octet: u8) -> Host {
    Host {
        name: HostName::from(name),
        address: format!("192.0.2.{octet}"),
        port: 22,
        user: "root".to_owned(),
        platforms: vec![platform],
        labels: Vec::new(),
        host_key: Some(format!("SHA256:key-of-{name}")),
        sudo: false,
        legacy: false,
        path: platform.default_path().to_owned(),
        folder: String::new(),
    }
}

pub fn catalogue() -> Catalogue {
    let article = Article {
        id: ArticleId::from("kvm-vm"),
        title: "Virtual machines".to_owned(),
        products: Vec::new(),
        tags: Vec::new(),
        symptoms: Vec::new(),
        reviewed: "2026-11-01".to_owned(),
        revision: Digest::of(b"article"),
        file: "kvm-vm.md".to_owned(),
        sections: Vec::new(),
        actions: actions(),
    };
    let hosts = [
        host("kvm1", Platform::Kvm, 1),
        host("kvm2", Platform::Kvm, 2),
        host("kvm3", Platform::Kvm, 3),
        host("win1", Platform::Windows, 4),
        Host { host_key: None, ..host("bare", Platform::Kvm, 5) },
    ];
    Catalogue {
        articles: BTreeMap::from([(article.id.clone(), Arc::new(article))]),
        left_out: BTreeMap::new(),
        inventory: hosts.into_iter().map(|host| (host.name.clone(), host)).collect(),
        people: People::new(people()).unwrap(),
        policy: Policy::default(),
        wrapper: Digest::of(b"wrapper"),
    }
}

impl Catalogue {
    /// The one article, to be changed.
    pub(crate) fn article_mut(&mut self) -> &mut Article {
        Arc::make_mut(self.articles.values_mut().next().unwrap())
    }

    /// An action of the one article, to be changed.
    pub(in crate::domain) fn action_mut(&mut self, id: &str) -> &mut Action {
        self.article_mut().actions.iter_mut().find(|action| action.id.as_str() == id).unwrap()
    }

    /// A host, to be changed.
    pub(in crate::domain) fn host_mut(&mut self, name: &str) -> &mut Host {
        self.inventory.get_mut(&HostName::from(name)).unwrap()
    }
}
