//! A real client, serenity, lives with this Discord: packed payloads, resumes, interactions.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serenity::all::{ApplicationId, CommandOptionType, ShardManager};
use serenity::all::{
    ChannelId, Client, Command, Context, CreateAllowedMentions, CreateCommand, CreateCommandOption,
    CreateInteractionResponse, CreateInteractionResponseMessage, CreateMessage, EventHandler, GatewayIntents,
    GuildId, HttpBuilder, Interaction, Message, Ready,
};
use serenity::async_trait;
use tokio::sync::oneshot;

use crate::discord_server::{DispatchFault, Server, Setup};

struct Echo {
    guild: GuildId,
}

#[async_trait]
impl EventHandler for Echo {
    async fn ready(&self, context: Context, _: Ready) {
        let question = CreateCommandOption::new(CommandOptionType::String, "question", "What").required(true);
        let ask = CreateCommand::new("ask").description("Asks").add_option(question);
        let commands: Vec<Command> = self.guild.set_commands(&context.http, vec![ask]).await.unwrap();
        assert_eq!(commands.len(), 1);
    }

    async fn message(&self, context: Context, message: Message) {
        if !message.author.bot && !message.content.is_empty() {
            let pings = CreateAllowedMentions::new();
            let reply = CreateMessage::new().content(format!("heard {}", message.content));
            let channel: ChannelId = message.channel_id;
            channel.send_message(&context.http, reply.allowed_mentions(pings)).await.unwrap();
        }
    }

    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        let Interaction::Command(command) = interaction else { return };
        let question = command.data.options[0].value.as_str().unwrap();
        let reply = CreateInteractionResponseMessage::new()
            .content(format!("{question}? Because."))
            .allowed_mentions(CreateAllowedMentions::new());
        command.create_response(&context.http, CreateInteractionResponse::Message(reply)).await.unwrap();
    }
}

struct Bot {
    shards: Arc<ShardManager>,
    runtime: tokio::runtime::Handle,
    thread: Option<JoinHandle<()>>,
}

impl Bot {
    fn start(server: &Server) -> Self {
        let guild = GuildId::new(server.guild_id());
        let http = HttpBuilder::new(server.token()).proxy(server.base()).ratelimiter_disabled(true).build();
        http.set_application_id(ApplicationId::new(server.application_id()));
        let (sender, receiver) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            runtime.unwrap().block_on(async {
                let intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES;
                let builder = serenity::client::ClientBuilder::new_with_http(http, intents);
                let mut client: Client = builder.event_handler(Echo { guild }).await.unwrap();
                let shards = Arc::clone(&client.shard_manager);
                sender.send((shards, tokio::runtime::Handle::current())).ok().unwrap();
                client.start().await.unwrap();
            });
        });
        let (shards, runtime) = receiver.blocking_recv().unwrap();
        server.wait_until_ready();
        Self { shards, runtime, thread: Some(thread) }
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.runtime.block_on(self.shards.shutdown_all());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[test]
fn a_real_client_hears_and_answers() {
    let server = Setup::with_cast().start();
    let _bot = Bot::start(&server);
    let ops = server.channel("ops");
    server.mention("ana", ops, "hello");
    server.wait_for_text(ops, "hello");
    let asked = server.slash("ana", ops, "ask", &[("question", "why".into())]);
    assert_eq!(asked.wait_answer().text(), "why? Because.");
    assert!(asked.wait_ack().after_ms < 3000);
    assert_eq!(server.intents(), Some(513));
    assert_eq!(server.complaints(), Vec::<String>::new());
    assert_eq!(server.command_counts(), (1, 1));
}

#[test]
fn a_real_client_resumes_and_misses_nothing() {
    let server = Setup::with_cast().without_rate_limits().start();
    let _bot = Bot::start(&server);
    let ops = server.channel("ops");
    server.fail_dispatch("MESSAGE_CREATE", DispatchFault::CutInstead);
    server.mention("ana", ops, "cut-off");
    server.wait_for_text(ops, "cut-off");
    assert_eq!((server.identifies(), server.resumes()), (1, 1));

    server.gateway_outage(Duration::from_secs(1));
    server.mention("ana", ops, "outage");
    server.wait_for_text(ops, "outage");
    server.fail_dispatch("MESSAGE_CREATE", DispatchFault::ReconnectAfter);
    server.mention("ana", ops, "op-seven");
    server.wait_for_text(ops, "op-seven");
    server.wait_until("the resume", || server.resumes() >= 3);
    assert_eq!(server.identifies(), 1);

    server.wait_until("the connection", || server.is_connected());
    server.invalidate_session(false);
    server.wait_until("a new session", || server.identifies() == 2);
    server.mention("ana", ops, "new-session");
    server.wait_for_text(ops, "new-session");
    assert_eq!(server.complaints(), Vec::<String>::new());
}

#[test]
fn what_a_client_cannot_read_does_not_end_it() {
    let server = Setup::with_cast().start();
    let _bot = Bot::start(&server);
    server.dispatch("A_NEW_EVENT", serde_json::json!({"id": "1"}));
    server.dispatch("MESSAGE_CREATE", serde_json::json!({"id": "no number"}));
    server.send_text_to_bot("{\"op\": 0");
    let ops = server.channel("ops");
    server.mention("ana", ops, "still there");
    server.wait_for_text(ops, "still there");
}
