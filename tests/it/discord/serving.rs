//! `dogwatch serve` as a process of its own, against the Discord of the tests and practice hosts.

use std::fs::{self, File};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::BINARY;
use crate::bot::Place;
use crate::discord_server::{Server, Setup};

/// Everything the bot needs, and the bot while it runs.
pub struct Serving {
    pub place: Place,
    pub server: Server,
    /// More lines for the `[discord]` section.
    pub settings: String,
    /// More of the configuration: sections that stand before `[discord]`.
    pub sections: String,
    /// Roles of the server and what they are to the bot.
    pub roles: Vec<(&'static str, &'static str)>,
    /// How much is logged.
    pub log_level: &'static str,
    bot: Option<Child>,
    starts: usize,
}

impl Serving {
    /// The cast, a channel to talk in and one for incidents; the bot is running and ready.
    pub fn new() -> Self {
        Self::with(Setup::with_cast())
    }

    pub fn with(setup: Setup) -> Self {
        let mut serving = Self::stopped(setup, "");
        serving.start();
        serving
    }

    /// The same, with the bot still to be started.
    pub fn stopped(setup: Setup, settings: &str) -> Self {
        Self::stopped_at(Place::new(), setup, settings)
    }

    /// The same at a place that is there already.
    pub fn stopped_at(place: Place, setup: Setup, settings: &str) -> Self {
        let server = setup.channel("incidents").start();
        Self {
            place,
            server,
            settings: settings.to_owned(),
            sections: String::new(),
            roles: ["viewer", "responder", "approver", "admin"].map(|role| (role, role)).to_vec(),
            log_level: "info",
            bot: None,
            starts: 0,
        }
    }

    /// The lab's inventory as a real one, with the section for this server.
    fn configuration(&self) -> PathBuf {
        let lab = fs::read_to_string(self.place.lab().join("inventory.toml")).unwrap();
        let id = |role: &str| match role {
            "@everyone" => self.server.guild_id(),
            role => self.server.role(role),
        };
        let role = |(theirs, ours): &(&str, &str)| format!("\"{}\" = \"{ours}\"\n", id(theirs));
        let roles: String = self.roles.iter().map(role).collect();
        let server = &self.server;
        let discord = format!(
            "[discord]\nguild = \"{}\"\nchannels = [\"{}\"]\nincident_channel = \"{}\"\ntoken_file = \"token\"\n\
             api_url = \"{}\"\n{}\n[discord.roles]\n{roles}",
            server.guild_id(),
            server.channel("ops"),
            server.channel("incidents"),
            server.base(),
            self.settings
        );
        let path = self.place.path("dogwatch.toml");
        let lab = lab.replace("\"lab-", "\"");
        fs::write(&path, format!("{lab}\n{}\n{discord}", self.sections)).unwrap();
        let mut token = File::options();
        token.create(true).truncate(true).write(true).mode(0o600);
        let mut token = token.open(self.place.path("token")).unwrap();
        std::io::Write::write_all(&mut token, server.token().as_bytes()).unwrap();
        path
    }

    fn log(&self) -> PathBuf {
        self.place.path(&format!("serve-{}.log", self.starts))
    }

    /// What the bot has logged since its last start.
    pub fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Starts the bot and waits until it is connected.
    pub fn start(&mut self) {
        let before = self.server.identifies();
        self.begin();
        self.server.wait_until("the bot connects", || self.server.identifies() > before);
        self.server.wait_until_ready();
    }

    /// Starts the bot.
    pub fn begin(&mut self) {
        self.begin_with(|_| {});
    }

    /// Starts the bot after a change to what it will find.
    pub fn begin_with(&mut self, change: impl FnOnce(&Self)) {
        let configuration = self.configuration();
        self.place.make_record();
        change(self);
        self.server.expect_new_client();
        self.starts += 1;
        let mut command = Command::new(BINARY);
        command.arg("serve").arg("--config").arg(configuration);
        command.arg("--kb").arg(self.place.kb()).arg("--index").arg(self.place.index());
        command.arg("--state").arg(self.place.state());
        command.env("DOGWATCH_LOG", self.log_level);
        let log = File::create(self.log()).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.bot = Some(command.spawn().unwrap());
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let mut bot = self.bot.take().unwrap();
        bot.kill().unwrap();
        bot.wait().unwrap();
    }

    /// SIGTERM, and the end.
    pub fn terminate(&mut self) -> ExitStatus {
        let bot = self.bot.as_ref().unwrap();
        kill_process(Pid::from_child(bot), Signal::TERM).unwrap();
        self.ended()
    }

    /// Waits for the bot's own end.
    pub fn ended(&mut self) -> ExitStatus {
        self.bot.take().unwrap().wait().unwrap()
    }

    /// Kills the bot and starts it again.
    pub fn restart(&mut self) {
        self.kill();
        self.start();
    }

    /// Nothing that was sent broke a rule of Discord's, and no interaction was late.
    pub fn is_clean(&self) {
        assert_eq!(self.server.complaints(), Vec::<String>::new());
        assert_eq!(self.server.rate_violations(), Vec::<String>::new());
        assert_eq!(self.server.late_acks(), 0);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(mut bot) = self.bot.take() {
            let _ = bot.kill();
            let _ = bot.wait();
        }
        if std::thread::panicking() {
            for start in 1..=self.starts {
                let log = self.place.path(&format!("serve-{start}.log"));
                println!("--- log {start}\n{}", fs::read_to_string(log).unwrap_or_default());
            }
        }
    }
}
