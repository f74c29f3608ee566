//! What a tired reader gets to see: the steps, not the sentence above them; the rows that were asked for;
//! of a long paragraph the sentences that answer. Most of it on the project's own articles.

use std::path::Path;
use std::sync::LazyLock;

use dogwatch::kb::Loaded;
use dogwatch::search::{Hit, Search};
use proptest::prelude::*;

static KB: LazyLock<Loaded> = LazyLock::new(|| {
    dogwatch::kb::load(Path::new(crate::KB)).expect("the articles are part of the repository")
});
static SEARCH: LazyLock<Search> = LazyLock::new(|| Search::of(KB.articles.clone(), &KB.synonyms).unwrap());

fn hits(question: &str) -> Vec<Hit> {
    SEARCH.answer(question, 3).unwrap().hits
}

fn first(question: &str) -> Hit {
    hits(question).into_iter().next().expect(question)
}

#[test]
fn list_follows_the_sentence_that_leads_in_to_it() {
    let hit = first("conversion of a physical server stops at 97 percent");
    for step in ["1. Leave the new VM powered off", "2. Start VMware", "3. Select the VM", "4. Let it work"] {
        assert!(hit.passage.contains(step), "{}", hit.passage);
    }
}

#[test]
fn list_comes_with_the_commands_between_its_items() {
    let hit = first("web access unavailable, which port in proxy.properties and login.properties");
    for text in [
        "1. Copy both",
        "\nproxy.service.url = http://localhost:8080/sdk\n",
        "\nlogin.webServiceUrl.defaultValue=",
        "4. Restart the web access",
    ] {
        assert!(hit.passage.contains(text), "{}", hit.passage);
    }
    let code: Vec<_> = hit.quotes.iter().filter(|quote| quote.code).collect();
    assert_eq!(code.len(), 2);
    assert!(code.iter().all(|quote| quote.marks.is_empty()
        && quote.text.contains(".defaultValue=") | quote.text.contains(".url =")));
}

/// An article of one section.
fn answer(section: &str, question: &str) -> Hit {
    let text = format!(
        "+++\nid = \"a\"\ntitle = \"Gate valves\"\nproducts = [\"p\"]\ntags = [\"t\"]\nsymptoms = [\"grease the gate valve of a frozen guest\"]\n\
         reviewed = 2026-11-01\n+++\n# Gate valves\n\n{section}"
    );
    let (page, findings) = dogwatch::kb::read_page("a.md", text.as_bytes());
    let page = page.unwrap_or_else(|| unreachable!("{findings:?}"));
    let search = Search::of(vec![page.article], &KB.synonyms).unwrap();
    search.answer(question, 1).unwrap().hits.into_iter().next().expect(question)
}

/// The passage with brackets around what is marked.
fn marked(hit: &Hit) -> String {
    let mut shown = String::new();
    for (at, c) in hit.passage.chars().enumerate() {
        shown.extend(hit.marks.iter().filter(|mark| mark.1 == at).map(|_| ']'));
        shown.extend(hit.marks.iter().filter(|mark| mark.0 == at).map(|_| '['));
        shown.push(c);
    }
    let end = hit.passage.chars().count();
    shown.extend(hit.marks.iter().filter(|mark| mark.1 == end).map(|_| ']'));
    shown
}

/// A paragraph that is too long to be quoted whole; line 11 is its first, line 17 its last.
const LONG: &str = "\
A gate is a thing that opens and closes, and it has done so since people first kept goats in a field.
Others came later. They were made of wood, then of iron, and in the end of something nobody remembers
the name of. To grease a valve, use No. 7 oil, e.g. Slick 3.5, from /etc/Oil.Can as it is. Wait an hour
for it. Whoever is in a hurry will
find that hurry and oil do not go together at all, as has been said in many places and by many people.
That is all there is to be said of it here, and the rest of this paragraph is only there to
be left out, for nobody who stands in front of a gate at night with a can of oil wants to read it at all.\n";

