//! `synonyms.toml`: what means the same, and what is wrong with it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use dogwatch::kb::{Code, Loaded, load};
use tempfile::TempDir;

fn loaded(text: &str) -> Loaded {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("synonyms.toml"), text).unwrap();
    load(folder.path()).unwrap()
}

fn found(loaded: &Loaded) -> Vec<(usize, Code)> {
    let findings = loaded.findings.iter();
    findings.map(|it| (it.line, it.code)).inspect(|(line, code)| println!("{line} {code}")).collect()
}

#[test]
fn lists_are_meanings() {
    let loaded = loaded("same = [\n  [\"vm\", \"virtual machine\"],\n  [\"full\", \"out of space\"],\n]\n");
    assert_eq!(found(&loaded), []);
    assert_eq!(loaded.synonyms.0, [["vm", "virtual machine"], ["full", "out of space"]]);
}

#[test]
fn without_a_file_there_are_none_and_nothing_is_wrong() {
    let loaded = load(TempDir::new().unwrap().path()).unwrap();
    assert!(loaded.synonyms.0.is_empty() && loaded.findings.is_empty());
}

#[test]
fn what_no_text_could_hold_is_left_out_and_named() {
    let wrong = ["\"Vm\"", "\"\"", "\"a  b\"", "\"a b c d e\"", "\"v-m\"", "\" vm\"", "7", "[]"];
    for wrong in wrong {
        let loaded = loaded(&format!("same = [\n  [\"guest\",\n   {wrong}, \"machine\"],\n]\n"));
        assert_eq!(found(&loaded), [(3, Code::SynonymForm)], "{wrong}");
        assert_eq!(loaded.synonyms.0, [["guest", "machine"]]);
    }
    let loaded = loaded("same = [\n  \"guest\",\n]\n");
    assert_eq!((found(&loaded), loaded.synonyms.0.len()), (vec![(2, Code::SynonymForm)], 0));
}

#[test]
fn an_expression_has_one_meaning_and_a_meaning_two_expressions() {
    let loaded = loaded("same = [\n  [\"stop\", \"halt\"],\n  [\"end\", \"stop\"],\n]\n");
    assert_eq!(found(&loaded), [(3, Code::SynonymTwice), (3, Code::SynonymAlone)]);
    assert_eq!(loaded.synonyms.0, [vec!["stop", "halt"], vec!["end"]]);
    assert!(
        loaded.findings.iter().any(|finding| finding.message.contains("line 2")),
        "{:?}",
        loaded.findings
    );
}

#[test]
fn a_list_that_finds_nothing_is_named_on_its_line() {
    for nothing in ["[]", "[\n]", "[\"vm\"]"] {
        let loaded = loaded(&format!("same = [\n  [\"guest\", \"machine\"],\n  {nothing},\n]\n"));
        assert_eq!(found(&loaded), [(3, Code::SynonymAlone)], "{nothing}");
    }
    let loaded = loaded("same = [\n  [\"vm\", \"guest\", \"vm\"],\n]\n");
    assert_eq!(
        (found(&loaded), loaded.synonyms.0.concat()),
        (vec![(2, Code::SynonymTwice)], vec!["vm".into(), "guest".into()])
    );
}

#[test]
fn what_is_no_file_is_named_and_holds_nobody_up() {
    let named = |make: &dyn Fn(&Path)| {
        let folder = TempDir::new().unwrap();
        make(&folder.path().join("synonyms.toml"));
        let findings = load(folder.path()).unwrap().findings;
        findings.iter().any(|it| (&*it.file, it.code) == ("synonyms.toml", Code::Unreadable))
    };
    assert!(named(&|path| fs::create_dir(path).unwrap()));
    assert!(named(&|path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())));
    assert!(named(&|path| symlink("nowhere", path).unwrap()));
}

#[test]
fn a_broken_file_leaves_out_synonyms_and_no_article() {
    let good = fs::read_to_string("tests/kb/good/linux-service.md").unwrap();
    for (text, line) in [("same = [\n[\"a\",\n", 3), ("other = 1\n", 1), ("\nsame = 1\n", 2), ("", 1)] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("linux-service.md"), &good).unwrap();
        fs::write(folder.path().join("synonyms.toml"), text).unwrap();
        let loaded = load(folder.path()).unwrap();
        let findings = found(&loaded);
        assert!(findings.iter().any(|(_, code)| *code == Code::SynonymsSyntax), "{text:?} {findings:?}");
        assert!(findings.iter().all(|(at, _)| *at <= line), "{text:?} {findings:?}");
        assert!(loaded.synonyms.0.is_empty());
        assert_eq!(loaded.articles.len(), 1);
    }
}
