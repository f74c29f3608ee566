//! REST of interactions: the callback within 3 s, then the original and followups for 15 minutes.

use std::time::Duration;

use serde_json::{Value, json};

use super::call::{Answer, Call, Operation, Target};
use super::model::{Ack, Asked, EPHEMERAL, Field, LOADING, Message, Modal};
use super::setup::{APPLICATION, BOT};
use super::state::{State, millis};
use super::wire;

/// For the acknowledgement, from the dispatch on.
pub const ACK_MAX: Duration = Duration::from_secs(3);
const TOKEN_MAX: Duration = Duration::from_secs(15 * 60);

const MESSAGE: u64 = 4;
const MESSAGE_LATER: u64 = 5;
const EDIT_LATER: u64 = 6;
const EDIT: u64 = 7;
const CHOICES: u64 = 8;
const MODAL: u64 = 9;

impl State {
    pub fn callback(&mut self, target: &Target, call: &Call) -> Answer {
        let kind = call.body["type"].as_u64().unwrap_or(0);
        let Some(asked) =
            self.interactions.get_mut(&target.first).filter(|asked| asked.token == target.token)
        else {
            return Answer::unknown(10062, "interaction");
        };
        let after = asked.created.elapsed();
        if asked.ack.is_some() {
            return Answer::error(400, 40060, "Interaction has already been acknowledged.");
        }
        if after > ACK_MAX {
            asked.late = true;
            return Answer::unknown(10062, "interaction");
        }
        if let Err(problem) = fits(kind, asked) {
            self.complain(format!("callback: {problem}"));
            return Answer::error(400, 50035, problem);
        }
        asked.ack = Some(Ack { kind, after_ms: millis(after) });
        let id = asked.id;
        match kind {
            MESSAGE => self.respond(id, call, 0),
            MESSAGE_LATER => self.respond(id, call, LOADING),
            EDIT_LATER | EDIT => {
                let source = asked.source;
                asked.original = source;
                if let Some(source) = source.filter(|_| kind == EDIT) {
                    self.change(source, call);
                }
            }
            CHOICES => asked.choices = Some(choices(&call.body["data"]["choices"])),
            _ => asked.modal = Some(modal(&call.body["data"])),
        }
        self.acknowledged(id, call)
    }

    fn acknowledged(&self, id: u64, call: &Call) -> Answer {
        if call.query.get("with_response").is_none_or(|wanted| wanted != "true") {
            return Answer::done();
        }
        let asked = &self.interactions[&id];
        let message = asked.original.map(|original| wire::message(self, &self.messages[&original]));
        let kind = &call.body["type"];
        Answer::ok(json!({
            "interaction": {"id": id.to_string(), "type": asked.kind},
            "resource": {"type": kind, "message": message},
        }))
    }

    fn respond(&mut self, id: u64, call: &Call, flags: u64) {
        let original = self.say_in_answer(id, call, flags);
        self.interactions.get_mut(&id).unwrap().original = Some(original);
    }

    /// Posts a message that belongs to an interaction.
    fn say_in_answer(&mut self, id: u64, call: &Call, flags: u64) -> u64 {
        let (channel, person, original) = {
            let asked = &self.interactions[&id];
            (asked.channel, asked.person, asked.original)
        };
        let body = if call.body.get("type").is_some() { &call.body["data"] } else { &call.body };
        let wanted = body["flags"].as_u64().unwrap_or(0);
        let fresh = self.fresh_id();
        let mut message = Message::new(fresh, channel, BOT);
        message.flags = wanted | flags;
        message.interaction = Some(id);
        message.reply_to = original;
        message.ephemeral_for = (wanted & EPHEMERAL != 0).then_some(person);
        self.fill(&mut message, call);
        self.post(message)
    }

