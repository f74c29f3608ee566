//! The command line as people and programs meet it: what it prints, and with which exit status it
//! ends.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use dogwatch::store;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{BINARY, KB};

/// One call of dogwatch in an empty folder.
#[must_use]
struct Call {
    folder: TempDir,
    kb: String,
    args: Vec<String>,
    stdin: String,
}

struct Done {
    status: i32,
    stdout: String,
    stderr: String,
}

fn dogwatch(args: &[&str]) -> Call {
    let args = args.iter().map(|&arg| arg.to_owned()).collect();
    Call { folder: tempfile::tempdir().unwrap(), kb: KB.to_owned(), args, stdin: String::new() }
}

impl Call {
    fn kb(mut self, folder: &Path) -> Self {
        folder.to_str().unwrap().clone_into(&mut self.kb);
        self
    }

    fn stdin(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stdin);
        self
    }

    fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    /// With a record in `state`, as `dogwatch init` makes it.
    fn record(self) -> Self {
        store::create(&self.folder.path().join("state"), 0).unwrap();
        self
    }

    fn run(&self) -> Done {
        let mut child = Command::new(BINARY)
            .args(["--kb", &self.kb, "--index", "index"])
            .args(&self.args)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(self.stdin.as_bytes()).unwrap();
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Done { status: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
    }
}