#[test]
fn a_long_paragraph_is_quoted_by_its_best_sentences_with_their_lines() {
    let hit = answer(LONG, "which oil to grease a gate valve");
    assert!(
        hit.passage.contains("To grease a valve, use No. 7 oil, e.g. Slick 3.5, from /etc/Oil.Can as it is.")
    );
    assert!(hit.passage.starts_with("… ") && hit.passage.ends_with(" …"), "{}", hit.passage);
    assert!(hit.passage.chars().count() <= 360, "{}", hit.passage);
    let quoted: Vec<_> = LONG.lines().skip(hit.lines.0 - 11).take(hit.lines.1 - hit.lines.0 + 1).collect();
    let quoted = quoted.join(" ");
    assert!(quoted.contains(hit.passage.trim_matches(['…', ' '])), "{:?} {}", hit.lines, hit.passage);
    assert!(hit.lines.0 > 11 && hit.lines.1 < 17, "{:?}", hit.lines);
}

#[test]
fn a_step_that_is_long_keeps_its_number() {
    let paragraph = LONG.replace('\n', "\n   ");
    let hit = answer(&format!("1. Close the gate.\n2. {paragraph}\n"), "which oil to grease a gate valve");
    assert!(hit.passage.contains("1. Close the gate.\n2. … "), "{}", hit.passage);
    assert_eq!(hit.lines.0, 11);
}

#[test]
fn the_number_of_a_step_is_not_marked_though_the_question_has_it() {
    let hit = answer("1. Close the gate.\n2. Take valve 2.\n", "grease gate valve 2");
    assert_eq!(marked(&hit), "1. Close the [gate].\n2. Take [valve 2].");
}

#[test]
fn a_list_that_does_not_fit_is_quoted_around_the_best_step() {
    let step = |n: usize| format!("{n}. Turn the wheel {}\n", "and turn it on and on ".repeat(6));
    let steps: String =
        (1..=20).map(|n| if n == 11 { "11. Grease the gate valve.\n".to_owned() } else { step(n) }).collect();
    let hit = answer(&steps, "grease gate valve");
    assert!(hit.passage.contains("11. Grease the gate valve.\n12. Turn"), "{}", hit.passage);
    assert!(!hit.passage.contains("\n2. ") && hit.passage.len() <= 1_000, "{}", hit.passage);
    assert!(hit.lines.0 <= 21 && hit.lines.1 >= 22, "{:?}", hit.lines);
}

#[test]
fn what_stands_below_a_command_comes_with_it() {
    let lead = "This greases a valve from afar:\n\n    valve grease never\n";
    let rest = "Wait ten seconds, then\n\n    valve grease auto\n\nNever do that to a valve in use.\n";
    let hit = answer(&format!("{lead}\n{rest}"), "grease a gate valve from afar");
    assert_eq!(hit.lines, (11, 19));
    assert!(hit.passage.ends_with("grease auto\nNever do that to a valve in use."), "{}", hit.passage);
    // Where not all of a section fits.
    let others = "Other gates are no better, and whoever has one knows that for himself.\n\n".repeat(20);
    let hit = answer(&format!("    valve grease never\n\n{rest}\n{others}"), "valve grease never");
    for text in ["valve grease never\nWait ten seconds, then\n", "\nNever do that to a valve in use."] {
        assert!(hit.passage.contains(text), "{}", hit.passage);
    }
    assert!(hit.lines.1 < 30, "{:?}", hit.lines);
}

#[test]
fn what_was_asked_for_is_marked_by_its_stem_and_by_what_means_the_same() {
    let hit = answer(
        "The valves of a hung VM: what can’t be GREASED goes.\n\n    grease valve\n",
        "how to grease the gate valve of a frozen guest",
    );
    assert_eq!(marked(&hit), "The [valves] of a [hung VM]: what can’t be [GREASED] goes.\ngrease valve");
}

#[test]
fn rows_that_were_asked_for_are_quoted_with_their_columns() {
    let hit = first("limits of VMware Server compared with ESX");
    for cell in
        ["product: ESX\n", "product: VMware Server (formerly GSX)\n", "- limit: hardware list, price\n"]
    {
        assert!(hit.passage.contains(cell), "{}", hit.passage);
    }
    for product in ["Xen", "Workstation", "Microsoft"] {
        assert!(!hit.passage.contains(product), "{}", hit.passage);
    }
    assert!(marked(&hit).contains("product: [VMware Server] (formerly [GSX])"), "{}", marked(&hit));
    let header = "| product | type |";
    assert!(line(&hit, hit.lines.0).starts_with(header) && line(&hit, hit.lines.1).starts_with("| ESX |"));
}

