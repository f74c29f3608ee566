//! Reception: what the gateway tells becomes inputs of the loop, in the order in which it came.
//!
//! Invariant: every interaction is known to the courier, which acknowledges it in time, before the
//! loop hears of it. Nothing here waits for the loop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::courier::Order;
use super::gateway::{self, Arrived};
use super::ids::first_id_of;
use super::missed::{self, Mentioned};
use super::rest::Call;
use super::slash::{self, Slash};
use super::stop::stopped;
use super::suggest::{self, Known};
use super::wire::Wire;
use super::{custom_id, registration};
use crate::app::Handle;
use crate::app::ports::Sources;
use crate::app::wall_ms;
use crate::chat::{console, parse};
use crate::config::discord::Discord as Settings;
use crate::domain::command::Command;
use crate::domain::decide::input::Input;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::origin::Origin;
use crate::domain::refusal::Refusal;
use crate::domain::say::Say;
use crate::domain::say::address::To;
use crate::domain::say::replies;

mod cached;
mod reading;
mod seen;

use cached::Cached;
use reading::{
    AUTOCOMPLETE, Asked, Guild, Ready, Said, Sender, Thread, may_be_form, no_reference, thread_id,
    without_mention,
};
use seen::Seen;

/// Inputs on their way to the loop.
const INPUTS_MAX: usize = 4096;
/// The kind of event that tells of a message.
const MESSAGE: &str = "MESSAGE_CREATE";
/// Missed messages that wait.
const MISSED_MAX: usize = 64;
/// Threads that are looked through for missed messages: those in which something was said last.
const CATCH_UP_THREADS_MAX: usize = 100;
/// Suggestions that are made at one time.
const SUGGESTIONS_MAX: usize = 64;

/// See the module.
pub struct Reception<S> {
    settings: Settings,
    wire: Arc<Wire>,
    orders: mpsc::UnboundedSender<Order>,
    inputs: mpsc::Sender<Input>,
    seen: Seen,
    /// The channel of each thread that is known.
    parents: BTreeMap<u64, u64>,
    bot: Option<u64>,
    /// The role that Discord has made for the bot.
    own_role: Option<u64>,
    catalogue: Arc<Cached<S>>,
    /// What was registered first, once that has succeeded.
    registered: Arc<OnceLock<Value>>,
    /// Messages that came while nobody listened.
    missed: (mpsc::Sender<Value>, mpsc::Receiver<Value>),
    tasks: JoinSet<()>,
    unreadable: u64,
}

impl<S: Sources> Reception<S> {
    /// A reception, and the task that hands inputs to the loop.
    pub fn new(
        settings: Settings,
        sources: Arc<S>,
        wire: Arc<Wire>,
        orders: mpsc::UnboundedSender<Order>,
        handle: Handle,
    ) -> (Self, impl Future<Output = ()> + Send + use<S>) {
        let (inputs, mut waiting) = mpsc::channel(INPUTS_MAX);
        let hand_over = async move {
            while let Some(input) = waiting.recv().await {
                if !handle.send(input).await {
                    return;
                }
            }
        };
        let reception = Self {
            settings,
            wire,
            orders,
            inputs,
            seen: Seen::default(),
            parents: BTreeMap::new(),
            bot: None,
            own_role: None,
            catalogue: Arc::new(Cached::new(sources)),
            registered: Arc::new(OnceLock::new()),
            missed: mpsc::channel(MISSED_MAX),
            tasks: JoinSet::new(),
            unreadable: 0,
        };
        (reception, hand_over)
    }