impl Done {
    fn json(&self) -> Vec<Value> {
        assert_eq!(self.status, 0, "{}", self.stderr);
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A configuration in which whoever runs the tests has a role.
fn person(role: &str) -> String {
    let uid = rustix::process::getuid().as_raw();
    format!("[[person]]\nname = \"nia\"\nrole = \"{role}\"\nactors = [\"console:{uid}\"]\n")
}

#[test]
fn ask_json_names_the_article_first_and_quotes_lines_that_are_there() {
    let answers = dogwatch(&["ask", "--json", "conversion stops at 97%"]).run().json();
    let [answer] = answers.as_slice() else { unreachable!("one question, {} answers", answers.len()) };
    assert_eq!(
        names(answer),
        ["answered", "certain", "hits", "mended", "nearest", "question", "revision", "took_us", "v"]
    );
    assert_eq!(answer["hits"][0]["article"], "vconverter-stops-at-97");
    for hit in answer["hits"].as_array().unwrap() {
        let expected = [
            "actions", "article", "file", "heading", "lines", "marks", "passage", "score", "section", "title",
        ];
        assert_eq!(names(hit), expected);
        let text = fs::read_to_string(Path::new(KB).join(hit["file"].as_str().unwrap())).unwrap();
        let (first, last) = (hit["lines"][0].as_u64().unwrap(), hit["lines"][1].as_u64().unwrap());
        assert!(first >= 1 && first <= last && last <= text.lines().count() as u64, "{hit}");
        let lines = usize::try_from(first).unwrap()..=usize::try_from(last).unwrap();
        let quoted: Vec<_> = text.lines().zip(1..).filter(|(_, line)| lines.contains(line)).collect();
        let word = hit["passage"].as_str().unwrap().split_whitespace().next().unwrap();
        assert!(
            quoted.iter().any(|(line, _)| line.contains(word)),
            "{word} is not in lines {first} to {last}"
        );
    }
}

#[test]
fn ask_with_a_dash_answers_one_question_a_line() {
    let call = dogwatch(&["ask", "--json", "--limit", "1", "-"]);
    let answers = call.stdin("disk full on linux\nwho won the football match\n\n\u{fffd}\n").run().json();
    assert_eq!(answers.len(), 4, "an answer a line, whatever stands on it");
    assert_eq!(answers[0]["hits"].as_array().unwrap().len(), 1);
    assert_eq!(answers[0]["hits"][0]["article"], "linux-disk-full");
    assert_eq!(answers[1]["answered"], false);
    assert!(answers[1]["hits"].as_array().unwrap().is_empty());
    assert!(!answers[1]["nearest"].as_array().unwrap().is_empty());
}

#[test]
fn options_are_options_behind_the_words_too_and_what_is_none_is_asked() {
    let asked = |words: &[&str]| dogwatch(&[&["ask"], words].concat()).run().json().remove(0);
    for limit in [&["--limit", "1"][..], &["--limit=1"]] {
        let answer = asked(&[&["conversion", "stops"], limit, &["at", "97%", "--json"]].concat());
        assert_eq!(answer["question"], "conversion stops at 97%");
        assert_eq!(answer["hits"].as_array().unwrap().len(), 1);
    }
    for words in [
        "vmkload_app -k 9",
        "esxcli --foo=1 --bar baz",
        "df -h shows 100%",
        "ssh --help -V",
        "systemctl --state failed",
    ] {
        let pasted: Vec<_> = words.split(' ').chain(["--json"]).collect();
        assert_eq!(asked(&pasted)["question"], words);
        assert_eq!(asked(&["--json", words])["question"], words);
    }
    assert_eq!(asked(&["--json", "--", "-k", "--json", "--limit"])["question"], "-k --json --limit");
    assert_eq!(asked(&["--json", "tool", "--", "--json"])["question"], "tool -- --json");
    for help in ["-h", "--help"] {
        let done = dogwatch(&["ask", help]).run();
        assert_eq!((done.status, done.stdout.contains("Usage: dogwatch ask")), (0, true), "{}", done.stderr);
    }
}

#[test]
fn a_question_without_an_answer_is_no_failure() {
    let done = dogwatch(&["ask", "who won the football match"]).run();
    assert_eq!((done.status, done.stdout.starts_with("- I don't know")), (0, true), "{}", done.stdout);
}

#[test]
fn an_index_that_was_damaged_is_built_anew() {
    let call = dogwatch(&["ask", "--json", "disk full on linux"]);
    call.run();
    let index = call.folder.path().join("index");
    let passages = fs::read_dir(index).unwrap().map(|it| it.unwrap().path()).find(|it| it.is_dir()).unwrap();
    fs::write(passages.join("meta.json"), "{ damaged").unwrap();
    assert_eq!(call.run().json()[0]["hits"][0]["article"], "linux-disk-full");
    assert_ne!(fs::read_to_string(passages.join("meta.json")).unwrap(), "{ damaged");
}

#[test]
fn wrong_usage_and_wrong_configuration_end_with_2() {
    assert_eq!(dogwatch(&["frobnicate"]).run().status, 2);
    assert_eq!(dogwatch(&["ask"]).run().status, 2);
    let done = dogwatch(&["chat"]).file("dogwatch.toml", "[policy]\nchange = 0\n").run();
    assert_eq!(done.status, 2);
    assert!(done.stderr.contains("can only be stricter"), "{}", done.stderr);
    let done = dogwatch(&["--config", "missing.toml", "ask", "--json", "x"]).run();
    assert_eq!(done.status, 2);
    let error: Value = serde_json::from_str(done.stdout.trim()).unwrap();
    assert_eq!(names(&error["error"]), ["code", "hint", "message"]);
    assert!(error["error"]["message"].as_str().unwrap().contains("missing.toml"));
}

#[test]
fn a_half_of_own_questions_is_wrong_usage() {
    let done = dogwatch(&["kb", "eval", "--questions", "q.jsonl", "--split", "choose"]).run();
    assert_eq!((done.status, done.stdout.as_str()), (2, ""));
    assert!(done.stderr.contains("--split") && done.stderr.contains("--questions"), "{}", done.stderr);
    assert!(done.stderr.contains("cannot be used with"), "{}", done.stderr);
}

#[test]
fn whoever_the_configuration_does_not_know_cannot_chat() {
    let done = dogwatch(&["chat"]).run();
    assert_eq!(done.status, 2);
    assert!(done.stderr.contains("console:") && done.stderr.contains("[[person]]"), "{}", done.stderr);
}

#[test]
fn an_article_that_is_left_out_is_logged_once_however_much_is_decided() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.md"), "no article").unwrap();
    let person = person("responder");
    let chat =
        dogwatch(&["--state", "state", "chat"]).kb(folder.path()).file("dogwatch.toml", &person).record();
    let done = chat.stdin("/run one on h1\n/run two on h1\n/hosts\n").run();
    assert_eq!(done.stdout.matches("refused: there is no action").count(), 2, "{}", done.stdout);
    assert_eq!(done.stderr.matches("bad.md:1").count(), 1, "{}", done.stderr);
}

/// Two articles with one action, of which a question finds the first.
fn rivals() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (id, words) in [("gasket", "a worn gasket"), ("flywheel", "a loose flywheel")] {
        let text = format!(
            "+++\nid = \"{id}\"\ntitle = \"About {words}\"\nproducts = [\"Linux\"]\ntags = [\"{id}\"]\n\
             symptoms = [\"{words}\"]\nreviewed = 2026-11-01\n+++\n# About {words}\n## Resolution\nReplace {words}.\n\
             ```action\nid = \"part-show\"\ntitle = \"Show the part\"\nplatforms = [\"linux\"]\nrisk = \"read\"\n\
             [[steps]]\nrun = [\"df\", \"-h\"]\ntimeout_s = 60\n```\n"
        );
        fs::write(folder.path().join(format!("{id}.md")), text).unwrap();
    }
    folder
}

