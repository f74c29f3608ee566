//! The bot is killed while it runs steps on hosts that know nothing of dogwatch: OpenSSH's sshd, and another
//! `/bin/sh` on each. What is told after the restart must be what the host's own log says.
//!
//! `cargo test --test it -- --ignored --nocapture killed_in_steps_under_each_shell`

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use dogwatch::domain::record::event::Event;
use dogwatch::domain::record::request::Status;
use dogwatch::domain::record::run::{Outcome, StepEnd};

use super::assert_told;
use crate::bot::{Place, two_at_a_time, wait_for};
use crate::chance::Chance;
use crate::sshd::{self, SHELLS, Sshd};

/// Kills on the host of each shell.
const ROUNDS: u64 = 44;
/// What a step takes.
const STEP_MS: u64 = 700;
/// About what a life of the bot takes to the end of its run.
const LIFE_MS: u64 = 3000;
const ARTICLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/steps");

/// Notes that it was started, takes its time, notes that it is over.
const NOTE_STEP: &str = r#"#!/bin/sh
here=${0%/*}/..
printf '{"at_ms":0,"tool":"note-step","args":["%s","%s","%s"]}\n' "$@" >>"$here/log"
sleep 0.7
echo "noted $1 $2"
: >"$here/over-$1-$2"
exit "$3"
"#;

/// One kill.
struct Kill {
    shell: &'static str,
    round: u64,
    /// In which step, by the host's log; else anywhere in the life of the bot.
    step: Option<u64>,
    after_ms: u64,
    /// After the restart it is killed again, so long after its start.
    again_ms: Option<u64>,
}

/// What was told of the run in the end, and what the host says.
struct Fate {
    told: Option<Outcome>,
    /// How often each step was begun.
    begun: [usize; 2],
    /// It had not ended by itself before it was killed.
    was_killed: bool,
    /// A step was under way when the bot was dead.
    in_a_step: bool,
}

/// A host with the program of the steps.
fn host(shell: &str) -> Sshd {
    let sshd = Sshd::start_on(shell);
    let programs = sshd.folder.join("programs");
    fs::create_dir(&programs).unwrap();
    fs::write(programs.join("note-step"), NOTE_STEP).unwrap();
    fs::set_permissions(programs.join("note-step"), fs::Permissions::from_mode(0o755)).unwrap();
    sshd::own(&programs, &sshd.user);
    sshd
}

/// Where a bot works whose only host is this one.
fn place(name: &str, sshd: &Sshd) -> Place {
    let mut place = Place::without_lab();
    place.kb_of(Path::new(ARTICLES));
    let Sshd { port, host_key, identity, user, folder, .. } = sshd;
    let (identity, folder) = (identity.display(), folder.display());
    let inventory = format!(
        "[ssh]\nidentity = \"{identity}\"\n[[host]]\nname = \"{name}\"\naddress = \"127.0.0.1\"\nport = {port}\n\
         user = \"{user}\"\nplatforms = [\"linux\"]\nhost_key = \"{host_key}\"\nfolder = \"{folder}/runs\"\n\
         path = \"{folder}/programs:/usr/bin:/bin\"\n"
    );
    fs::create_dir(place.lab()).unwrap();
    fs::write(place.lab().join("inventory.toml"), inventory).unwrap();
    // Here its log is looked for.
    symlink(&sshd.folder, place.host(name)).unwrap();
    place
}

fn killed(kill: &Kill, sshd: &Sshd) -> Fate {
    let Kill { shell, round, step, after_ms, again_ms } = kill;
    let (name, code) = (format!("lab-{shell}"), if round % 4 == 3 { 3 } else { 0 });
    let place = place(&name, sshd);
    let begun = |step: u64| {
        let words = [round.to_string(), step.to_string()];
        place.plays(&name).iter().filter(|play| play.args[..2] == words).count()
    };
    let is_under_way =
        |step: u64| begun(step) > 0 && !sshd.folder.join(format!("over-{round}-{step}")).exists();
    let asked = format!("/run host-two-steps round={round} code={code} on {name} because of a test");
    let mut running = place.bot().line(&asked).by("ben").line("/approve r1").start();
    if let Some(step) = *step {
        running.until(&format!("step {step} of 2"));
        wait_for("the step to begin", || begun(step) > 0);
    }
    running.ends_within(Duration::from_millis(*after_ms));
    let mut lives = vec![running.kill()];
    let (was_killed, in_a_step) = (lives[0].was_killed(), is_under_way(1) || is_under_way(2));
    if let Some(again_ms) = again_ms {
        let mut running = place.bot().line("/show r1").start();
        running.ends_within(Duration::from_millis(*again_ms));
        lives.push(running.kill());
    }
    let context = format!("{shell} {round}: step {step:?}, after {after_ms} ms, again {again_ms:?}");
    let (_, said) = assert_told(&place, &lives.iter().collect::<Vec<_>>(), &context);
    let record = place.record();
    for event in &record.events {
        if let Event::StepEnded { step: 1, end: StepEnd::Done(told), .. } = event {
            assert_eq!(*told, code, "{context}: the exit status");
        }
    }
    let told = match record.status(1) {
        Some(Status::Ended(outcome)) => Some(outcome),
        _ => None,
    };
    let words = told.map(|outcome| format!("r1 {outcome}"));
    assert!(words.is_none_or(|words| said.contains(&words)), "{context}: {told:?} is not told: {said}");
    Fate { told, begun: [begun(1), begun(2)], was_killed, in_a_step }
}

#[test]
#[ignore = "kills of some minutes, as root; see CONTRIBUTING"]
fn killed_in_steps_under_each_shell() {
    let hosts: BTreeMap<_, _> = SHELLS.iter().map(|shell| (*shell, host(shell))).collect();
    let mut chance = Chance::new();
    let mut kills = Vec::new();
    for (round, shell) in (0..ROUNDS).flat_map(|round| SHELLS.map(|shell| (round, shell))) {
        // Two of three while a step is under way, of these half in the first.
        let step = (round % 3 != 0).then(|| 1 + chance.below(2));
        let after_ms = chance.below(if step.is_some() { STEP_MS - 150 } else { LIFE_MS });
        kills.push(Kill {
            shell,
            round,
            step,
            after_ms,
            again_ms: (round % 5 == 0).then(|| chance.below(1200)),
        });
    }
    let again = kills.iter().filter(|kill| kill.again_ms.is_some()).count();
    let fates = Mutex::new(Vec::new());
    two_at_a_time(kills, |kill| {
        let fate = killed(&kill, &hosts[kill.shell]);
        fates.lock().unwrap().push(fate);
    });
    let fates = fates.into_inner().unwrap();
    let count = |holds: &dyn Fn(&Fate) -> bool| fates.iter().filter(|fate| holds(fate)).count();
    let told = |outcome| count(&|fate| fate.told == outcome);
    let (kills, in_a_step) = (count(&|fate| fate.was_killed), count(&|fate| fate.in_a_step));
    let doubled = count(&|fate| fate.begun.iter().any(|times| *times > 1));
    let unknown = told(Some(Outcome::Unknown));
    // It has ended well where both steps were begun, and there only; nothing was begun without an outcome.
    let wrong = count(&|fate| match fate.told {
        Some(Outcome::Succeeded) => fate.begun != [1, 1],
        Some(Outcome::Failed) => fate.begun == [1, 1],
        _ => fate.begun != [0, 0],
    });
    println!(
        "{kills} kills and {again} more while it recovered; {in_a_step} in a step: {} succeeded, {} failed, \
         {unknown} unknown, {} not approved; {wrong} wrong, {doubled} doubled",
        told(Some(Outcome::Succeeded)),
        told(Some(Outcome::Failed)),
        told(None),
    );
    assert_eq!((wrong, doubled, unknown), (0, 0, 0));
    assert!(kills >= 100 && in_a_step * 2 >= kills, "the kills missed");
}
