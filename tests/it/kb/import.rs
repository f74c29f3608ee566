//! Texts become drafts: as a whole, without actions, and without losing a word.

use std::fs;
use std::path::{Path, PathBuf};

use dogwatch::kb::import::{ImportError, Imported, Outcome, drafts_folder, import};
use dogwatch::kb::{Code, FILE_LEN_MAX, load};

use super::{Folder, article, briefly, standards};

/// A knowledge base and texts to import into it.
pub struct Desk {
    kb: Folder,
    texts: Folder,
}

impl Desk {
    pub fn new(texts: &[(&str, &[u8])]) -> Self {
        Self { kb: Folder::new(&[]), texts: Folder::new(texts) }
    }

    fn article(self, id: &str, text: &str) -> Self {
        self.kb.write(&format!("{id}.md"), article(id, text).as_bytes());
        self
    }

    pub fn import(&self) -> Vec<Imported> {
        self.import_to(&drafts_folder(self.kb.path())).unwrap()
    }

    fn import_to(&self, to: &Path) -> Result<Vec<Imported>, ImportError> {
        import(self.texts.path(), self.kb.path(), to, &standards())
    }

    /// What became of each text, as `name: outcome`.
    pub fn outcomes(&self) -> Vec<String> {
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let told = |imported: Imported| {
            let outcome = match imported.outcome {
                Outcome::Drafted { path, .. } => format!("draft {}", name(&path)),
                Outcome::Duplicate { of, why } => format!("{why} as {}", name(&of)),
                Outcome::Skipped(why) => format!("skipped, {why}"),
                Outcome::Refused(error) => format!("refused, {error}"),
            };
            format!("{}: {outcome}", name(&imported.source))
        };
        self.import().into_iter().map(told).collect()
    }

    pub fn drafts(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(drafts_folder(self.kb.path())) else { return Vec::new() };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }
}

/// The draft of one text, below its front matter, and what lint says about it.
pub fn drafted(name: &str, bytes: &[u8]) -> (String, Vec<Code>) {
    let desk = Desk::new(&[(name, bytes)]);
    let imported = desk.import();
    let [Imported { outcome: Outcome::Drafted { path, findings, .. }, .. }] = imported.as_slice() else {
        panic!("{imported:?}")
    };
    let codes = findings.iter().map(|finding| finding.code).collect();
    let text = fs::read_to_string(path).unwrap();
    (text.splitn(3, "+++\n").nth(2).unwrap().to_owned(), codes)
}

pub fn body(name: &str, text: &str) -> String {
    drafted(name, text.as_bytes()).0
}

#[test]
fn what_is_left_for_the_author_is_what_lint_will_say() {
    let (_, codes) = drafted("x.txt", b"A title\n\nSome words of it.\n");
    assert_eq!(codes, [Code::FieldEmpty, Code::FieldEmpty, Code::FieldEmpty, Code::NeverReviewed]);
}

#[test]
fn nobody_is_answered_from_a_draft_until_it_is_moved_up() {
    let desk = Desk::new(&[("x.txt", b"A title\n\nSome words of it.\n")]);
    desk.import();
    assert!(desk.kb.load().pages.is_empty());
    fs::rename(&desk.drafts()[0], desk.kb.path().join("a-title.md")).unwrap();
    let loaded = desk.kb.load();
    assert_eq!(loaded.articles[0].id.as_str(), "a-title");
    assert!(briefly(&loaded.findings).is_empty());
}

#[test]
fn drafts_are_not_written_where_people_are_answered_from() {
    let desk = Desk::new(&[("x.txt", b"Some words.\n")]);
    let kb = desk.kb.path();
    std::os::unix::fs::symlink(".", kb.join("drafts")).unwrap();
    for to in [kb.to_owned(), kb.join("new"), drafts_folder(kb), kb.join("none/../other")] {
        let error = desk.import_to(&to).unwrap_err();
        assert!(matches!(error, ImportError::Published { .. }), "{}: {error}", to.display());
    }
    assert_eq!(fs::read_dir(kb).unwrap().count(), 1);
}

