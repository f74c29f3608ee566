//! Files change on disk, and the watch is asked what it says. Nothing waits as long as the regular
//! look, unless that is what is tested.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

use notify::event::Flag;

use super::*;

/// A test fails after waiting for so long; shorter than the regular look, which hides what is missed.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// A folder that is watched, and what one file holds at each call; nothing while it isn't there.
struct World {
    folder: PathBuf,
    /// Says at each call what stands in `a.md`, or another file.
    calls: Receiver<String>,
    watch: Watch,
    _kept: tempfile::TempDir,
}

impl World {
    /// `before` fills the folder before it is watched.
    fn new(read: &'static str, every: Duration, before: impl FnOnce(&Path)) -> Self {
        let kept = tempfile::tempdir().unwrap();
        let folder = kept.path().join("kb");
        fs::create_dir(&folder).unwrap();
        before(&folder);
        let (said, calls) = channel();
        let path = folder.join(read);
        let changed = move |_| drop(said.send(fs::read_to_string(&path).unwrap_or_default()));
        let watch = Watch::with_regular_look(&folder, every, changed).unwrap();
        Self { folder, calls, watch, _kept: kept }
    }

    fn of(read: &'static str) -> Self {
        Self::new(read, LOOK_ANYWAY, |_| {})
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    /// Waits for a call that reads `text`; how many calls there were until then.
    fn reads(&self, text: &str) -> usize {
        let until = Instant::now() + WAIT_MAX;
        let mut calls = 1;
        while self.call(until) != text {
            calls += 1;
        }
        calls
    }

    fn call(&self, until: Instant) -> String {
        self.calls.recv_timeout(until.saturating_duration_since(Instant::now())).unwrap()
    }
}

#[test]
fn a_new_file_and_each_edit_of_it_are_told() {
    let world = World::of("a.md");
    for text in ["one", "two", "three"] {
        world.write("a.md", text);
        world.reads(text);
    }
}

#[test]
fn a_file_that_replaces_another_is_told() {
    let world = World::new("a.md", LOOK_ANYWAY, |folder| fs::write(folder.join("a.md"), "old").unwrap());
    for text in ["new", "newer"] {
        world.write(".a.md.part", text);
        fs::rename(world.folder.join(".a.md.part"), world.folder.join("a.md")).unwrap();
        world.reads(text);
    }
}

#[test]
fn a_file_that_is_deleted_is_told() {
    let world = World::new("a.md", LOOK_ANYWAY, |folder| fs::write(folder.join("a.md"), "old").unwrap());
    fs::remove_file(world.folder.join("a.md")).unwrap();
    world.reads("");
}

#[test]
fn synonyms_are_told() {
    let world = World::of(synonyms::FILE);
    world.write(synonyms::FILE, "same = []");
    world.reads("same = []");
}

#[test]
fn a_new_folder_is_watched_with_all_that_is_in_it() {
    let world = World::of("one/two/a.md");
    fs::create_dir_all(world.folder.join("one/two")).unwrap();
    for text in ["first", "second"] {
        world.write("one/two/a.md", text);
        world.reads(text);
    }
}

#[test]
fn a_folder_that_gets_another_name_is_watched_under_it() {
    let world = World::new("new/a.md", LOOK_ANYWAY, |folder| fs::create_dir(folder.join("old")).unwrap());
    world.write("old/a.md", "first");
    fs::rename(world.folder.join("old"), world.folder.join("new")).unwrap();
    world.reads("first");
    world.write("new/a.md", "second");
    world.reads("second");
}

#[test]
fn the_folder_itself_may_go_and_come_back() {
    let world = World::new("a.md", LOOK_ANYWAY, |folder| fs::write(folder.join("a.md"), "old").unwrap());
    for text in ["once", "twice"] {
        fs::remove_dir_all(&world.folder).unwrap();
        world.reads("");
        fs::create_dir(&world.folder).unwrap();
        world.write("a.md", text);
        world.reads(text);
        world.write("a.md", "edited");
        world.reads("edited");
    }
}

#[test]
fn another_folder_in_its_place_is_watched() {
    let world = World::of("a.md");
    let aside = world.folder.with_file_name("aside");
    fs::rename(&world.folder, &aside).unwrap();
    fs::create_dir(&world.folder).unwrap();
    for text in ["first", "second"] {
        world.write("a.md", text);
        world.reads(text);
    }
}

#[test]
fn a_folder_that_is_not_there_yet_is_waited_for() {
    let world = World::new("a.md", LOOK_ANYWAY, |folder| fs::remove_dir(folder).unwrap());
    fs::create_dir(&world.folder).unwrap();
    for text in ["first", "second"] {
        world.write("a.md", text);
        world.reads(text);
    }
}

#[test]
fn a_link_to_the_folder_is_watched() {
    let world = World::new("a.md", LOOK_ANYWAY, |folder| {
        let elsewhere = folder.with_file_name("elsewhere");
        fs::rename(folder, &elsewhere).unwrap();
        std::os::unix::fs::symlink(elsewhere, folder).unwrap();
    });
    world.write("a.md", "text");
    world.reads("text");
}

#[test]
fn a_thousand_writes_are_told_by_few_calls_and_one_after_the_last() {
    let world = World::of("a.md");
    for number in 1..=1_000 {
        world.write("a.md", &number.to_string());
    }
    let calls = world.reads("1000");
    assert!(calls < 500, "{calls} calls");
}

#[test]
fn writes_without_end_are_told_while_they_go_on() {
    let world = World::of("a.md");
    let (enough, path) = (AtomicBool::new(false), world.folder.join("b.md"));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !enough.load(Ordering::Relaxed) {
                fs::write(&path, "again").unwrap();
            }
        });
        let called = world.calls.recv_timeout(WAIT_MAX);
        enough.store(true, Ordering::Relaxed);
        assert_eq!(called, Ok(String::new()));
    });
}

