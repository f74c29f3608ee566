//! The knowledge base: files to articles, and what lint says about them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

#[path = "kb/commands.rs"]
mod commands;
#[path = "kb/files.rs"]
mod files;
#[path = "kb/import.rs"]
mod import;
#[path = "kb/import_property.rs"]
mod import_property;
#[path = "kb/import_text.rs"]
mod import_text;
#[path = "kb/limits.rs"]
mod limits;
#[path = "kb/lint.rs"]
mod lint;
#[path = "kb/markdown.rs"]
mod markdown;
#[path = "kb/property.rs"]
mod property;
#[path = "kb/repository.rs"]
mod repository;
#[path = "kb/synonyms.rs"]
mod synonyms;
#[path = "kb/texts.rs"]
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
    Standards { today: "2026-11-22".parse().unwrap(), reads: ReadList::default() }
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
