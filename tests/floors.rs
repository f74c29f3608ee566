//! The floors of the source: which file of `src/` may name which.
//!
//! The rules are the tables of `src/ARCHITECTURE.md`: no arrow upwards in `src/domain/`, none between folders
//! but those listed, and no circle of files anywhere. An arrow is a path in code, imports and macros included,
//! that begins with `crate`, `super`, `self`, a child module or an imported name, to the file that owns it.
//! Tests, comments and visibility are none; globs are left to clippy, and no module stands inside a file. The
//! checks are functions of texts, so made-up ones show that they can fail. It uses nothing of the crate: a
//! program of its own links in a second.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Texts of files, by their names below `src/`.
type Sources = BTreeMap<String, String>;
/// The segments of a path.
type Segments = Vec<String>;

struct Arrow {
    from: String,
    path: String,
    to: String,
}

/// The first two cells of each row of the table below a heading of the architecture.
fn table(heading: &str) -> Vec<[String; 2]> {
    let text = include_str!("../src/ARCHITECTURE.md");
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let cell = |text: &str| text.trim().replace('`', "").trim_end_matches('/').to_owned();
    let cells = |row: &str| {
        let mut cells = row.trim_matches('|').split('|').map(cell);
        [cells.next().unwrap(), cells.next().unwrap()]
    };
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}

fn module_of(file: &str) -> Segments {
    let stem = file.trim_end_matches(".rs").trim_end_matches("/mod");
    stem.split('/').filter(|part| *part != "lib").map(str::to_owned).collect()
}

fn is_punct(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// Whether parentheses say how far something is visible.
fn is_scope(token: &TokenTree) -> bool {
    token.to_string().starts_with("(in")
}

/// The branches of an import: each with its segments and the name it gives.
fn branches(tokens: &[TokenTree], before: &[String], found: &mut Vec<(Segments, String)>) {
    let mut segments = before.to_vec();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                inner.split(|token| is_punct(token, ',')).for_each(|part| branches(part, &segments, found));
                return;
            }
            TokenTree::Ident(word) if word == "as" => {
                return found.push((segments, tokens[at + 1].to_string()));
            }
            TokenTree::Ident(word) if word != "self" || segments.is_empty() => {
                segments.push(word.to_string());
            }
            _ => {}
        }
    }
    if let Some(name) = segments.last().cloned() {
        found.push((segments, name));
    }
}

/// Every path in tokens, and every import with the name that it gives.
fn read(tokens: TokenStream, paths: &mut Vec<Segments>, imports: &mut Vec<(Segments, String)>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    while let Some((token, after)) = rest.split_first() {
        let len = match token {
            TokenTree::Group(group) if group.to_string().replace(' ', "") == "[cfg(test)]" => {
                let is_end = |token: &TokenTree| {
                    let braces = |group: &proc_macro2::Group| group.delimiter() == Delimiter::Brace;
                    is_punct(token, ';')
                        || is_punct(token, ',')
                        || matches!(token, TokenTree::Group(group) if braces(group))
                };
                rest.iter().position(is_end).map_or(rest.len(), |end| end + 1)
            }
            TokenTree::Ident(word) if word == "use" && !after.first().is_some_and(|it| is_punct(it, '<')) => {
                let len = rest.iter().take_while(|token| !is_punct(token, ';')).count();
                branches(&rest[1..len], &[], imports);
                len
            }
            TokenTree::Ident(word) if word == "pub" && after.first().is_some_and(is_scope) => 2,
            TokenTree::Ident(_) => {
                let is_link = |pair: &[TokenTree]| pair.len() == 2 && pair.iter().all(|it| is_punct(it, ':'));
                let mut path = vec![token.to_string()];
                let links = after.chunks(3).take_while(|link| link.len() == 3 && is_link(&link[..2]));
                let words = links.map_while(|link| match &link[2] {
                    TokenTree::Ident(word) => Some(word.to_string()),
                    _ => None,
                });
                path.extend(words);
                let len = 3 * path.len() - 2;
                paths.push(path);
                len
            }
            TokenTree::Group(group) => {
                read(group.stream(), paths, imports);
                1
            }
            _ => 1,
        };
        rest = &rest[len..];
    }
}

