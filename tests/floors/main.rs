//! The floors of the source: which file of `src/` may name which.
//!
//! Invariant: no circle of files, no arrow upwards in `src/domain/`, no arrow between folders but those that
//! `src/ARCHITECTURE.md` lists. The checks are functions of sources, so made-up ones show that they can fail.
//!
//! It uses nothing of the crate: a program of its own links in a second and tells first what is wrong.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

mod arrows;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

use arrows::{Arrow, Sources, arrows, files};

const ARCHITECTURE: &str = include_str!("../../src/ARCHITECTURE.md");
const SRC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// The floors of `src/domain/`, lowest first.
#[rustfmt::skip]
const FLOORS: &[&str] = &[
    "id", "text", "refusal", "time", "canonical", "world", "command/table", "policy", "plan", "planning", "record",
    "audit", "rules", "say", "command", "decide",
];

/// The folders of `src/`, and the others that each may name.
#[rustfmt::skip]
const FOLDERS: &[(&str, &[&str])] = &[
    ("regular_file", &[]),
    ("domain", &[]),
    ("config", &["domain"]),
    ("kb", &["domain", "regular_file"]),
    ("model", &["domain", "regular_file"]),
    ("search", &["domain", "kb", "model"]),
    ("app", &["domain"]),
    ("store", &["app", "domain"]),
    ("remote", &["app", "domain"]),
    ("articles", &["app", "config", "domain", "kb", "model", "remote", "search"]),
    ("chat", &["app", "config", "domain"]),
    ("lab", &["domain"]),
    ("cli", &["app", "articles", "chat", "config", "domain", "kb", "lab", "model", "regular_file", "remote", "search", "store"]),
];

/// By file: the files that it names, each with one path.
type Graph<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>;

/// Each file that can be reached from `start`, with the file before it on a shortest way.
fn reached<'a>(graph: &Graph<'a>, start: &'a str) -> BTreeMap<&'a str, &'a str> {
    let mut before = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(file) = waiting.pop_front() {
        for &to in graph.get(file).into_iter().flat_map(BTreeMap::keys) {
            before.entry(to).or_insert_with(|| {
                waiting.push_back(to);
                file
            });
        }
    }
    before
}

