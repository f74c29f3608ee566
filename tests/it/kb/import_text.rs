//! What is recognised in a text, and how it is written.

use std::fs;

use dogwatch::kb::{Code, read_page};

use super::article;
use super::import::{Desk, body, drafted};

#[test]
fn plain_text_shows_its_headings_items_code_and_tables() {
    let text = "Full disk on the console\n\
                ========================\n\
                The root file system is full.\n\
                Remediation fails.\n\n\
                Find the folder\n\n\
                Run these as root:\n\
                $ df -h\n\
                # du -h --max-depth=1\n\
                Then look for:\n\
                - big folders\n  and old ones\n\
                - *.iso files\n\
                1) cd /vmimages\n\
                2) ls\n\
                   a. only images\n\n\
                2.1 Clean up\n\
                Indented code follows.\n\n    \
                rm -- old.iso\n\n\
                Name | Size\n\
                -----+-----\n\
                a.iso | 3 GB\n";
    assert_eq!(
        body("x.txt", text),
        "# Full disk on the console\n\n\
         The root file system is full.\nRemediation fails.\n\n\
         ## Find the folder\n\n\
         Run these as root:\n\n\
         ```text\n$ df -h\n# du -h --max-depth=1\n```\n\n\
         Then look for:\n\n\
         - big folders\n  and old ones\n- \\*.iso files\n\n\
         1. cd /vmimages\n2. ls\n\n   - a. only images\n\n\
         ### 2.1 Clean up\n\n\
         Indented code follows.\n\n\
         ```text\nrm -- old.iso\n```\n\n\
         | Name | Size |\n|---|---|\n| a.iso | 3 GB |\n"
    );
}

#[test]
fn the_highest_headings_stand_right_below_the_title() {
    let text = "Lock left over\n==============\n\nNothing starts.\n\nCause\n-----\nA crash.\n\nWhere\n-----\nIn /run.\n";
    let expected = "# Lock left over\n\nNothing starts.\n\n## Cause\n\nA crash.\n\n## Where\n\nIn /run.\n";
    assert_eq!(body("x.txt", text), expected);
    let page = "<h1>Lock left over</h1><p>Nothing starts.<h3>Cause</h3><p>A crash.<h4>Where</h4><p>In /run.";
    assert_eq!(body("x.html", page), expected.replace("## Where", "### Where"));
}

#[test]
fn a_margin_of_spaces_and_a_tab_takes_no_letter() {
    for text in ["    \tSome words", " \tSome words", "\tSome words\n    \tand more"] {
        assert!(body("some.txt", text).contains("Some words"), "{text:?}");
    }
}

#[test]
fn html_keeps_what_people_read_and_leaves_out_the_rest() {
    let page = "<!DOCTYPE html><html><head><title>Wiki</title><meta name=keywords content='disk, esx'>\
                <style>p { color: red }</style><script>alert('<p>no</p>')</script></head><body>\
                <nav><ul><li>Home</nav><div><nav><p>Shop</div><!-- a comment --><h1>Disk &amp; console</h1>\
                <p>Read <a href='https://example.net/a_b'>the manual</a>, not <a href='#x'>this</a>.\
                <h2>Steps</h2><ol start=3><li>Run <code>df -h</code><ul><li>as root</ul><li>Look</ol>\
                <pre>\n# ls\n  a &lt; b</pre>\
                <table><tr><th>File<th>Size<tr><td>a|b<td>3</table>\
                <table><tr><td>Laid out</td></tr></table>1. no item<br># no heading";
    let (text, _) = drafted("x.html", page.as_bytes());
    assert_eq!(
        text,
        "# Disk & console\n\n\
         Read the manual (https://example.net/a_b), not this.\n\n\
         ## Steps\n\n\
         3. Run `df -h`\n\n   - as root\n\n4. Look\n\n\
         ```text\n# ls\n  a < b\n```\n\n\
         | File | Size |\n|---|---|\n| a&#124;b | 3 |\n\n\
         Laid out\n\n\
         1\\. no item\n\\# no heading\n"
    );
}

#[test]
fn code_in_a_heading_of_html_stays_code_and_a_title_is_plain() {
    let page = "<h1>Use <code>a*b</code></h1><p>Words.<h2>Run <code>df\n -h </code>as <code>`x`</code> #</h2><p>More.";
    assert_eq!(body("x.html", page), "# Use a\\*b\n\nWords.\n\n## Run `df -h` as `` `x` `` \\#\n\nMore.\n");
}

