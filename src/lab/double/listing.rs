//! `ls` and `stat`.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::disk::{human, size_kib};
use super::super::root::{DEPTH_MAX, join, reason};
use super::super::state::{Kind, now_ms};
use super::call::Call;

/// Half a year: older files show their year instead of the time.
const RECENT_S: i64 = 15_778_476;

#[derive(Default, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the real tool")]
struct Options {
    long: bool,
    recursive: bool,
    all: bool,
    human: bool,
    itself: bool,
}

/// `ls [-lRahd] [--] [PATH...]`.
pub fn ls(call: &mut Call) -> u8 {
    let (words, paths) = call.split_args();
    let mut options = Options::default();
    for letter in words.iter().flat_map(|word| word.trim_start_matches('-').chars()) {
        match letter {
            'l' => options.long = true,
            'R' => options.recursive = true,
            'a' | 'A' => options.all = true,
            'h' => options.human = true,
            'd' => options.itself = true,
            '1' => {}
            _ => return call.unknown_option("ls", &letter.to_string(), missing_code(call.kind())),
        }
    }
    let paths = if paths.is_empty() { vec![".".to_owned()] } else { paths };
    let mut code = 0;
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for path in paths.iter().cloned() {
        match call.root.metadata(&path) {
            Ok(meta) if meta.is_dir() && !options.itself => folders.push(path),
            Ok(meta) => files.push((path, meta)),
            Err(error) => {
                let why = reason(&error);
                call.complain(match call.kind() {
                    Kind::Kvm => format!("ls: cannot access '{path}': {why}"),
                    Kind::Esx3 | Kind::Esxi => format!("ls: {path}: {why}"),
                });
                code = missing_code(call.kind());
            }
        }
    }
    print_entries(call, &files, options);
    let titled = options.recursive || paths.len() > 1;
    let mut first = files.is_empty();
    for folder in folders {
        print_folder(call, &folder, options, titled, &mut first, 0);
    }
    code
}

/// Old `ls` and busybox end with 1 where GNU now ends with 2.
fn missing_code(kind: Kind) -> u8 {
    if kind == Kind::Kvm { 2 } else { 1 }
}

fn print_folder(
    call: &mut Call,
    folder: &str,
    options: Options,
    titled: bool,
    first: &mut bool,
    depth: usize,
) {
    if !*first {
        call.say("");
    }
    *first = false;
    if titled {
        call.say(format!("{folder}:"));
    }
    let mut entries = Vec::new();
    for name in call.root.list(folder).unwrap_or_default() {
        let hidden = name.starts_with('.') && !options.all;
        let place = call.root.locate_entry(&join(folder, &name));
        if let (false, Ok(meta)) = (hidden, place.and_then(std::fs::symlink_metadata)) {
            entries.push((name, meta));
        }
    }
    if options.long {
        let total: u64 = entries.iter().map(|(_, meta)| size_kib(meta)).sum();
        let total = if options.human { human(total) } else { total.to_string() };
        call.say(format!("total {total}"));
    }
    print_entries(call, &entries, options);
    if options.recursive && depth < DEPTH_MAX {
        for (name, _) in entries.iter().filter(|(_, meta)| meta.is_dir()) {
            print_folder(call, &join(folder, name), options, titled, first, depth + 1);
        }
    }
}

fn print_entries(call: &mut Call, entries: &[(String, Metadata)], options: Options) {
    if !options.long {
        for (name, _) in entries {
            call.say(name);
        }
        return;
    }
    let size = |meta: &Metadata| match (options.human, meta.is_dir()) {
        (true, _) => human(size_kib(meta)),
        (false, true) => "4096".to_owned(),
        (false, false) => meta.len().to_string(),
    };
    let width = entries.iter().map(|(_, meta)| size(meta).len()).max().unwrap_or(0);
    let least = if call.kind() == Kind::Esx3 { 8 } else { 1 };
    let width = width.max(least);
    for (name, meta) in entries {
        let line = format!(
            "{} {:>4} root     root     {:>width$} {} {name}",
            mode(meta),
            if meta.is_dir() { 2 } else { 1 },
            size(meta),
            date(meta),
        );
        call.say(line);
    }
}

/// The lab's own files are private; on the host they would have the usual modes.
fn mode(meta: &Metadata) -> &'static str {
    if meta.is_dir() {
        "drwxr-xr-x"
    } else if meta.file_type().is_symlink() {
        "lrwxrwxrwx"
    } else if meta.permissions().mode() & 0o200 == 0 {
        "-r--r--r--"
    } else {
        "-rw-r--r--"
    }
}

fn date(meta: &Metadata) -> String {
    let second = meta.mtime();
    let format = if now_s() - second < RECENT_S { "%b %e %H:%M" } else { "%b %e  %Y" };
    at(second).strftime(format).to_string()
}

fn now_s() -> i64 {
    i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX)
}

fn at(second: i64) -> jiff::Zoned {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC)
}

/// `stat [--] PATH...`.
pub fn stat(call: &mut Call) -> u8 {
    let (options, paths) = call.split_args();
    if let Some(option) = options.first() {
        return call.unknown_option("stat", option, 1);
    }
    let mut code = 0;
    for path in &paths {
        match call.root.metadata(path) {
            Ok(meta) => {
                let kind = if meta.is_dir() { "directory" } else { "regular file" };
                let bits = if meta.is_dir() { "0755/drwxr-xr-x" } else { "0644/-rw-r--r--" };
                let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                let modified =
                    Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
                let modified = modified.strftime("%Y-%m-%d %H:%M:%S.%9f %z");
                let size = if meta.is_dir() { 4096 } else { meta.len() };
                let blocks = size_kib(&meta) * 2;
                call.say(format!(
                    "  File: {path}\n  Size: {size:<10}\tBlocks: {blocks:<10} IO Block: 4096   {kind}\n\
                     Access: ({bits})  Uid: (    0/    root)   Gid: (    0/    root)\n\
                     Access: {modified}\nModify: {modified}\nChange: {modified}"
                ));
            }
            Err(error) => {
                call.complain(format!("stat: cannot stat '{path}': {}", reason(&error)));
                code = 1;
            }
        }
    }
    code
}
