//! How replies look.
#![expect(clippy::panic, reason = "tests")]

use super::*;

fn only(reply: &Reply) -> Outgoing {
    let mut messages = layout(reply);
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.remove(0)
}

fn description(message: &Outgoing) -> &str {
    message.embeds.first().map_or("", |embed| embed.description.as_str())
}

fn approve(number: u64) -> Button {
    let press = Press::Request(RequestPress::Approve, RequestId(number), Prefix([1; 6]));
    Button::new("Approve", Weight::Main, press)
}

#[test]
fn a_request_on_one_screen() {
    let reply = Reply::new(
        Tone::Wait,
        Line::plain("r1 waits for 2 approvals: ").code("rm -- /a_b*").then(" on lab-1"),
    )
    .line(Line::plain("asked by ").account(ActorId("discord:80351110224678912".to_owned())).then("."))
    .item(Line::plain("reason: ").untrusted("@here *disk* is full"))
    .line(Line::plain("from ").account(ActorId("console:0".to_owned())))
    .block("rm -- /a_b*\nls `x`")
    .ready("/approve r1")
    .button(approve(1))
    .button(Button::new(
        "Deny\n",
        Weight::Danger,
        Press::Request(RequestPress::Deny, RequestId(1), Prefix([1; 6])),
    ));
    let message = only(&reply);
    assert_eq!(message.content, "**r1 waits for 2 approvals:** `rm -- /a_b*` **on lab-1**");
    assert_eq!(
        description(&message),
        "asked by <@80351110224678912>.\n- reason: ＠here \\*disk\\* is full\nfrom `console:0`\n```\nrm -- /a_b*\nls `x`\n```"
    );
    assert_eq!(message.embeds[0].color, 0xf1_c4_0f);
    assert_eq!(
        message.body()["components"],
        json!([{"type": 1, "components": [
            {"type": 2, "style": 1, "label": "Approve", "custom_id": "1:approve:r1:010101010101"},
            {"type": 2, "style": 4, "label": "Deny", "custom_id": "1:deny:r1:010101010101"},
        ]}])
    );
}

#[test]
fn an_article_is_quoted_with_its_code_apart_and_what_was_asked_for_in_bold() {
    let reply = Reply::new(Tone::Info, Line::plain("title"))
        .quote(Line::default().untrusted("1. Stop the ").marked("hung *VM*").untrusted(" like this:"))
        .block("stop **VM**")
        .quote(Line::default().marked("- type").untrusted(": bare ").marked("metal").marked("s"))
        .line(Line::plain("source: ").code("a.md:1-2"));
    assert_eq!(
        description(&only(&reply)),
        "> 1\\. Stop the **hung \\*VM\\*** like this:\n```\nstop **VM**\n```\n\
         > **\\- type**: bare **metals**\nsource: `a.md:1-2`"
    );
}

#[test]
fn every_row_of_a_long_quotation_is_quoted() {
    let reply =
        Reply::new(Tone::Info, Line::plain("title")).quote(Line::default().untrusted("x ".repeat(1_000)));
    assert!(description(&only(&reply)).lines().all(|row| row.starts_with("> x ")));
}

#[test]
fn a_command_is_shown_where_there_is_no_button() {
    let reply = Reply::new(Tone::Info, Line::plain("title")).ready("/approve r1");
    assert_eq!(description(&only(&reply)), "`/approve r1`");
}

#[test]
fn a_reply_that_says_nothing_is_a_message() {
    for reply in [
        Reply::new(Tone::Info, Line::default()),
        Reply::new(Tone::Info, Line::plain(" "))
            .line(Line::plain("\u{3000}"))
            .block("\n \n")
            .button(approve(1)),
    ] {
        assert_eq!(only(&reply).content, NOTHING);
    }
    let empty = layout(&Reply::new(Tone::Bad, Line::default()).line(Line::plain("body")));
    assert_eq!((empty[0].content.as_str(), description(&empty[0])), ("", "body"));
}

#[test]
fn a_short_output_is_shown_whole() {
    let message =
        only(&Reply::new(Tone::Good, Line::plain("done")).output(Line::default(), "out.txt", "one\ntwo"));
    assert_eq!((description(&message), message.files.len()), ("```\none\ntwo\n```", 0));
}

