//! `serve`: the bot on Discord, until SIGTERM.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use tokio::sync::{mpsc, watch};

use super::end::End;
use super::failure::{Done, Failure};
use super::places::Places;
use super::runtime::runtime;
use crate::app::{Bot, BotError};
use crate::articles::library::KbLibrary;
use crate::articles::meaning::VECTORS;
use crate::articles::sources::{ConfigSource, Files};
use crate::chat::discord::Discord;
use crate::chat::discord::courier::Courier;
use crate::chat::discord::gateway::{EVENTS_MAX, Gateway, GatewayClosed};
use crate::chat::discord::reception::Reception;
use crate::chat::discord::rest::{Call, Rest, RestError, Secret};
use crate::chat::discord::roles::MemberRoles;
use crate::chat::discord::wire::Wire;
use crate::config::discord::Discord as Settings;
use crate::domain::decide::input::Input;
use crate::remote::{Ssh, SshConfig};
use crate::store::sled_record::SledRecord;

/// How long one question for the gateway may take.
const ASKING: std::time::Duration = std::time::Duration::from_secs(10);
/// How long what is being sent may take once the end is asked for.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(3);

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
    let identity = read.identity.unwrap_or_default();
    let service = Service { settings, token, files, library, identity };
    runtime()?.block_on(async { service.run(&state, &mut End::listen()?).await })
}

struct Service {
    settings: Settings,
    token: Secret,
    files: Files,
    library: Arc<KbLibrary>,
    identity: std::path::PathBuf,
}

impl Service {
    async fn run(self, state: &Path, end: &mut End) -> Done {
        let catalogue = self.files.read(&[])?;
        let folder = state.to_owned();
        let (record, moments, outbox) =
            tokio::task::spawn_blocking(move || SledRecord::open(&folder)).await??;
        let rest = Rest::new(&self.settings.api(), &self.token)?;
        let wire = Arc::new(Wire::new(rest, self.settings.incident_channel, record.id()));
        let url = tokio::select! {
            url = gateway_url(&wire, &self.settings) => url?,
            () = end.asked() => return Ok(()),
        };
        let stop = watch::Sender::new(false);
        let (orders, ordered) = mpsc::unbounded_channel();
        let sources = Arc::new(self.files);
        let bot = Bot {
            hosts: Arc::new(Ssh::new(SshConfig::new(self.identity))),
            record,
            library: self.library,
            sources: Arc::clone(&sources),
            chat: Arc::new(Discord(orders.clone())),
            roles: Arc::new(MemberRoles::new(Arc::clone(&wire), self.settings.guild)),
        };
        let (bot, handle) = bot.prepare(catalogue, &moments, outbox);
        let mut running = tokio::spawn(bot.run(stop.subscribe()));
        handle.send(Input::Recover).await;
        let (courier, reports) = Courier::new(Arc::clone(&wire), handle.clone());
        let mut courier = tokio::spawn(courier.run(ordered, stop.subscribe()));
        let reports = tokio::spawn(reports);
        let (reception, inputs) = Reception::new(self.settings.clone(), sources, wire, orders, handle);
        let (events, happened) = mpsc::channel(EVENTS_MAX);
        let mut reception = tokio::spawn(reception.run(happened, stop.subscribe()));
        let inputs = tokio::spawn(inputs);
        let gateway = Gateway {
            token: self.token,
            url,
            api_url: self.settings.api_url,
            message_content: self.settings.message_content,
        };
        // Kept, so that a gateway that closes for good is not taken for a reception that has died.
        let _open = events.clone();
        let thread = gateway.run(events, stop.subscribe()).context("could not begin the gateway's thread")?;
        let mut closed = tokio::task::spawn_blocking(move || thread.join());
        let ended = tokio::select! {
            () = end.asked() => Ended::Asked,
            _ = &mut courier => Ended::Died("what speaks to Discord"),
            _ = &mut reception => Ended::Died("what listens to Discord"),
            ended = &mut running => Ended::Bot(ended.context("the bot died")?),
            closed = &mut closed => Ended::Gateway(match closed {
                Ok(Ok(closed)) => closed,
                _ => Err(GatewayClosed::Failed("its thread died".to_owned())),
            }),
        };
        stop.send_replace(true);
        let tasks = [courier, reception, reports, inputs];
        // What is still on its way is in the outbox.
        let ends = async {
            for task in tasks.into_iter().filter(|task| !task.is_finished()) {
                // It has come to its end, one way or the other.
                let _ = task.await;
            }
        };
        if tokio::time::timeout(LAST_WORDS, ends).await.is_err() {
            tracing::debug!("something was still on its way");
        }
        match ended {
            Ended::Asked | Ended::Gateway(Ok(())) => Ok(()),
            Ended::Bot(ended) => Ok(ended.map_err(anyhow::Error::new)?),
            Ended::Died(what) => Err(Failure::Failed(anyhow::anyhow!("{what} died: start the bot again"))),
            Ended::Gateway(Err(error @ GatewayClosed::Failed(_))) => Err(Failure::Failed(error.into())),
            Ended::Gateway(Err(error)) => Err(Failure::Usage(error.into())),
        }
    }
}

enum Ended {
    Asked,
    Died(&'static str),
    Bot(Result<(), BotError>),
    Gateway(Result<(), GatewayClosed>),
}

/// Where the gateway is. Discord is asked also where the configuration says it: that shows whether
/// it knows the token.
async fn gateway_url(wire: &Wire, settings: &Settings) -> Result<String, Failure> {
    loop {
        match wire.rest.send(Call::get("/gateway/bot").by(Instant::now() + ASKING)).await {
            Ok(gateway) => {
                let told = gateway["url"].as_str().map(str::to_owned);
                let url = settings.gateway_url.clone().or(told);
                return url.ok_or_else(|| {
                    Failure::Failed(anyhow::anyhow!(
                        "{} does not say where the gateway is; [discord] gateway_url can",
                        settings.api()
                    ))
                });
            }
            Err(error @ (RestError::Token | RestError::Setup(_))) => {
                return Err(Failure::Usage(error.into()));
            }
            Err(error @ RestError::Refused { .. }) => match &settings.gateway_url {
                Some(url) => return Ok(url.clone()),
                None => return Err(Failure::Failed(error.into())),
            },
            Err(error) => tracing::warn!("{error}; it is tried again"),
        }
    }
}
