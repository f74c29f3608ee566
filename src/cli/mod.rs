//! Arguments, wiring, exit codes: one file a subcommand.
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage or configuration.
//!
//! What it does not do: nothing here implements a port of `app` or knows how a part works inside. It says
//! which part is given to which.

mod ask;
mod audit;
mod backup;
mod chat;
mod clock;
mod demo;
mod doctor;
mod end;
mod failure;
mod incident;
mod init;
mod kb;
mod lab;
mod log;
mod model;
mod output;
mod pager;
mod places;
mod runtime;
mod serve;
mod talk;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::failure::Failure;
use self::output::{out, written};
use self::places::Places;
use crate::domain::refusal::Refusal;

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

#[derive(Subcommand)]
enum Command {
    /// Practice hosts, a cast of people, a temporary record: everything to try dogwatch with
    Demo(demo::Arguments),
    /// Make the record, once: `chat` and `serve` never do
    Init,
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
    /// Copy the record to a new folder, also while the bot runs
    Backup(backup::Arguments),
    /// Make the record of a backup, where there is none
    Restore(backup::Arguments),
    /// Make a record of what is sound of a damaged one, in a new folder
    Salvage(backup::Arguments),
    /// Settle what time it is, where the machine's clock was set
    #[command(subcommand)]
    Clock(clock::Command),
    /// Get the model that compares texts by meaning
    #[command(subcommand)]
    Model(model::Command),
    /// Look at configuration, articles, index, record, hosts and Discord: each with what to do
    Doctor,
}

/// Runs what the arguments say.
pub fn main() -> ExitCode {
    let arguments = Arguments::of_this_call();
    log::init();
    let places = &arguments.places;
    let done = match &arguments.command {
        Command::Demo(arguments) => demo::run(places, arguments),
        Command::Init => init::run(places),
        Command::Lab(arguments) => lab::run(arguments),
        Command::Chat => chat::run(places),
        Command::Serve => serve::run(places),
        Command::Ask(arguments) => ask::run(places, arguments),
        Command::Kb(command) => kb::run(places, command),
        Command::Incident(command) => incident::run(places, command),
        Command::Audit(command) => audit::run(places, command),
        Command::Backup(arguments) => backup::backup(places, arguments),
        Command::Restore(arguments) => backup::restore(places, arguments),
        Command::Salvage(arguments) => backup::salvage(places, arguments),
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
