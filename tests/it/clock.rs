//! The clock of the bot's machine is set while it works: libfaketime gives the real program another
//! wall clock, and leaves it the time that passes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::BINARY;
use crate::bot::Place;
use crate::bot::life::with_clock;

const START: &str = "/run kvm-vm-start domain=cache02 on lab-kvm because it is off";

fn set(clock: &Path, to: &str) {
    // In one step: half of it would be another time.
    let new = clock.with_extension("new");
    fs::write(&new, format!("{to}\n")).unwrap();
    fs::rename(new, clock).unwrap();
}

#[test]
fn a_day_back_while_a_request_waits_ends_it_and_holds_changes_until_it_has_caught_up() {
    let place = Place::new();
    let clock = place.path("clock");
    set(&clock, "+0");
    let mut running = place.bot().with_clock(&clock).line(START).start_open();
    running.until("r1 waits for approval");
    set(&clock, "-1d");
    running.until("r1 expired: the clock of the bot's machine was set");
    running.until("one of them is wrong");
    for line in [START, "/as ben", "/approve r1", "/approve r2"] {
        running.line(line);
    }
    running.until("`/show r1` says more");
    running.until("r2 waits: the clock of the bot's machine stands before what is recorded");
    running.line("/run kvm-vm-list on lab-kvm");
    running.until("r3 succeeded");
    assert!(!running.so_far().contains("r2 starts"), "{}", running.so_far());
    set(&clock, "+0");
    running.until("has caught up");
    running.until("r2 succeeded");
    running.line("/audit verify");
    running.end().with(&["the record holds"]);
}

#[test]
fn a_year_ahead_for_one_event_and_back_goes_on_once_it_is_accepted() {
    let place = Place::new();
    let clock = place.path("clock");
    set(&clock, "+365d");
    place.bot().with_clock(&clock).line("/incident open sev1 from a year ahead").run().with(&["i1 (sev1)"]);
    // Another start, a while later, on the right clock.
    let said = place
        .bot()
        .line(START)
        .by("ben")
        .line("/approve r1")
        .line("/clock accept")
        .by("eve")
        .line("/clock accept")
        .by("ana")
        .line(START)
        .by("ben")
        .line("/approve r2")
        .run();
    let said = said.with(&[
        "one of them is wrong",
        "r1 waits: the clock of the bot's machine stands before what is recorded",
        "this needs the role admin; ben is approver",
        "r1 expired: another time was accepted",
        "the clock of the bot's machine was accepted by eve",
        "r2 succeeded",
    ]);
    assert!(!said.out.contains("r1 starts"), "{}", said.out);
    let again = place.bot().line("/audit verify").run().with(&["the record holds"]);
    assert!(!again.out.contains("one of them is wrong"), "{}", again.out);
}

/// A real configuration in which whoever runs the test has this role.
struct Configured {
    place: Place,
    config: PathBuf,
}

impl Configured {
    fn of(role: &str) -> Self {
        let place = Place::without_lab();
        let configured = Self { config: place.path("dogwatch.toml"), place };
        configured.gives(role);
        configured.place.make_record();
        configured
    }

    fn gives(&self, role: &str) {
        let uid = rustix::process::getuid().as_raw();
        let person = format!("[[person]]\nname = \"nia\"\nrole = \"{role}\"\nactors = [\"console:{uid}\"]\n");
        fs::write(&self.config, person).unwrap();
    }

    fn dogwatch(&self, args: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(&self.config).arg("--state").arg(self.place.state());
        command.arg("--kb").arg(self.place.kb()).arg("--index").arg(self.place.index()).args(args);
        command
    }

    fn accepts(&self) -> Output {
        self.dogwatch(&["clock", "accept"]).output().unwrap()
    }
}

#[test]
fn dogwatch_clock_accept_is_for_admins_and_only_where_there_is_something_to_accept() {
    let configured = Configured::of("admin");
    let clock = configured.place.path("clock");
    set(&clock, "+365d");
    let script = configured.place.path("script");
    fs::write(&script, "/incident open sev3 from a year ahead\n").unwrap();
    let mut chat = with_clock(configured.dogwatch(&["chat"]), &clock);
    let chat = chat.stdin(fs::File::open(&script).unwrap()).output().unwrap();
    assert!(String::from_utf8_lossy(&chat.stdout).contains("i1 (sev3)"), "{chat:?}");

    let text = |output: &Output| {
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
    };
    configured.gives("approver");
    let refused = configured.accepts();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("needs the role admin"), "{refused:?}");
    configured.gives("admin");
    let accepted = configured.accepts();
    assert!(accepted.status.success(), "{accepted:?}");
    assert!(text(&accepted).contains("was accepted by nia"), "{accepted:?}");
    let again = configured.accepts();
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again).contains("does not stand before what is recorded"), "{again:?}");
    let verified = configured.dogwatch(&["audit", "verify"]).output().unwrap();
    assert!(text(&verified).contains("the record holds"), "{verified:?}");
}
