//! Talking in the terminal: lines from standard input, one at a time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::watch;

use super::end::End;
use super::library::KbLibrary;
use super::parts::{Files, NoGroups};
use crate::app::{Bot, Handle};
use crate::chat::console::{self, Completion, Console, Patience, Typed, Typing};
use crate::chat::parse;
use crate::domain::decide::input::Input;
use crate::domain::id::ConversationId;
use crate::domain::record::origin::Origin;
use crate::domain::refusal::Refusal;
use crate::domain::say::replies;
use crate::domain::world::actor::ActorId;
use crate::remote::{Ssh, SshConfig};
use crate::store::sled_record::SledRecord;

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

/// How long an answer is waited for where a prompt can't be drawn again below it.
const SHORT: Duration = Duration::from_secs(1);
/// How long the loop may take to tell what runs, until somebody who wants to leave is not kept.
const LEAVING_TELLS: Duration = Duration::from_secs(1);

impl Talk {
    /// Opens the record, takes up what was going on, and talks until the input or the bot ends, or
    /// until somebody asks for the end: what runs on a host then is settled at the next start.
    pub async fn run(self, state: &Path, end: &mut End) -> anyhow::Result<()> {
        let catalogue = self.files.read(&[])?;
        let identity = self.files.config.read()?.identity.unwrap_or_default();
        let folder = state.to_owned();
        let (record, moments, outbox) =
            tokio::task::spawn_blocking(move || SledRecord::open(&folder)).await??;
        let names = if self.cast.is_empty() {
            Completion::of_commands()
        } else {
            Completion::of_commands().and("as", &self.cast)
        };
        let (console, mut typing) = console::open(names).context("could not take over the terminal")?;
        let console = Arc::new(console);
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
        let conversation = Conversation {
            handle,
            console: Arc::clone(&console),
            actor: self.actor,
            cast: self.cast,
            patience: typing.patience(),
        };
        let died = tokio::select! {
            () = conversation.hold(&mut typing) => None,
            () = end.asked() => None,
            failed = console.follow_window() => return failed.context("could not listen for signals"),
            died = &mut running => Some(died),
        };
        stop.send_replace(true);
        let ended = match died {
            Some(died) => died,
            None => running.await,
        };
        typing.close().await;
        Ok(ended.context("the bot died")??)
    }
}

struct Conversation {
    handle: Handle,
    console: Arc<Console>,
    actor: ActorId,
    cast: Vec<&'static str>,
    patience: Patience,
}

impl Conversation {
    async fn hold(mut self, typing: &mut Typing) {
        self.hand_over(Input::Recover).await;
        let mut warned = false;
        loop {
            match typing.line(self.prompt()).await {
                Typed::Line(line) => {
                    warned = false;
                    if !self.take(&line).await {
                        break;
                    }
                }
                Typed::Interrupt { again } if warned && again => break,
                Typed::Interrupt { .. } => {
                    self.warn().await;
                    warned = true;
                }
                Typed::End => break,
            }
        }
        typing.shown().await;
    }

    fn prompt(&self) -> String {
        let name = self.actor.0.rsplit(':').next().unwrap_or_default();
        format!("{name}> ")
    }

    /// Says what runs to somebody who is about to leave.
    async fn warn(&self) {
        match tokio::time::timeout(LEAVING_TELLS, self.handle.leaving()).await {
            Ok(Some(reply)) => self.console.reply(&reply),
            _ => self
                .console
                .text("? Ctrl-C once more leaves; what runs can't be told: the bot is busy\n".to_owned()),
        }
    }

    /// Lets somebody else of the cast type.
    fn turn_to(&mut self, name: &str) {
        if self.cast.contains(&name) {
            self.actor = demo_actor(name);
            return;
        }
        let refusal = Refusal::new("unknown_actor", format!("`{name}` is not in the cast"))
            .hint(format!("The cast: {}.", self.cast.join(", ")));
        self.console.reply(&replies::refusal(&refusal));
    }

    /// Takes a line; false if it ends the conversation, or the bot has stopped.
    async fn take(&mut self, line: &str) -> bool {
        let scripted = self.patience == Patience::Endless;
        if scripted {
            self.console.text(format!("{}\n", console::one_line(line)));
        }
        if line.trim_start().starts_with('#') && scripted {
            return true;
        }
        if matches!(line.trim().to_lowercase().as_str(), "exit" | "/exit" | "quit" | "/quit") {
            return false;
        }
        let mut words = line.split_whitespace();
        let is_as = words.next().is_some_and(|word| word.eq_ignore_ascii_case("/as"));
        if is_as && !self.cast.is_empty() {
            self.turn_to(&words.next().unwrap_or_default().to_lowercase());
            return true;
        }
        let command = match parse::parse(line) {
            Ok(None) => return true,
            Ok(Some(command)) => command,
            Err(refusal) => {
                self.console.reply(&replies::refusal(&refusal));
                return true;
            }
        };
        let origin = Origin::typed(self.actor.clone(), ConversationId(self.actor.0.clone()));
        self.hand_over(Input::Command { origin, command }).await
    }

    /// Hands an input to the loop; false if the bot has stopped.
    async fn hand_over(&self, input: Input) -> bool {
        match self.patience {
            Patience::None => self.handle.send(input).await,
            Patience::Short => self.handle.submit_for(input, SHORT).await,
            Patience::Endless => self.handle.submit(input).await,
        }
    }
}

/// The account of a person of the demo.
pub fn demo_actor(name: &str) -> ActorId {
    ActorId(format!("demo:{name}"))
}
