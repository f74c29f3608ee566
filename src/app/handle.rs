//! The way into the loop.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::outbox::Shown;
use crate::domain::command::Command;
use crate::domain::decide::input::Input;
use crate::domain::id::RequestId;
use crate::domain::say::card::CardId;
use crate::domain::say::reply::Reply;

/// Lives as long as anything that follows from one input is under way.
pub(super) type Trail = mpsc::Sender<()>;

/// What the loop takes in.
pub(super) enum Message {
    /// Something to decide on.
    Input(Input, Option<Trail>),
    /// A post has arrived; the message shows a card, if the post was one.
    Delivered(u64, Option<(CardId, Shown)>),
    /// A message shows a card in another state.
    Shown(CardId, Shown),
    /// What the step under way has printed so far.
    Live(RequestId, String),
    /// Somebody is about to leave and asks what runs.
    Leaving(oneshot::Sender<Reply>),
}

impl Message {
    /// Whether it may let another time begin.
    pub fn accepts_a_time(&self) -> bool {
        matches!(self, Self::Input(Input::Command { command: Command::ClockAccept, .. }, _))
    }
}

/// The way to hand inputs to the loop.
#[derive(Clone)]
pub struct Handle {
    pub(super) inputs: mpsc::Sender<Message>,
}

impl Handle {
    /// Hands over an input and returns once all its effects have ended. False: the bot has stopped.
    pub async fn submit(&self, input: Input) -> bool {
        let Some(mut ended) = self.begin(input).await else { return false };
        while ended.recv().await.is_some() {}
        true
    }

    /// Hands over an input and returns once all its effects have ended, or after this time. False: the
    /// bot has stopped.
    pub async fn submit_for(&self, input: Input, limit: Duration) -> bool {
        let Some(mut ended) = self.begin(input).await else { return false };
        let _ = tokio::time::timeout(limit, async { while ended.recv().await.is_some() {} }).await;
        true
    }

    /// Hands over an input; what comes back is closed once all its effects have ended.
    async fn begin(&self, input: Input) -> Option<mpsc::Receiver<()>> {
        let (trail, ended) = mpsc::channel(1);
        self.inputs.send(Message::Input(input, Some(trail))).await.is_ok().then_some(ended)
    }

    /// Hands over an input and returns at once. False: the bot has stopped.
    pub async fn send(&self, input: Input) -> bool {
        self.inputs.send(Message::Input(input, None)).await.is_ok()
    }

    /// Tells that a post has arrived, and which message shows it if it was a card.
    pub async fn delivered(&self, number: u64, shown: Option<(CardId, Shown)>) {
        // The loop has gone: the post is found again at the next start.
        let _ = self.inputs.send(Message::Delivered(number, shown)).await;
    }

    /// Tells that a message shows a card in another state.
    pub async fn shown(&self, card: CardId, shown: Shown) {
        // The loop has gone: the card is compared again at the next start.
        let _ = self.inputs.send(Message::Shown(card, shown)).await;
    }

    /// What to say to somebody who is about to leave. None: the bot has stopped.
    pub async fn leaving(&self) -> Option<Reply> {
        let (asked, answer) = oneshot::channel();
        self.inputs.send(Message::Leaving(asked)).await.ok()?;
        answer.await.ok()
    }

    /// Tells what the step under way has printed so far. Dropped where the loop has enough to do.
    pub(super) fn live(&self, request: RequestId, text: String) {
        let _ = self.inputs.try_send(Message::Live(request, text));
    }
}
