//! Talking in the terminal: lines from standard input, one at a time.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::{mpsc, watch};

use super::end::End;
use super::library::KbLibrary;
use super::parts::{Files, NoGroups, SledRecord};
use crate::app::{Bot, Handle};
use crate::chat::console::{self, Console};
use crate::chat::parse;
use crate::domain::actor::ActorId;
use crate::domain::command::Origin;
use crate::domain::decide::Input;
use crate::domain::id::ConversationId;
use crate::domain::refusal::Refusal;
use crate::domain::replies;
use crate::remote::{Ssh, SshConfig};

/// What a conversation in the terminal needs.
pub struct Talk {
    /// Articles and configuration.
    pub files: Files,
    /// The index.
    pub library: Arc<KbLibrary>,
    /// Who types first.
    pub actor: ActorId,
    /// Whom `/as NAME` lets type; nobody outside the demo.
    pub cast: Vec<&'static str>,
}

/// Lines read ahead.
const LINES_AHEAD: usize = 16;

impl Talk {
    /// Opens the record, takes up what was going on, and talks until the input or the bot ends, or
    /// until somebody asks for the end: what runs on a host then is settled at the next start.
    pub async fn run(self, state: &Path, end: &mut End) -> anyhow::Result<()> {
        let catalogue = self.files.read(&[])?;
        let identity = self.files.config.read()?.identity.unwrap_or_default();
        let folder = state.to_owned();
        let (record, moments, outbox) =
            tokio::task::spawn_blocking(move || SledRecord::open(&folder)).await??;
        let console = Arc::new(Console::default());
        let bot = Bot {
            hosts: Arc::new(Ssh::new(SshConfig::new(identity))),
            record,
            library: self.library,
            sources: Arc::new(self.files),
            chat: Arc::clone(&console),
            roles: Arc::new(NoGroups),
        };
        let (bot, handle) = bot.prepare(catalogue, &moments, outbox);
        let stop = watch::Sender::new(false);
        let mut running = tokio::spawn(bot.run(stop.subscribe()));
        let conversation = Conversation { handle, console, actor: self.actor, cast: self.cast };
        let died = tokio::select! {
            () = conversation.hold() => None,
            () = end.asked() => None,
            died = &mut running => Some(died),
        };
        stop.send_replace(true);
        let ended = match died {
            Some(died) => died,
            None => running.await,
        };
        Ok(ended.context("the bot died")??)
    }
}

struct Conversation {
    handle: Handle,
    console: Arc<Console>,
    actor: ActorId,
    cast: Vec<&'static str>,
}

impl Conversation {
    async fn hold(mut self) {
        let interactive = std::io::stdin().is_terminal();
        // A script goes on when all that a line has caused is over; a person may type meanwhile.
        if interactive {
            self.handle.send(Input::Recover).await;
        } else {
            self.handle.submit(Input::Recover).await;
        }
        let mut lines = lines();
        self.prompt(interactive);
        while let Some(line) = lines.recv().await {
            if !self.take(&line, interactive).await {
                break;
            }
            self.prompt(interactive);
        }
    }

    fn prompt(&self, interactive: bool) {
        let name = self.actor.0.rsplit(':').next().unwrap_or_default();
        self.console.prompt(format!("{name}> "), interactive);
    }

    /// Lets somebody else of the cast type.
    fn turn_to(&mut self, name: &str) {
        if self.cast.contains(&name) {
            self.actor = demo_actor(name);
            return;
        }
        let refusal = Refusal::new("unknown_actor", format!("`{name}` is not in the cast"))
            .hint(format!("The cast: {}.", self.cast.join(", ")));
        console::show(&console::rendered(&replies::refusal(&refusal)));
    }

    /// Takes a line; false if it ends the conversation, or the bot has stopped.
    async fn take(&mut self, line: &str, interactive: bool) -> bool {
        if !interactive {
            console::show(&format!("{}\n", console::one_line(line)));
        }
        if line.trim_start().starts_with('#') && !interactive {
            return true;
        }
        if matches!(line.trim(), "exit" | "/exit" | "quit" | "/quit") {
            return false;
        }
        let mut words = line.split_whitespace();
        if words.next() == Some("/as") && !self.cast.is_empty() {
            self.turn_to(words.next().unwrap_or_default());
            return true;
        }
        let command = match parse::parse(line) {
            Ok(None) => return true,
            Ok(Some(command)) => command,
            Err(refusal) => {
                console::show(&console::rendered(&replies::refusal(&refusal)));
                return true;
            }
        };
        let origin = Origin::typed(self.actor.clone(), ConversationId(self.actor.0.clone()));
        let input = Input::Command { origin, command };
        if interactive { self.handle.send(input).await } else { self.handle.submit(input).await }
    }
}

/// The account of a person of the demo.
pub fn demo_actor(name: &str) -> ActorId {
    ActorId(format!("demo:{name}"))
}

/// The lines of standard input, read on a thread of their own: reading it can't be interrupted.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(LINES_AHEAD);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        while let Ok(Some(line)) = console::next_line(&mut input) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