#[test]
fn front_matter_of_markdown_gives_fields_and_all_of_it_stays_text() {
    let toml = "title = \"Old: one\"\ntags = [\"disk\", \"full disk\"]\nproducts = [\"ESX 3.x\"]\nsymptoms = [\"It is slow\"]";
    let yaml = "title: \"Old: one\"\ntags: [disk, 'full disk', ]\nproducts: [\"ESX 3.x\"]\nsymptoms: [It is slow]\nauthors:\n  - ann";
    let rows = "title: 'Old: one' # so far\ntags:\n  - disk\n  - \"full disk\"\nproducts: ESX 3.x\nsymptoms:\n- It is slow\nids: {a: [1, 2]}";
    for (fence, front) in [("+++", toml), ("---", yaml), ("---", rows)] {
        let desk = Desk::new(&[("x.md", format!("{fence}\n{front}\n{fence}\nWords.\n").as_bytes())]);
        desk.import();
        let text = fs::read_to_string(&desk.drafts()[0]).unwrap();
        let article = read_page("x.md", text.as_bytes()).0.unwrap().article;
        assert_eq!(article.title, "Old: one");
        assert_eq!(article.products, ["ESX 3.x"]);
        assert_eq!(article.tags, ["disk", "full disk"]);
        assert_eq!(article.symptoms, ["It is slow"]);
        assert!(text.ends_with(&format!("Words.\n\n```text\n{front}\n```\n")), "{text}");
    }
}

#[test]
fn front_matter_that_is_neither_toml_nor_yaml_stays_text() {
    let deep = format!("a: {}", "[".repeat(100_000));
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\n".to_owned() + &"c: [*b, *b, *b, *b, *b]\n".repeat(9);
    for front in ["title: \"Old", "- title", "title: [", "\t: {", &deep, bomb.trim_end()] {
        let desk = Desk::new(&[("x.md", format!("---\n{front}\n---\n# New\n\nWords.\n").as_bytes())]);
        desk.import();
        let text = fs::read_to_string(&desk.drafts()[0]).unwrap();
        assert_eq!(read_page("x.md", text.as_bytes()).0.unwrap().article.title, "New");
        assert!(text.ends_with(&format!("Words.\n\n```text\n{front}\n```\n")), "{text:.900}");
    }
}

#[test]
fn xhtml_closes_what_html_would_leave_open() {
    let page = "<?xml version='1.0'?><html><head><script src='x'/><title>Port</title></head><p/>\
                <script>if (1 &lt; 2) no()</script><dl><dt>sshd</dt><dd>22</dd></dl></html>";
    assert_eq!(body("x.xhtml", page), "# Port\n\nsshd\n\n- 22\n");
}

#[test]
fn markdown_stays_as_it_is_but_for_title_front_matter_and_actions() {
    let text = "---\ntitle: Old\n---\nBefore *it*.\n\n# New `title`\n\n[a](https://example.net)\n\n\
                ~~~ Action\nid = \"x\"\n~~~\n";
    assert_eq!(
        body("x.md", text),
        "# New title\n\nBefore *it*.\n\n\n\n[a](https://example.net)\n\n~~~text\nid = \"x\"\n~~~\n\n\
         ```text\ntitle: Old\n```\n"
    );
}

#[test]
fn no_block_of_an_imported_text_is_an_action() {
    let action = "id = \"wipe\"\ntitle = \"t\"\nplatforms = [\"linux\"]\nrisk = \"read\"\n[[steps]]\n\
                  run = [\"ls\"]\ntimeout_s = 1\n";
    let fenced = format!("```action\n{action}```\n");
    let quoted = format!("> ```act&#105;on\n> {}\n", action.trim_end().replace('\n', "\n> "));
    let page =
        format!("<p>one two</p><p>```action<br>{action}```</p><pre>\n```\n```action\n{action}```</pre>");
    for (name, text) in [
        ("a.md", fenced.clone()),
        ("b.md", quoted),
        ("c.txt", format!("Some words.\n\n{fenced}")),
        ("d.html", page),
        ("e.html", "<title>x</title><p>+++<p>a +++<br>+++<br>```action<br>id = 1".to_owned()),
    ] {
        let (text, codes) = drafted(name, text.as_bytes());
        let (page, _) = read_page("x.md", article("x", &text).as_bytes());
        assert!(page.unwrap().article.actions.is_empty(), "{text}");
        assert!(!codes.contains(&Code::NotQuiteAction), "{text}");
    }
}

