//! The commands that people can give: their names, what they do, what they take.
//!
//! Invariant: this is the one place that says so. The help, the errors of the terminal's parser and
//! the commands that are registered with Discord are made from it.

use crate::domain::world::actor::Role;

/// A command, or several under one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The word after the slash, or the second word within a group; unique there.
    pub name: &'static str,
    /// What it does, in at most 100 characters.
    pub description: &'static str,
    /// Whether it is one command.
    pub shape: Shape,
}

/// Whether a word is a command or stands for several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A command.
    Leaf(Leaf),
    /// The commands that it is the first word of; none of them is a group.
    Group(&'static [Spec]),
}

/// What a command needs and takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// The lowest role that may give it.
    pub role: Role,
    /// How it is given where there is nothing but lines of text.
    pub typed: Typed,
    /// What it takes where values have fields of their own; required ones first.
    pub options: &'static [Opt],
}

/// How a command is given where there is nothing but lines of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Its name after a slash, then this.
    Slash(&'static str),
    /// Without its name: any line that is no other command. This says what to type.
    Bare(&'static str),
}

/// One value that a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opt {
    /// Unique within the command.
    pub name: &'static str,
    /// What it is, in at most 100 characters.
    pub description: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// Whether the command is nothing without it.
    pub required: bool,
}

/// What values an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody's own words.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The id of an action.
    Action,
    /// The name of a host.
    Host,
    /// The names of hosts, separated by commas.
    Hosts,
    /// The number of an incident.
    Incident,
    /// The number of a request.
    Request,
    /// The id of an article.
    Article,
    /// Somebody who is in the chat.
    Person,
}

const fn required(name: &'static str, kind: Kind, description: &'static str) -> Opt {
    Opt { name, description, kind, required: true }
}

const fn optional(name: &'static str, kind: Kind, description: &'static str) -> Opt {
    Opt { name, description, kind, required: false }
}

const fn leaf(
    name: &'static str,
    arguments: &'static str,
    description: &'static str,
    role: Role,
    options: &'static [Opt],
) -> Spec {
    Spec { name, description, shape: Shape::Leaf(Leaf { role, typed: Typed::Slash(arguments), options }) }
}

const fn group(name: &'static str, description: &'static str, commands: &'static [Spec]) -> Spec {
    Spec { name, description, shape: Shape::Group(commands) }
}

const REQUEST: Opt = required("request", Kind::Request, "the request, such as r1");
const INCIDENT: Opt = optional("incident", Kind::Incident, "the incident, such as i1; else the one in use");
const SEVERITIES: Kind = Kind::Choice(&["sev1", "sev2", "sev3"]);

const ASK: Leaf = Leaf {
    role: Role::Viewer,
    typed: Typed::Bare("a question in your own words"),
    options: &[required("question", Kind::Text, "what is wrong, in your own words")],
};

const RUN: &[Opt] = &[
    required("action", Kind::Action, "the action"),
    optional("host", Kind::Hosts, "the host, or several with commas"),
    optional("reason", Kind::Text, "why; whoever approves it reads this"),
];

const SETTLE: &[Opt] = &[
    REQUEST,
    required("outcome", Kind::Choice(&["succeeded", "failed", "cancelled"]), "how it ended"),
    required("reason", Kind::Text, "how you know"),
];

/// Every command, in the order in which the help lists them.
pub const COMMANDS: &[Spec] = &[
    Spec {
        name: "ask",
        description: "gives an answer with its source and its actions",
        shape: Shape::Leaf(ASK),
    },
    leaf(
        "run",
        "ACTION key=value ... on HOST[,HOST] because REASON",
        "asks to run an action",
        Role::Responder,
        RUN,
    ),
    leaf(
        "approve",
        "r1",
        "says yes to exactly the plan shown, unless it is one's own",
        Role::Approver,
        &[REQUEST],
    ),
    leaf(
        "deny",
        "r1 REASON",
        "says no to a request, for good",
        Role::Approver,
        &[REQUEST, required("reason", Kind::Text, "why not")],
    ),
    leaf("withdraw", "r1", "takes one's own approval back", Role::Approver, &[REQUEST]),
    leaf(
        "cancel",
        "r1",
        "gives one's own request up or stops its run; an approver can do so to any",
        Role::Responder,
        &[REQUEST],
    ),
    leaf(
        "settle",
        "r1 succeeded|failed|cancelled because REASON",
        "says how an unknown run ended",
        Role::Responder,
        SETTLE,
    ),
    leaf(
        "show",
        "r1",
        "shows a request: the whole plan, its approvals, its output",
        Role::Viewer,
        &[REQUEST],
    ),
    leaf("approvals", "", "lists what waits for you", Role::Viewer, &[]),
    leaf(
        "check",
        "HOST",
        "looks at a host: reachable, right key, programs there",
        Role::Responder,
        &[required("host", Kind::Host, "the host")],
    ),
    leaf("hosts", "", "lists the inventory", Role::Viewer, &[]),
    group("incident", "works on incidents", INCIDENTS),
    group("kb", "reads the knowledge base", ARTICLES),
    leaf(
        "quiet",
        "[on|off]",
        "lets alone what is said here without addressing the bot, or answers it again",
        Role::Responder,
        &[optional("setting", Kind::Choice(&["on", "off"]), "on if it is not given")],
    ),
    group("audit", "checks the record", AUDIT),
    group("clock", "settles what time it is", CLOCK),
    leaf("help", "", "lists the commands", Role::Viewer, &[]),
];

