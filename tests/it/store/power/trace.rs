//! What a program did to files and what it said, call by call, as strace tells it.
//!
//! Other threads may make calls at the same time, so that a call begins and ends with others between. Calls that
//! failed are left out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bot::life::assert_strace;

/// The calls that are traced: all by which dogwatch and sled change files.
const CALLS: &str =
    "trace=openat,write,pwrite64,ftruncate,lseek,fsync,fdatasync,rename,mkdir,unlink,unlinkat,rmdir";

/// One call.
#[derive(Debug)]
pub enum Call {
    /// A file was opened that is made where there is none.
    Made {
        path: PathBuf,
        emptied: bool,
    },
    Folder {
        path: PathBuf,
    },
    Written {
        path: PathBuf,
        at: usize,
        bytes: Vec<u8>,
    },
    /// A file has this length from now on.
    Length {
        path: PathBuf,
        len: usize,
    },
    Renamed {
        from: PathBuf,
        to: PathBuf,
    },
    Removed {
        path: PathBuf,
    },
    /// A file, or the names in a folder.
    Synced {
        path: PathBuf,
    },
    /// On standard output.
    Said {
        text: String,
    },
}

/// The calls in the order in which they began.
pub struct Trace {
    pub calls: Vec<Call>,
    /// Which call begins next, or which one ends.
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Begins(usize),
    Ends(usize),
}

/// The words that let strace write to `file`, before a program and its arguments.
pub fn strace(file: &Path) -> Vec<String> {
    assert_strace();
    // Names of files come with the numbers of descriptors; all text is in hexadecimal and whole.
    let words =
        ["strace", "-f", "-qq", "-y", "-xx", "-s", "16777216", "-e", "signal=none", "-e", CALLS, "-o"];
    let words = words.iter().map(|word| (*word).to_owned());
    words.chain([file.to_str().unwrap().to_owned()]).collect()
}

/// Runs a program to its end under strace; it must go well.
pub fn traced(mut command: Command, file: &Path) -> Trace {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{done:?}");
    read(&std::fs::read_to_string(file).unwrap())
}

/// A call as it is written, from the line on which it begins to the one on which it ends.
struct Line {
    begins: usize,
    ends: usize,
    text: String,
}

fn read(trace: &str) -> Trace {
    let (mut calls, mut moments) = (Vec::new(), Vec::new());
    let mut places = HashMap::new();
    for line in whole_lines(trace) {
        if let Some(call) = parsed(&line.text, &mut places) {
            moments.push((line.begins, 0, Step::Begins(calls.len())));
            moments.push((line.ends, 1, Step::Ends(calls.len())));
            calls.push(call);
        }
    }
    moments.sort_by_key(|(line, order, _)| (*line, *order));
    Trace { calls, steps: moments.into_iter().map(|(_, _, step)| step).collect() }
}

/// Puts together what other threads have interrupted; in the order in which the calls began.
fn whole_lines(trace: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut unfinished: HashMap<&str, usize> = HashMap::new();
    for (number, line) in trace.lines().enumerate() {
        let Some((thread, text)) = line.split_once(' ') else { continue };
        let text = text.trim_start();
        if let Some(begun) = text.strip_suffix("<unfinished ...>") {
            unfinished.insert(thread, lines.len());
            lines.push(Line { begins: number, ends: number, text: begun.trim_end().to_owned() });
        } else if let Some((_, rest)) = text.split_once(" resumed>") {
            let line = &mut lines[unfinished.remove(thread).unwrap()];
            line.text.push_str(rest);
            line.ends = number;
        } else {
            lines.push(Line { begins: number, ends: number, text: text.to_owned() });
        }
    }
    lines
}

/// The call of a line, if it went well and does something. `places` is where each open file stands.
fn parsed(line: &str, places: &mut HashMap<u32, usize>) -> Option<Call> {
    let (name, rest) = line.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let words: Vec<_> = arguments.trim_end().strip_suffix(')')?.split(", ").collect();
    let result = result.split('<').next()?.parse::<usize>().ok()?;
    let number = |at: usize| words[at].parse::<usize>().unwrap();
    Some(match name {
        "openat" => {
            places.insert(u32::try_from(result).unwrap(), 0);
            let emptied = words[2].contains("O_TRUNC");
            if !emptied && !words[2].contains("O_CREAT") {
                return None;
            }
            Call::Made { path: below(words[0], words[1]), emptied }
        }
        "write" => {
            let (descriptor, path) = descriptor(words[0]);
            let bytes = unescaped(words[1].trim_matches('"'));
            if descriptor == 1 {
                return Some(Call::Said { text: String::from_utf8_lossy(&bytes).into_owned() });
            }
            let place = places.entry(descriptor).or_default();
            let at = *place;
            *place += result;
            Call::Written { path, at, bytes }
        }
        "pwrite64" => {
            let bytes = unescaped(words[1].trim_matches('"'));
            Call::Written { path: descriptor(words[0]).1, at: number(3), bytes }
        }
        "lseek" => {
            places.insert(descriptor(words[0]).0, result);
            return None;
        }
        "ftruncate" => Call::Length { path: descriptor(words[0]).1, len: number(1) },
        "fsync" | "fdatasync" => Call::Synced { path: descriptor(words[0]).1 },
        "mkdir" => Call::Folder { path: path(words[0]) },
        "rename" => Call::Renamed { from: path(words[0]), to: path(words[1]) },
        "unlink" | "rmdir" => Call::Removed { path: path(words[0]) },
        "unlinkat" => Call::Removed { path: below(words[0], words[1]) },
        _ => panic!("{name} is not known"),
    })
}

/// `NUMBER<PATH>`.
fn descriptor(word: &str) -> (u32, PathBuf) {
    let (number, path) = word.split_once('<').unwrap();
    (number.parse().unwrap(), path_of(path.strip_suffix('>').unwrap()))
}

/// A path that may be relative to that of a descriptor.
fn below(folder: &str, name: &str) -> PathBuf {
    let (_, folder) = folder.split_once('<').unwrap();
    path_of(folder.strip_suffix('>').unwrap()).join(path(name))
}

fn path(word: &str) -> PathBuf {
    path_of(word.trim_matches('"'))
}

fn path_of(text: &str) -> PathBuf {
    String::from_utf8(unescaped(text)).unwrap().into()
}

/// The bytes of a text in which each may stand as `\xHH`.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if let [b'\\', b'x', high, low, after @ ..] = rest {
            let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
            bytes.push(16 * digit(*high) + digit(*low));
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}