fn arrows(sources: &Sources) -> Vec<Arrow> {
    let files: BTreeMap<Segments, &String> = sources.keys().map(|file| (module_of(file), file)).collect();
    // The path from the crate on, if it begins with a word for that or with a child module.
    let absolute = |module: &Segments, path: &Segments| match path[0].as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([&module[..], &path[1..]].concat()),
        "super" => {
            let up = path.iter().take_while(|segment| *segment == "super").count();
            Some([&module[..module.len().saturating_sub(up)], &path[up..]].concat())
        }
        first => {
            let child = [&module[..], &[first.to_owned()]].concat();
            let is_there = files.range(child.clone()..).next().is_some_and(|(it, _)| it.starts_with(&child));
            is_there.then(|| [&module[..], path].concat())
        }
    };
    let mut arrows = Vec::new();
    for (from, text) in sources {
        let (mut paths, mut imports) = (Vec::new(), Vec::new());
        read(text.parse().unwrap_or_else(|error| panic!("{from}: {error}")), &mut paths, &mut imports);
        let module = module_of(from);
        let named: BTreeMap<_, _> =
            imports.iter().filter_map(|(path, name)| Some((name, absolute(&module, path)?))).collect();
        for path in paths.iter().filter(|path| path.len() > 1).chain(imports.iter().map(|(path, _)| path)) {
            let through = || Some([&named.get(&path[0])?[..], &path[1..]].concat());
            let Some(whole) = absolute(&module, path).or_else(through) else { continue };
            let owner = (0..=whole.len()).rev().find_map(|len| files.get(&whole[..len]));
            if let Some(to) = owner.filter(|to| **to != from) {
                arrows.push(Arrow { from: from.clone(), path: path.join("::"), to: (*to).clone() });
            }
        }
    }
    arrows
}

/// A line for each arrow that lies on a circle.
fn circles(arrows: &[Arrow]) -> BTreeSet<String> {
    let mut named: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for arrow in arrows {
        named.entry(&arrow.from).or_default().insert(&arrow.to);
    }
    let leads_back = |arrow: &&Arrow| {
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![&arrow.to]);
        while let Some(file) = waiting.pop() {
            waiting.extend(named.get(file).into_iter().flatten().filter(|to| seen.insert(**to)));
        }
        seen.contains(&arrow.from)
    };
    let line = |Arrow { from, path, to }: &Arrow| format!("circle: {from} names `{path}` of {to}");
    arrows.iter().filter(leads_back).map(line).collect()
}

/// The floor that a file of `src/domain/` stands on, from the top; a part of a folder may have one of its own.
fn floor(file: &str, floors: &[[String; 2]]) -> Option<usize> {
    let place = file.strip_prefix("domain/")?.trim_end_matches(".rs");
    let stands =
        |floor: &str| place.strip_prefix(floor).is_some_and(|it| it.is_empty() || it.starts_with('/'));
    let on = floors.iter().enumerate().filter(|(_, [floor, _])| stands(floor));
    on.max_by_key(|(_, [floor, _])| floor.len()).map(|(at, _)| at)
}

