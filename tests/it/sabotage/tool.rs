//! A tool of a practice host that does something else than it says.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use crate::BINARY;

/// What the tool does instead of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Nothing, and it says what it always says.
    Lies,
    /// Nothing, silently.
    Nothing,
    /// It to another machine.
    Neighbour,
    /// It, and dies before it says so.
    Half,
    /// Nothing within its time.
    Late,
}

/// What is counted.
pub fn told(sabotage: Sabotage) -> &'static str {
    match sabotage {
        Sabotage::Lies => "does nothing and says that it did",
        Sabotage::Nothing => "does nothing",
        Sabotage::Neighbour => "does it to the neighbour",
        Sabotage::Half => "dies in the middle",
        Sabotage::Late => "takes longer than it may",
    }
}

/// Puts a script before a tool of the host in `folder`. It acts on the command `argv` alone; everything else
/// reaches the tool. What that printed for the command is kept in `FOLDER/printed-N`.
pub fn put_before(
    folder: &Path,
    number: usize,
    argv: &[String],
    sabotage: Option<(Sabotage, &str, &[String])>,
) {
    let (name, kept) = (&argv[0], folder.join("kept"));
    fs::create_dir_all(&kept).unwrap();
    let original = kept.join(name);
    if !original.exists() {
        symlink(BINARY, &original).unwrap();
    }
    let (original, printed) = (quoted(original.to_str().unwrap()), printed(folder, number));
    let printed = quoted(printed.to_str().unwrap());
    let instead = match sabotage {
        None => format!("{original} \"$@\" >{printed}; code=$?; /bin/cat {printed}; exit $code"),
        Some((Sabotage::Lies, said, _)) => format!("printf %s {}; exit 0", quoted(said)),
        Some((Sabotage::Nothing, ..)) => "exit 0".to_owned(),
        Some((Sabotage::Neighbour, _, other)) => {
            let words: Vec<_> = other[1..].iter().map(|word| quoted(word)).collect();
            format!("exec {original} {}", words.join(" "))
        }
        Some((Sabotage::Half, ..)) => format!("{original} \"$@\"; kill -9 $$"),
        Some((Sabotage::Late, ..)) => "exec /bin/sleep 600".to_owned(),
    };
    let words: Vec<_> = argv[1..].iter().map(|word| quoted(word)).collect();
    // Length by length: two lists of words are the same only if each word is.
    let same = words
        .iter()
        .enumerate()
        .fold(String::new(), |same, (i, word)| format!("{same} && [ \"${{{}}}\" = {word} ]", i + 1));
    let before = folder.join("bin").join(name);
    let earlier = fs::read_to_string(&before).ok().filter(|text| text.starts_with("#!")).unwrap_or_default();
    let earlier = earlier.replace(&format!("exec {original} \"$@\"\n"), "");
    let head = if earlier.is_empty() { "#!/bin/sh\n".to_owned() } else { earlier };
    let _ = fs::remove_file(&before);
    let reached = quoted(reached(folder, number).to_str().unwrap());
    let given = format!("[ $# = {} ]{same}", argv.len() - 1);
    let script = format!("{head}if {given}; then : >{reached}; {instead}; fi\nexec {original} \"$@\"\n");
    fs::write(&before, script).unwrap();
    fs::set_permissions(&before, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What is there once the command with this number was given to its tool.
pub fn reached(folder: &Path, number: usize) -> std::path::PathBuf {
    folder.join(format!("reached-{number}"))
}

/// Where the output of the command with this number is kept.
pub fn printed(folder: &Path, number: usize) -> std::path::PathBuf {
    folder.join(format!("printed-{number}"))
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