const RIVALRY: &str =
    "its actions are not offered: flywheel.md:13: the action id `part-show` is also used in gasket.md:13";

#[test]
fn an_action_of_two_articles_is_offered_by_neither_and_ask_says_why() {
    let folder = rivals();
    let ask = |args: &[&str]| dogwatch(&[&["ask"], args].concat()).kb(folder.path()).run();
    let done = ask(&["a loose flywheel"]);
    assert!(done.stdout.contains("Replace a loose flywheel."), "{}", done.stdout);
    assert!(done.stdout.contains(RIVALRY) && !done.stdout.contains("/run"), "{}", done.stdout);
    let answer = ask(&["--json", "a loose flywheel"]).json().remove(0);
    assert_eq!(
        (&answer["hits"][0]["article"], &answer["hits"][0]["actions"]),
        (&json!("flywheel"), &json!([]))
    );
    fs::remove_file(folder.path().join("gasket.md")).unwrap();
    let done = ask(&["a loose flywheel"]);
    assert!(done.stdout.contains("/run part-show on HOST") && !done.stdout.contains("not offered"));
    let answer = ask(&["--json", "a loose flywheel"]).json().remove(0);
    assert_eq!(answer["hits"][0]["actions"][0]["id"], "part-show");
}

#[test]
fn chat_tells_an_admin_why_no_action_is_offered_and_nobody_else() {
    let folder = rivals();
    for (role, told) in [("admin", true), ("responder", false)] {
        let chat = dogwatch(&["--state", "state", "chat"]).file("dogwatch.toml", &person(role)).record();
        let done = chat.kb(folder.path()).stdin("a loose flywheel\n/run part-show on h1\n").run();
        assert!(done.stdout.contains("Replace a loose flywheel."), "{}", done.stdout);
        assert!(done.stdout.contains("there is no action `part-show`"), "{}", done.stdout);
        assert_eq!(done.stdout.contains(RIVALRY), told, "{role}: {}", done.stdout);
        assert!(!done.stdout.contains("action: "), "{}", done.stdout);
    }
}

#[test]
fn chat_keeps_what_happened_and_the_record_can_be_read_afterwards() {
    let config = person("responder");
    let kept = tempfile::tempdir().unwrap();
    let state = kept.path().join("state");
    let state = state.to_str().unwrap();
    let call = |args: &[&str]| dogwatch(&[&["--state", state], args].concat()).file("dogwatch.toml", &config);
    let made = call(&["init"]).run();
    assert_eq!((made.status, made.stderr.as_str()), (0, ""), "{}", made.stdout);
    let script = "/incident open sev2 mail is slow\n/incident note the queue is long\n/aprove r1\n";
    let done = call(&["chat"]).stdin(script).run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(done.stdout.contains("Did you mean /approve"), "{}", done.stdout);
    let listed = call(&["incident", "list"]).run();
    assert!(listed.stdout.contains("i1") && listed.stdout.contains("mail is slow"), "{}", listed.stdout);
    let shown = call(&["incident", "show", "i1"]).run();
    assert!(shown.stdout.contains("nia noted: the queue is long"), "{}", shown.stdout);
    let verified = call(&["audit", "verify"]).run();
    assert_eq!((verified.status, verified.stdout.contains("the record holds: 3 events")), (0, true));
    assert_eq!(call(&["incident", "show", "i9"]).run().status, 1);
    let doctor = call(&["doctor"]).run();
    assert_eq!(doctor.status, 0, "{}", doctor.stdout);
    assert!(doctor.stdout.contains("3 events"), "{}", doctor.stdout);
}

