//! `serve`: the bot on Discord, until SIGTERM.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::watch;

use super::end::End;
use super::failure::{Done, Failure};
use super::places::Places;
use super::runtime::run as run_to_end;
use crate::anchor_file::AnchorFile;
use crate::app::ports::Elsewhere;
use crate::app::{Bot, BotError};
use crate::articles::library::KbLibrary;
use crate::articles::meaning::VECTORS;
use crate::articles::sources::{ConfigSource, Files};
use crate::chat::discord::gateway::GatewayClosed;
use crate::chat::discord::rest::Secret;
use crate::chat::discord::service::{self, GatewayUnknown, Service};
use crate::config::discord::Discord as Settings;
use crate::domain::decide::input::Input;
use crate::remote::{Ssh, SshConfig};
use crate::store::sled_record::SledRecord;

pub fn run(places: &Places) -> Done {
    let config = ConfigSource::File(places.config_file());
    let read = config.read().map_err(Failure::Usage)?;
    let Some(settings) = read.discord.clone() else {
        return Err(Failure::Usage(anyhow::anyhow!(
            "there is no [discord] section in the configuration: README.md, \"On Discord\", says what goes into it"
        )));
    };
    let token = Secret::new(settings.token.read().map_err(|error| Failure::Usage(error.into()))?);
    if read.identity.is_none() && !read.inventory.is_empty() {
        let problem = "there are hosts but no key to log in with: name it with [ssh] identity = \"FILE\"";
        return Err(Failure::Usage(anyhow::anyhow!(problem)));
    }
    let files = Files::new(places.kb.clone(), config);
    let library = Arc::new(KbLibrary::open(&places.kb, Some(&places.index), places.meaning(VECTORS)?)?);
    let _following = library.watch()?;
    let state = places.state()?;
    let (identity, anchor_file) = (read.identity.unwrap_or_default(), read.anchor_file);
    let parts = Parts { settings, token, files, library, identity, anchor_file };
    run_to_end(async { parts.run(&state, &mut End::listen()?).await })?
}

/// All that is open before the record.
struct Parts {
    settings: Settings,
    token: Secret,
    files: Files,
    library: Arc<KbLibrary>,
    identity: PathBuf,
    anchor_file: Option<PathBuf>,
}

impl Parts {
    async fn run(self, state: &Path, end: &mut End) -> Done {
        let catalogue = self.files.read(&[])?;
        let folder = state.to_owned();
        let (record, moments, outbox) =
            tokio::task::spawn_blocking(move || SledRecord::open(&folder)).await??;
        let service = Service::new(self.settings, self.token, record.id())?;
        let url = tokio::select! {
            url = service.gateway_url() => url.map_err(unknown)?,
            () = end.asked() => return Ok(()),
        };
        let stop = watch::Sender::new(false);
        let sources = Arc::new(self.files);
        let bot = Bot {
            hosts: Arc::new(Ssh::new(SshConfig::new(self.identity))),
            record,
            library: self.library,
            sources: Arc::clone(&sources),
            chat: Arc::new(service.chat()),
            roles: Arc::new(service.roles()),
            elsewhere: self.anchor_file.map(|file| Arc::new(AnchorFile::new(file)) as Arc<dyn Elsewhere>),
        };
        let (bot, handle) = bot.prepare(catalogue, &moments, outbox);
        let mut running = tokio::spawn(bot.run(stop.subscribe()));
        handle.send(Input::Recover).await;
        let serving = service.start(url, sources, handle, &stop);
        let mut serving = serving.context("could not begin the gateway's thread")?;
        let ended = tokio::select! {
            () = end.asked() => Ended::Asked,
            ended = &mut running => Ended::Bot(ended.context("the bot died")?),
            ended = serving.ended() => Ended::Discord(ended),
        };
        stop.send_replace(true);
        serving.finish().await;
        match ended {
            Ended::Asked | Ended::Discord(service::Ended::Gateway(Ok(()))) => Ok(()),
            Ended::Bot(ended) => Ok(ended.map_err(anyhow::Error::new)?),
            Ended::Discord(service::Ended::Died(what)) => {
                Err(Failure::Failed(anyhow::anyhow!("{what} died: start the bot again")))
            }
            Ended::Discord(service::Ended::Gateway(Err(error @ GatewayClosed::Failed(_)))) => {
                Err(Failure::Failed(error.into()))
            }
            Ended::Discord(service::Ended::Gateway(Err(error))) => Err(Failure::Usage(error.into())),
        }
    }
}

enum Ended {
    Asked,
    Bot(Result<(), BotError>),
    Discord(service::Ended),
}

fn unknown(error: GatewayUnknown) -> Failure {
    match error {
        GatewayUnknown::Setup(_) => Failure::Usage(error.into()),
        GatewayUnknown::Refused(_) | GatewayUnknown::Unsaid { .. } => Failure::Failed(error.into()),
    }
}