    /// Takes in events until there are no more, or `stop` turns true.
    pub async fn run(mut self, mut events: mpsc::Receiver<Arrived>, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                event = events.recv() => match event {
                    Some(arrived) => self.take(arrived).await,
                    None => return,
                },
                Some(message) = self.missed.1.recv() => {
                    let data = message;
                    self.take(Arrived { kind: MESSAGE.to_owned(), data, received: Instant::now() }).await;
                }
                Some(_) = self.tasks.join_next() => {}
            }
            self.count_unreadable();
        }
    }

    fn count_unreadable(&mut self) {
        let now = gateway::unreadable();
        if now > self.unreadable {
            self.unreadable = now;
            tracing::warn!("{now} events of Discord could not be read so far, and are lost");
        }
    }

    async fn take(&mut self, arrived: Arrived) {
        if self.read(arrived).await.is_none() {
            gateway::count_unreadable();
        }
    }

    /// Takes an event in; nothing if what is needed of it can't be read.
    async fn read(&mut self, arrived: Arrived) -> Option<()> {
        let Arrived { kind, data, received } = arrived;
        match kind.as_str() {
            "READY" => self.ready(&Ready::read(&data)?),
            "GUILD_CREATE" => self.guild(Guild::read(&data, self.bot)?).await,
            "THREAD_CREATE" | "THREAD_UPDATE" => self.thread(&Thread::read(&data)?),
            "THREAD_DELETE" => self.thread_is_gone(thread_id(&data)?),
            "INTERACTION_CREATE" => self.interaction(&data, received)?,
            MESSAGE => self.message(Said::read(&data)?).await,
            _ => {}
        }
        Some(())
    }

    fn ready(&mut self, ready: &Ready) {
        if self.bot.replace(ready.bot).is_none() {
            console::show(&format!("on Discord as {}\n", console::one_line(&ready.name)));
        }
        // The courier has gone: so has the bot.
        let _ = self.orders.send(Order::Ready(ready.application, ready.bot));
        self.register(ready.application);
    }

    async fn guild(&mut self, guild: Guild) {
        guild.threads.iter().for_each(|thread| self.thread(thread));
        if guild.id != self.settings.guild {
            return;
        }
        self.own_role = guild.own_role;
        // It follows READY, and says which threads there are.
        if let Some(bot) = self.bot {
            self.catch_up(bot, guild.threads).await;
        }
    }

    fn thread(&mut self, thread: &Thread) {
        self.parents.insert(thread.id, thread.parent);
    }

    fn thread_is_gone(&mut self, thread: u64) {
        self.parents.remove(&thread);
        // The courier has gone: so has the bot.
        let _ = self.orders.send(Order::Gone(thread));
    }

    /// Sets the commands of the server, all in one request, if they are not set like this already.
    fn register(&mut self, application: u64) {
        let (registered, catalogue) = (Arc::clone(&self.registered), Arc::clone(&self.catalogue));
        let (wire, guild) = (Arc::clone(&self.wire), self.settings.guild);
        self.tasks.spawn(async move {
            let Some(catalogue) = catalogue.get().await else { return };
            let commands = registration::commands(&catalogue);
            if registered.get() == Some(&commands) {
                return;
            }
            match wire.rest.send(Call::commands_put(application, Some(guild), commands.clone())).await {
                Ok(_) => {
                    tracing::info!("the commands are registered");
                    // What was registered before stays known: registering again does no harm.
                    let _ = registered.set(commands);
                }
                Err(error) => tracing::error!("the commands could not be registered: {error}"),
            }
        });
    }

    /// Takes an interaction in. One that can't be read is told so, if it can be answered at all.
    fn interaction(&mut self, interaction: &Value, received: Instant) -> Option<()> {
        let sender = Sender::read(interaction)?;
        if !self.seen.is_new(sender.number) {
            return Some(());
        }
        let asked = Asked::read(interaction);
        let read = asked.as_ref().map(|_| ());
        match asked {
            Some(Asked::Command(given)) => self.hand_over(sender, received, slash::command(&given)),
            Some(Asked::Suggestions(typed, focused)) => self.suggest(sender, received, typed, focused),
            Some(Asked::Press(custom_id)) => {
                let press = custom_id::to_press(&custom_id);
                let command = press.map(Command::Press).map_err(|error| no_reference(&error));
                self.hand_over(sender, received, command);
            }
            Some(Asked::Form(custom_id, values)) => {
                let submit = custom_id::to_submit(&custom_id);
                let command = submit.map(|submit| Command::Submitted(submit, values));
                self.hand_over(sender, received, command.map_err(|error| no_reference(&error)));
            }
            None if interaction["type"] == AUTOCOMPLETE => {}
            None => {
                let refusal = Refusal::new("unreadable", "Discord sent this in a form that I can't read")
                    .hint("Please try the same as a mention, and tell whoever runs this bot.");
                self.hand_over(sender, received, Err(refusal));
            }
        }
        read
    }

    /// Lets the courier acknowledge an interaction, then the loop decide on it.
    fn hand_over(&mut self, sender: Sender, received: Instant, command: Result<Command, Refusal>) {
        let origin = sender.origin();
        let ours = sender.guild == Some(self.settings.guild);
        let may_be_form = command.as_ref().is_ok_and(may_be_form);
        // The courier has gone: so has the bot.
        let _ = self.orders.send(Order::Interaction(sender.waits(received, may_be_form)));
        let elsewhere = Refusal::new("wrong_server", "this bot works for another server")
            .hint("Its configuration names the server with [discord] guild.");
        match if ours { command } else { Err(elsewhere) } {
            Ok(command) => self.input(origin, command),
            Err(refusal) => self.refuse(origin, &refusal),
        }
    }

    fn input(&mut self, origin: Origin, command: Command) {
        let input = Input::Command { origin: origin.clone(), command };
        if self.inputs.try_send(input).is_err() {
            self.refuse(origin, &Refusal::new("too_busy", "too much waits").hint("Try again in a moment."));
        }
    }

    fn refuse(&self, origin: Origin, refusal: &Refusal) {
        let say = Say { to: To::Caller(origin), reply: replies::refusal(refusal), card: None };
        // The courier has gone: so has the bot.
        let _ = self.orders.send(Order::Say(crate::app::outbox::Post::unkept(say)));
    }

    /// Suggests values to whoever has a role, while they type.
    fn suggest(&mut self, sender: Sender, received: Instant, slash: Slash, focused: Option<String>) {
        if sender.guild != Some(self.settings.guild) || self.tasks.len() >= SUGGESTIONS_MAX {
            return;
        }
        let origin = sender.origin();
        let (wire, orders) = (Arc::clone(&self.wire), self.orders.clone());
        let catalogue = Arc::clone(&self.catalogue);
        self.tasks.spawn(async move {
            let choices = match (catalogue.get().await, focused) {
                (Some(catalogue), Some(focused)) => {
                    choices(&orders, &catalogue, &origin, &slash, &focused).await
                }
                _ => Vec::new(),
            };
            let choices: Vec<_> =
                choices.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
            let body = json!({ "type": 8, "data": { "choices": choices } });
            let call = Call::interaction_callback(sender.number, &sender.token, body, Vec::new(), received);
            if let Err(error) = wire.rest.send(call).await {
                tracing::debug!("suggestions came too late: {error}");
            }
        });
    }

    async fn message(&mut self, said: Said) {
        let Some(bot) = self.bot else { return };
        if said.guild != Some(self.settings.guild) || said.is_of_machine {
            return;
        }
        let by_role = self.own_role.is_some_and(|role| said.mentions(role));
        let mentioned = said.mentions(bot) || by_role;
        let is_thread = self.threads().await.contains(&said.channel);
        let parent = self.parents.get(&said.channel).copied().unwrap_or(said.channel);
        if !is_thread && !self.settings.listens_in(parent) {
            return;
        }
        if !(mentioned || is_thread && self.settings.message_content) || !self.seen.is_new(said.id) {
            return;
        }
        let origin = said.origin();
        if !mentioned {
            return self.input(origin, Command::Overheard(said.content));
        }
        let words = without_mention(&said.content, bot, self.own_role);
        match parse::parse(&words) {
            // Discord shows no words to whoever is not mentioned by name.
            Ok(None) if by_role && said.content.is_empty() => {
                let refusal = Refusal::new(
                    "role_mentioned",
                    "that mentions my role, and Discord shows me no words then",
                )
                .hint("Mention me by name: of the two in the list, the one that is an app.");
                self.input(origin, Command::Misread(refusal));
            }
            Ok(Some(command)) => self.input(origin, command),
            Ok(None) => self.input(origin, Command::Help),
            Err(refusal) => self.input(origin, Command::Misread(refusal)),
        }
    }

    /// The threads of incidents, in order.
    async fn threads(&self) -> Vec<u64> {
        let (asker, answer) = oneshot::channel();
        match self.orders.send(Order::Threads(asker)) {
            Ok(()) => answer.await.unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }

    /// Looks for mentions that were missed: a new session begins without what was said before it.
    /// Of the threads those are looked through in which something was said.
    async fn catch_up(&mut self, bot: u64, mut threads: Vec<Thread>) {
        let own = self.threads().await;
        let since = first_id_of(wall_ms().saturating_sub(missed::TOO_OLD_MS));
        threads.retain(|thread| {
            let listened = own.contains(&thread.id) || self.settings.listens_in(thread.parent);
            listened && thread.newest.is_none_or(|newest| newest >= since)
        });
        threads.sort_by_key(|thread| std::cmp::Reverse(thread.newest.unwrap_or(u64::MAX)));
        if threads.len() > CATCH_UP_THREADS_MAX {
            let left_out = threads.len() - CATCH_UP_THREADS_MAX;
            tracing::warn!("{left_out} threads are not looked through for what was missed");
        }
        let threads = threads.into_iter().take(CATCH_UP_THREADS_MAX).map(|thread| thread.id);
        let channels = self.settings.channels.iter().copied().chain([self.settings.incident_channel]);
        let channels: BTreeSet<_> = channels.chain(threads).collect();
        let channels = channels.into_iter().collect();
        let whom = Mentioned { guild: self.settings.guild, bot, role: self.own_role };
        let (wire, missed) = (Arc::clone(&self.wire), self.missed.0.clone());
        self.tasks.spawn(missed::look(wire, whom, channels, missed));
    }
}

/// What can be suggested to somebody: nothing to whoever has no role.
async fn choices(
    orders: &mpsc::UnboundedSender<Order>,
    catalogue: &Catalogue,
    origin: &Origin,
    slash: &Slash,
    focused: &str,
) -> Vec<(String, String)> {
    let chat_role = catalogue.people.role_of_groups(&origin.groups);
    if catalogue.people.known(&origin.actor, chat_role).is_none() {
        return Vec::new();
    }
    let (asker, answer) = oneshot::channel();
    let known = match orders.send(Order::Known(asker)) {
        Ok(()) => answer.await.unwrap_or_default(),
        Err(_) => Known::default(),
    };
    suggest::suggest(catalogue, &known, slash, focused)
}