#[test]
fn doctor_prints_the_name_of_a_broken_file_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad\nok     index\u{1b}[31m.md"), "no article").unwrap();
    let done = dogwatch(&["doctor"]).kb(folder.path()).run();
    assert!(done.stdout.contains("NOT OK bad\\u{a}ok     index\\u{1b}[31m.md: "), "{}", done.stdout);
}

#[test]
fn lint_ends_with_1_and_names_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.md"), "+++\nid = \"other\"\n+++\n# Bad\n").unwrap();
    let done = dogwatch(&["kb", "lint"]).kb(folder.path()).run();
    assert_eq!(done.status, 1);
    assert!(done.stdout.contains("bad.md:"), "{}", done.stdout);
    assert_eq!(dogwatch(&["kb", "lint"]).run().status, 0);
}

#[test]
fn a_model_folder_that_is_named_must_hold_a_model() {
    for nowhere in ["nowhere", "file"] {
        for command in [&["ask", "disk full"][..], &["kb", "index"], &["kb", "eval", "--questions", "none"]] {
            let done = dogwatch(&[&["--model", nowhere], command].concat()).file("file", "").run();
            assert_eq!(done.status, 2, "{command:?}: {}{}", done.stdout, done.stderr);
            let advice =
                format!("there is no model in {nowhere}; `dogwatch model install --model {nowhere}`");
            assert!(done.stderr.contains(&advice), "{}", done.stderr);
        }
    }
    let done = dogwatch(&["--model", "nowhere", "doctor"]).run();
    assert!(done.stdout.contains("NOT OK model: there is no model in nowhere"), "{}", done.stdout);
    assert_eq!(done.status, 1);
}

#[test]
fn what_could_not_be_written_is_a_failure_and_a_reader_that_has_gone_ends_the_answers() {
    let folder = TempDir::new().unwrap();
    let call = |args: &[&str]| {
        let mut call = Command::new(BINARY);
        call.args(["--kb", KB, "--index", "index"]).args(args).current_dir(folder.path());
        call
    };
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = call(&["kb", "index"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not write to standard output"));

    let mut asking = call(&["ask", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut questions = asking.stdin.take().unwrap();
    drop(asking.stdout.take());
    // It ends although questions go on.
    while questions.write_all(b"vm power off\n").is_ok() {}
    assert_eq!(asking.wait().unwrap().code(), Some(0));
}

#[test]
fn any_bytes_and_any_options_are_words_of_a_question() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let folder = TempDir::new().unwrap();
    for words in [
        vec![&b"vm \xff\xfe power off"[..]],
        vec![b"what", b"does", b"--limit", b"do"],
        vec![b"--json", b"disk", b"full", b"--limit"],
        vec![b"--json", b"disk", b"--json", b"--limit", b"2", b"full", b"--limit=3"],
    ] {
        let mut call = Command::new(BINARY);
        call.args(["--kb", KB, "--index", "index", "ask"]).current_dir(folder.path());
        let output = call.args(words.iter().map(|word| OsStr::from_bytes(word))).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn doctor_looks_at_hosts_side_by_side() {
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let host = |number| {
        format!(
            "[[host]]\nname = \"h{number}\"\naddress = \"127.0.0.1\"\nport = {port}\nuser = \"nobody\"\n\
             platforms = [\"linux\"]\n"
        )
    };
    let config = format!("[ssh]\nidentity = \"key\"\n{}", (1..=6).map(host).collect::<String>());
    let call = dogwatch(&["doctor"]).file("dogwatch.toml", &config);
    crate::sshd::generate_key(&call.folder.path().join("key"));
    let begun = std::time::Instant::now();
    let done = call.run();
    let took = begun.elapsed();
    assert_eq!(done.status, 1, "{}", done.stdout);
    let told: Vec<_> = done.stdout.lines().filter(|line| line.contains("connection: agree")).collect();
    assert_eq!(told.len(), 6, "{}", done.stdout);
    let in_order = told.iter().enumerate().all(|(at, line)| line.contains(&format!(" h{} ", at + 1)));
    assert!(in_order, "{told:?}");
    // Each says nothing for ten seconds.
    assert!(took.as_secs() < 30, "{took:?}");
}