#[test]
fn texts_in_any_encoding_say_the_same() {
    let text = "Gr\u{f6}\u{df}e\r\n\r\n\u{201e}Words\u{201c} of it.\r\n";
    let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect::<Vec<_>>()
    };
    let expected = body("x.txt", text);
    assert_eq!(expected, "# Gr\u{f6}\u{df}e\n\n\u{201e}Words\u{201c} of it.\n");
    for bytes in [
        format!("\u{feff}{text}").into_bytes(),
        utf16([0xff, 0xfe], u16::to_le_bytes),
        utf16([0xfe, 0xff], u16::to_be_bytes),
        b"Gr\xf6\xdfe\r\n\r\n\x84Words\x93 of it.\r\n".to_vec(),
    ] {
        assert_eq!(drafted("x.txt", &bytes).0, expected);
    }
}

#[test]
fn one_bad_file_stops_no_other_and_each_is_named() {
    let huge = vec![b'x'; usize::try_from(FILE_LEN_MAX).unwrap() + 1];
    let desk = Desk::new(&[
        ("a.txt", b"\x7fELF\x02\0\0"),
        ("b.txt", &huge),
        ("c.md", b"\xff\xfe\x00\xd8"),
        ("d.html", b"<script>1</script>"),
        ("e.png", b"\x89PNG"),
        ("sub/f.txt", b"First text of all.\n"),
        ("g.txt", b"Second text of them.\n"),
        (".git/h.txt", b"no text"),
    ]);
    std::os::unix::fs::symlink("g.txt", desk.texts.path().join("l.txt")).unwrap();
    let pipe = desk.texts.path().join("p.txt");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(
        desk.outcomes(),
        [
            "a.txt: refused, no text: U+007F in line 1, read as UTF-8; export it as text, HTML or Markdown",
            "b.txt: refused, longer than the 262144 bytes of an article; split it",
            "c.md: refused, it says that it is UTF-16LE and is not; save it as UTF-8",
            "d.html: refused, there are no words in it, except perhaps a title; write what it should say",
            "e.png: skipped, no text, HTML or Markdown by its name; name it to import it as text",
            "g.txt: draft g.md",
            "l.txt: skipped, a symbolic link; import what it leads to",
            "p.txt: skipped, neither a file nor a folder",
            "f.txt: draft f.md",
        ]
    );
    assert_eq!(desk.drafts().len(), 2);
}

#[test]
fn what_no_article_could_hold_is_refused_with_what_to_do() {
    let table = format!("# A\n\n| {} |\n|---|\n| a |\n", "c".repeat(101));
    let heading = format!("# A\n\n## {}\n\nText.\n", "h".repeat(201));
    let sections = format!("<h1>A</h1>{}", "<h2>a</h2>b".repeat(1_000));
    let desk = Desk::new(&[
        ("a.md", table.as_bytes()),
        ("b.md", heading.as_bytes()),
        ("c.html", sections.as_bytes()),
        ("d.md", format!("---\ntags: [{}]\n---\n# A\n\nText.\n", "x, ".repeat(201)).as_bytes()),
    ]);
    let (c, h) = ("c".repeat(40), "h".repeat(40));
    assert_eq!(
        desk.outcomes(),
        [
            format!(
                "a.md: refused, the name of a column `{c}...` has 101 characters; 100 is the limit; shorten it; \
                 it is read before each cell of its column"
            ),
            format!(
                "b.md: refused, the heading `{h}...` has 201 characters; 200 is the limit; shorten it, and say \
                 the rest below it"
            ),
            "c.html: refused, more than 1000 sections; split it into several articles".to_owned(),
            "d.md: refused, `tags` has 201 texts; 200 is the limit; keep those by which somebody would look for it"
                .to_owned(),
        ]
    );
}

