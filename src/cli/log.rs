//! The log, on standard error, or above the line that somebody types there.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, fmt};

use crate::chat::console::Log;
use crate::chat::discord::gateway::CountUnreadable;

/// What these crates say about a connection can hold the tokens that pass over it, whatever level
/// is asked for.
const SECRETIVE: &[&str] =
    &["serenity", "reqwest", "hyper", "hyper_util", "h2", "tungstenite", "tokio_tungstenite", "rustls"];

/// Begins to log what `DOGWATCH_LOG` asks for, else warnings.
pub fn init() {
    let asked = EnvFilter::try_from_env("DOGWATCH_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    // A filter of its own: what is asked for may name a part of such a crate.
    let secretive = SECRETIVE.iter().map(|name| (*name, LevelFilter::ERROR));
    let filter = asked.and(Targets::new().with_default(LevelFilter::TRACE).with_targets(secretive));
    // What serenity can't read it shows whole, as a warning: it is counted instead.
    let unreadable = Targets::new().with_target("serenity::gateway::ws", LevelFilter::WARN);
    tracing_subscriber::registry()
        .with(fmt::layer().with_writer(|| Log).with_filter(filter))
        .with(CountUnreadable.with_filter(unreadable))
        .init();
}