    /// The interaction of a token that is still good.
    fn by_token(&self, target: &Target) -> Result<&Asked, Answer> {
        let asked = self.interactions.values().find(|asked| asked.token == target.token);
        let Some(asked) = asked.filter(|_| target.first == APPLICATION) else {
            return Err(Answer::unknown(10015, "Webhook"));
        };
        if self.token_clock_ms() - asked.token_born_ms > millis(TOKEN_MAX) {
            return Err(Answer::error(401, 50027, "Invalid Webhook Token"));
        }
        // Choices and modals are no message that could be followed.
        match asked.ack {
            Some(ack) if ack.kind != CHOICES => Ok(asked),
            _ => Err(Answer::unknown(10015, "Webhook")),
        }
    }

    pub fn followup(&mut self, target: &Target, call: &Call) -> Answer {
        let asked = match self.by_token(target) {
            Ok(asked) => asked,
            Err(answer) => return answer,
        };
        let id = asked.id;
        // A message that is still awaited is what the first followup becomes.
        let awaited = asked.original.filter(|original| self.messages[original].is_loading());
        let message = match awaited {
            Some(original) => {
                self.change(original, call);
                original
            }
            None => self.say_in_answer(id, call, 0),
        };
        self.interactions.get_mut(&id).unwrap().followups.push(message);
        Answer::ok(wire::message(self, &self.messages[&message]))
    }

    /// The original or a followup: read, changed, deleted.
    pub fn answer(&mut self, target: &Target, call: &Call) -> Answer {
        let asked = match self.by_token(target) {
            Ok(asked) => asked,
            Err(answer) => return answer,
        };
        let own = asked.followups.iter().chain(&asked.original).copied();
        let wanted = if target.second == 0 { asked.original } else { Some(target.second) };
        let found = wanted.filter(|id| own.into_iter().any(|known| known == *id));
        let Some(id) = found.filter(|id| !self.messages[id].deleted) else {
            return Answer::unknown(10008, "Message");
        };
        match target.operation {
            Operation::GetAnswer => Answer::ok(wire::message(self, &self.messages[&id])),
            Operation::EditAnswer => {
                self.change(id, call);
                Answer::ok(wire::message(self, &self.messages[&id]))
            }
            _ => {
                self.delete(id);
                Answer::done()
            }
        }
    }
}

/// Which callbacks an interaction can be answered with.
fn fits(kind: u64, asked: &Asked) -> Result<(), &'static str> {
    match (kind, asked.kind) {
        (CHOICES, 4) | (MESSAGE | MESSAGE_LATER, 2 | 3 | 5) | (MODAL, 2 | 3) => Ok(()),
        (EDIT_LATER | EDIT, 3 | 5) if asked.source.is_some() => Ok(()),
        (CHOICES, _) => Err("choices answer an autocompletion only"),
        (_, 4) => Err("an autocompletion is answered with choices only"),
        (MODAL, _) => Err("a modal cannot be answered with a modal"),
        (EDIT_LATER | EDIT, _) => Err("there is no message of a component to edit"),
        _ => Err("an unknown type of callback"),
    }
}

fn choices(list: &Value) -> Vec<(String, Value)> {
    let named = list.as_array().into_iter().flatten();
    named.map(|one| (one["name"].as_str().unwrap_or_default().to_owned(), one["value"].clone())).collect()
}

fn modal(data: &Value) -> Modal {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = data["components"].as_array().into_iter().flatten();
    let fields = rows.flat_map(|row| row["components"].as_array().into_iter().flatten());
    Modal {
        custom_id: text(&data["custom_id"]),
        title: text(&data["title"]),
        fields: fields
            .map(|field| Field {
                custom_id: text(&field["custom_id"]),
                label: text(&field["label"]),
                value: field["value"].as_str().map(str::to_owned),
                required: field["required"].as_bool().unwrap_or(true),
                min_length: field["min_length"].as_u64().unwrap_or(0),
                max_length: field["max_length"].as_u64().unwrap_or(4000),
            })
            .collect(),
    }
}
