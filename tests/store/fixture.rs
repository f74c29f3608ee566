//! The first version's record, as it was written then: every later version has to open it.
//!
//! `DOGWATCH_WRITE_FIXTURE=1` writes it anew, which is right only before a version is released.

use std::fs;
use std::path::{Path, PathBuf};

use dogwatch::domain::actor::ActorId;
use dogwatch::store::{Recorded, Store, verify};
use tempfile::TempDir;

use super::{Event, NOW_MS};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-v1")
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn events() -> Vec<(ActorId, Event)> {
    let ana = || ActorId("demo:ana".to_owned());
    vec![
        (ana(), Event::Noted { text: "esx01: service console is full \u{2013} 100 %".to_owned() }),
        (ActorId("discord:81384788765712384".to_owned()), Event::Counted { n: 1 << 53 }),
        (ActorId::bot(), Event::Rang),
        (ana(), Event::Noted { text: "0123456789abcdef".repeat(600) }),
        (
            ana(),
            Event::Noted { text: "quote \" backslash \\ newline \n rtl \u{202e} emoji \u{1f436}".to_owned() },
        ),
    ]
}

fn write(path: &Path) {
    let dir = TempDir::new().unwrap();
    let (mut store, _) = Store::open::<Event>(dir.path(), NOW_MS).unwrap();
    for (at_ms, event) in (NOW_MS..).zip(events()) {
        store.append(at_ms, vec![event]).unwrap();
    }
    drop(store);
    fs::remove_file(dir.path().join("holder")).unwrap();
    if path.exists() {
        fs::remove_dir_all(path).unwrap();
    }
    copy_tree(dir.path(), path);
}

#[test]
fn the_first_version_opens_and_goes_on() {
    if std::env::var_os("DOGWATCH_WRITE_FIXTURE").is_some() {
        write(&fixture());
    }
    let dir = TempDir::new().unwrap();
    copy_tree(&fixture(), dir.path());
    let report = verify(dir.path(), NOW_MS).unwrap();
    assert!(report.is_sound() && report.head.seq == 5, "{report:?}");
    let (mut store, recorded) = Store::open::<Event>(dir.path(), NOW_MS).unwrap();
    assert_eq!(store.head(), report.head);
    let back = |event: &Recorded<Event>| (event.envelope.actor.clone(), event.envelope.event.clone());
    assert_eq!(recorded.iter().map(back).collect::<Vec<_>>(), events());
    assert!(recorded.iter().map(|event| event.envelope.at_ms).eq(NOW_MS..NOW_MS + 5));
    store.append(NOW_MS + 5, vec![(ActorId::bot(), Event::Rang)]).unwrap();
    drop(store);
    assert_eq!(verify(dir.path(), NOW_MS).unwrap().head.seq, 6);
}