#[test]
fn a_row_is_quoted_for_what_it_is_about_though_another_mentions_it() {
    let hit = first("difference between kill soft and hard");
    assert!(
        hit.passage.contains("type: `soft`\n") && hit.passage.contains("type: `hard`\n"),
        "{}",
        hit.passage
    );
}

#[test]
fn rows_between_those_that_were_asked_for_are_left_out_with_a_sign() {
    let hit = answer(
        "| gate | valve |\n|---|---|\n| red | old |\n| blue | lost |\n| green | rusty |\n",
        "grease gate valve red or green",
    );
    assert_eq!(hit.passage, "gate: red\n- valve: old\n…\ngate: green\n- valve: rusty");
    assert_eq!(hit.lines, (11, 15));
}

#[test]
fn a_row_with_a_word_of_a_question_that_another_answers_is_left_out() {
    let hit = answer(
        "| code | text |\n|---|---|\n| 12514 | handshake failed, unknown maker of the valve |\n| 12516 | handshake failed, an old valve |\n| 12520 | a red chain |\n",
        "grease gate valve: 12514 handshake failed, unknown maker in the chain",
    );
    assert_eq!(hit.passage, "code: 12514\n- text: handshake failed, unknown maker of the valve");
}

#[test]
fn a_row_is_quoted_rather_than_a_sentence_with_words_of_the_heading() {
    let rows = (6..16).map(|gate| format!("| {gate} | 7 |\n")).collect::<Vec<_>>().concat();
    let section = format!(
        "## Grease for valves\n\n| gate | spoons |\n|---|---|\n| frozen | 4 |\n{rows}\nSo twelve valves of a gate take much grease.\n"
    );
    let hit = answer(&section, "how much grease for the valve of a frozen gate");
    assert!(hit.passage.contains("gate: frozen\n- spoons: 4"), "{}", hit.passage);
}

#[test]
fn a_table_of_which_nothing_special_is_asked_is_quoted_whole() {
    let hit = first("difference between SaaS and PaaS");
    for row in ["stands for\n- SaaS: software", "you get\n", "fits\n- SaaS: standard needs, small teams"] {
        assert!(hit.passage.contains(row), "{}", hit.passage);
    }
}

#[test]
fn sentence_that_goes_on_after_a_command_comes_with_the_command() {
    let hit = first("journald logs too big");
    assert!(hit.passage.contains("SystemMaxUse=500M\nand apply it:\nsystemctl restart"), "{}", hit.passage);
}

fn line(hit: &Hit, number: usize) -> String {
    let path = Path::new(crate::KB).join(&hit.file);
    std::fs::read_to_string(path).unwrap().lines().nth(number - 1).unwrap().to_owned()
}

#[test]
fn overview_yields_to_the_steps_below_it() {
    for question in ["remediation fails, insufficient space", "VI web access unavailable"] {
        let hit = first(question);
        assert!(hit.heading.len() > 1, "{question}: {:?}", hit.heading);
    }
}

#[test]
fn symptom_gets_what_to_do_and_why_gets_the_cause() {
    for question in ["esxi vm stuck", "kvm guest hung", "converter says disk corrupted"] {
        let hit = first(question);
        let top = hit.heading.first().map(String::as_str);
        assert!(!matches!(top, Some("Cause" | "Symptoms")), "{question}: {:?}", hit.heading);
    }
    assert_eq!(first("why does a conversion fail at 5 percent").heading[0], "Cause");
}

#[test]
fn where_no_platform_is_named_the_others_are_near() {
    let found = |question: &str| hits(question).iter().map(|hit| hit.article.to_string()).collect::<Vec<_>>();
    let create = found("create a vm");
    assert!(["kvm-vm-create", "vm-create-cli"].iter().all(|id| create.iter().any(|it| it == id)));
    let list = found("list vms");
    assert_eq!(list.iter().filter(|id| id.ends_with("vm-power-off-unresponsive")).count(), 3, "{list:?}");
}

