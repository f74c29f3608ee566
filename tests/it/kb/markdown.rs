//! Markdown to sections and blocks.

use dogwatch::domain::world::action::{Program, Risk, Rollback};
use dogwatch::domain::world::article::{Article, Block, BlockKind, Section};

use super::{Folder, article};

fn read(text: &str) -> Article {
    let loaded = Folder::new(&[("a.md", article("a", text).as_bytes())]).load();
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    loaded.articles.into_iter().next().unwrap()
}

fn sections(text: &str) -> Vec<Section> {
    read(text).sections
}

/// Blocks of the title's section as `first-last text`: a header in brackets, code in backticks, an item
/// with its marker. Line 11 is the first.
fn blocks(text: &str) -> Vec<String> {
    let line = |block: &Block| {
        let (first, last) = block.lines;
        let text = match &block.kind {
            BlockKind::Text | BlockKind::Row(_) => block.text.clone(),
            BlockKind::Item(marker) => format!("{marker} {}", block.text),
            BlockKind::Header => format!("[{}]", block.text),
            BlockKind::Code => format!("`{}`", block.text),
        };
        format!("{first}-{last} {text}")
    };
    sections(text)[0].blocks.iter().map(line).collect()
}

#[test]
fn a_section_is_the_text_under_one_heading_with_its_path_and_lines() {
    let sections = sections("Intro.\n\n## Cause\n\n### One\n\nText.\n\n## Verify\nMore.\n\n\n");
    let brief: Vec<_> = sections
        .iter()
        .map(|section| (section.heading.join(" > "), section.anchor.as_str(), section.lines))
        .collect();
    assert_eq!(
        brief,
        [
            (String::new(), "a-title", (9, 11)),
            ("Cause".to_owned(), "cause", (13, 13)),
            ("Cause > One".to_owned(), "one", (15, 17)),
            ("Verify".to_owned(), "verify", (19, 20)),
        ]
    );
}

#[test]
fn anchors_are_unique_and_as_github_makes_them() {
    let text = "## Is it *off*?\n## `kill -9` (ESX 3.x)\n## Same\n## Same\n## Same-1\n## Über_alles\n";
    let anchors: Vec<_> = sections(text).into_iter().map(|section| section.anchor).collect();
    assert_eq!(
        anchors,
        ["a-title", "is-it-off", "kill--9-esx-3x", "same", "same-1", "same-1-1", "über_alles"]
    );
}

#[test]
fn paragraphs_and_items_are_text_without_marks_but_those_of_code() {
    let text = "A *b* `c`\n[d](https://e) &amp; <NAME>.\n\n1. one\n   more\n2. two\n   - inner\n\n> quoted\n";
    assert_eq!(
        blocks(text),
        [
            "11-12 A b `c`\nd & <NAME>.",
            "14-15 1. one\nmore",
            "16-16 2. two",
            "17-17   - inner",
            "19-19 quoted"
        ]
    );
    // What else looks like such a mark would begin or end code.
    assert_eq!(blocks("Type ``a`b`` or `c`.\n"), ["11-11 Type a\u{2035}b or `c`."]);
    assert_eq!(blocks("It ends in \\` and `c`.\n"), ["11-11 It ends in \u{2035} and `c`."]);
    assert_eq!(sections("## Use `ls`\n\nText.\n")[1].heading, ["Use ls"]);
}

#[test]
fn items_of_several_blocks_keep_each_of_them() {
    let text = "1. Do:\n\n       cmd  x\n       cmd y\n\n   Then wait.\n2. ```\n   z\n   ```\n   After.\n";
    assert_eq!(
        blocks(text),
        ["11-11 1. Do:", "13-14 `cmd  x\ncmd y`", "16-16 Then wait.", "17-19 `z`", "20-20 After."]
    );
}

#[test]
fn items_are_numbered_as_a_renderer_would_number_them() {
    let text = "7. a\n7. b\n   1) c\n7. d\n\n* e\n";
    assert_eq!(blocks(text), ["11-11 7. a", "12-12 8. b", "13-13   1. c", "14-14 9. d", "16-16 - e"]);
}

#[test]
fn a_heading_on_two_lines_is_one_line() {
    assert_eq!(sections("Two\nlines\n---\n")[1].heading, ["Two lines"]);
}

#[test]
fn a_table_row_is_readable_by_itself() {
    let text = "| it says | do | |\n|---|---|---|\n| `on` | wait | x |\n| off |  | |\n";
    assert_eq!(
        blocks(text),
        ["11-11 [it says; do]", "13-13 it says: `on`; do: wait; x", "14-14 it says: off"]
    );
}

#[test]
fn code_keeps_its_line_breaks_and_is_marked() {
    assert_eq!(blocks("```sh\na\n\n  b\n```\n"), ["11-15 `a\n\n  b`"]);
}

#[test]
fn a_heading_inside_a_quotation_is_text() {
    let sections = sections("> ## Not a section\n\nText.\n");
    assert_eq!(sections.len(), 1);
    assert_eq!(sections[0].blocks[0].text, "Not a section");
}

#[test]
fn comments_are_not_shown() {
    assert_eq!(blocks("<!-- to do:\n\nmore -->\n\nText<!-- hidden --> here.\n"), ["15-15 Text here."]);
}

#[test]
fn plus_signs_further_down_are_text() {
    assert_eq!(sections("a\n\n+++\nb = 1\n+++\n")[0].blocks.len(), 2);
}

#[test]
fn an_action_is_read_with_its_defaults_and_leaves_the_text_to_its_section() {
    let action = "```action\nid = \"stop\"\ntitle = \"Stop\"\nplatforms = [\"kvm\"]\nrisk = \"change\"\n\
        [params.name]\nprompt = \"Name\"\ntype = \"text\"\npattern = '[a-z]+'\nexample = \"web\"\n\
        [[steps]]\nrun = [\"virsh\", \"shutdown\", \"{name}\"]\ntimeout_s = 60\n\
        [verify]\nrun = [\"virsh\", \"domstate\", \"{name}\"]\nexpect_stdout = 'off'\n\
        [rollback]\nrun = [\"virsh\", \"start\", \"{name}\"]\n```\n";
    let article = read(&format!("Text.\n\n{action}\nMore.\n"));
    assert_eq!(article.sections[0].blocks.len(), 2);
    assert_eq!(article.sections[0].lines, (9, 33));
    let action = &article.actions[0];
    assert_eq!((action.line, action.risk, action.steps[0].timeout_s), (13, Risk::Change, 60));
    assert_eq!(action.steps[0].expect_exit, [0]);
    let verify = &action.verify[0];
    assert_eq!((verify.step.timeout_s, verify.within_s), (30, 0));
    let Some(Rollback::Step { step, from_step: None }) = &action.rollback else {
        panic!("{:?}", action.rollback)
    };
    let Program::Run(argv) = &step.program else { panic!("{:?}", step.program) };
    assert_eq!(argv[1], "start");
}
