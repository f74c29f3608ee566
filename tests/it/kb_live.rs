//! Articles change while people ask: nobody is kept waiting or told what is no longer true.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dogwatch::app::ports::Library as _;
use dogwatch::articles::library::KbLibrary;
use dogwatch::domain::id::Digest;
use dogwatch::search::{Answer, Search};

/// Words that no two articles share.
const PARTS: [&str; 6] = ["gasket", "flywheel", "manifold", "radiator", "crankshaft", "alternator"];
const CLIENTS: usize = 4;
const ROUNDS: usize = 5;
/// Added to the version of an article that is gone.
const GONE: u64 = 1 << 32;
/// Added while it may be gone or not.
const ON_ITS_WAY: u64 = 1 << 33;

/// An article about a part, as its file holds it.
pub fn article(part: &str, version: u64) -> String {
    format!(
        "+++\nid = \"{part}\"\ntitle = \"The {part} is worn\"\nproducts = [\"ESX 3.x\"]\ntags = [\"{part}\"]\n\
         symptoms = [\"a worn {part}\"]\nreviewed = 2026-11-01\n+++\n\n# The {part} is worn\n\n\
         ## Resolution\n\nReplace the worn {part}, version {version}.\n"
    )
}

/// The version that an answer quotes of an article, if it has it.
fn quoted(answer: &Answer, part: &str) -> Option<u64> {
    let hit = answer.hits.iter().find(|hit| hit.article.as_str() == part)?;
    let number = hit.passage.rsplit_once("version ").unwrap().1;
    Some(number.trim_end_matches('.').parse().unwrap())
}

fn ask(search: &Search, part: &str) -> Answer {
    search.answer(&format!("the {part} is worn"), 3).unwrap()
}

struct Live {
    folder: tempfile::TempDir,
    library: Arc<KbLibrary>,
    /// Of each part, what was indexed last; a number that only grows.
    indexed: [AtomicU64; PARTS.len()],
    /// What each revision says of each part.
    said: Mutex<HashMap<(Digest, usize), Option<u64>>>,
    over: AtomicBool,
    answers: AtomicU64,
}

impl Live {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.md"))
    }

    /// Waits until the index says this of a part, and makes it what everybody must know from now on.
    fn indexed(&self, part: usize, version: u64, holds: impl Fn(&Search) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !holds(&self.library.current()) {
            assert!(Instant::now() < deadline, "{} {version} is not indexed", PARTS[part]);
            std::thread::sleep(Duration::from_millis(2));
        }
        self.indexed[part].store(version, Ordering::SeqCst);
    }

    fn indexed_version(&self, part: usize, version: u64) {
        self.indexed(part, version, |search| quoted(&ask(search, PARTS[part]), PARTS[part]) == Some(version));
    }

    /// Asks without pause until the end.
    fn client(&self, number: usize) {
        for round in number.. {
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            let part = round % PARTS.len();
            let known = self.indexed[part].load(Ordering::SeqCst);
            let answer = ask(&self.library.current(), PARTS[part]);
            let version = quoted(&answer, PARTS[part]);
            let later = self.indexed[part].load(Ordering::SeqCst);
            match version {
                Some(version) => assert!(
                    version >= known % GONE && (known & GONE == 0 || later != known),
                    "{} is answered from {version} after {known} was indexed",
                    PARTS[part]
                ),
                None => assert!(known >= GONE || later != known, "{} {known} is lost", PARTS[part]),
            }
            let mut said = self.said.lock().unwrap();
            let before = *said.entry((answer.revision, part)).or_insert(version);
            assert_eq!(before, version, "one revision says one thing of {}", PARTS[part]);
            self.answers.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn writer(&self) {
        let mut version = 1;
        for round in 0..ROUNDS {
            for (part, name) in PARTS.iter().enumerate() {
                version += 1;
                match (round + part) % 4 {
                    0 => self.edit(part, version),
                    1 => self.break_and_mend(part, version),
                    2 => self.rename(part, name, version),
                    _ => self.delete_and_add(part, version),
                }
            }
        }
    }

    fn edit(&self, part: usize, version: u64) {
        write(&self.file(PARTS[part]), &article(PARTS[part], version));
        self.indexed_version(part, version);
    }

    /// Its last good version stays, and who asks is told.
    fn break_and_mend(&self, part: usize, version: u64) {
        write(&self.file(PARTS[part]), "+++\nid = \n+++\nhalf an article");
        let known = self.indexed[part].load(Ordering::SeqCst);
        self.indexed(part, known, |search| {
            let answer = ask(search, PARTS[part]);
            answer.hits[0].outdated.is_some() && quoted(&answer, PARTS[part]) == Some(known)
        });
        self.edit(part, version);
    }

    fn rename(&self, part: usize, name: &str, version: u64) {
        let other = self.file(&format!("renamed-{name}"));
        fs::rename(self.file(name), &other).unwrap();
        let file = other.file_name().unwrap().to_str().unwrap().to_owned();
        let known = self.indexed[part].load(Ordering::SeqCst);
        self.indexed(part, known, |search| ask(search, name).hits[0].file == file);
        fs::rename(other, self.file(name)).unwrap();
        self.edit(part, version);
    }

    fn delete_and_add(&self, part: usize, version: u64) {
        let known = self.indexed[part].load(Ordering::SeqCst);
        self.indexed[part].store(known | ON_ITS_WAY, Ordering::SeqCst);
        fs::remove_file(self.file(PARTS[part])).unwrap();
        let gone = |search: &Search| quoted(&ask(search, PARTS[part]), PARTS[part]).is_none();
        self.indexed(part, known | GONE, gone);
        std::thread::sleep(Duration::from_millis(20));
        self.indexed[part].store(known | ON_ITS_WAY, Ordering::SeqCst);
        self.edit(part, version);
    }
}

/// As editors do it: whoever reads sees the old or the new text.
fn write(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).unwrap();
    fs::rename(draft, path).unwrap();
}

