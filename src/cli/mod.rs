//! One file a subcommand; the wiring of the parts.
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage or configuration.

/// Writes a line to standard output; see [`output`].
macro_rules! out {
    ($($text:tt)*) => {
        crate::cli::output(&format!("{}\n", format_args!($($text)*)))
    };
}

mod ask;
mod audit;
mod chat;
mod clock;
mod demo;
mod doctor;
mod encoding;
mod end;
mod incident;
mod kb;
mod lab;
pub mod library;
mod log;
mod model;
pub mod parts;
mod progress;
mod serve;
mod talk;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::chat::console;
use crate::config::{Config, ConfigError, DEFAULT_FILE, Inventory};
use crate::domain::refusal::Refusal;
use crate::kb::KbError;
use crate::kb::import::ImportError;
use crate::model::ModelError;

/// An on-call bot: cited answers, approved actions, a record nobody doubts.
#[derive(Parser)]
#[command(version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(flatten)]
    places: Places,
    #[command(subcommand)]
    command: Command,
}

impl Arguments {
    fn of_this_call() -> Self {
        let arguments = Self::parse();
        let Command::Ask(ask) = &arguments.command else { return arguments };
        Self::parse_from(ask.options_first(std::env::args_os().collect()))
    }
}

/// Where things are.
#[derive(Args, Clone)]
struct Places {
    /// The configuration [default: dogwatch.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of articles
    #[arg(long, global = true, value_name = "DIR", default_value = "kb")]
    kb: PathBuf,
    /// The folder of the search index, which is disposable
    #[arg(long, global = true, value_name = "DIR", default_value = "index")]
    index: PathBuf,
    /// The folder of the record [default: dogwatch in `$XDG_STATE_HOME` or ~/.local/state]
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    /// The folder of the model [default: dogwatch/models/all-MiniLM-L6-v2 in `$XDG_DATA_HOME` or ~/.local/share]
    #[arg(long, global = true, value_name = "DIR")]
    model: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Practice hosts, a cast of people, a temporary record: everything to try dogwatch with
    Demo(demo::Arguments),
    /// The practice hosts alone, kept in a folder
    Lab(lab::Arguments),
    /// The bot in this terminal, with the real configuration
    Chat,
    /// The bot on Discord
    Serve,
    /// One answer; `-` reads one question a line
    Ask(ask::Arguments),
    /// Check, index, measure and look after the knowledge base
    #[command(subcommand)]
    Kb(kb::Command),
    /// Read incidents from the record
    #[command(subcommand)]
    Incident(incident::Command),
    /// Prove the record
    #[command(subcommand)]
    Audit(audit::Command),
    /// Settle what time it is, where the machine's clock was set
    #[command(subcommand)]
    Clock(clock::Command),
    /// Get the model that compares texts by meaning
    #[command(subcommand)]
    Model(model::Command),
    /// Look at configuration, articles, index, record, hosts and Discord: each with what to do
    Doctor,
}

/// Why a command failed.
enum Failure {
    /// Something went wrong: exit status 1.
    Failed(anyhow::Error),
    /// Usage or configuration: exit status 2.
    Usage(anyhow::Error),
    /// It has been said already: exit status 1.
    Said,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let no_model = matches!(error.downcast_ref(), Some(ModelError::Missing { .. }));
        let usage =
            no_model || error.is::<ConfigError>() || error.is::<KbError>() || error.is::<ImportError>();
        if usage { Self::Usage(error) } else { Self::Failed(error) }
    }
}

type Done = Result<(), Failure>;

/// Runs what the arguments say.
pub fn main() -> ExitCode {
    let arguments = Arguments::of_this_call();
    log::init();
    let places = &arguments.places;
    let done = match &arguments.command {
        Command::Demo(arguments) => demo::run(places, arguments),
        Command::Lab(arguments) => lab::run(arguments),
        Command::Chat => chat::run(places),
        Command::Serve => serve::run(places),
        Command::Ask(arguments) => ask::run(places, arguments),
        Command::Kb(command) => kb::run(places, command),
        Command::Incident(command) => incident::run(places, command),
        Command::Audit(command) => audit::run(places, command),
        Command::Clock(command) => clock::run(places, command),
        Command::Model(command) => model::run(places, command),
        Command::Doctor => doctor::run(places),
    };
    let json = match &arguments.command {
        Command::Ask(arguments) => arguments.json,
        Command::Kb(kb::Command::Eval { json, .. } | kb::Command::Report { json }) => *json,
        _ => false,
    };
    match done.and_then(|()| written()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Said) => ExitCode::from(1),
        Err(Failure::Failed(error)) => told(&error, "failed", json, 1),
        Err(Failure::Usage(error)) => told(&error, "usage", json, 2),
    }
}

/// What went wrong when a command wrote to standard output.
static UNWRITTEN: Mutex<Option<io::Error>> = Mutex::new(None);

/// Writes what a command says. Where that fails the command has failed, unless it is that whoever read has gone:
/// that is no failure of ours.
fn output(text: &str) {
    if let Err(error) = console::write(text) {
        *UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// Whether all that was said could be written.
fn is_written() -> bool {
    UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).is_none()
}

fn written() -> Done {
    match UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(anyhow::Error::new(error).context("could not write to standard output")))
        }
        _ => Ok(()),
    }
}

/// Tells an error: to people on standard error, to programs as JSON on standard output.
fn told(error: &anyhow::Error, kind: &str, json: bool, status: u8) -> ExitCode {
    match error.downcast_ref::<Refusal>() {
        Some(refusal) if json => out!("{}", serde_json::json!({ "error": refusal })),
        Some(refusal) => eprintln!("dogwatch: {}; {}", refusal.message, refusal.hint),
        None if json => {
            let error = serde_json::json!({ "code": kind, "message": format!("{error:#}"), "hint": "" });
            out!("{}", serde_json::json!({ "error": error }));
        }
        None => eprintln!("dogwatch: {error:#}"),
    }
    ExitCode::from(status)
}

impl Places {
    /// The configuration that was named, or the default one if it is there.
    fn config(&self) -> Result<Config, ConfigError> {
        self.config_file().map_or_else(|| Ok(Config::default()), |path| Config::read(&path, Inventory::Real))
    }

    fn config_file(&self) -> Option<PathBuf> {
        let default = PathBuf::from(DEFAULT_FILE);
        self.config.clone().or_else(|| default.exists().then_some(default))
    }

    /// The folder of the record.
    fn state(&self) -> anyhow::Result<PathBuf> {
        let default = || Some(home("XDG_STATE_HOME", ".local/state")?.join("dogwatch"));
        let nowhere =
            || anyhow::anyhow!("there is no home folder to keep the record in: name one with --state DIR");
        self.state.clone().or_else(default).ok_or_else(nowhere)
    }

    /// The folder of the model.
    fn model(&self) -> anyhow::Result<PathBuf> {
        let default =
            || Some(home("XDG_DATA_HOME", ".local/share")?.join("dogwatch/models/all-MiniLM-L6-v2"));
        let nowhere =
            || anyhow::anyhow!("there is no home folder to keep the model in: name one with --model DIR");
        self.model.clone().or_else(default).ok_or_else(nowhere)
    }
}

/// A folder of the user: what the variable says if that is absolute, else below home.
fn home(variable: &str, below: &str) -> Option<PathBuf> {
    let xdg = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    xdg.or_else(|| std::env::home_dir().map(|home| home.join(below)))
}

/// The runtime that asynchronous commands run on.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start the runtime")
}
