//! REST: who may ask, how often, whether the body is right; then what is asked.

use serde_json::{Value, json};

use super::call::{Answer, Call, Operation, Target};
use super::checks;
use super::http::too_many;
use super::setup::{APPLICATION, BOT, GUILD, TOKEN};
use super::state::State;
use super::wire;

impl State {
    /// Answers a request.
    pub fn perform(&mut self, target: &Target, call: &Call) -> Answer {
        if !call.user_agent.starts_with("DiscordBot (") && target.operation != Operation::Attachment {
            let agent = &call.user_agent;
            self.complain(format!("{} {}: a bot may not be called {agent:?}", call.method, call.path));
        }
        if !target.is_public() && call.authorization != format!("Bot {TOKEN}") {
            self.buckets.invalid += 1;
            return Answer::error(401, 0, "401: Unauthorized");
        }
        let standing = match self.buckets.admit(target) {
            Ok(standing) => standing,
            Err(wait) => {
                self.buckets.invalid += 1;
                return too_many(wait);
            }
        };
        let problems = checks::problems(self, target, call);
        let mut answer =
            if problems.is_empty() { self.act(target, call) } else { self.refuse(call, problems) };
        if answer.status == 403 {
            self.buckets.invalid += 1;
        }
        let reset_after = standing.reset_after.as_secs_f64();
        let reset = jiff::Timestamp::now().as_duration().as_secs_f64() + reset_after;
        answer.headers.extend([
            ("x-ratelimit-bucket", standing.bucket),
            ("x-ratelimit-limit", standing.limit.to_string()),
            ("x-ratelimit-remaining", standing.remaining.to_string()),
            ("x-ratelimit-reset", format!("{reset:.3}")),
            ("x-ratelimit-reset-after", format!("{reset_after:.3}")),
        ]);
        answer
    }

    fn refuse(&mut self, call: &Call, problems: Vec<String>) -> Answer {
        let mut answer = Answer::error(400, 50035, "Invalid Form Body");
        let named = |problem: &String| json!({"code": "REFUSED", "message": problem});
        answer.body["errors"] = json!({"_errors": problems.iter().map(named).collect::<Vec<_>>()});
        for problem in problems {
            self.complain(format!("{} {}: {problem}", call.method, call.path));
        }
        answer
    }

    fn act(&mut self, target: &Target, call: &Call) -> Answer {
        use Operation as O;
        let known_guild = match target.operation {
            O::Guild | O::GuildChannels | O::GuildRoles | O::Member | O::ActiveThreads => {
                target.first == GUILD
            }
            O::GetCommands | O::PutCommands => target.first == APPLICATION && target.second == GUILD,
            _ => true,
        };
        if !known_guild {
            return Answer::error(403, 50001, "Missing Access");
        }
        match target.operation {
            O::Gateway => Answer::ok(json!({"url": self.gateway_url()})),
            O::GatewayBot => Answer::ok(json!({
                "url": self.gateway_url(), "shards": 1,
                "session_start_limit":
                    {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1},
            })),
            O::Me => Answer::ok(wire::user(self, BOT)),
            O::Application => Answer::ok(self.application()),
            O::Guild => Answer::ok(wire::guild(self)),
            O::GuildChannels => {
                let channels =
                    self.channels.values().filter(|channel| channel.open && channel.parent.is_none());
                Answer::ok(channels.map(wire::channel).collect())
            }
            O::GuildRoles => Answer::ok(json!(wire::roles(self))),
            O::ActiveThreads => {
                let all = self.channels.values();
                let active = all.filter(|channel| channel.parent.is_some() && !channel.archived);
                let threads: Vec<_> = active.map(wire::channel).collect();
                Answer::ok(json!({"threads": threads, "members": []}))
            }
            O::Member => match self.person_by_id(target.second) {
                Some(person) => Answer::ok(wire::member(self, person.id)),
                None if target.second == BOT => Answer::ok(wire::member(self, BOT)),
                None => Answer::unknown(10007, "Member"),
            },
            O::GetCommands => Answer::ok(json!(self.commands)),
            O::PutCommands => self.put_commands(&call.body),
            O::Callback => self.callback(target, call),
            O::Followup => self.followup(target, call),
            O::GetAnswer | O::EditAnswer | O::DeleteAnswer => self.answer(target, call),
            O::Attachment => self.attachment(target),
            _ => self.in_channel(target, call),
        }
    }

    fn application(&self) -> Value {
        json!({
            "id": APPLICATION.to_string(), "name": "dogwatch", "icon": null, "description": "",
            "bot_public": false, "bot_require_code_grant": false, "verify_key": "0".repeat(64),
            "flags": self.application_flags(), "bot": wire::user(self, BOT), "summary": "", "team": null,
        })
    }

    /// Replaces all commands; those of the same name keep their id.
    fn put_commands(&mut self, body: &Value) -> Answer {
        self.command_puts += 1;
        let mut commands = Vec::new();
        for wanted in body.as_array().into_iter().flatten() {
            let known = self.commands.iter().find(|known| known["name"] == wanted["name"]);
            let id = if let Some(known) = known {
                known["id"].clone()
            } else {
                self.command_creates += 1;
                json!(self.fresh_id().to_string())
            };
            let mut command = wanted.clone();
            let more = [
                ("id", id),
                ("application_id", json!(APPLICATION.to_string())),
                ("guild_id", json!(GUILD.to_string())),
                ("version", json!(self.fresh_id().to_string())),
            ];
            for (name, value) in more {
                command[name] = value;
            }
            let command_map = command.as_object_mut().unwrap();
            command_map.entry("type").or_insert(json!(1));
            command_map.entry("description").or_insert(json!(""));
            command_map.entry("default_member_permissions").or_insert(Value::Null);
            commands.push(command);
        }
        self.commands.clone_from(&commands);
        Answer::ok(json!(commands))
    }

    fn attachment(&self, target: &Target) -> Answer {
        let mut all = self.messages.values().flat_map(|message| &message.attachments);
        let Some(found) = all.find(|attachment| attachment.id == target.second) else {
            return Answer::new(404, Value::Null);
        };
        let mut answer = Answer::ok(Value::Null);
        answer.headers.push(("content-type", "application/octet-stream".into()));
        answer.bytes = Some(found.bytes.clone());
        answer
    }
}
