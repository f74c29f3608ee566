//! The log says that a revision is indexed once it is the one that is asked, and not earlier.

use std::fs;
use std::sync::{Arc, Mutex};

use dogwatch::articles::library::KbLibrary;

use crate::kb_live::article;

/// Notes the revision of each line that says what is indexed, with the one that is asked at that moment.
#[derive(Clone)]
struct Told {
    library: Arc<KbLibrary>,
    revisions: Arc<Mutex<Vec<(String, String)>>>,
}

impl std::io::Write for Told {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(line).into_owned();
        if let Some((_, said)) = text.split_once("indexed ") {
            let said = said.split(':').next().unwrap().to_owned();
            self.revisions.lock().unwrap().push((said, self.library.current().revision().to_string()));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn whoever_reads_that_a_revision_is_indexed_asks_nothing_older() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gasket.md");
    fs::write(&file, article("gasket", 1)).unwrap();
    let library = Arc::new(KbLibrary::open(folder.path(), None, None).unwrap());
    let told = Told { library: Arc::clone(&library), revisions: Arc::default() };
    let writer = told.clone();
    // While a process has one subscriber, the first thread that reaches a line of the log decides for all
    // threads whether the line is said, and other tests have no subscriber (tracing-core 0.1, callsite.rs).
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(log, || {
        for version in 2..5 {
            fs::write(&file, article("gasket", version)).unwrap();
            library.refresh().unwrap();
        }
    });
    let revisions = told.revisions.lock().unwrap();
    assert_eq!(revisions.len(), 3);
    for (said, asked) in revisions.iter() {
        assert_eq!(said, asked);
    }
}
