//! Talking in the terminal: lines become commands of whoever types, one at a time.
//!
//! Invariant: only as somebody of the cast, which the demo alone has, can somebody else type. It decides
//! nothing: the answer to a command comes from the loop, through the screen.

use std::sync::Arc;
use std::time::Duration;

use super::completion::Completion;
use super::render::one_line;
use super::terminal::{Console, Patience, Typing};
use super::typed::Typed;
use crate::app::Handle;
use crate::app::ports::{Asked, Roles};
use crate::chat::parse;
use crate::domain::decide::input::Input;
use crate::domain::id::ConversationId;
use crate::domain::record::origin::Origin;
use crate::domain::refusal::Refusal;
use crate::domain::say::replies;
use crate::domain::world::actor::ActorId;

/// How long an answer is waited for where a prompt can't be drawn again below it.
const SHORT: Duration = Duration::from_secs(1);
/// How long the loop may take to tell what runs, until somebody who wants to leave is not kept.
const LEAVING_TELLS: Duration = Duration::from_secs(1);

/// The words that can be typed first, with the cast that `/as` knows.
pub fn completion(cast: &[&'static str]) -> Completion {
    if cast.is_empty() { Completion::of_commands() } else { Completion::of_commands().and("as", cast) }
}

/// Somebody at the terminal and the loop they talk to.
pub struct Conversation {
    /// The way to the loop.
    pub handle: Handle,
    /// The screen.
    pub console: Arc<Console>,
    /// Who types first.
    pub actor: ActorId,
    /// Whom `/as NAME` lets type; nobody outside the demo.
    pub cast: Vec<&'static str>,
    /// The wait for an answer before the next prompt.
    pub patience: Patience,
}

impl Conversation {
    /// Takes up what was going on, and talks until the input or the bot ends.
    pub async fn hold(mut self, typing: &mut Typing) {
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
            self.console.text(format!("{}\n", one_line(line)));
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

/// The terminal has no groups. What a chat says of its own it can't ask.
pub struct NoGroups;

impl Roles for NoGroups {
    fn groups(&self, actor: ActorId) -> Asked {
        let groups = if actor.is_on_this_machine() {
            Ok(Vec::new())
        } else {
            Err(format!("`{actor}` is of a chat, which only `dogwatch serve` can ask"))
        };
        Box::pin(std::future::ready(groups))
    }
}