#[test]
fn slips_of_the_finger_and_words_joined_or_split_are_mended_instead_of_refused() {
    for (question, read_as, article) in [
        ("remidiation fails", "remediation", "service-console-disk-full"),
        ("journlad", "journald", "linux-disk-full"),
        ("how do I get the worldid", "world id", "vm-power-off-unresponsive"),
        ("vmkfstool", "", "vm-create-cli"),
        ("cosole OS / partition is full", "console", "service-console-disk-full"),
        ("who schedules memroy in esx", "memory", "esx-architecture"),
        ("binary trnslation explained", "translation", "hardware-vs-software-virtualization"),
        ("antivirus blocks coonversion", "conversion", "vconverter-disk-corrupted"),
        ("does a crsah of teh service console stop the vms", "crash", "esx-architecture"),
        ("whcih hypervisor iwth bare metal", "", "esx-architecture"),
        ("virsh destory", "destroy", "kvm-vm-power-off-unresponsive"),
        ("vm wont power off", "", "esxi-vm-power-off-unresponsive"),
        ("guest isnt responding", "", "vm-power-off-unresponsive"),
        ("`vm kfstools`", "vmkfstools", "vm-create-cli"),
    ] {
        let answer = SEARCH.answer(question, 3).unwrap();
        assert!(answer.hits.first().is_some_and(|hit| hit.article.as_str() == article), "{question}");
        let mended: Vec<&str> = answer.mended.iter().map(|it| it.read_as.as_str()).collect();
        assert_eq!(mended.join(", "), read_as, "{question}");
        assert!(answer.mended.iter().all(|it| question.contains(&it.word)), "{question}");
    }
    // Words that are meant as they stand, one letter from one of the articles or of everyday talk.
    for question in [
        "printer is frozen",
        "stat of the disk",
        "selling a disk",
        "consul is frozen",
        "kill the consul process",
        "kill thanos",
        "thanos is down",
        "power off the robot",
        "power off the modem",
        "delete a survey",
        "powder off",
        "the theme is full",
        "the tank is full",
    ] {
        let answer = SEARCH.answer(question, 3).unwrap();
        assert!(answer.mended.is_empty(), "{question}: {:?}", answer.mended);
        assert!(!answer.certain, "{question}");
    }
    for question in ["bridge networking", "grafana dashboards", "kvm nested virtualization"] {
        assert!(hits(question).is_empty(), "{question}");
    }
}

#[test]
fn what_a_screen_shows_in_percent_is_not_what_a_question_is_about() {
    for question in ["service console 97 % full", "service console is 97% full", "console partition 97% used"]
    {
        assert_eq!(first(question).article.as_str(), "service-console-disk-full", "{question}");
    }
    for question in ["conversion stuck at 97%", "import hangs at 97 percent", "stops at 97 %", "97%"] {
        assert_eq!(first(question).article.as_str(), "vconverter-stops-at-97", "{question}");
    }
}

#[test]
fn the_usual_half_of_an_unknown_command_is_no_certain_answer() {
    for question in ["restart foobar-vmware", "service foobar restart", "vm-foobar", "ssh-keygen"] {
        assert!(!SEARCH.answer(question, 3).unwrap().certain, "{question}");
    }
    for question in ["restart mgmt-vmware", "service mgmt-vmware restart"] {
        let known = SEARCH.answer(question, 3).unwrap();
        assert!(known.certain && known.hits[0].passage.contains("service mgmt-vmware restart"), "{question}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn marks_lie_in_the_passage_and_never_in_code(text in "[a-z ’é.:|\\-\n]{0,600}", question in prop::sample::select(vec!["gate", "the valves", "gates’ valve"])) {
        // A line of hyphens makes a heading of what stands above it, and of that there may be too much.
        prop_assume!(!text.lines().any(|line| line.contains('-') && line.trim_matches(['-', ' ']).is_empty()));
        let section = format!("Gate valve {text}\n\n    gate valve\n\n- gate {text}\n");
        let hit = answer(&section, question);
        let len = hit.passage.chars().count();
        let mut end = 0;
        for &(from, to) in &hit.marks {
            prop_assert!(end <= from && from < to && to <= len, "{:?} of {len}", hit.marks);
            end = to;
        }
        for quote in &hit.quotes {
            prop_assert!(!quote.code || quote.marks.is_empty());
            for mark in &quote.marks {
                prop_assert!(quote.text.get(mark.clone()).is_some_and(|marked| !marked.contains('\n')));
            }
        }
    }
}
