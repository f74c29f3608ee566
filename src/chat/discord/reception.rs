//! Reception: what the gateway tells becomes inputs of the loop, in the order in which it came.
//!
//! Invariant: every interaction is known to the courier, which acknowledges it in time, before the
//! loop hears of it. Nothing here waits for the loop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use serde_json::{Value, json};
use serenity::all::{CommandInteraction, Event, Interaction, Message};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::courier::Order;
use super::gateway::Arrived;
use super::rest::Call;
use super::slash::Slash;
use super::suggest::{self, Known};
use super::wire::Wire;
use super::{custom_id, gateway, missed, registration, slash};
use crate::app::Handle;
use crate::app::ports::Sources;
use crate::chat::{console, parse};
use crate::config::discord::Discord as Settings;
use crate::domain::catalogue::Catalogue;
use crate::domain::command::{Command, Origin, Ticket};
use crate::domain::decide::{Input, Say, To};
use crate::domain::refusal::Refusal;
use crate::domain::replies;

mod cached;
mod reading;
mod seen;

use cached::Cached;
use reading::{Sender, complete, may_be_form, no_reference, origin, values, without_mention};
use seen::Seen;

/// Inputs on their way to the loop.
const INPUTS_MAX: usize = 4096;
/// Missed messages that wait.
const MISSED_MAX: usize = 64;
/// Threads that are looked through for missed messages, the newest.
const CATCH_UP_THREADS: usize = 20;
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
    catalogue: Arc<Cached<S>>,
    /// What was registered first, once that has succeeded.
    registered: Arc<OnceLock<Value>>,
    /// Messages that came while nobody listened.
    missed: (mpsc::Sender<Message>, mpsc::Receiver<Message>),
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
                () = super::stopped(&mut stop) => return,
                event = events.recv() => match event {
                    Some((received, event)) => self.take(event, received).await,
                    None => return,
                },
                Some(message) = self.missed.1.recv() => self.message(message).await,
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

    async fn take(&mut self, event: Event, received: Instant) {
        match event {
            Event::Ready(ready) => {
                let (application, bot) = (ready.ready.application.id.get(), ready.ready.user.id.get());
                if self.bot.replace(bot).is_none() {
                    console::show(&format!("on Discord as {}\n", console::one_line(&ready.ready.user.name)));
                }
                // The courier has gone: so has the bot.
                let _ = self.orders.send(Order::Ready(application, bot));
                self.register(application);
            }
            Event::GuildCreate(guild) => {
                let ours = guild.guild.id.get() == self.settings.guild;
                guild.guild.threads.iter().for_each(|thread| self.thread(thread));
                // It follows READY, and says which threads there are.
                if let Some(bot) = self.bot.filter(|_| ours) {
                    self.catch_up(bot).await;
                }
            }
            Event::ThreadCreate(created) => self.thread(&created.thread),
            Event::ThreadUpdate(updated) => self.thread(&updated.thread),
            Event::ThreadDelete(deleted) => {
                self.parents.remove(&deleted.thread.id.get());
            }
            Event::InteractionCreate(created) => self.interaction(created.interaction, received),
            Event::MessageCreate(created) => self.message(created.message).await,
            Event::Unknown(unknown) => self.unreadable(&unknown.kind, unknown.value, received),
            _ => {}
        }
    }

    /// serenity hands on what it can't read as something unknown: of the kinds that matter here it
    /// is counted, and whoever pressed or typed is told.
    fn unreadable(&mut self, kind: &str, mut value: Value, received: Instant) {
        if !KINDS.contains(&kind) {
            return;
        }
        if kind == "INTERACTION_CREATE" {
            complete(&mut value["data"]["options"]);
            if let Ok(interaction) = serde_json::from_value(value.clone()) {
                return self.interaction(interaction, received);
            }
        }
        gateway::count_unreadable();
        let Some(sender) = Sender::of_unreadable(&value) else { return };
        if kind != "INTERACTION_CREATE" || value["type"] == 4 || !self.seen.is_new(sender.number) {
            return;
        }
        let refusal = Refusal::new("unreadable", "Discord sent this in a form that I can't read")
            .hint("Please try the same as a mention, and tell whoever runs this bot.");
        self.hand_over(sender, received, Err(refusal));
    }

    fn thread(&mut self, thread: &serenity::all::GuildChannel) {
        self.parents.extend(thread.parent_id.map(|parent| (thread.id.get(), parent.get())));
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

    fn interaction(&mut self, interaction: Interaction, received: Instant) {
        if !self.seen.is_new(interaction.id().get()) {
            return;
        }
        match interaction {
            Interaction::Command(given) => {
                let command = slash::command(&Slash::of(&given.data.name, &given.data.options));
                self.hand_over(Sender::of_command(&given), received, command);
            }
            Interaction::Autocomplete(typed) => self.suggest(&typed, received),
            Interaction::Component(pressed) => {
                let press = custom_id::to_press(&pressed.data.custom_id);
                let command = press.map(Command::Press).map_err(|error| no_reference(&error));
                self.hand_over(Sender::of_press(&pressed), received, command);
            }
            Interaction::Modal(filled) => {
                let submit = custom_id::to_submit(&filled.data.custom_id);
                let command = submit.map(|submit| Command::Submitted(submit, values(&filled)));
                let command = command.map_err(|error| no_reference(&error));
                self.hand_over(Sender::of_form(&filled), received, command);
            }
            _ => {}
        }
    }

    /// Lets the courier acknowledge an interaction, then the loop decide on it.
    fn hand_over(&mut self, sender: Sender, received: Instant, command: Result<Command, Refusal>) {
        let origin = sender.origin(self.settings.guild);
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
    fn suggest(&mut self, typed: &CommandInteraction, received: Instant) {
        let sender = Sender::of_command(typed);
        if sender.guild != Some(self.settings.guild) || self.tasks.len() >= SUGGESTIONS_MAX {
            return;
        }
        let origin = sender.origin(self.settings.guild);
        let slash = Slash::of(&typed.data.name, &typed.data.options);
        let focused = typed.data.autocomplete().map(|option| option.name.to_owned());
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

    async fn message(&mut self, message: Message) {
        let Some(bot) = self.bot else { return };
        let ours = message.guild_id.map(u64::from) == Some(self.settings.guild);
        if !ours || message.author.bot || message.webhook_id.is_some() {
            return;
        }
        let channel = message.channel_id.get();
        let mentioned = message.mentions.iter().any(|user| user.id.get() == bot);
        let is_thread = self.threads().await.contains(&channel);
        let parent = self.parents.get(&channel).copied().unwrap_or(channel);
        if !is_thread && !self.settings.listens_in(parent) {
            return;
        }
        if !(mentioned || is_thread && self.settings.message_content) || !self.seen.is_new(message.id.get()) {
            return;
        }
        let roles = message.member.as_ref().map(|member| &*member.roles);
        let (guild, author) = (self.settings.guild, message.author.id.get());
        let origin = origin(guild, author, roles, channel, message.id.get());
        if !mentioned {
            return self.input(origin, Command::Overheard(message.content));
        }
        // The courier has gone: so has the bot.
        let _ = self.orders.send(Order::Mention(Ticket(message.id.get()), channel));
        let words = without_mention(&message.content, bot);
        match parse::parse(&words) {
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
    async fn catch_up(&mut self, bot: u64) {
        let threads = self.threads().await;
        let channels = self.settings.channels.iter().copied().chain([self.settings.incident_channel]);
        let own = threads.into_iter().rev().take(CATCH_UP_THREADS);
        let others = self.parents.iter().rev().filter(|(_, parent)| self.settings.listens_in(**parent));
        let others = others.map(|(thread, _)| *thread).take(CATCH_UP_THREADS);
        let channels: BTreeSet<_> = channels.chain(own).chain(others).collect();
        let channels = channels.into_iter().collect();
        let (wire, guild, missed) = (Arc::clone(&self.wire), self.settings.guild, self.missed.0.clone());
        self.tasks.spawn(missed::look(wire, guild, bot, channels, missed));
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
