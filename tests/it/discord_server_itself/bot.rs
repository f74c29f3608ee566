//! A real client, serenity, lives with this Discord: packed payloads, resumes, interactions.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;
use serenity::all::{
    ApplicationId, Client, CommandOptionType, Context, CreateCommand, CreateCommandOption, EventHandler,
    GatewayIntents, GuildId, HttpBuilder, Interaction, Message, Ready, ShardManager,
};
use serenity::async_trait;
use tokio::sync::oneshot;

use super::raw::plain;
use crate::discord_server::{DispatchFault, Odds, Server, Setup};

struct Echo {
    guild: GuildId,
}

#[async_trait]
impl EventHandler for Echo {
    async fn ready(&self, context: Context, _: Ready) {
        let question = CreateCommandOption::new(CommandOptionType::String, "question", "What").required(true);
        let ask = CreateCommand::new("ask").description("Asks").add_option(question);
        let commands = context.http.create_guild_commands(self.guild, &vec![ask]).await.unwrap();
        assert_eq!(commands.len(), 1);
    }

    async fn message(&self, context: Context, message: Message) {
        if !message.author.bot && !message.content.is_empty() {
            let reply = plain(&format!("heard {}", message.content));
            context.http.send_message(message.channel_id, Vec::new(), &reply).await.unwrap();
        }
    }

    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        let Interaction::Command(command) = interaction else { return };
        let question = command.data.options[0].value.as_str().unwrap();
        // Its own builder would add empty lists to what may be mentioned.
        let reply = json!({"type": 4, "data": plain(&format!("{question}? Because."))});
        let http = &context.http;
        http.create_interaction_response(command.id, &command.token, &reply, Vec::new()).await.unwrap();
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

    for (resumes, fault) in [
        (2, DispatchFault::ReconnectAfter),
        (3, DispatchFault::CloseAfter(4000)),
        (4, DispatchFault::InvalidateAfter { resumable: true }),
    ] {
        server.wait_until("the connection", || server.is_connected());
        server.fail_dispatch("MESSAGE_CREATE", fault);
        server.mention("ana", ops, &format!("before-{resumes}"));
        server.wait_until("the resume", || server.resumes() == resumes);
        server.mention("ana", ops, &format!("after-{resumes}"));
        server.wait_for_text(ops, &format!("before-{resumes}"));
        server.wait_for_text(ops, &format!("after-{resumes}"));
    }
    assert_eq!((server.identifies(), server.lost().len()), (1, 0));
    assert_eq!(server.complaints(), Vec::<String>::new());
}

/// It tries to resume twice at once and then begins anew: what people said meanwhile is lost to it.
#[test]
fn a_real_client_misses_what_is_said_in_an_outage() {
    let server = Setup::with_cast().start();
    let _bot = Bot::start(&server);
    let ops = server.channel("ops");
    server.gateway_outage(Duration::from_secs(1));
    server.mention("ana", ops, "during-the-outage");
    server.wait_until("a new session", || server.identifies() == 2);
    let lost = |part: &str| server.lost().iter().any(|(_, data)| data["content"].to_string().contains(part));
    assert!(lost("during-the-outage"));
    server.mention("ana", ops, "new-session");
    server.wait_for_text(ops, "new-session");

    server.invalidate_session(false);
    server.wait_until("a new session", || server.identifies() == 3);
    server.mention("ana", ops, "third-session");
    server.wait_for_text(ops, "third-session");
}

#[test]
fn a_real_client_hears_everything_on_a_bad_day_or_it_is_known_to_be_lost() {
    let server = Setup::with_cast().without_rate_limits().seed(3).start();
    let _bot = Bot::start(&server);
    let ops = server.channel("ops");
    server.misbehave(Odds { duplicate: 15, swap: 15, delay: 15, cut: 8, reconnect: 5, ..Odds::default() });
    for number in 0..40 {
        server.mention("ana", ops, &format!("word-{number};"));
        std::thread::sleep(Duration::from_millis(20));
    }
    for number in 0..40 {
        let part = format!("word-{number};");
        server.wait_until(&part, || {
            let lost = server.lost();
            server.said(ops).iter().any(|message| message.text().contains(&part))
                || lost.iter().any(|(_, data)| data["content"].to_string().contains(&part))
        });
    }
    assert!(server.said(ops).len() > 40, "some were told twice");
}

#[test]
fn what_a_client_cannot_read_does_not_end_it() {
    let server = Setup::with_cast().start();
    let _bot = Bot::start(&server);
    server.dispatch("A_NEW_EVENT", json!({"id": "1"}));
    server.dispatch("MESSAGE_CREATE", json!({"id": "no number"}));
    server.send_text_to_bot("{\"op\": 0");
    let ops = server.channel("ops");
    server.mention("ana", ops, "still there");
    server.wait_for_text(ops, "still there");
}