#[test]
fn articles_are_edited_broken_mended_renamed_and_deleted_while_four_clients_ask() {
    let folder = tempfile::tempdir().unwrap();
    for part in PARTS {
        fs::write(folder.path().join(format!("{part}.md")), article(part, 1)).unwrap();
    }
    let index = tempfile::tempdir().unwrap();
    let library = Arc::new(KbLibrary::open(folder.path(), Some(index.path()), None).unwrap());
    let watch = library.watch().unwrap();
    let live = Live {
        folder,
        library,
        indexed: std::array::from_fn(|_| AtomicU64::new(1)),
        said: Mutex::default(),
        over: AtomicBool::new(false),
        answers: AtomicU64::new(0),
    };
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let live = &live;
            scope.spawn(move || {
                let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| live.client(number)));
                live.over.store(true, Ordering::SeqCst);
                died.unwrap_or_else(|why| std::panic::resume_unwind(why));
            });
        }
        let wrote = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| live.writer()));
        live.over.store(true, Ordering::SeqCst);
        wrote.unwrap_or_else(|why| std::panic::resume_unwind(why));
    });
    drop(watch);
    let (answers, revisions) = (live.answers.load(Ordering::SeqCst), live.said.lock().unwrap().len());
    assert!(answers > 1_000 && revisions > ROUNDS, "{answers} answers of {revisions} revisions and parts");
    let fresh = KbLibrary::open(live.folder.path(), None, None).unwrap().current();
    assert_eq!(
        live.library.current().revision(),
        fresh.revision(),
        "what was changed step by step is the same"
    );
    for part in PARTS {
        assert_eq!(ask(&live.library.current(), part).hits, ask(&fresh, part).hits);
    }
}

#[test]
fn a_link_that_leads_nowhere_for_a_while_leaves_the_last_good_version() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let real = elsewhere.path().join("gasket.md");
    fs::write(&real, article("gasket", 1)).unwrap();
    std::os::unix::fs::symlink(&real, folder.path().join("gasket.md")).unwrap();
    let library = KbLibrary::open(folder.path(), None, None).unwrap();
    fs::remove_file(&real).unwrap();
    let search = library.refresh().unwrap();
    assert_eq!(quoted(&ask(&search, "gasket"), "gasket"), Some(1));
    assert_eq!(search.broken().count(), 1);
    fs::remove_file(folder.path().join("gasket.md")).unwrap();
    let search = library.refresh().unwrap();
    assert_eq!((search.articles(), search.broken().count()), (0, 0));
}