#[test]
fn a_long_output_shows_its_ends_and_is_attached_whole() {
    let lines: Vec<_> = (1..=40).map(|n| format!("line {n}")).collect();
    let message = only(&Reply::new(Tone::Good, Line::plain("done")).output(
        Line::default(),
        "r1 lab/1.txt",
        &lines.join("\n"),
    ));
    assert_eq!(
        description(&message),
        "```\nline 1\nline 2\nline 3\nline 4\nline 5\nline 6\n```\n28 lines between, whole in `r1-lab-1.txt`\n\
         ```\nline 35\nline 36\nline 37\nline 38\nline 39\nline 40\n```"
    );
    assert_eq!(message.files[0].text, lines.join("\n"));
    assert_eq!(message.body()["attachments"], json!([{"id": 0, "filename": "r1-lab-1.txt"}]));
}

#[test]
fn an_output_of_one_long_line_is_cut_and_attached() {
    let message = only(&Reply::new(Tone::Good, Line::plain("done")).output(
        Line::default(),
        "out.txt",
        &"x".repeat(5_000),
    ));
    assert!(description(&message).contains("x…\n```\nLong lines are cut here, whole in `out.txt`"));
    assert_eq!(message.files[0].text.len(), 5_000);
}

#[test]
fn a_huge_file_keeps_its_beginning_and_its_end() {
    let text = format!("first\n{}last\n", "\u{1b}é\n".repeat(300_000));
    let message = only(&Reply::new(Tone::Info, Line::plain("a")).file("a.txt", text));
    let kept = &message.files[0].text;
    assert!(kept.len() <= file::FILE_LEN_MAX && kept.len() > file::FILE_LEN_MAX - 200);
    assert!(
        kept.starts_with("first\n")
            && kept.ends_with("last\n")
            && kept.contains(" bytes are left out here ...]")
    );
    let whole = |line: &str| matches!(line, "first" | "last" | "\\u{1b}é" | "") || line.starts_with("[... ");
    let odd = kept.lines().filter(|line| !whole(line)).count();
    assert!(odd <= 2, "only the lines at the cut may be parts of lines");
}

#[test]
fn a_long_timeline_flows_into_three_messages_and_a_file() {
    let items = (0..2_000).map(|n| Line::plain(format!("at {n}: ")).untrusted("something_happened"));
    let reply = items.fold(Reply::new(Tone::Info, Line::plain("timeline")), Reply::item).button(approve(1));
    let messages = layout(&reply);
    assert_eq!(messages.len(), 3);
    let [first, second, third] = &messages[..] else { unreachable!() };
    assert!(first.rows.is_empty() && second.rows.is_empty() && third.rows.len() == 1);
    assert_eq!((second.content.as_str(), third.content.as_str()), ("", ""));
    assert!(description(third).ends_with("All of it is in `reply.txt`."));
    assert!(
        third.files[0].text.starts_with("timeline\n\n- at 0: something_happened\n")
            && third.files[0].text.ends_with("- at 1999: something_happened\n")
    );
}

#[test]
fn what_has_to_be_one_message_attaches_all_of_it() {
    let items = (0..2_000).map(|n| Line::plain(format!("at {n}")));
    let message =
        single(&items.fold(Reply::new(Tone::Info, Line::plain("card")), Reply::item).button(approve(1)));
    assert_eq!((message.content.as_str(), message.rows.len(), message.files.len()), ("**card**", 1, 1));
    assert!(description(&message).ends_with("All of it is in `reply.txt`."));
    let edited = message.without_files().body();
    assert!(edited.get("attachments").is_none(), "an edit that names no attachments keeps them");
}

#[test]
fn a_block_goes_on_in_the_next_message() {
    let lines: Vec<_> = (0..150).map(|n| format!("line {n} {}", "z".repeat(30))).collect();
    let messages = layout(&Reply::new(Tone::Info, Line::plain("a")).block(lines.join("\n")));
    let mut shown = vec![];
    for message in &messages {
        let [Token::Block(content)] = &tokens(description(message))[..] else { panic!("{message:?}") };
        shown.extend(content.trim_matches('\n').lines().map(str::to_owned));
    }
    assert_eq!(shown, lines);
}

