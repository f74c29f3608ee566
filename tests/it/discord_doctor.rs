//! `dogwatch doctor` and Discord: what is wrong there is found, named, and said how to set right.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Output, Stdio};

use crate::BINARY;
use crate::bot::Place;
use crate::discord_server::{LONG, Operation, RestFault, Server, Setup};

/// Everything the bot needs: what the README's invitation gives.
const NEEDED: u64 = 309_237_763_072;
const VIEW_CHANNEL: u64 = 1 << 10;
const SEND_MESSAGES: u64 = 1 << 11;
const ATTACH_FILES: u64 = 1 << 15;
const CREATE_PUBLIC_THREADS: u64 = 1 << 35;

/// A server as it should be: everybody may do nothing, the bot's own role what the bot needs.
fn setup() -> Setup {
    Setup::with_cast()
        .channel("incidents")
        .permissions("@everyone", 0)
        .bot_role("dogwatch-role")
        .permissions("dogwatch-role", NEEDED)
}

/// A place without hosts, with a configuration for a server.
struct Office {
    place: Place,
    server: Server,
    /// Keys of the `[discord]` section, each with its value.
    keys: Vec<(String, String)>,
    /// Lines of `[discord.roles]`.
    roles: String,
}

impl Office {
    fn new(setup: Setup) -> Self {
        let server = setup.start();
        let quoted = |text: String| format!("{text:?}");
        let keys = [
            ("guild", quoted(server.guild_id().to_string())),
            ("channels", format!("[\"{}\"]", server.channel("ops"))),
            ("incident_channel", quoted(server.channel("incidents").to_string())),
            ("token_file", quoted("token".to_owned())),
            ("api_url", quoted(server.base())),
        ];
        let keys = keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let roles = format!("\"{}\" = \"approver\"", server.role("approver"));
        Self { place: Place::without_lab(), server, keys, roles }
    }

    fn set(&mut self, key: &str, value: &str) {
        self.keys.retain(|(known, _)| known != key);
        self.keys.push((key.to_owned(), value.to_owned()));
    }

    fn token(&self, token: &str, mode: u32) {
        let path = self.place.path("token");
        // A mode is given to new files only.
        let _ = fs::remove_file(&path);
        let file = File::options().create_new(true).write(true).mode(mode).open(path);
        file.unwrap().write_all(token.as_bytes()).unwrap();
    }

    fn command(&self, command: &str) -> Command {
        let path = self.place.path("dogwatch.toml");
        let keys: Vec<_> = self.keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        let section = format!("[discord]\n{}\n[discord.roles]\n{}\n", keys.join("\n"), self.roles);
        fs::write(&path, section).unwrap();
        self.place.make_record();
        if !self.place.path("token").exists() {
            self.token(self.server.token(), 0o600);
        }
        let mut dogwatch = Command::new(BINARY);
        dogwatch.arg(command).arg("--config").arg(path);
        dogwatch.arg("--kb").arg(self.place.kb()).arg("--index").arg(self.place.index());
        dogwatch.arg("--state").arg(self.place.state());
        dogwatch
    }

    /// The exit status and the lines about Discord.
    fn doctor(&self) -> (i32, Vec<String>) {
        let Output { status, stdout, stderr } = self.command("doctor").output().unwrap();
        let printed = String::from_utf8(stdout).unwrap();
        let errors = String::from_utf8(stderr).unwrap();
        assert!(!printed.contains(self.server.token()) && !errors.contains(self.server.token()));
        let lines = printed.lines().filter(|line| line.contains(" Discord")).map(str::to_owned).collect();
        (status.code().unwrap(), lines)
    }

    /// What is wrong, which is to be all in one line that begins like this.
    fn only_fault(&self, what: &str) -> String {
        let (status, lines) = self.doctor();
        let faults: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("NOT OK ")).collect();
        assert_eq!((status, faults.len()), (1, 1), "{lines:#?}");
        assert!(faults[0].starts_with(&format!("{what}: ")), "{}", faults[0]);
        assert_eq!(self.server.complaints(), Vec::<String>::new());
        faults[0].to_owned()
    }
}

#[test]
fn all_is_well() {
    let office = Office::new(setup());
    let (status, lines) = office.doctor();
    let expected = [
        "ok     Discord token: known: the bot is dogwatch",
        "ok     Discord intents: MESSAGE CONTENT INTENT is not needed",
        "ok     Discord server: practice",
        "ok     Discord incident channel #incidents: the bot may do all that it has to",
        "ok     Discord channel #ops: the bot may do all that it has to",
        "ok     Discord role for approver: @approver",
        "ok     Discord commands: none yet: `dogwatch serve` registers them at its start",
    ];
    assert_eq!((status, lines), (0, expected.map(str::to_owned).to_vec()));
    assert_eq!(office.server.complaints(), Vec::<String>::new());
}

#[test]
fn the_commands_that_a_start_registers_are_the_ones_that_are_looked_for() {
    let office = Office::new(setup());
    let mut serving = office.command("serve").stdin(Stdio::null()).spawn().unwrap();
    office.server.wait_until("the commands are registered", || office.server.command_counts().0 > 0);
    let (status, lines) = office.doctor();
    serving.kill().unwrap();
    serving.wait().unwrap();
    let registered = office.server.commands().len();
    let expected = format!("ok     Discord commands: all {registered} are registered");
    assert_eq!((status, lines.last()), (0, Some(&expected)));
}