const INCIDENTS: &[Spec] = &[
    leaf(
        "open",
        "[sev1|sev2|sev3] TITLE",
        "opens an incident and uses it here",
        Role::Responder,
        &[
            required("title", Kind::Text, "what is wrong"),
            optional("severity", SEVERITIES, "how bad it is; sev3 if it is not given"),
        ],
    ),
    leaf("list", "", "lists the incidents", Role::Viewer, &[]),
    leaf("show", "[i1]", "shows what happened in an incident", Role::Viewer, &[INCIDENT]),
    leaf(
        "use",
        "i1",
        "turns to another incident here",
        Role::Responder,
        &[Opt { required: true, description: "the incident, such as i1", ..INCIDENT }],
    ),
    leaf(
        "note",
        "TEXT",
        "adds words to the incident in use",
        Role::Responder,
        &[required("text", Kind::Text, "what others should know")],
    ),
    leaf(
        "severity",
        "[i1] sev1|sev2|sev3",
        "says how bad an incident is",
        Role::Responder,
        &[required("severity", SEVERITIES, "how bad it is"), INCIDENT],
    ),
    leaf(
        "assign",
        "[i1] NAME",
        "gives an incident to somebody",
        Role::Responder,
        &[required("person", Kind::Person, "who works on it"), INCIDENT],
    ),
    leaf(
        "resolve",
        "[i1] [TEXT]",
        "closes an incident",
        Role::Responder,
        &[optional("text", Kind::Text, "what helped"), INCIDENT],
    ),
    leaf("export", "[i1]", "writes an incident out as a document", Role::Viewer, &[INCIDENT]),
];

const ARTICLES: &[Spec] = &[
    leaf(
        "search",
        "WORDS",
        "searches the knowledge base",
        Role::Viewer,
        &[required("words", Kind::Text, "what to look for")],
    ),
    leaf(
        "show",
        "ARTICLE",
        "shows an article",
        Role::Viewer,
        &[required("article", Kind::Article, "the article")],
    ),
    leaf(
        "report",
        "",
        "ranks what to fix: questions without an answer, articles that let people down",
        Role::Viewer,
        &[],
    ),
];

const CLOCK: &[Spec] = &[leaf(
    "accept",
    "",
    "takes the clock of the bot's machine for right, though it stands before the record",
    Role::Admin,
    &[],
)];

const AUDIT: &[Spec] = &[leaf("verify", "", "checks the chain of events", Role::Viewer, &[])];

/// A command with its whole name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its words, separated by a space.
    pub path: String,
    /// What it does.
    pub description: &'static str,
    /// What it needs and takes.
    pub leaf: Leaf,
}

impl Named {
    /// What to type.
    pub fn usage(&self) -> String {
        self.leaf.typed.usage(&self.path)
    }
}

impl Typed {
    fn usage(self, path: &str) -> String {
        match self {
            Self::Bare(text) => text.to_owned(),
            Self::Slash(arguments) => format!("/{path} {arguments}").trim_end().to_owned(),
        }
    }
}

impl Spec {
    /// Whether its name can be typed after a slash.
    pub fn is_typed(&self) -> bool {
        !matches!(self.shape, Shape::Leaf(Leaf { typed: Typed::Bare(_), .. }))
    }

    /// The command, or the commands that it is the first word of.
    fn named(&self) -> Vec<Named> {
        let named = |path: String, spec: &Spec| match spec.shape {
            Shape::Leaf(leaf) => Some(Named { path, description: spec.description, leaf }),
            Shape::Group(_) => None,
        };
        match self.shape {
            Shape::Leaf(_) => named(self.name.to_owned(), self).into_iter().collect(),
            Shape::Group(commands) => commands
                .iter()
                .filter_map(|spec| named(format!("{} {}", self.name, spec.name), spec))
                .collect(),
        }
    }
}

/// Every command with its whole name, in the order of the help.
pub fn all() -> impl Iterator<Item = Named> {
    COMMANDS.iter().flat_map(Spec::named)
}

/// A command by its words, separated by a space.
pub fn find(path: &str) -> Option<Named> {
    all().find(|named| named.path == path)
}

/// What to type for a command or for any of a group.
pub fn usage(path: &str) -> String {
    let group = COMMANDS.iter().find_map(|spec| match spec.shape {
        Shape::Group(_) if spec.name == path => Some(spec.named()),
        _ => None,
    });
    match group {
        None => find(path).map_or_else(|| format!("/{path}"), |named| named.usage()),
        Some(commands) => {
            let usages: Vec<_> = commands.iter().map(Named::usage).collect();
            let prefix = format!("/{path} ");
            let short = usages.iter().skip(1).map(|usage| usage.strip_prefix(&prefix).unwrap_or(usage));
            usages.iter().take(1).map(String::as_str).chain(short).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests;
