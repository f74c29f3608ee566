//! The gateway: serenity's connection over which Discord tells what happens.
//!
//! serenity hands each event to a task of its own, so their order is lost where tasks run side by
//! side. Here the client has a thread with a runtime of its own that runs one task at a time, in the
//! order in which they were begun; each does nothing but put its event into a queue. It also keeps
//! heartbeats going whatever the rest of the bot is doing.
//!
//! serenity reads an event whole or not at all: one unknown value in somebody's profile makes it one
//! of an unknown kind. So what it has read is written out again, and every event goes on as Discord
//! tells it, for one reader that looks at the few fields that are needed.
//!
//! serenity logs a payload that it can't read with the whole of it, the tokens of interactions
//! included: those lines never reach the log (see `cli`). They are counted by [`unreadable`], and so
//! are events in which what is needed can't be read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use serde_json::Value;
use serenity::all::{Client, Context, Event, GatewayIntents, HttpBuilder, RawEventHandler, async_trait};
use serenity::gateway::GatewayError;
use tokio::sync::{mpsc, watch};
use tracing_subscriber::layer::{Context as LayerContext, Layer};

use super::rest::Secret;
use super::stop::stopped;

/// Events that wait to be looked at.
pub const EVENTS_MAX: usize = 8192;

/// How long to wait before connecting anew after serenity has given up.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// How long Discord may take to answer the end of a connection.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(2);
/// How long serenity may ask for the address that it is given afterwards.
const ASKING: std::time::Duration = std::time::Duration::from_secs(10);

/// How to connect.
pub struct Gateway {
    /// The bot's token.
    pub token: Secret,
    /// Address of the gateway.
    pub url: String,
    /// Address of the HTTP interface, without a path.
    pub api_url: String,
    /// Whether what people write is read without a mention.
    pub message_content: bool,
}

/// Why the gateway is closed for good.
#[derive(Debug, thiserror::Error)]
pub enum GatewayClosed {
    /// The token is not known.
    #[error(
        "Discord does not know the bot's token: reset it in the developer portal (Bot, Reset Token) and put the new one where the configuration says"
    )]
    Token,
    /// What was asked for is not allowed.
    #[error(
        "Discord does not allow the bot to read messages: switch on MESSAGE CONTENT INTENT in the developer portal (Bot), or set message_content = false"
    )]
    Intents,
    /// The thread could not be run.
    #[error("the gateway can't be run: {0}")]
    Failed(String),
}

/// The kinds of events that are taken in.
const KINDS: &[&str] = &[
    "READY",
    "GUILD_CREATE",
    "THREAD_CREATE",
    "THREAD_UPDATE",
    "THREAD_DELETE",
    "INTERACTION_CREATE",
    "MESSAGE_CREATE",
];

/// An event as Discord tells it.
#[derive(Debug)]
pub struct Arrived {
    /// Its kind.
    pub kind: String,
    /// What it tells.
    pub data: Value,
    /// When it arrived: Discord's three seconds are counted from then.
    pub received: Instant,
}

impl Arrived {
    /// An event of a kind that is taken in.
    pub fn of(event: Event, received: Instant) -> Option<Self> {
        // serenity leaves out what kind of interaction it has read.
        let interaction = match &event {
            Event::InteractionCreate(created) => Some(u8::from(created.interaction.kind())),
            _ => None,
        };
        let (kind, mut data) = match event {
            Event::Unknown(unknown) => (unknown.kind, unknown.value),
            event if is_taken_in(&event) => {
                let Ok(mut event) = serde_json::to_value(event) else {
                    count_unreadable();
                    return None;
                };
                (event["t"].as_str()?.to_owned(), event["d"].take())
            }
            _ => return None,
        };
        if let Some(interaction) = interaction {
            data["type"] = interaction.into();
        }
        KINDS.contains(&kind.as_str()).then_some(Self { kind, data, received })
    }
}