#[test]
fn what_is_there_already_is_named_and_never_overwritten() {
    let words = "The disk of the console is full because somebody left old images of the tools on it.\n";
    let edited = "The disk of the console is full because somebody left old images of some tools on it.\n";
    let desk = Desk::new(&[
        ("again.txt", format!("Another title\n\n{edited}").as_bytes()),
        ("id.txt", b"Known\n\nNothing in common with it.\n"),
        ("title.txt", b"A Title\n\nNeither has this one.\n"),
        ("twice-1.txt", b"Twice\n\nThe first text with that title.\n"),
        ("twice-2.txt", b"Twice\n\nAnother page, called by chance like one before.\n"),
    ])
    .article("known", words);
    let expected = [
        "id.txt: the id `known` is the same as known.md",
        "title.txt: the title is the same as known.md",
        "twice-1.txt: draft twice.md",
        "twice-2.txt: draft twice-2.md",
    ];
    let first = desk.outcomes();
    assert!(
        first[0].starts_with("again.txt: ") && first[0].ends_with("are the same as known.md"),
        "{}",
        first[0]
    );
    assert_eq!(first[1..], expected);
    let before: Vec<_> = desk.drafts().iter().map(|path| fs::read(path).unwrap()).collect();
    let again = desk.outcomes();
    assert_eq!(again[3], "twice-1.txt: 100 % of the runs of three words are the same as twice.md");
    assert_eq!(again[4], "twice-2.txt: 100 % of the runs of three words are the same as twice-2.md");
    let after: Vec<_> = desk.drafts().iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(after, before);
}

#[test]
fn a_draft_takes_no_name_that_stands_among_the_articles() {
    let desk = Desk::new(&[("x.txt", b"Full disk\n\nSome words of it.\n")]).article("other", "Else.\n");
    fs::rename(desk.kb.path().join("other.md"), desk.kb.path().join("full-disk.md")).unwrap();
    // Nor that of what is no article yet.
    desk.kb.write("full-disk-2.md", b"half written");
    assert_eq!(desk.outcomes(), ["x.txt: draft full-disk-3.md"]);
}

#[test]
fn our_own_articles_are_duplicates_of_themselves_alone() {
    let kb = Path::new(crate::KB);
    let articles = load(kb).unwrap().articles;
    let drafts = tempfile::tempdir().unwrap();
    let is_text = |imported: &Imported| !imported.source.ends_with("synonyms.toml");
    for imported in import(kb, kb, drafts.path(), &standards()).unwrap().into_iter().filter(is_text) {
        let Outcome::Duplicate { of, .. } = &imported.outcome else { panic!("{imported:?}") };
        assert_eq!(of, &imported.source);
    }
    // Into an empty knowledge base every one is new.
    let empty = Folder::new(&[]);
    let imported = import(kb, empty.path(), &drafts_folder(empty.path()), &standards()).unwrap();
    let imported: Vec<_> = imported.into_iter().filter(is_text).collect();
    assert_eq!(imported.len(), articles.len());
    for imported in imported {
        assert!(matches!(imported.outcome, Outcome::Drafted { .. }), "{imported:?}");
    }
}

#[test]
fn the_command_says_what_became_of_each_text_and_what_is_left_to_do() {
    let desk = Desk::new(&[("good.txt", b"A title\n\nSome words.\n"), ("bad.txt", b"\0")]);
    let run = |from: &Path| {
        let mut command = std::process::Command::new(crate::BINARY);
        command.arg("--kb").arg(desk.kb.path()).args(["kb", "import"]).arg(from);
        let output = command.current_dir(desk.texts.path()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let draft = drafts_folder(desk.kb.path()).join("a-title.md");
    let (status, told) = run(Path::new("."));
    assert_eq!(status, 1);
    assert!(told.contains("failed ./bad.txt: no text: U+0000 in line 1"), "{told}");
    assert!(told.contains(&format!("draft {} from ./good.txt", draft.display())), "{told}");
    assert!(told.contains(&format!("  {}:4: error[field_empty]: `products`", draft.display())), "{told}");
    assert!(told.contains("\n1 drafts, 0 duplicates, 0 skipped, 1 failed\n"), "{told}");
    assert!(told.contains("nobody is answered from a draft"), "{told}");
    let (status, told) = run(Path::new("good.txt"));
    assert_eq!(status, 0);
    assert!(told.starts_with("duplicate good.txt: 100 %"), "{told}");
    assert_eq!(run(Path::new("nowhere.txt")).0, 1);
}