#[test]
fn without_a_section_nothing_is_asked() {
    let office = Office::new(setup());
    let _ = office.command("doctor");
    fs::write(office.place.path("dogwatch.toml"), "").unwrap();
    let mut doctor = Command::new(BINARY);
    doctor.arg("doctor").arg("--config").arg(office.place.path("dogwatch.toml"));
    doctor.arg("--kb").arg(office.place.kb()).arg("--index").arg(office.place.index());
    let Output { status, stdout, .. } = doctor.arg("--state").arg(office.place.state()).output().unwrap();
    let printed = String::from_utf8(stdout).unwrap();
    let about: Vec<_> = printed.lines().filter(|line| line.contains("Discord")).collect();
    let expected = "ok     Discord: no [discord] section: README.md, \"On Discord\", says what goes into it";
    assert_eq!((status.code(), about), (Some(0), vec![expected]));
    assert_eq!(office.server.count_in_transcript(&["GET"]), 0);
}

#[test]
fn a_token_that_cannot_be_used_is_named() {
    let mut office = Office::new(setup());
    office.token(office.server.token(), 0o644);
    assert!(office.only_fault("Discord token").contains("chmod 600"));
    office.token("another.token", 0o600);
    assert!(office.only_fault("Discord token").contains("reset it in the developer portal"));
    office.keys.retain(|(key, _)| key != "token_file");
    office.set("token_env", "\"DOGWATCH_NO_SUCH_VARIABLE\"");
    assert!(office.only_fault("Discord token").contains("DOGWATCH_NO_SUCH_VARIABLE is not set"));
}

#[test]
fn an_intent_that_is_off_is_named_where_it_is_needed() {
    let mut office = Office::new(setup());
    office.set("message_content", "true");
    let fault = office.only_fault("Discord intents");
    let page = format!("https://discord.com/developers/applications/{}/bot", office.server.application_id());
    assert!(fault.contains(&page) && fault.contains("message_content = false"), "{fault}");
    let mut office = Office::new(setup().message_content());
    office.set("message_content", "true");
    assert_eq!(office.doctor().0, 0);
}

#[test]
fn a_bot_that_is_not_on_the_server_gets_the_page_to_invite_it() {
    let mut office = Office::new(setup());
    office.set("guild", "\"77\"");
    let link = format!(
        "https://discord.com/oauth2/authorize?client_id={}&scope=bot+applications.commands&permissions={NEEDED}&guild_id=77",
        office.server.application_id()
    );
    let fault = office.only_fault("Discord server");
    assert!(fault.ends_with(&link), "{fault}");
}

#[test]
fn what_a_channel_denies_is_named_with_where_to_allow_it() {
    let office =
        Office::new(setup().overwrite("incidents", "@everyone", 0, CREATE_PUBLIC_THREADS | ATTACH_FILES));
    let fault = office.only_fault("Discord incident channel #incidents");
    let click = "Edit Channel, Permissions, add dogwatch and allow Attach Files, Create Public Threads";
    assert!(
        fault.contains("missing: Attach Files, Create Public Threads;") && fault.ends_with(click),
        "{fault}"
    );
    // Threads are made from the incident channel only; what is allowed to the bot itself yields to nothing.
    let office = Office::new(
        setup()
            .overwrite("ops", "dogwatch-role", 0, CREATE_PUBLIC_THREADS)
            .overwrite("incidents", "dogwatch-role", 0, SEND_MESSAGES)
            .overwrite("incidents", "dogwatch", SEND_MESSAGES, 0),
    );
    assert_eq!(office.doctor().0, 0);
}

#[test]
fn a_role_that_allows_too_little_is_seen_in_every_channel() {
    let office = Office::new(setup().permissions("dogwatch-role", NEEDED & !ATTACH_FILES));
    let (status, lines) = office.doctor();
    let missing = lines.iter().filter(|line| line.contains("missing: Attach Files;")).count();
    assert_eq!((status, missing), (1, 2), "{lines:#?}");
}

#[test]
fn channels_that_are_hidden_or_not_there_are_named() {
    let mut office =
        Office::new(setup().closed_channel("board").overwrite("board", "@everyone", 0, VIEW_CHANNEL));
    office.set("channels", &format!("[{}]", office.server.channel("board")));
    let what = format!("Discord channel {}", office.server.channel("board"));
    assert!(office.only_fault(&what).contains("allow View Channel, Send Messages, "));
    office.set("channels", "[5]");
    assert!(office.only_fault("Discord channel 5").contains("no such channel"));
}

#[test]
fn a_role_that_is_not_there_is_named_and_everybody_is_pointed_out() {
    let mut office = Office::new(setup());
    office.roles = format!("\"{}\" = \"viewer\"\n\"8\" = \"admin\"", office.server.guild_id());
    assert!(office.only_fault("Discord role for admin").contains("no role 8"));
    let (_, lines) = office.doctor();
    assert!(
        lines.iter().any(|line| line.starts_with("ok     Discord role for viewer: @everyone: all people"))
    );
}

#[test]
fn a_bot_invited_without_commands_gets_the_page_to_invite_it() {
    let office = Office::new(setup());
    office.server.fail_request(Operation::GetCommands, RestFault::Before(403));
    assert!(office.only_fault("Discord commands").contains("scope=bot+applications.commands"));
}

#[test]
fn a_discord_that_does_not_answer_is_a_fault_and_no_hang() {
    let mut office = Office::new(setup());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    office.set("api_url", &format!("\"http://{}\"", nobody.local_addr().unwrap()));
    let begin = std::time::Instant::now();
    let fault = office.only_fault("Discord");
    assert!(fault.contains("got no answer") && fault.contains("api_url"), "{fault}");
    assert!(begin.elapsed() < LONG);
}
