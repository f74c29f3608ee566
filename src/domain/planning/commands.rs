//! What may stand in a command: no interpreters, no option smuggled in by a value, `read` only
//! for programs that are known to read. Lint and the planner share these rules.

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton, dense};
use regex_automata::util::start;

use super::values::mismatch;
use crate::domain::world::action::{Param, ParamType, Params, Part, parts};

/// Programs that run what their arguments or input say; no step may use one.
const INTERPRETERS: &[&str] = &[
    "ash",
    "at",
    "awk",
    "bash",
    "batch",
    "builtin",
    "busybox",
    "capsh",
    "chroot",
    "chrt",
    "cmd",
    "command",
    "crontab",
    "csh",
    "dash",
    "doas",
    "docker",
    "ed",
    "emacs",
    "env",
    "eval",
    "ex",
    "exec",
    "expect",
    "find",
    "fish",
    "flock",
    "gawk",
    "gdb",
    "git",
    "ionice",
    "ksh",
    "ld.so",
    "ltrace",
    "lua",
    "m4",
    "make",
    "mawk",
    "mksh",
    "nawk",
    "nc",
    "ncat",
    "netcat",
    "nice",
    "node",
    "nodejs",
    "nohup",
    "nsenter",
    "parallel",
    "perl",
    "php",
    "pkexec",
    "podman",
    "powershell",
    "prlimit",
    "pwsh",
    "python",
    "python2",
    "python3",
    "rbash",
    "rsync",
    "ruby",
    "run-parts",
    "runuser",
    "screen",
    "script",
    "sed",
    "setarch",
    "setpriv",
    "setsid",
    "sh",
    "socat",
    "source",
    "ssh",
    "start-stop-daemon",
    "stdbuf",
    "strace",
    "su",
    "sudo",
    "systemd-run",
    "tar",
    "taskset",
    "tclsh",
    "tcsh",
    "time",
    "timeout",
    "tmux",
    "toybox",
    "unshare",
    "valgrind",
    "vi",
    "vim",
    "watch",
    "xargs",
    "zsh",
];

/// Why `program` can't be the program of a step, and what to do; `None` if it can.
pub fn program_refusal(program: &str) -> Option<String> {
    if parts(program).iter().any(|part| matches!(part, Part::Placeholder(_))) {
        return Some(format!(
            "the program `{program}` is a placeholder: name the program, pass data as arguments"
        ));
    }
    if program.is_empty() || program.contains('/') || program.starts_with('-') {
        return Some(format!(
            "the program `{program}` must be a bare name: it is looked up in the host's PATH"
        ));
    }
    if program.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some(format!("the program `{program}` holds white space: give each argument its own string"));
    }
    let versionless = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    INTERPRETERS.contains(&program).then_some(()).or_else(|| INTERPRETERS.contains(&versionless).then_some(())).map(|()| {
        format!("`{program}` is an interpreter: it would run what its arguments say; name the program that does the work")
    })
}

/// Whether a value that the parameter accepts could begin with `-` and be taken for an option.
pub fn could_begin_with_dash(param: &Param) -> bool {
    match param.kind {
        ParamType::Path | ParamType::Integer => false,
        ParamType::Choice => param.choices.iter().any(|choice| choice.starts_with('-')),
        ParamType::Text => param.pattern.as_deref().is_none_or(pattern_accepts_dash),
    }
}

/// An anchored automaton tells exactly whether any match begins with `-`; a pattern that has no
/// automaton of bearable size counts as one that accepts it.
fn pattern_accepts_dash(pattern: &str) -> bool {
    let config = dense::Config::new().dfa_size_limit(Some(1 << 20)).determinize_size_limit(Some(1 << 20));
    let whole = format!(r"\A(?:{pattern})\z");
    let Ok(dfa) = dense::Builder::new().configure(config).build(&whole) else { return true };
    let Ok(state) = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)) else { return true };
    !dfa.is_dead_state(dfa.next_state(state, b'-'))
}

/// The first argument whose value could be taken for an option, as `(argument, parameter)`.
pub fn dash_argument<'a>(argv: &'a [String], params: &Params) -> Option<(&'a str, &'a str)> {
    let before_end_of_options = argv.iter().take_while(|argument| *argument != "--");
    before_end_of_options.skip(1).find_map(|argument| {
        let name = first_that_could_begin_with_dash(argument, params)?;
        Some((argument.as_str(), name))
    })
}

/// Looks past placeholders that may be empty: what follows them then begins the argument.
fn first_that_could_begin_with_dash<'a>(argument: &'a str, params: &Params) -> Option<&'a str> {
    let mut after_empty = None;
    for part in parts(argument) {
        match part {
            Part::Placeholder(name) => {
                let param = params.get(name)?;
                if could_begin_with_dash(param) {
                    return Some(name);
                }
                if mismatch(param, "").is_some() {
                    return None;
                }
                after_empty = Some(name);
            }
            Part::Literal(text) => return after_empty.filter(|_| text.starts_with('-')),
        }
    }
    None
}
