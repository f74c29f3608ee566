//! The commands that are believed to read and nothing else.

use crate::domain::world::action::{Part, Program, Step, parts};

/// The operator's list of commands that only read. Each entry is a command; `*` stands for one
/// argument, inside one for a part without `/`, a final `...` for any further ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadList(Vec<Vec<String>>);

/// What ships; an operator's own list replaces it.
const READS: &[&str] = &[
    "df ...",
    "du ...",
    "esxcli vm process list",
    "grep -E -q -e * /proc/vmware/vm/*/cpu/status",
    "grep -F -q -e * /proc/*/cmdline",
    "grep -F -q -e * /proc/vmware/vm/*/names",
    "grep -r --include=names . /proc/vmware/vm",
    "grep -r -l -F --include=*.vmx -e * /vmfs/volumes",
    "grep -r -o --include=status * /proc/vmware/vm",
    "journalctl --disk-usage",
    "ls ...",
    "lsof -nP +L1",
    "ps -C *",
    "ps -e",
    "ps -ef",
    "ps -efww",
    "ps -p *",
    "uptime",
    "vim-cmd vmsvc/getallvms",
    "vim-cmd vmsvc/message *",
    "vim-cmd vmsvc/power.getstate *",
    "virsh -c qemu:///system domblkerror *",
    "virsh -c qemu:///system domblklist *",
    "virsh -c qemu:///system domcontrol *",
    "virsh -c qemu:///system dominfo *",
    "virsh -c qemu:///system domjobinfo *",
    "virsh -c qemu:///system domstate ...",
    "virsh -c qemu:///system list ...",
    "virsh dominfo *",
    "virsh domstate ...",
    "virsh list ...",
    "vm-support -x",
    "vmfsfilelockinfo -p *",
    "vmware-cmd * getstate",
    "vmware-cmd * gettoolslastactive",
    "vmware-cmd -l",
];

/// Cmdlets that only read, for `PowerShell` texts.
const READ_CMDLETS: &[&str] = &[
    "format-list",
    "format-table",
    "get-childitem",
    "get-content",
    "get-service",
    "select-object",
    "select-string",
    "sort-object",
    "test-path",
];

impl Default for ReadList {
    fn default() -> Self {
        Self::new(READS)
    }
}

impl ReadList {
    /// A list of the given entries.
    pub fn new<S: AsRef<str>>(entries: &[S]) -> Self {
        let words = |entry: &S| entry.as_ref().split_whitespace().map(str::to_owned).collect();
        Self(entries.iter().map(words).collect())
    }

    /// The entries as they are written.
    pub fn entries(&self) -> Vec<String> {
        self.0.iter().map(|words| words.join(" ")).collect()
    }

    /// Whether a step, still a template, is known to read only.
    pub fn covers(&self, step: &Step) -> bool {
        match &step.program {
            // The program itself is named: an entry `...` or `* ...` must not believe every program.
            Program::Run(argv) => {
                self.0.iter().any(|entry| entry.first() == argv.first() && entry_covers(entry, argv))
            }
            Program::PowerShell(text) => only_reading_cmdlets(text),
        }
    }

    /// How many steps look before the first that may change something; none if all of them look.
    pub fn looks_before(&self, steps: &[Step]) -> usize {
        steps.iter().position(|step| !self.covers(step)).unwrap_or_default()
    }
}

fn entry_covers(entry: &[String], argv: &[String]) -> bool {
    // `*` is data, such as a name: an option could make the program do something else.
    let data = |argument: &str| !argument.starts_with('-');
    let fits = |(word, argument): (&String, &String)| match word.split_once('*') {
        _ if word == argument => true,
        Some(("", "")) => data(argument),
        Some((before, after)) => {
            part_between(argument, before, after).is_some_and(|part| !part.contains('/'))
        }
        None => false,
    };
    match entry.split_last() {
        Some((last, fixed)) if last == "..." => argv.len() >= fixed.len() && fixed.iter().zip(argv).all(fits),
        _ => entry.len() == argv.len() && entry.iter().zip(argv).all(fits),
    }
}

fn part_between<'a>(argument: &'a str, before: &str, after: &str) -> Option<&'a str> {
    argument.strip_prefix(before)?.strip_suffix(after).filter(|part| !part.is_empty())
}

/// A pipeline of known cmdlets with plain arguments: nothing in it can evaluate anything.
fn only_reading_cmdlets(text: &str) -> bool {
    let literal: String = parts(text)
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text,
            Part::Placeholder(_) => "x",
        })
        .collect();
    let active = |c: char| "$(){};&=@`<>\n\r".contains(c);
    !literal.contains(active)
        && literal.split('|').all(|command| {
            let cmdlet = command.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
            READ_CMDLETS.contains(&cmdlet.as_str())
        })
}