#[test]
fn what_happens_during_a_call_is_told_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let (began, begins) = channel();
    let (go_on, goes_on): (Sender<()>, _) = channel();
    let changed = move |_| {
        began.send(()).unwrap();
        // Whoever lets it go on for good is gone.
        let _ = goes_on.recv();
    };
    let watch = Watch::start(folder.path(), changed).unwrap();
    fs::write(folder.path().join("a.md"), "first").unwrap();
    begins.recv_timeout(WAIT_MAX).unwrap();
    fs::write(folder.path().join("a.md"), "second").unwrap();
    drop(go_on);
    begins.recv_timeout(WAIT_MAX).unwrap();
    drop(watch);
}

#[test]
fn what_no_event_tells_of_is_told_by_the_regular_look() {
    let world = World::new("a.md", Duration::from_millis(100), |folder| {
        let elsewhere = folder.with_file_name("elsewhere.md");
        fs::write(&elsewhere, "old").unwrap();
        std::os::unix::fs::symlink(elsewhere, folder.join("a.md")).unwrap();
    });
    fs::write(world.folder.with_file_name("elsewhere.md"), "new").unwrap();
    world.reads("new");
}

#[test]
fn nothing_is_called_once_the_watch_is_dropped() {
    let world = World::of("a.md");
    world.write("a.md", "text");
    drop(world.watch);
    fs::write(world.folder.join("a.md"), "more").unwrap();
    // The calls end with the thread, which holds the other end.
    let until = Instant::now() + WAIT_MAX;
    let end = loop {
        match world.calls.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(read) => assert_ne!(read, "more"),
            Err(error) => break error,
        }
    };
    assert_eq!(end, RecvTimeoutError::Disconnected);
}

#[test]
fn a_call_may_drop_the_watch_that_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let own: Arc<Mutex<Option<Watch>>> = Arc::default();
    let (done, dones) = channel();
    let held = Arc::clone(&own);
    let changed = move |_| {
        let watch = held.lock().unwrap().take();
        drop(watch);
        done.send(()).unwrap();
    };
    *own.lock().unwrap() = Some(Watch::start(folder.path(), changed).unwrap());
    fs::write(folder.path().join("a.md"), "text").unwrap();
    dones.recv_timeout(WAIT_MAX).unwrap();
    assert_eq!(dones.recv_timeout(WAIT_MAX), Err(RecvTimeoutError::Disconnected));
}

/// What the events say that come from `act` in a folder with some files in it.
fn seen(act: impl FnOnce(&Path)) -> Seen {
    let top = tempfile::tempdir().unwrap();
    for folder in ["sub", "drafts", ".git"] {
        fs::create_dir(top.path().join(folder)).unwrap();
    }
    for file in ["a.md", "b.txt", ".c.md", "drafts/d.md", ".git/e.md", "sub/f.md"] {
        fs::write(top.path().join(file), "text").unwrap();
    }
    let known = HashSet::from([top.path().to_owned(), top.path().join("sub")]);
    let (events, told) = channel();
    let mut watcher = notify::recommended_watcher(events).unwrap();
    watcher.watch(top.path(), RecursiveMode::Recursive).unwrap();
    act(top.path());
    fs::write(top.path().join(".last"), "").unwrap();
    let mut seen = Seen::default();
    loop {
        let event: Event = told.recv_timeout(WAIT_MAX).unwrap().unwrap();
        seen.note(&event, top.path(), &known);
        if event.paths.iter().any(|path| path.ends_with(".last")) {
            return seen;
        }
    }
}

