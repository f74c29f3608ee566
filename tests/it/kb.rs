//! The knowledge base: files to articles, and what lint says about them.

mod commands;
mod files;
mod import;
mod import_property;
mod import_text;
mod limits;
mod lint;
mod markdown;
mod property;
mod repository;
mod synonyms;
mod texts;

use std::path::Path;

use dogwatch::domain::policy::reads::ReadList;
use dogwatch::kb::lint::Standards;
use dogwatch::kb::{Finding, Loaded, load};

/// A knowledge base of these files in a folder of its own.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, bytes) in files {
            folder.write(name, bytes);
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn load(&self) -> Loaded {
        load(self.path()).unwrap()
    }
}

fn standards() -> Standards {
    Standards { today: "2026-12-01".parse().unwrap(), reads: ReadList::default() }
}

/// Findings as `file:line code`, short enough to compare.
fn briefly(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}:{} {}", finding.file, finding.line, finding.code)).collect()
}

/// The smallest article with this id and this text below its title.
fn article(id: &str, text: &str) -> String {
    format!(
        "+++\nid = \"{id}\"\ntitle = \"A title\"\nproducts = [\"Linux\"]\ntags = [\"disk\"]\n\
         symptoms = [\"It is slow\"]\nreviewed = 2026-11-01\n+++\n# A title\n\n{text}"
    )
}