/// One line for each group of files that reach each other: a shortest way round in it.
fn circles(arrows: &[Arrow<'_>]) -> Vec<String> {
    let mut graph = Graph::new();
    for arrow in arrows {
        graph.entry(arrow.from).or_default().entry(arrow.to).or_insert(&arrow.path);
    }
    let (mut lines, mut told) = (Vec::new(), BTreeSet::new());
    for &start in graph.keys() {
        let before = reached(&graph, start);
        if told.contains(start) || !before.contains_key(start) {
            continue;
        }
        let group: Vec<_> =
            before.keys().copied().filter(|file| reached(&graph, file).contains_key(start)).collect();
        let mut steps = Vec::new();
        let mut to = start;
        while steps.is_empty() || to != start {
            let from = before[to];
            steps.push(format!("{from} names `{}` of {to}", graph[from][to]));
            to = from;
        }
        steps.reverse();
        lines.push(format!("circle of {} files: {}", group.len(), steps.join(", ")));
        told.extend(group);
    }
    lines
}

/// The floor that a file of `src/domain/` stands on, counted from the ground.
fn floor(file: &str) -> Option<usize> {
    let place = file.strip_prefix("domain/")?.trim_end_matches(".rs");
    let stands = |floor: &&str| {
        place.strip_prefix(*floor).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // A part of a folder that has a floor of its own comes before the folder.
    FLOORS
        .iter()
        .enumerate()
        .filter(|(_, floor)| stands(floor))
        .max_by_key(|(_, floor)| floor.len())
        .map(|(at, _)| at)
}

/// One line for each file of `src/domain/` without a floor, and for each arrow upwards in it.
fn upward(sources: &Sources, arrows: &[Arrow<'_>]) -> Vec<String> {
    let homeless = files(sources)
        .filter(|file| file.starts_with("domain/") && *file != "domain/mod.rs" && floor(file).is_none())
        .map(|file| format!("{file} stands on no floor of src/domain/"));
    let inside =
        arrows.iter().filter(|arrow| arrow.from.starts_with("domain/") && arrow.to.starts_with("domain/"));
    let wrong = inside.filter_map(|Arrow { from, path, to }| match (floor(from), floor(to)) {
        (Some(low), Some(high)) if low < high => {
            Some(format!("{from} names `{path}` of {to}: `{}` stands below `{}`", FLOORS[low], FLOORS[high]))
        }
        _ if *from == "domain/mod.rs" || *to == "domain/mod.rs" => {
            Some(format!("{from} names `{path}` of {to}: domain/mod.rs only declares"))
        }
        _ => None,
    });
    homeless.chain(wrong).collect()
}

/// The folder of `src/` that a file stands in; a file beside the folders is one by itself.
fn folder(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// One line for each arrow from one folder to another that it may not name.
fn outward(arrows: &[Arrow<'_>]) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = FOLDERS.iter().copied().collect();
    let forbidden = |arrow: &&Arrow<'_>| {
        let (from, to) = (folder(arrow.from), folder(arrow.to));
        from != to && !allowed.get(from).is_some_and(|others| others.contains(&to))
    };
    let line = |Arrow { from, path, to }: &Arrow<'_>| {
        format!("{from} names `{path}` of {to}: {}/ may not name {}/", folder(from), folder(to))
    };
    arrows.iter().filter(forbidden).map(line).collect()
}

/// Every fault of sources.
fn faults(sources: &Sources) -> Vec<String> {
    let arrows = arrows(sources);
    [circles(&arrows), upward(sources, &arrows), outward(&arrows)].concat()
}

fn read(folder: &Path, sources: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(SRC).unwrap().to_str().unwrap().to_owned();
            sources.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn sources_keep_their_floors() {
    let mut sources = Sources::new();
    read(Path::new(SRC), &mut sources);
    assert!(arrows(&sources).len() > 500, "the paths are not read");
    let faults = faults(&sources);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// The first two cells of each row of the table below a heading of the architecture, without marks of code.
fn table(heading: &str) -> Vec<[String; 2]> {
    let (_, section) = ARCHITECTURE.split_once(&format!("\n## {heading}\n")).unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let cell = |text: &str| text.trim().replace('`', "").trim_end_matches('/').to_owned();
    let cells = |row: &str| {
        let mut cells = row.trim_matches('|').split('|').map(cell);
        [cells.next().unwrap(), cells.next().unwrap()]
    };
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}

#[test]
fn architecture_names_the_floors_from_the_top_down() {
    let named: Vec<_> = table("Floors").into_iter().rev().map(|[floor, _]| floor).collect();
    assert_eq!(named, FLOORS);
}

#[test]
fn architecture_names_what_each_folder_may_name() {
    let others = |text: &str| text.split(", ").filter(|name| *name != "nothing").map(str::to_owned).collect();
    let named: BTreeMap<String, BTreeSet<String>> =
        table("Folders").into_iter().map(|[folder, names]| (folder, others(&names))).collect();
    let held = FOLDERS
        .iter()
        .map(|(folder, names)| ((*folder).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()));
    assert_eq!(named, held.collect());
}

/// Sources of these files; each line of a text is one.
fn made_up<const N: usize>(files: [(&str, &str); N]) -> Sources {
    files.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

#[track_caller]
fn assert_one_fault<const N: usize>(files: [(&str, &str); N], fault: &str) {
    assert_eq!(faults(&made_up(files)), [fault]);
}

#[track_caller]
fn assert_no_fault<const N: usize>(files: [(&str, &str); N]) {
    assert_eq!(faults(&made_up(files)), [""; 0]);
}

#[test]
fn arrow_upwards_is_a_fault() {
    assert_one_fault(
        [
            (
                "domain/plan/mod.rs",
                "use crate::domain::{id::{HostName, self}, record::event::{Event as Fact}};",
            ),
            ("domain/record/event.rs", "pub enum Event {}"),
            ("domain/id.rs", ""),
        ],
        "domain/plan/mod.rs names `crate::domain::record::event::Event` of domain/record/event.rs: \
         `plan` stands below `record`",
    );
}

#[test]
fn table_of_commands_stands_below_commands() {
    let decide = ("domain/decide/mod.rs", "use crate::domain::command::{Command, table};");
    let below = "use super::super::command::Command;";
    assert_no_fault([
        decide,
        ("domain/command/mod.rs", "pub mod table; pub use table::Spec; use super::policy::Policy;"),
        ("domain/command/table.rs", "use crate::domain::world::actor::Role;"),
        ("domain/policy/mod.rs", "use crate::domain::command::table;"),
        ("domain/world/actor.rs", ""),
    ]);
    assert_one_fault(
        [decide, ("domain/command/mod.rs", ""), ("domain/command/table.rs", "use super::Command;")],
        "domain/command/table.rs names `super::Command` of domain/command/mod.rs: `command/table` stands below \
         `command`",
    );
    assert_one_fault(
        [decide, ("domain/command/mod.rs", ""), ("domain/policy/rules.rs", below)],
        "domain/policy/rules.rs names `super::super::command::Command` of domain/command/mod.rs: `policy` stands \
         below `command`",
    );
}

#[test]
fn file_without_a_floor_is_a_fault() {
    assert_one_fault([("domain/decision.rs", "")], "domain/decision.rs stands on no floor of src/domain/");
    assert_no_fault([
        ("domain/mod.rs", "pub mod decide; #[cfg(test)] mod testing;"),
        ("domain/testing.rs", ""),
    ]);
    assert_one_fault(
        [("domain/mod.rs", "pub mod id; pub use id::RunId;"), ("domain/id.rs", "")],
        "domain/mod.rs names `id::RunId` of domain/id.rs: domain/mod.rs only declares",
    );
}

#[test]
fn circle_is_a_fault() {
    assert_one_fault(
        [
            ("app/bot.rs", "use super::handle::Handle;"),
            ("app/handle.rs", "use crate::app::turn;"),
            ("app/turn.rs", "fn end(bot: &super::bot::Bot) {}"),
        ],
        "circle of 3 files: app/bot.rs names `super::handle::Handle` of app/handle.rs, app/handle.rs names \
         `crate::app::turn` of app/turn.rs, app/turn.rs names `super::bot::Bot` of app/bot.rs",
    );
}

#[test]
fn bare_name_of_a_child_is_an_arrow() {
    let child = ("kb/page.rs", "use super::KbError;");
    assert_no_fault([("kb/mod.rs", "mod page; pub struct KbError; fn page() { x.page::<u8>() }"), child]);
    for (parent, path) in [("pub use page::{Page};", "page::Page"), ("fn f() { page::read() }", "page::read")]
    {
        assert_one_fault(
            [("kb/mod.rs", &*format!("mod page; {parent}")), child],
            &format!(
                "circle of 2 files: kb/mod.rs names `{path}` of kb/page.rs, kb/page.rs names `super::KbError` of \
                 kb/mod.rs"
            ),
        );
    }
}

#[test]
fn path_in_a_macro_is_an_arrow() {
    for text in
        ["out!(\"{}\", crate::cli::version());", "macro_rules! v { () => { $crate::cli::version() } }"]
    {
        assert_one_fault(
            [("chat/mod.rs", text), ("cli/mod.rs", "")],
            "chat/mod.rs names `crate::cli::version` of cli/mod.rs: chat/ may not name cli/",
        );
    }
}

#[test]
fn arrow_to_a_folder_that_is_not_listed_is_a_fault() {
    let other = ("store/mod.rs", "");
    assert_one_fault(
        [("search/mod.rs", "use crate::store::Store;"), other],
        "search/mod.rs names `crate::store::Store` of store/mod.rs: search/ may not name store/",
    );
    assert_one_fault(
        [("pages/mod.rs", "pub fn f() -> crate::store::Store { todo!() }"), other],
        "pages/mod.rs names `crate::store::Store` of store/mod.rs: pages/ may not name store/",
    );
}

#[test]
fn path_through_an_imported_module_is_an_arrow() {
    for import in ["use crate::domain::record as kept;", "use crate::domain::{record as kept};"] {
        let plan = format!("{import} fn f(event: &kept::event::Event) {{}}");
        let files =
            [("domain/plan/mod.rs", &*plan), ("domain/record/mod.rs", ""), ("domain/record/event.rs", "")];
        let faults = faults(&made_up(files));
        assert!(
            faults.iter().any(|fault| fault.contains("`kept::event::Event` of domain/record/event.rs")),
            "{faults:?}"
        );
    }
}

#[test]
fn tests_comments_literals_and_visibility_are_no_arrows() {
    let decide = ("domain/decide/mod.rs", "");
    let text = r#"
        //! See [`crate::domain::decide::decide`].
        #[cfg(test)]
        mod tests { use crate::domain::decide::decide; }
        #[cfg(test)]
        use crate::domain::decide;
        #[cfg(test)]
        #[expect(unused)]
        fn made_up() { crate::domain::decide::decide() }
        // crate::domain::decide::decide
        pub(in crate::domain::decide) fn f() -> &'static str { "crate::domain::decide::decide" }
    "#;
    assert_no_fault([
        decide,
        ("domain/plan/mod.rs", text),
        ("domain/plan/tests.rs", "use crate::domain::decide;"),
    ]);
    let after = format!("{text} fn g() {{ crate::domain::decide::decide() }}");
    assert_eq!(faults(&made_up([decide, ("domain/plan/mod.rs", &*after)])).len(), 1);
}
