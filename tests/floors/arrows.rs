//! Paths in sources: which file names which.
//!
//! An arrow is a path in code, imports and macros included, that begins with `crate`, `super`, `self`, a child
//! module or an imported module; it leads to the file that owns its longest part. `mod x;` is no arrow, nor is
//! how far something is visible. Left out are tests, and what stands in comments and literals.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// Texts by the names of their files below `src/`.
pub type Sources = BTreeMap<String, String>;
/// The segments of a path.
type Segments = Vec<String>;
/// The files that are read, by their modules; the crate is the empty one.
type Files<'a> = BTreeMap<Segments, &'a str>;

/// A path in one file that leads to another.
pub struct Arrow<'a> {
    pub from: &'a str,
    pub path: String,
    pub to: &'a str,
}

/// The files that are no tests.
pub fn files(sources: &Sources) -> impl Iterator<Item = &str> {
    sources.keys().map(String::as_str).filter(|file| !is_left_out(file))
}

/// Every arrow between two files, by their names, and once for each path that it rests on.
pub fn arrows(sources: &Sources) -> Vec<Arrow<'_>> {
    let modules: Files<'_> = files(sources).map(|file| (module_of(file), file)).collect();
    let mut arrows = Vec::new();
    for from in files(sources) {
        let mut paths = Paths { module: module_of(from), ..Paths::default() };
        paths.read(sources[from].parse().unwrap_or_else(|error| panic!("{from}: {error}")));
        for (module, path) in &paths.all {
            let Some(absolute) = paths.absolute(&modules, module, path) else { continue };
            let owner = (0..=absolute.len()).rev().find_map(|len| modules.get(&absolute[..len]).copied());
            if let Some(to) = owner.filter(|to| *to != from) {
                arrows.push(Arrow { from, path: path.join("::"), to });
            }
        }
    }
    arrows
}

/// The paths of one file, each with the module that it stands in.
#[derive(Default)]
struct Paths {
    module: Segments,
    all: BTreeSet<(Segments, Segments)>,
    /// By the name that each gives.
    imports: BTreeMap<String, (Segments, Segments)>,
}

fn module_of(file: &str) -> Segments {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    stem.split('/').filter(|part| *part != "lib").map(str::to_owned).collect()
}

/// Whether a file is for tests alone, or is the program, which names the library from outside.
fn is_left_out(file: &str) -> bool {
    file == "main.rs" || file.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "testing.rs"))
}

fn is_punct(token: Option<&TokenTree>, what: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == what)
}

fn is_word(token: Option<&TokenTree>, what: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(word)) if word == what)
}

/// Whether `::` stands here.
fn is_separator(tokens: &[TokenTree]) -> bool {
    let first = matches!(tokens.first(), Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint);
    first && is_punct(tokens.first(), ':') && is_punct(tokens.get(1), ':')
}

/// Whether an attribute is `cfg(test)`.
fn is_for_tests(attribute: &Group) -> bool {
    attribute.to_string().replace(' ', "") == "[cfg(test)]"
}

/// Whether parentheses say how far something is visible, which uses nothing.
fn is_scope(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    ["crate", "super", "self", "in"].iter().any(|word| is_word(first.as_ref(), word))
}

/// The number of tokens up to the end of an item.
fn item_len(tokens: &[TokenTree]) -> usize {
    let is_body =
        |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let end = tokens.iter().position(|token| is_body(token) || is_punct(Some(token), ';'));
    end.map_or(tokens.len(), |end| end + 1)
}

/// The segments of the path that begins here, and its number of tokens.
fn path_at(tokens: &[TokenTree]) -> (Segments, usize) {
    let (mut segments, mut len) = (Segments::new(), 0);
    while let Some(TokenTree::Ident(word)) = tokens.get(len) {
        segments.push(word.to_string());
        len += 1;
        if !is_separator(&tokens[len..]) {
            break;
        }
        len += 2;
    }
    (segments, len)
}

impl Paths {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let (before, rest) = tokens.split_at(at);
            at += match (token, rest.get(1), rest.get(2)) {
                (TokenTree::Punct(_), Some(TokenTree::Group(attribute)), _) if is_for_tests(attribute) => {
                    item_len(rest)
                }
                (TokenTree::Ident(word), next, _) if word == "use" && !is_punct(next, '<') => {
                    let len = rest.iter().take_while(|token| !is_punct(Some(token), ';')).count();
                    self.import(&rest[1..len], &[]);
                    len
                }
                (TokenTree::Ident(word), Some(TokenTree::Group(group)), _)
                    if word == "pub" && is_scope(group) =>
                {
                    2
                }
                (TokenTree::Ident(word), Some(TokenTree::Ident(name)), Some(TokenTree::Group(body)))
                    if word == "mod" =>
                {
                    self.module.push(name.to_string());
                    self.read(body.stream());
                    self.module.pop();
                    3
                }
                (TokenTree::Group(group), ..) => {
                    self.read(group.stream());
                    1
                }
                (TokenTree::Ident(_), ..) => {
                    let (segments, len) = path_at(rest);
                    let is_member = is_punct(before.last(), '.') && !is_punct(before.iter().nth_back(1), '.');
                    let is_rest = before.len() > 1 && is_separator(&before[before.len() - 2..]);
                    if segments.len() > 1 && !is_member && !is_rest {
                        self.all.insert((self.module.clone(), segments));
                    }
                    len
                }
                _ => 1,
            };
        }
    }

    /// Takes in what stands between `use` and `;`, or in one branch of it.
    fn import(&mut self, tokens: &[TokenTree], before: &[String]) {
        let mut segments = before.to_vec();
        let mut name = None;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    name = tokens.get(at + 1).map(ToString::to_string);
                    break;
                }
                TokenTree::Ident(word) => segments.push(word.to_string()),
                TokenTree::Group(branches) => {
                    let branches: Vec<TokenTree> = branches.stream().into_iter().collect();
                    branches
                        .split(|token| is_punct(Some(token), ','))
                        .for_each(|branch| self.import(branch, &segments));
                    return;
                }
                _ => {}
            }
        }
        if segments.len() > 1 {
            segments.pop_if(|last| last == "self");
        }
        if let Some(name) = name.or_else(|| segments.last().cloned()) {
            self.imports.insert(name, (self.module.clone(), segments.clone()));
            self.all.insert((self.module.clone(), segments));
        }
    }

    /// The path from the crate on, if it is one of this crate.
    fn absolute(&self, files: &Files<'_>, module: &[String], path: &[String]) -> Option<Segments> {
        beginning(files, module, path).or_else(|| {
            let (module, import) = self.imports.get(path.first()?)?;
            let imported = beginning(files, module, import).filter(|module| files.contains_key(module))?;
            Some([&imported, &path[1..]].concat())
        })
    }
}

/// The path from the crate on, if it begins with a word for that or with a child module.
fn beginning(files: &Files<'_>, module: &[String], path: &[String]) -> Option<Segments> {
    let ups = path.iter().take_while(|segment| *segment == "super" || *segment == "self").count();
    let above = path[..ups].iter().filter(|segment| *segment == "super").count();
    let first = path.first()?;
    if first == "crate" {
        return Some(path[1..].to_vec());
    }
    let is_ours = ups > 0 || files.contains_key(&[module, &path[..1]].concat());
    is_ours.then(|| [&module[..module.len().saturating_sub(above)], &path[ups..]].concat())
}