const NOTHING: Seen = Seen { files: BTreeSet::new(), folder: false, ended: false };
const FOLDER: Seen = Seen { files: BTreeSet::new(), folder: true, ended: false };

fn files<const N: usize>(names: [&str; N]) -> Seen {
    Seen { files: names.map(str::to_owned).into(), ..NOTHING }
}

#[test]
fn reading_is_no_change() {
    let read = |top: &Path| {
        crate::kb::load(top).unwrap();
        fs::read(top.join("a.md")).unwrap();
    };
    assert_eq!(seen(read), NOTHING);
}

#[test]
fn what_is_not_read_is_no_change() {
    for name in ["b.txt", ".c.md", "drafts/d.md", ".git/e.md", "new.txt", "drafts/new.md", "sub/.new.md"] {
        assert_eq!(seen(|top| fs::write(top.join(name), "more").unwrap()), NOTHING, "{name}");
    }
    for name in ["drafts/new", ".new"] {
        assert_eq!(seen(|top| fs::create_dir(top.join(name)).unwrap()), NOTHING, "{name}");
    }
    assert_eq!(seen(|top| fs::remove_file(top.join("b.txt")).unwrap()), NOTHING);
    let synonyms = |top: &Path| fs::write(top.join("sub").join(synonyms::FILE), "same = []").unwrap();
    assert_eq!(seen(synonyms), NOTHING);
}

#[test]
fn what_is_read_is_a_change() {
    for name in ["a.md", "new.md", "sub/f.md", "sub/drafts.md", synonyms::FILE] {
        assert_eq!(seen(|top| fs::write(top.join(name), "more").unwrap()), files([name]), "{name}");
    }
    assert_eq!(seen(|top| fs::remove_file(top.join("a.md")).unwrap()), files(["a.md"]));
    let renamed = seen(|top| fs::rename(top.join("a.md"), top.join("sub/g.md")).unwrap());
    assert_eq!(renamed, files(["a.md", "sub/g.md"]));
    // As many editors save.
    let saved = |top: &Path| {
        fs::rename(top.join("a.md"), top.join("a.md~")).unwrap();
        fs::write(top.join("a.md.part"), "more").unwrap();
        fs::rename(top.join("a.md.part"), top.join("a.md")).unwrap();
    };
    assert_eq!(seen(saved), files(["a.md"]));
}

#[test]
fn more_files_than_are_kept_are_as_good_as_all() {
    let written =
        |top: &Path| (0..=FILES_TOLD_MAX).for_each(|n| fs::write(top.join(format!("{n}.md")), "").unwrap());
    assert!(seen(written).folder);
}

#[test]
fn a_call_names_the_files_unless_it_may_be_anything() {
    let folder = tempfile::tempdir().unwrap();
    let (said, calls) = channel();
    let watch = Watch::start(folder.path(), move |what| said.send(what).unwrap()).unwrap();
    fs::write(folder.path().join("a.md"), "text").unwrap();
    assert_eq!(calls.recv_timeout(WAIT_MAX), Ok(Changed::Files(vec!["a.md".to_owned()])));
    fs::write(folder.path().join(synonyms::FILE), "same = []").unwrap();
    assert_eq!(calls.recv_timeout(WAIT_MAX), Ok(Changed::Anything));
    fs::create_dir(folder.path().join("sub")).unwrap();
    assert_eq!(calls.recv_timeout(WAIT_MAX), Ok(Changed::Anything));
    drop(watch);
}

#[test]
fn what_may_be_a_folder_is_watched_anew() {
    assert_eq!(seen(|top| fs::create_dir(top.join("new")).unwrap()), FOLDER);
    assert_eq!(seen(|top| fs::create_dir(top.join("new.md")).unwrap()), FOLDER);
    assert_eq!(seen(|top| fs::rename(top.join("sub"), top.join("sub2")).unwrap()), FOLDER);
    assert_eq!(seen(|top| fs::rename(top.join("drafts"), top.join("articles")).unwrap()), FOLDER);
}

#[test]
fn lost_events_lead_to_watching_anew() {
    let mut seen = Seen::default();
    seen.note(&Event::new(EventKind::Other).set_flag(Flag::Rescan), Path::new("/kb"), &HashSet::new());
    assert_eq!(seen, FOLDER);
}