/// The folder of `src/` that a file stands in; a file beside the folders is one by itself.
fn folder(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// Every fault of sources.
fn faults(sources: &Sources) -> Vec<String> {
    let (floors, allowed) = (table("Floors"), table("Folders"));
    let arrows = arrows(sources);
    let mut faults: BTreeSet<String> = circles(&arrows);
    let homeless = |file: &&String| {
        file.starts_with("domain/") && *file != "domain/mod.rs" && floor(file, &floors).is_none()
    };
    faults.extend(sources.keys().filter(homeless).map(|file| format!("{file} stands on no floor")));
    for Arrow { from, path, to } in &arrows {
        // What only declares hands nothing on past the floors.
        let hands_on = from == "domain/mod.rs";
        if hands_on || floor(from, &floors).zip(floor(to, &floors)).is_some_and(|(from, to)| from > to) {
            faults.insert(format!("upwards: {from} names `{path}` of {to}"));
        }
        let (inside, outside) = (folder(from), folder(to));
        let may =
            |[name, others]: &[String; 2]| *name == inside && others.split(", ").any(|it| it == outside);
        if inside != outside && !allowed.iter().any(may) {
            faults.insert(format!("outwards: {from} names `{path}` of {to}"));
        }
    }
    faults.into_iter().collect()
}

fn is_code(file: &str) -> bool {
    let is_test = |part: &str| matches!(part, "tests" | "tests.rs" | "testing" | "testing.rs");
    let is_rust = Path::new(file).extension().is_some_and(|ending| ending == "rs");
    is_rust && file != "main.rs" && !file.split('/').any(is_test)
}

fn files_below(folder: &Path, below: &str, sources: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            files_below(&path, &format!("{name}/"), sources);
        } else if is_code(&name) {
            sources.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn sources_keep_their_floors() {
    let mut sources = Sources::new();
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    let (faults, arrows) = (faults(&sources), arrows(&sources));
    for [from, others] in table("Folders") {
        let is_used = |to: &&str| arrows.iter().any(|it| folder(&it.from) == from && folder(&it.to) == *to);
        let unused: Vec<_> = others.split(", ").filter(|to| *to != "nothing" && !is_used(to)).collect();
        assert!(unused.is_empty(), "{from} names nothing of {unused:?}: the architecture may say so");
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Two files, and the faults that they must have.
#[track_caller]
fn assert_faults(files: [(&str, &str); 2], expected: &[&str]) {
    let sources = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(faults(&Sources::from(sources)), expected);
}

#[test]
fn an_arrow_upwards_is_found() {
    let event = ("domain/record/event.rs", "pub enum Event {}");
    let path = "crate::domain::record::event::Event";
    let fault = format!("upwards: domain/plan/mod.rs names `{path}` of domain/record/event.rs");
    let import = "use crate::domain::{id::RunId, record::event::{Event as Fact}};";
    for text in [import, &format!("fn f() {{ matches!(x, {path}) }}")] {
        assert_faults([event, ("domain/plan/mod.rs", text)], &[&fault]);
    }
    let through = "use crate::domain::record; fn f(event: &record::event::Event) {}";
    let fault = "upwards: domain/plan/mod.rs names `record::event::Event` of domain/record/event.rs";
    assert_faults([event, ("domain/plan/mod.rs", through)], &[fault]);
    assert_faults([event, ("domain/decide/mod.rs", through)], &[]);
    let table = ("domain/command/table.rs", "use super::Command;");
    let fault = "upwards: domain/command/table.rs names `super::Command` of domain/command/mod.rs";
    assert_faults([table, ("domain/command/mod.rs", "pub mod table;")], &[fault]);
    assert_faults([event, ("domain/more.rs", "")], &["domain/more.rs stands on no floor"]);
    let handed_on = ("domain/mod.rs", "pub mod record; pub use record::event::Event;");
    let fault = "upwards: domain/mod.rs names `record::event::Event` of domain/record/event.rs";
    assert_faults([event, handed_on], &[fault]);
}

#[test]
fn a_circle_is_found_also_through_the_bare_name_of_a_child() {
    let child = ("kb/page.rs", "use super::KbError;");
    assert_faults([child, ("kb/mod.rs", "mod page; pub struct KbError;")], &[]);
    for (text, path) in [("pub use page::Page;", "page::Page"), ("fn f() { page::read() }", "page::read")] {
        let parent = format!("circle: kb/mod.rs names `{path}` of kb/page.rs");
        let faults = [&*parent, "circle: kb/page.rs names `super::KbError` of kb/mod.rs"];
        assert_faults([child, ("kb/mod.rs", text)], &faults);
    }
}

#[test]
fn an_arrow_to_a_folder_that_is_not_listed_is_found() {
    let fault = "outwards: search/mod.rs names `crate::store::Store` of store/mod.rs";
    assert_faults([("search/mod.rs", "use crate::store::Store;"), ("store/mod.rs", "")], &[fault]);
    assert_faults([("cli/mod.rs", "use crate::store::Store;"), ("store/mod.rs", "")], &[]);
}

#[test]
fn tests_comments_literals_and_visibility_are_no_arrows() {
    let text = r#"
        //! See [`crate::domain::decide::decide`].
        #[cfg(test)] #[expect(unused)] mod tests { use crate::domain::decide::decide; }
        #[cfg(test)] use crate::domain::decide;
        // crate::domain::decide::decide
        pub(in crate::domain::decide) fn f() -> &'static str { "crate::domain::decide::decide" }
    "#;
    let decide = ("domain/decide/mod.rs", "");
    assert_faults([decide, ("domain/plan/mod.rs", text)], &[]);
    let text = format!("{text} fn g() {{ crate::domain::decide::decide() }}");
    let fault = "upwards: domain/plan/mod.rs names `crate::domain::decide::decide` of domain/decide/mod.rs";
    assert_faults([decide, ("domain/plan/mod.rs", &text)], &[fault]);
}
