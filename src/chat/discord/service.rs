//! The bot on Discord as one: its parts, the queues between them, their beginning and their end.
//!
//! Invariant: once the end is asked for nothing more is taken in, and whatever has not been sent a moment later
//! stays in the outbox. What it does not do: it opens no record and builds no loop; it is given the way to one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::Discord;
use super::courier::{Courier, Order};
use super::gateway::{Arrived, EVENTS_MAX, Gateway, GatewayClosed};
use super::reception::Reception;
use super::rest::{Call, Rest, RestError, Secret};
use super::roles::MemberRoles;
use super::wire::Wire;
use crate::app::Handle;
use crate::app::ports::Sources;
use crate::config::discord::Discord as Settings;

/// How long one question for the gateway may take.
const ASKING: Duration = Duration::from_secs(10);
/// How long what is being sent may take once the end is asked for.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Why it is not known where the gateway is.
#[derive(Debug, thiserror::Error)]
pub enum GatewayUnknown {
    /// No question can be asked as things are configured, or Discord does not know the token.
    #[error(transparent)]
    Setup(RestError),
    /// Discord says no, and the configuration does not say it.
    #[error(transparent)]
    Refused(RestError),
    /// Neither Discord's answer nor the configuration says it.
    #[error("{api} does not say where the gateway is; [discord] gateway_url can")]
    Unsaid {
        /// Address of the HTTP interface.
        api: String,
    },
}

/// Discord as it is configured, before the first word.
pub struct Service {
    settings: Settings,
    token: Secret,
    wire: Arc<Wire>,
    orders: mpsc::UnboundedSender<Order>,
    ordered: mpsc::UnboundedReceiver<Order>,
}

impl Service {
    /// A service for the record with this id.
    pub fn new(settings: Settings, token: Secret, store: &str) -> Result<Self, RestError> {
        let rest = Rest::new(&settings.api(), &token)?;
        let wire = Arc::new(Wire::new(rest, settings.incident_channel, store));
        let (orders, ordered) = mpsc::unbounded_channel();
        Ok(Self { settings, token, wire, orders, ordered })
    }

    /// Where the gateway is. Discord is asked also where the configuration says it: that shows whether
    /// it knows the token.
    pub async fn gateway_url(&self) -> Result<String, GatewayUnknown> {
        loop {
            match self.wire.rest.send(Call::get("/gateway/bot").by(Instant::now() + ASKING)).await {
                Ok(gateway) => {
                    let told = gateway["url"].as_str().map(str::to_owned);
                    let url = self.settings.gateway_url.clone().or(told);
                    return url.ok_or_else(|| GatewayUnknown::Unsaid { api: self.settings.api() });
                }
                Err(error @ (RestError::Token | RestError::Setup(_))) => {
                    return Err(GatewayUnknown::Setup(error));
                }
                Err(error @ RestError::Refused { .. }) => match &self.settings.gateway_url {
                    Some(url) => return Ok(url.clone()),
                    None => return Err(GatewayUnknown::Refused(error)),
                },
                Err(error) => tracing::warn!("{error}; it is tried again"),
            }
        }
    }

    /// The port to people.
    pub fn chat(&self) -> Discord {
        Discord(self.orders.clone())
    }

    /// The port to their groups.
    pub fn roles(&self) -> MemberRoles {
        MemberRoles::new(Arc::clone(&self.wire), self.settings.guild)
    }

    /// Begins to speak and to listen. The error says why the gateway has no thread.
    pub fn start(
        self,
        url: String,
        sources: Arc<impl Sources>,
        handle: Handle,
        stop: &watch::Sender<bool>,
    ) -> std::io::Result<Serving> {
        let (courier, reports) = Courier::new(Arc::clone(&self.wire), handle.clone());
        let courier = tokio::spawn(courier.run(self.ordered, stop.subscribe()));
        let reports = tokio::spawn(reports);
        let (reception, inputs) =
            Reception::new(self.settings.clone(), sources, self.wire, self.orders, handle);
        let (events, happened) = mpsc::channel(EVENTS_MAX);
        let reception = tokio::spawn(reception.run(happened, stop.subscribe()));
        let inputs = tokio::spawn(inputs);
        let gateway = Gateway {
            token: self.token,
            url,
            api_url: self.settings.api_url,
            message_content: self.settings.message_content,
        };
        let open = events.clone();
        let thread = gateway.run(events, stop.subscribe())?;
        let closed = tokio::task::spawn_blocking(move || thread.join());
        Ok(Serving { courier, reception, reports, inputs, closed, _open: open })
    }
}

/// The parts at work.
pub struct Serving {
    courier: JoinHandle<()>,
    reception: JoinHandle<()>,
    reports: JoinHandle<()>,
    inputs: JoinHandle<()>,
    closed: JoinHandle<std::thread::Result<Result<(), GatewayClosed>>>,
    /// Kept, so that a gateway that closes for good is not taken for a reception that has died.
    _open: mpsc::Sender<Arrived>,
}

/// The first part that ended.
pub enum Ended {
    /// A task, which never ends by itself.
    Died(&'static str),
    /// The gateway.
    Gateway(Result<(), GatewayClosed>),
}

impl Serving {
    /// Returns when a part has ended.
    pub async fn ended(&mut self) -> Ended {
        tokio::select! {
            _ = &mut self.courier => Ended::Died("what speaks to Discord"),
            _ = &mut self.reception => Ended::Died("what listens to Discord"),
            closed = &mut self.closed => Ended::Gateway(match closed {
                Ok(Ok(closed)) => closed,
                _ => Err(GatewayClosed::Failed("its thread died".to_owned())),
            }),
        }
    }

    /// Waits a moment for the tasks, which have been told to stop.
    pub async fn finish(self) {
        let tasks = [self.courier, self.reception, self.reports, self.inputs];
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
    }
}
