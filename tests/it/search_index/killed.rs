//! Killed while it changes the index, a process leaves one state of it whole: what can't be
//! read any more is answered from its last good version.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::bot::life::assert_strace;
use crate::{BINARY, folder};

/// More calls of one kind than a thread makes in one change: they are counted for each thread, so the first that
/// makes so many is the one that ends.
const CALLS_MAX: u32 = 100;

fn article(name: &str, text: &str) -> String {
    format!(
        "+++\nid = \"{name}\"\ntitle = \"The {name} is full\"\nproducts = []\ntags = []\n\
         symptoms = []\nreviewed = 2026-11-01\n+++\n\n# The {name} is full\n\n## Resolution\n\n{text}\n"
    )
}

fn run(wrapper: &[&str], dir: &Path, words: &[&str]) -> Output {
    let binary = [BINARY];
    let mut all = wrapper.iter().chain(&binary);
    let mut command = Command::new(all.next().unwrap());
    command.args(all).arg("--kb").arg(dir.join("kb")).arg("--index").arg(dir.join("index")).args(words);
    command.current_dir(dir).env("XDG_DATA_HOME", dir).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_last_good_version_outlives_a_kill_before_each_call_that_writes() {
    assert_strace();
    let base = tempfile::tempdir().unwrap();
    fs::create_dir(base.path().join("kb")).unwrap();
    let write = |dir: &Path, name: &str, text: &str| {
        fs::write(dir.join(format!("kb/{name}.md")), text).unwrap();
    };
    write(base.path(), "disk", &article("disk", "Remove old files."));
    // A second change leaves files behind that the next one clears away.
    for text in ["Delete the log.", "Rotate the log."] {
        write(base.path(), "log", &article("log", text));
        assert!(run(&[], base.path(), &["kb", "index"]).status.success());
    }
    let (index, good) = (base.path().join("index"), base.path().join("good"));
    folder::copy(&index, &good);
    // What killed processes write is an index of two segments that become one.
    write(base.path(), "disk", "");
    write(base.path(), "log", &article("log", "Rotate and compress the log."));
    for call in ["/^rename", "fdatasync", "/^unlink"] {
        let mut killed = 0;
        loop {
            // It knows whose articles it holds: they stay where they are.
            fs::remove_dir_all(&index).unwrap();
            folder::copy(&good, &index);
            let (trace, inject) =
                (format!("trace={call}"), format!("inject={call}:signal=SIGKILL:when={}", killed + 1));
            let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
            let survived = run(&strace, base.path(), &["kb", "index"]).status.success();
            // strace may fail on a process that dies and let go of it: then it ends by itself.
            fs::File::open(index.join("lock")).unwrap().lock().unwrap();
            let context = format!("killed before {call} {}", killed + 1);
            for (question, line) in
                [("the disk is full", "Remove old files."), ("log full", "Rotate and compress")]
            {
                let answer = run(&[], base.path(), &["ask", "--json", question]);
                let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
                assert!(answer.contains(line), "{context}: {answer}");
            }
            if survived {
                break;
            }
            killed += 1;
            assert!(killed < CALLS_MAX, "more than {CALLS_MAX} calls of {call}");
        }
        println!("{call}: killed before each of {killed} calls");
        assert!(killed > 0, "{call} was never called");
    }
}
