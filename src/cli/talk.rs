//! The bot in the terminal: record, hosts, articles and a conversation become one.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::watch;

use super::end::End;
use crate::anchor_file::AnchorFile;
use crate::app::Bot;
use crate::app::ports::Elsewhere;
use crate::articles::library::KbLibrary;
use crate::articles::sources::Files;
use crate::chat::console::{self, Conversation, NoGroups, demo_actor};
use crate::domain::record::moment::Moment;
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

impl Talk {
    /// Opens the record, takes up what was going on, and talks until the input or the bot ends, or
    /// until somebody asks for the end: what runs on a host then is settled at the next start.
    pub async fn run(self, state: &Path, end: &mut End) -> anyhow::Result<()> {
        let catalogue = self.files.read(&[])?;
        let config = self.files.config.read()?;
        let identity = config.identity.unwrap_or_default();
        let folder = state.to_owned();
        let (record, moments, outbox) =
            tokio::task::spawn_blocking(move || SledRecord::open(&folder)).await??;
        if !self.cast.is_empty() {
            of_a_demo(state, &moments)?;
        }
        let names = console::completion(&self.cast);
        let (console, mut typing) = console::open(names).context("could not take over the terminal")?;
        let console = Arc::new(console);
        let bot = Bot {
            hosts: Arc::new(Ssh::new(SshConfig::new(identity))),
            record,
            library: self.library,
            sources: Arc::new(self.files),
            chat: Arc::clone(&console),
            roles: Arc::new(NoGroups),
            elsewhere: config.anchor_file.map(|file| Arc::new(AnchorFile::new(file)) as Arc<dyn Elsewhere>),
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

/// Refuses the record of anybody but a demo: hosts and people that are made up have no place in it.
fn of_a_demo(state: &Path, moments: &[Moment]) -> anyhow::Result<()> {
    let is_demos = |actor: &ActorId| *actor == ActorId::bot() || actor.0.starts_with(&demo_actor("").0);
    match moments.iter().map(|moment| &moment.actor).find(|actor| !is_demos(actor)) {
        None => Ok(()),
        Some(actor) => anyhow::bail!(
            "the record in {} is no demo's: `{actor}` has a part in it. Name another folder with --state, or none",
            state.display()
        ),
    }
}