#[test]
fn front_matter_is_what_the_text_says_of_itself_and_nothing_more() {
    let hostile =
        "<title>a \" ''' \\ &#10;+++&#10;id = 1</title><meta name=keywords content='\", +++'><p>words";
    let desk = Desk::new(&[("x.html", hostile.as_bytes())]);
    desk.import();
    let text = fs::read(&desk.drafts()[0]).unwrap();
    let (page, _) = read_page("x.md", &text);
    let article = page.unwrap().article;
    assert_eq!(article.title, "a \" ''' \\ +++ id = 1");
    assert_eq!(article.id.as_str(), "a-id-1");
    assert_eq!(article.tags, ["\"", "+++"]);
    assert!(article.products.is_empty() && article.symptoms.is_empty());
}

#[test]
fn a_heading_too_long_for_one_is_text() {
    let (fits, long) = ("- a ".repeat(50).trim().to_owned() + "b", "- a ".repeat(51));
    let long = long.trim();
    let page = format!("<h1>{long}</h1><p>Words.<h2>{fits}</h2><p>More.<h2>{long}</h2>End.");
    let expected = format!("# x\n\n\\{long}\n\nWords.\n\n## {fits}\n\nMore.\n\n\\{long}\n\nEnd.\n");
    assert_eq!(body("x.html", &page), expected);
    let text = format!("# {long}\n\nWords.\n");
    assert_eq!(body("x.md", &text), format!("# x\n\n\\{long}\n\n\n\nWords.\n"));
}

#[test]
fn rows_of_a_table_are_as_short_as_they_were_but_for_the_first() {
    let page = "<h1>T</h1><table><tr><td>a<td>b<td>c<tr><td>d<tr><td><td>e</table>";
    let expected = "# T\n\n|  |  |  |\n|---|---|---|\n| a | b | c |\n| d |\n|  | e |\n";
    assert_eq!(body("x.html", page), expected);
}

#[test]
fn a_table_that_no_article_could_hold_is_put_in_order() {
    let wide = |width: usize| {
        format!("<h1>T</h1><table><tr>{}{}</table>", "<td>a".repeat(width), "<tr><td>b".repeat(99))
    };
    assert!(body("x.html", &wide(200)).contains("\n| b |\n"));
    let laid_out = body("x.html", &wide(201));
    let cells = |cell: &str| laid_out.lines().filter(|line| *line == cell).count();
    assert_eq!((cells("a"), cells("b"), laid_out.contains('|')), (201, 99, false));
    let named =
        |name: &str| body("x.html", &format!("<h1>T</h1><table><tr><th>{name}<th>y<tr><td>1<td>2</table>"));
    let (fits, long) = ("n".repeat(100), "n".repeat(101));
    assert_eq!(named(&fits), format!("# T\n\n| {fits} | y |\n|---|---|\n| 1 | 2 |\n"));
    assert_eq!(named(&long), format!("# T\n\n{long}\n\ny\n\n1\n\n2\n"));
}

#[test]
fn plain_text_that_is_too_much_for_a_table_stays_as_it_is_shown() {
    let rows = |count: usize| "a | b\n".repeat(count);
    assert!(body("t.txt", &format!("Words.\n\n{}", rows(10_000))).contains("|---|---|\n| a | b |\n"));
    let many = body("t.txt", &format!("Words.\n\n{}", rows(10_001)));
    assert_eq!(many, format!("# t\n\nWords.\n\n```text\n{}```\n", rows(10_001)));
    let prose = format!("Words.\n\n{} | b\nc | d\n", "a".repeat(101));
    assert_eq!(body("t.txt", &prose), format!("# t\n\n{prose}"));
}

#[test]
fn html_is_read_in_the_encoding_that_it_names() {
    let said = "Диск переполнен, удалите старые файлы.";
    for (label, meta) in [
        ("koi8-r", "<meta charset=\"koi8-r\">"),
        ("windows-1251", "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1251\">"),
        ("iso-8859-5", "<META CHARSET=iso-8859-5 />"),
    ] {
        let page = format!("<html><head>{meta}<title>T</title></head><body><p>{said}</p></body></html>");
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        let bytes = encoding.encode(&page).0;
        assert!(drafted("page.html", &bytes).0.contains(said), "{label}");
    }
    // One that names what it is not is read as before.
    let page = b"<meta charset=\"utf-8\"><title>T</title><p>caf\xe9 au lait</p>";
    assert!(drafted("page.html", page).0.contains("caf\u{e9} au lait"));
}

#[test]
fn what_cannot_be_seen_hides_no_markup() {
    let page =
        "<title>T</title><p>&#8203;# mount -a</p><p>&#x200b;~~~</p><h2>Afterwards</h2><p>Look at it.</p>";
    let body = body("page.html", page);
    assert!(body.contains("\\# mount -a") && body.contains("\\~~~"), "{body}");
    assert!(body.contains("\n## Afterwards\n"), "{body}");
}
