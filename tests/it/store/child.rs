//! The process that gets killed: this very test binary, run again with a folder in its environment.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use dogwatch::store::StoreError;

use super::{Event, NOW_MS, counted, entries, opened};

const DIR: &str = "DOGWATCH_TEST_STORE_DIR";
const APPENDS: &str = "DOGWATCH_TEST_STORE_APPENDS";

/// A program and its arguments that append to the record and its outbox in `dir`, so many times, and print
/// `ack SEQ` after each; with `wrapper` before it.
pub fn appends(wrapper: &[&str], dir: &Path, times: u64) -> Command {
    let exe = std::env::current_exe().unwrap();
    let words = wrapper.iter().map(|word| (*word).to_owned());
    let mut words = words.chain([exe.to_str().unwrap().to_owned()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", "store::child::child_appends", "--nocapture", "--test-threads=1"]);
    command.env(DIR, dir).env(APPENDS, times.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The last number after `word` in what the child printed; lines that were cut off don't count.
pub fn last(output: &str, word: &str) -> Option<u64> {
    let lines = output.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    lines.filter_map(|line| line.rsplit_once(word)?.1.parse().ok()).next_back()
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // One write a line: the line is whole or not there.
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Does nothing unless it is the child.
#[test]
fn child_appends() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let times: u64 = std::env::var(APPENDS).unwrap().parse().unwrap();
    let (mut store, events) = match opened::<Event>(dir.as_ref()) {
        Ok(opened) => opened,
        Err(error) => return say(&format!("\nrefused: {error}")),
    };
    say(&format!("\nopened {}", events.len()));
    for time in 0..times {
        let first = store.head().seq + 1;
        // Gathered ones too: one to three events a sync.
        let last = first + time % 3;
        let batch = (first..=last).map(counted).collect();
        match store.append_with(NOW_MS + time, batch, &entries(first, last)) {
            Ok(recorded) => say(&format!("ack {}", recorded.last().unwrap().envelope.seq)),
            Err(error) => {
                say(&format!("failed: {error}"));
                let again = store.append(NOW_MS, vec![counted(0)]);
                assert!(matches!(again, Err(StoreError::Poisoned { .. })), "{again:?}");
                return say("poisoned 1");
            }
        }
    }
    if times == 0 {
        // Holds the record until the parent lets go of the pipe.
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    }
    say("done 1");
}
