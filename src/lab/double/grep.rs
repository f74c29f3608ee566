//! `grep`, as far as the articles use it.

use std::io;

use regex::bytes::{Regex, RegexBuilder};
use rustix::io::Errno;

use super::super::root::{DEPTH_MAX, ENTRIES_MAX, join};
use super::call::Call;

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the real tool")]
struct Options {
    recursive: bool,
    only_match: bool,
    names_only: bool,
    extended: bool,
    words: bool,
    fixed: bool,
    quiet: bool,
    ignore_case: bool,
    include: Option<String>,
    pattern: Option<String>,
    paths: Vec<String>,
}

/// `grep [-rolwFEqi] [--include=NAME] [-e] PATTERN PATH...`: 0 found, 1 not found, 2 trouble.
pub fn grep(call: &mut Call) -> u8 {
    let options = match parse(call.args) {
        Ok(options) => options,
        Err(option) => return call.unknown_option("grep", &option, 2),
    };
    let Some(pattern) = options.pattern.as_deref() else {
        call.complain("Usage: grep [OPTION]... PATTERNS [FILE]...");
        return 2;
    };
    let pattern = match (options.fixed, options.extended) {
        (true, _) => regex::escape(pattern),
        (false, true) => pattern.to_owned(),
        (false, false) => basic(pattern),
    };
    let pattern = if options.words { format!(r"(?:^|[^\w])(?:{pattern})(?:[^\w]|$)") } else { pattern };
    let Ok(regex) = RegexBuilder::new(&pattern).case_insensitive(options.ignore_case).build() else {
        call.complain("grep: Invalid regular expression");
        return 2;
    };
    let mut search = Search { options: &options, regex, found: false, trouble: false, left: ENTRIES_MAX };
    for path in &options.paths {
        search.visit(call, path, 0);
    }
    match (search.found, search.trouble) {
        (true, trouble) if options.quiet || !trouble => 0,
        (_, true) => 2,
        _ => 1,
    }
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut words = args.iter();
    let mut ended = false;
    while let Some(word) = words.next() {
        if ended || !word.starts_with('-') || word.len() == 1 {
            if options.pattern.is_none() {
                options.pattern = Some(word.clone());
            } else {
                options.paths.push(word.clone());
            }
        } else if word == "--" {
            ended = true;
        } else if let Some(name) = word.strip_prefix("--include=") {
            options.include = Some(name.to_owned());
        } else if word == "-e" {
            options.pattern = words.next().cloned();
        } else {
            for letter in word[1..].chars() {
                match letter {
                    'r' => options.recursive = true,
                    'o' => options.only_match = true,
                    'l' => options.names_only = true,
                    'w' => options.words = true,
                    'E' => options.extended = true,
                    'F' => options.fixed = true,
                    'q' => options.quiet = true,
                    'i' => options.ignore_case = true,
                    _ => return Err(letter.to_string()),
                }
            }
        }
    }
    Ok(options)
}

/// A basic regular expression in Rust's syntax: `+ ? | ( ) { }` are ordinary until a backslash
/// makes them special.
fn basic(pattern: &str) -> String {
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(special @ ('+' | '?' | '|' | '(' | ')' | '{' | '}')) => out.push(special),
                Some(other) => out.push_str(&regex::escape(&other.to_string())),
                None => out.push_str("\\\\"),
            },
            '+' | '?' | '|' | '(' | ')' | '{' | '}' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// Whether a name is one that `--include` means: `*` at its beginning stands for anything.
fn is_included(include: &str, name: &str) -> bool {
    match include.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => include == name,
    }
}

struct Search<'a> {
    options: &'a Options,
    regex: Regex,
    found: bool,
    trouble: bool,
    left: usize,
}

impl Search<'_> {
    fn visit(&mut self, call: &mut Call, path: &str, depth: usize) {
        if self.left == 0 || depth > DEPTH_MAX {
            return;
        }
        self.left -= 1;
        let meta = match call.root.metadata(path) {
            Ok(meta) => meta,
            Err(error) => return self.complain(call, path, &error),
        };
        if !meta.is_dir() {
            return self.search_file(call, path);
        }
        if !self.options.recursive {
            return self.complain(call, path, &Errno::ISDIR.into());
        }
        for name in call.root.list(path).unwrap_or_default() {
            let below = join(path, &name);
            let place = call.root.locate_entry(&below).and_then(std::fs::symlink_metadata);
            let Ok(meta) = place else { continue };
            let wanted = self.options.include.as_ref().is_none_or(|include| is_included(include, &name));
            // Like GNU's -r: links met on the way are not followed.
            if meta.is_dir() || (meta.is_file() && wanted) {
                self.visit(call, &below, depth + 1);
            }
        }
    }

    fn complain(&mut self, call: &mut Call, path: &str, error: &io::Error) {
        self.trouble = true;
        call.complain_about("grep", path, error);
    }

    fn search_file(&mut self, call: &mut Call, path: &str) {
        let bytes = match call.root.read(path) {
            Ok(bytes) => bytes,
            Err(error) => return self.complain(call, path, &error),
        };
        let binary = bytes.contains(&0);
        let named = self.options.recursive || self.options.paths.len() > 1;
        let title = if named { format!("{path}:") } else { String::new() };
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        if bytes.is_empty() {
            return;
        }
        for line in bytes.split(|byte| *byte == b'\n') {
            if !self.regex.is_match(line) {
                continue;
            }
            self.found = true;
            if self.options.quiet {
                return;
            }
            if self.options.names_only {
                call.say(path);
                return;
            }
            if binary {
                call.say(format!("Binary file {path} matches"));
                return;
            }
            if self.options.only_match {
                for part in self.regex.find_iter(line) {
                    call.say(format!("{title}{}", String::from_utf8_lossy(part.as_bytes())));
                }
            } else {
                call.say(format!("{title}{}", String::from_utf8_lossy(line)));
            }
        }
    }
}