#[test]
fn once_the_watch_has_ended_questions_look_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gasket.md");
    fs::write(&file, article("gasket", 1)).unwrap();
    let library = Arc::new(KbLibrary::open(folder.path(), None, None).unwrap());
    let passage = || library.find("the gasket is worn").unwrap().hits[0].quotes[0].text.clone();
    drop(library.watch().unwrap());
    assert!(passage().contains("version 1"), "{}", passage());
    fs::write(&file, article("gasket", 2)).unwrap();
    assert!(passage().contains("version 2"), "{}", passage());
}

#[test]
fn a_folder_of_articles_that_is_gone_or_emptied_is_told_beside_what_still_answers() {
    let parent = tempfile::tempdir().unwrap();
    let (kb, away) = (parent.path().join("kb"), parent.path().join("away"));
    fs::create_dir(&kb).unwrap();
    fs::write(kb.join("gasket.md"), article("gasket", 1)).unwrap();
    let library = Arc::new(KbLibrary::open(&kb, None, None).unwrap());
    let answer = || {
        let found = library.find("the gasket is worn").unwrap();
        (found.hits.len(), found.broken.join("\n"))
    };
    assert_eq!(answer(), (1, String::new()));
    fs::rename(&kb, &away).unwrap();
    let (hits, broken) = answer();
    assert!(hits == 1 && broken.contains("cannot list the knowledge base"), "{broken}");
    fs::create_dir(&kb).unwrap();
    let (hits, broken) = answer();
    assert!(hits == 0 && broken.starts_with("no articles; `--kb DIR` names their folder"), "{broken}");
    fs::remove_dir(&kb).unwrap();
    fs::rename(&away, &kb).unwrap();
    assert_eq!(answer(), (1, String::new()));

    let watch = library.watch().unwrap();
    fs::rename(&kb, &away).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !answer().1.contains("cannot list the knowledge base") {
        assert!(Instant::now() < deadline, "the watch does not tell that the folder is gone");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(answer().0, 1);
    drop(watch);
}

#[test]
fn a_broken_article_keeps_its_last_good_version_under_another_name() {
    let (folder, index) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("old")).unwrap();
    for part in &PARTS[..2] {
        fs::write(at(&format!("old/{part}.md")), article(part, 1)).unwrap();
    }
    let library = Arc::new(KbLibrary::open(folder.path(), Some(index.path()), None).unwrap());
    let watch = library.watch().unwrap();
    let wait = |what: &str, holds: &dyn Fn(&Search) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !holds(&library.current()) {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    let answers_from = |search: &Search, part: &str, file: &str| {
        let answer = ask(search, part);
        let hit = answer.hits.iter().find(|hit| hit.article.as_str() == part);
        hit.is_some_and(|hit| hit.file == file && hit.outdated.is_some()) && quoted(&answer, part) == Some(1)
    };
    for part in &PARTS[..2] {
        fs::write(at(&format!("old/{part}.md")), "+++\nhalf").unwrap();
    }
    wait("both are broken", &|search| search.broken().count() == 2);
    fs::rename(at("old/gasket.md"), at("gasket-leaks.md")).unwrap();
    wait("a file", &|search| answers_from(search, "gasket", "gasket-leaks.md"));
    fs::rename(at("old"), at("new")).unwrap();
    wait("a folder", &|search| answers_from(search, "flywheel", "new/flywheel.md"));
    assert_eq!((library.current().articles(), library.current().broken().count()), (2, 2));
    fs::write(at("gasket-leaks.md"), article("gasket", 2)).unwrap();
    wait("it is mended", &|search| quoted(&ask(search, "gasket"), "gasket") == Some(2));
    fs::remove_file(at("new/flywheel.md")).unwrap();
    wait("it is gone", &|search| search.articles() == 1 && search.broken().count() == 0);
    drop(watch);
}
