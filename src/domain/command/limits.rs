//! How much of the bot's attention each person has, and all strangers together, before anything is
//! decided.
//!
//! Invariant: what one person sends changes nothing for another: shares are by person, and what is
//! beyond them is turned away without being decided or recorded.

use std::collections::BTreeMap;

use crate::domain::command::Command;
use crate::domain::id::ConversationId;
use crate::domain::record::origin::Origin;
use crate::domain::refusal::Refusal;
use crate::domain::say::button::{AnswerPress, Press};
use crate::domain::time::time;

/// Commands of a person: so many at once, and then one in so many ms.
const COMMANDS: Share = Share { what: "5 commands a second", burst: 20, each_ms: 200 };
/// Questions of a person, which are looked up.
const QUESTIONS: Share = Share { what: "2 questions a second", burst: 10, each_ms: 500 };
/// Milliseconds for which all strangers of a conversation have had their answer.
const STRANGERS_MS: u64 = 60_000;
/// Milliseconds for which a person has been told that it was too much.
const TOLD_MS: u64 = 10_000;
/// Persons and conversations remembered; those that have their whole share again are forgotten first.
const REMEMBERED_MAX: usize = 4096;

struct Share {
    what: &'static str,
    burst: u64,
    each_ms: u64,
}

/// When a command comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the bot began: no clock that is set changes how much is left of a share.
    pub passed_ms: u64,
    /// The bot's time, in ms since 1970, for people.
    pub now_ms: u64,
}

impl Moment {
    /// The time at which so much has passed, as people read it.
    fn shown_ms(self, passed_ms: u64) -> u64 {
        self.now_ms + passed_ms.saturating_sub(self.passed_ms)
    }
}

/// What each has used of their share. In memory alone: a restart begins anew.
#[derive(Debug, Default)]
pub struct Limits {
    persons: BTreeMap<String, Used>,
    /// Until when the strangers of a conversation have been answered.
    strangers: BTreeMap<ConversationId, u64>,
}

/// When the whole share is there again, and until when the person has been told that it is not; in ms since
/// the bot began.
#[derive(Debug, Default)]
struct Used {
    commands: u64,
    questions: u64,
    told: u64,
}

/// What becomes of a command.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is decided.
    Admitted,
    /// It is too much, which is said.
    Refused(Refusal),
    /// It is too much, as was said already: nobody is to hear of it who does not wait for an answer.
    TurnedAway(Refusal),
}

impl Limits {
    /// Whether a command of this person, or of a stranger, is decided.
    pub fn admit(
        &mut self,
        person: Option<&str>,
        origin: &Origin,
        command: &Command,
        moment: Moment,
    ) -> Admission {
        match person {
            Some(person) => self.admit_person(person, command, moment),
            // What is answered to them alone: they share the share of one person, whom nobody is called.
            None if !origin.is_message => self.admit_person("", command, moment),
            None => self.admit_stranger(&origin.conversation, command, moment),
        }
    }

    fn admit_person(&mut self, person: &str, command: &Command, moment: Moment) -> Admission {
        let passed_ms = moment.passed_ms;
        if self.persons.len() >= REMEMBERED_MAX && !self.persons.contains_key(person) {
            self.persons.retain(|_, used| used.commands.max(used.questions).max(used.told) > passed_ms);
        }
        let used = self.persons.entry(person.to_owned()).or_default();
        let (share, whole_ms) = if is_question(command) {
            (QUESTIONS, &mut used.questions)
        } else {
            (COMMANDS, &mut used.commands)
        };
        let begins_ms = (*whole_ms).max(passed_ms);
        let room_ms = passed_ms + (share.burst - 1) * share.each_ms;
        if begins_ms <= room_ms {
            *whole_ms = begins_ms + share.each_ms;
            return Admission::Admitted;
        }
        // To the second, in which there is room for sure.
        let until_ms = passed_ms + (begins_ms - room_ms) + 999;
        let refusal = Refusal::new("too_fast", format!("too much at once: {} is your share", share.what))
            .hint(format!("Nothing was done with it. Go on at {} UTC.", time(moment.shown_ms(until_ms))));
        if matches!(command, Command::Overheard(_)) || used.told > passed_ms {
            return Admission::TurnedAway(refusal);
        }
        used.told = passed_ms + TOLD_MS;
        Admission::Refused(refusal)
    }

    fn admit_stranger(
        &mut self,
        conversation: &ConversationId,
        command: &Command,
        moment: Moment,
    ) -> Admission {
        let passed_ms = moment.passed_ms;
        let refusal = |until_ms: u64| {
            let message = "nobody this bot knows has asked, and was told so here a moment ago";
            Refusal::new("unknown_actor", message)
                .hint(format!("Ask again after {} UTC.", time(moment.shown_ms(until_ms))))
        };
        match self.strangers.get(conversation) {
            Some(&until_ms) if until_ms > passed_ms => return Admission::TurnedAway(refusal(until_ms)),
            // Nobody is answered who did not ask.
            _ if matches!(command, Command::Overheard(_)) => return Admission::Admitted,
            _ => {}
        }
        if self.strangers.len() >= REMEMBERED_MAX {
            self.strangers.retain(|_, until_ms| *until_ms > passed_ms);
        }
        self.strangers.insert(conversation.clone(), passed_ms + STRANGERS_MS);
        Admission::Admitted
    }
}

/// Whether a command is looked up in the knowledge base.
fn is_question(command: &Command) -> bool {
    matches!(
        command,
        Command::Ask(_)
            | Command::Meant(_)
            | Command::Overheard(_)
            | Command::KbSearch(_)
            | Command::Press(Press::Answer(AnswerPress::More, ..))
    )
}

#[cfg(test)]
mod tests;