/// The same for what serenity has read: most of what happens on a server is not worth writing out.
fn is_taken_in(event: &Event) -> bool {
    matches!(
        event,
        Event::Ready(_)
            | Event::GuildCreate(_)
            | Event::ThreadCreate(_)
            | Event::ThreadUpdate(_)
            | Event::ThreadDelete(_)
            | Event::InteractionCreate(_)
            | Event::MessageCreate(_)
    )
}

struct Queue(mpsc::Sender<Arrived>);

#[async_trait]
impl RawEventHandler for Queue {
    async fn raw_event(&self, _: Context, event: Event) {
        let Some(arrived) = Arrived::of(event, Instant::now()) else { return };
        if self.0.try_send(arrived).is_err() {
            tracing::error!("an event of Discord is dropped: {EVENTS_MAX} wait already, or the bot ends");
        }
    }
}

impl Gateway {
    /// Connects and stays connected, on a thread of its own, until `stop` turns true or there is no
    /// point in trying again.
    pub fn run(
        self,
        events: mpsc::Sender<Arrived>,
        stop: watch::Receiver<bool>,
    ) -> std::io::Result<JoinHandle<Result<(), GatewayClosed>>> {
        std::thread::Builder::new().name("gateway".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let failed = |error: std::io::Error| GatewayClosed::Failed(error.to_string());
            runtime.map_err(failed)?.block_on(self.stay(events, stop))
        })
    }

    async fn stay(
        self,
        events: mpsc::Sender<Arrived>,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), GatewayClosed> {
        loop {
            let mut client = tokio::select! {
                client = self.client(events.clone()) => client?,
                () = stopped(&mut stop) => return Ok(()),
            };
            self.url.clone_into(&mut *client.ws_url.lock().await);
            let shards = client.shard_manager.clone();
            let ended = tokio::select! {
                ended = client.start() => ended,
                () = stopped(&mut stop) => {
                    // Nobody may be there any more to say goodbye to.
                    let _ = tokio::time::timeout(GOODBYE, shards.shutdown_all()).await;
                    return Ok(());
                }
            };
            match ended {
                Err(serenity::Error::Gateway(GatewayError::InvalidAuthentication)) => {
                    return Err(GatewayClosed::Token);
                }
                Err(serenity::Error::Gateway(
                    GatewayError::DisallowedGatewayIntents | GatewayError::InvalidGatewayIntents,
                )) => return Err(GatewayClosed::Intents),
                ended => tracing::warn!("the gateway was left ({ended:?}); connecting anew"),
            }
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                () = stopped(&mut stop) => return Ok(()),
            }
        }
    }

    async fn client(&self, events: mpsc::Sender<Arrived>) -> Result<Client, GatewayClosed> {
        let mut intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES;
        intents.set(GatewayIntents::MESSAGE_CONTENT, self.message_content);
        // What is sent goes through `rest`; serenity only asks for the address, which is given above.
        let failed = |error: &dyn std::fmt::Display| GatewayClosed::Failed(error.to_string());
        let asking = reqwest::Client::builder().timeout(ASKING).build().map_err(|error| failed(&error))?;
        let http = HttpBuilder::new(self.token.expose())
            .client(asking)
            .proxy(self.api_url.clone())
            .ratelimiter_disabled(true)
            .build();
        let client = serenity::client::ClientBuilder::new_with_http(http, intents);
        let client = client.raw_event_handler(Queue(events)).await;
        client.map_err(|error| failed(&error))
    }
}

/// Events that could not be read since the start.
static UNREADABLE: AtomicU64 = AtomicU64::new(0);

/// How many events could not be read since the start.
pub fn unreadable() -> u64 {
    UNREADABLE.load(Ordering::Relaxed)
}

/// Counts an event that could not be read.
pub fn count_unreadable() {
    UNREADABLE.fetch_add(1, Ordering::Relaxed);
}

/// Counts what serenity says it can't read, and shows nothing of it.
pub struct CountUnreadable;

impl<S: tracing::Subscriber> Layer<S> for CountUnreadable {
    fn on_event(&self, event: &tracing::Event<'_>, _: LayerContext<'_, S>) {
        if event.metadata().target() == "serenity::gateway::ws" {
            count_unreadable();
        }
    }
}