#[test]
fn many_files_are_spread_and_what_is_left_is_in_the_last() {
    let files = (0..40).map(|n| (format!("{}.txt", n % 5), format!("text {n}")));
    let reply =
        files.fold(Reply::new(Tone::Info, Line::plain("a")), |reply, (name, text)| reply.file(name, text));
    let messages = layout(&reply);
    let names: Vec<_> = messages[0].files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        ["0.txt", "1.txt", "2.txt", "3.txt", "4.txt", "0-2.txt", "1-2.txt", "2-2.txt", "3-2.txt"]
    );
    let rest = &messages[2].files[9];
    assert_eq!(rest.name, "reply.txt");
    assert!(
        rest.text.contains("--- 2.txt ---\ntext 27\n") && rest.text.ends_with("--- 4.txt ---\ntext 39\n")
    );
}

#[test]
fn names_of_files_are_safe() {
    for (name, safe) in [
        ("../../etc/passwd", "etc-passwd"),
        ("", "file.txt"),
        ("...", "file.txt"),
        ("é.log", "log"),
        ("r1 out.txt", "r1-out.txt"),
    ] {
        assert_eq!(File::new(name, "x", &[]).name, safe, "{name}");
    }
    assert_eq!(File::new(&format!("{}.txt", "a".repeat(300)), "x", &[]).name.len(), 100);
}

#[test]
fn a_title_that_does_not_fit_is_said_again_below() {
    let message = only(&Reply::new(Tone::Info, Line::plain("step 1: ").code("x".repeat(2_500))));
    assert!(message.content.starts_with("**step 1:** `xx") && message.content.ends_with("` …"));
    assert_eq!(description(&message).matches('x').count(), 2_500);
}

#[test]
fn a_button_that_stands_twice_is_shown_once() {
    let reply =
        (0..60).fold(Reply::new(Tone::Info, Line::plain("a")), |reply, n| reply.button(approve(n / 2)));
    let rows = only(&reply).rows;
    assert_eq!(rows.iter().map(|row| row.0.len()).collect::<Vec<_>>(), [5; 5]);
}

#[test]
fn an_output_is_cut_only_where_that_saves_room() {
    let reply = |lines: &[String]| {
        Reply::new(Tone::Good, Line::plain("done")).output(Line::default(), "out.txt", &lines.join("\n"))
    };
    for count in 1..60 {
        let lines: Vec<_> = (1..=count).map(|n| format!("line {n} {}", "x".repeat(90))).collect();
        let message = only(&reply(&lines));
        let shown = lines.iter().filter(|line| description(&message).contains(*line)).count();
        let (hidden, said) = (count - shown, description(&message).contains("lines between"));
        assert_eq!((said, message.files.len()), (hidden > 0, usize::from(hidden > 0)), "{count}");
        assert!(hidden == 0 || hidden >= 6, "{hidden} of {count} are hidden");
        assert!(!description(&message).contains("Long lines"), "{count}");
    }
    let mut lines: Vec<_> = (1..=14).map(|n| format!("line {n}")).collect();
    lines[7] = "x".repeat(2_000);
    let message = only(&reply(&lines));
    assert!(description(&message).contains("Long lines are cut here"), "{}", description(&message));
    assert!(lines.iter().filter(|line| line.len() < 100).all(|line| description(&message).contains(line)));
}

#[test]
fn words_of_several_lines_keep_them_each_with_a_mark() {
    let said = Line::plain("ana: ").untrusted("one\r\ntwo\n\n# three").then(" (end)");
    let message = only(&Reply::new(Tone::Good, said.clone()).line(said.clone()).item(said));
    let lines = "ana: one\n> two\n> \\# three (end)";
    assert_eq!(message.content, "**ana: one** …");
    assert_eq!(description(&message), format!("{lines}\n{lines}\n- {lines}"));
    assert_eq!(message.title, "ana: one\\u{d}\\u{a}two\\u{a}\\u{a}# three (end)");
}
