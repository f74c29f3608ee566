//! Files as they come: every one is an article or a finding.

use std::path::Path;

use dogwatch::domain::id::Digest;
use dogwatch::kb::{Code, FILE_LEN_MAX, Severity, load};

use super::{Folder, article, briefly};

#[test]
fn articles_come_in_the_order_of_their_paths_and_dot_files_are_skipped() {
    let (a, b, c) = (article("a", ""), article("b", ""), article("c", ""));
    let folder = Folder::new(&[
        ("b.md", b.as_bytes()),
        ("a.md", a.as_bytes()),
        ("sub/c.md", c.as_bytes()),
        (".hidden.md", b"no article"),
        (".git/x.md", b"no article"),
        ("notes.txt", b"no article"),
    ]);
    let loaded = folder.load();
    let files: Vec<_> = loaded.articles.iter().map(|article| article.file.as_str()).collect();
    assert_eq!(files, ["a.md", "b.md", "sub/c.md"]);
    assert!(loaded.findings.is_empty());
}

#[test]
fn the_revision_is_the_digest_of_the_bytes() {
    let text = article("a", "Text.\n");
    let loaded = Folder::new(&[("a.md", text.as_bytes())]).load();
    assert_eq!(loaded.articles[0].revision, Digest::of(text.as_bytes()));
}

#[test]
fn a_folder_that_is_not_there_is_an_error_that_names_it() {
    let error = load(Path::new("/nonexistent/kb")).unwrap_err();
    assert_eq!(error.to_string(), "cannot list the knowledge base /nonexistent/kb");
}

#[test]
fn byte_order_mark_and_windows_line_ends_change_nothing_but_the_revision() {
    let text = article("a", "Some text\nof two lines.\n\n## Head\n\n- item\n");
    let plain = Folder::new(&[("a.md", text.as_bytes())]).load();
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let loaded = Folder::new(&[("a.md", windows.as_bytes())]).load();
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    assert_eq!(loaded.articles[0].sections, plain.articles[0].sections);
    assert_ne!(loaded.articles[0].revision, plain.articles[0].revision);
}

#[test]
fn an_article_may_end_without_a_line_end() {
    let loaded = Folder::new(&[("a.md", article("a", "The end").as_bytes())]).load();
    assert_eq!(loaded.articles[0].sections[0].blocks[0].text, "The end");
    assert_eq!(loaded.articles[0].sections[0].lines, (9, 11));
}

#[test]
fn broken_files_are_findings_with_a_line_and_leave_out_only_themselves() {
    let good = article("good", "");
    let huge = vec![b'x'; usize::try_from(FILE_LEN_MAX).unwrap() + 1];
    let with_nul = article("nul", "one\0two");
    let folder = Folder::new(&[
        ("empty.md", b""),
        ("good.md", good.as_bytes()),
        ("huge.md", &huge),
        ("latin1.md", b"one\ntwo \xe4\n"),
        ("nul.md", with_nul.as_bytes()),
        ("return.md", b"one\n\ntwo\rthree\n"),
        ("bidi.md", "one\n\u{202e}two\n".as_bytes()),
    ]);
    let loaded = folder.load();
    assert_eq!(
        briefly(&loaded.findings),
        [
            "bidi.md:2 hidden_character",
            "empty.md:1 front_matter_missing",
            "huge.md:1 file_too_large",
            "latin1.md:2 not_utf8",
            "nul.md:11 hidden_character",
            "return.md:3 hidden_character",
        ]
    );
    assert_eq!(loaded.articles.len(), 1);
}

#[test]
fn a_file_of_exactly_the_limit_is_read() {
    let mut text = article("a", "");
    let missing = usize::try_from(FILE_LEN_MAX).unwrap() - text.len();
    text.push_str(&"x".repeat(missing));
    assert_eq!(Folder::new(&[("a.md", text.as_bytes())]).load().articles.len(), 1);
}

#[test]
fn links_to_files_are_followed_and_those_to_folders_or_nowhere_are_findings() {
    let folder = Folder::new(&[(".data/a.md", article("a", "").as_bytes())]);
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
    };
    link(".data/a.md", "a.md");
    link(".", "loop");
    link("nowhere.md", "gone.md");
    link("self.md", "self.md");
    let loaded = folder.load();
    assert_eq!(
        briefly(&loaded.findings),
        ["gone.md:1 unreadable", "loop:1 unreadable", "self.md:1 unreadable"]
    );
    assert_eq!(loaded.articles.len(), 1);
}

#[test]
fn a_folder_named_like_an_article_is_entered_and_a_pipe_is_not_read() {
    let folder = Folder::new(&[("x.md/a.md", article("a", "").as_bytes())]);
    let pipe = |name| {
        let made = std::process::Command::new("mkfifo").arg(folder.path().join(name)).status();
        assert!(made.unwrap().success());
    };
    pipe("pipe.md");
    pipe("synonyms.toml");
    let loaded = folder.load();
    assert_eq!(briefly(&loaded.findings), ["pipe.md:1 unreadable", "synonyms.toml:1 unreadable"]);
    assert_eq!(loaded.articles[0].file, "x.md/a.md");
}

#[test]
fn folders_too_deep_are_findings() {
    let deep = format!("{}a.md", "d/".repeat(9));
    let loaded = Folder::new(&[(&deep, article("a", "").as_bytes())]).load();
    assert_eq!(briefly(&loaded.findings), ["d/d/d/d/d/d/d/d/d:1 unreadable"]);
}

#[test]
fn whoever_repeats_an_id_is_left_out_and_so_is_the_one_repeated() {
    let action = "```action\nid = \"same\"\ntitle = \"t\"\nplatforms = [\"linux\"]\nrisk = \"read\"\n\
                  [[steps]]\nrun = [\"uptime\"]\ntimeout_s = 1\n```\n";
    let folder = Folder::new(&[
        ("a.md", article("a", action).as_bytes()),
        ("b.md", article("b", action).as_bytes()),
        ("c.md", article("c", "").as_bytes()),
        ("d/c.md", article("c", "").as_bytes()),
        ("e.md", article("e", "").as_bytes()),
    ]);
    let loaded = folder.load();
    assert_eq!(
        briefly(&loaded.findings),
        [
            "a.md:12 action_id_twice",
            "b.md:12 action_id_twice",
            "c.md:2 article_id_twice",
            "d/c.md:2 article_id_twice",
        ]
    );
    let ids: Vec<_> = loaded.articles.iter().map(|article| article.id.as_str()).collect();
    assert_eq!(ids, ["e"]);
    assert_eq!(loaded.pages.len(), 5);
}

#[test]
fn a_finding_reads_as_one_line_with_place_code_and_advice() {
    let folder = Folder::new(&[("a.md", b"x\n")]);
    let finding = &folder.load().findings[0];
    assert_eq!(
        finding.render(Path::new("kb")),
        "kb/a.md:1: error[front_matter_missing]: the file does not begin with front matter; begin with a \
         line `+++`, the fields, and another line `+++`; until then the article is left out"
    );
    let mut hostile = finding.clone();
    hostile.message = "a\nb\u{202e}\u{1b}".to_owned();
    assert!(hostile.render(Path::new("kb")).contains("a\\u{a}b\\u{202e}\\u{1b};"));
}

#[test]
fn codes_are_distinct_words_that_serialize_as_they_are_printed() {
    let mut words: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    for code in Code::ALL {
        assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
        assert!(!code.leaves_out() || code.severity() == Severity::Error);
    }
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Code::ALL.len());
}
