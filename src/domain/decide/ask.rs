//! Questions and what became of their answers.

use super::effect::{Decision, Effect};
use crate::domain::id::AnswerId;
use crate::domain::record::answer::{Answer, prefix};
use crate::domain::record::event::Event;
use crate::domain::record::origin::Origin;
use crate::domain::rules::view::{Caller, View};
use crate::domain::say::address::To;
use crate::domain::say::question::{Purpose, Question};
use crate::domain::say::replies;
use crate::domain::say::reply::Reply;
use crate::domain::text::shortened;
use crate::domain::world::actor::Role;
use crate::domain::world::citation::Found;

/// Characters of a question that go into the record.
const QUESTION_LEN_MAX: usize = 1000;

/// The knowledge base has been searched.
pub fn found(view: View<'_>, question: &Question, found: Result<Found, String>) -> Decision {
    let Question { origin, words, purpose } = question;
    let found = match found {
        Ok(found) => found,
        Err(_) if *purpose == Purpose::Overheard => return Decision::default(),
        Err(why) => return Decision::say(To::Caller(origin.clone()), replies::answer::not_searched(&why)),
    };
    match purpose {
        Purpose::Search => {
            let reply =
                for_admins(view, origin, replies::answer::listed(view.catalogue, words, &found), &found);
            return Decision::say(To::Caller(origin.clone()), reply);
        }
        // Whoever did not ask is not told that there is nothing, nor what may be beside the point.
        Purpose::Overheard if found.hits.is_empty() || found.doubtful => return Decision::default(),
        Purpose::Answer | Purpose::Overheard => {}
    }
    let question = words;
    let (id, words) = (view.state.next_answer(), shortened(question, QUESTION_LEN_MAX));
    let reply = replies::answer::found(view.catalogue, question, &found, Some((id, prefix(&words))));
    let reply = for_admins(view, origin, reply, &found);
    let mut articles: Vec<_> = found.hits.iter().map(|hit| hit.article.clone()).collect();
    articles.dedup();
    let mut decision = Decision::say(To::Asker(origin.clone()), reply);
    let conversation = origin.conversation.clone();
    decision.event(
        &origin.actor,
        Event::QuestionAnswered {
            answer: id,
            conversation,
            question: words,
            articles,
            doubtful: found.doubtful,
        },
    );
    decision
}

/// A reply to a question, which tells an admin also what is wrong with articles.
fn for_admins(view: View<'_>, origin: &Origin, reply: Reply, found: &Found) -> Reply {
    match Caller::of(origin).known(view.catalogue) {
        Some(known) if known.role == Role::Admin => replies::answer::for_admin(reply, view.catalogue, found),
        _ => reply,
    }
}

/// What somebody said without addressing the bot: looked up if it looks like a question that has
/// not been answered here yet, unless they want quiet.
pub fn overheard(view: View<'_>, caller: Caller<'_>, words: String) -> Decision {
    let state = view.state;
    let asked = shortened(&words, QUESTION_LEN_MAX).to_lowercase();
    let answered = |answer: &Answer| {
        answer.conversation == *caller.conversation && answer.question.to_lowercase() == asked
    };
    let left_alone = state.quiet.contains(caller.conversation)
        || !state.conversations.contains_key(caller.conversation)
        || caller.known(view.catalogue).is_none()
        || !looks_like_a_question(&words)
        || state.answers.values().any(answered);
    if left_alone {
        return Decision::default();
    }
    let question = Question { origin: caller.origin.clone(), words, purpose: Purpose::Overheard };
    Decision { events: Vec::new(), effects: vec![Effect::Search(question)] }
}

/// What English questions begin with.
const QUESTION_WORDS: &[&str] = &[
    "how", "why", "what", "where", "which", "when", "who", "can", "could", "does", "do", "did", "is", "are",
    "was", "should", "would", "will", "has", "have", "anyone", "anybody",
];

/// Words of a question at the least.
const QUESTION_WORDS_LEAST: usize = 3;

/// Whether people who talk to each other probably want to know something: it ends as a question
/// does and has enough words to be looked up. Whoever wants an answer for certain mentions the bot.
pub fn looks_like_a_question(words: &str) -> bool {
    let text = words.trim();
    let count = text.split_whitespace().count();
    if count < QUESTION_WORDS_LEAST || text.starts_with(['/', '!', '>', '`']) {
        return false;
    }
    let first = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    // "Can you take over, ben?" is for a person.
    let to_a_person = text.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| word == "you");
    text.ends_with('?')
        && !to_a_person
        && (QUESTION_WORDS.contains(&first.as_str()) || count > QUESTION_WORDS_LEAST)
}

/// Somebody says whether an answer was the right one.
pub fn judge(view: View<'_>, caller: Caller<'_>, answer: AnswerId, right: bool) -> Decision {
    let reply = replies::answer::judged(right);
    let mut decision = Decision::answer(caller, reply);
    let Some(known) = caller.known(view.catalogue) else { return decision };
    let before = view.state.answers.get(&answer).and_then(|answer| answer.judged.get(&known.name));
    if before != Some(&right) {
        decision.event(caller.actor, Event::AnswerJudged { answer, person: known.name, right });
    }
    decision
}

/// `/quiet`: where nothing is overheard there is nothing to be quiet about.
pub fn quiet(view: View<'_>, caller: Caller<'_>, quiet: bool) -> Decision {
    let is_chat = caller.origin.ticket.is_some();
    if is_chat && !view.state.conversations.contains_key(caller.conversation) {
        return Decision::answer(caller, replies::answer::quiet_anyway());
    }
    let conversation = caller.conversation.clone();
    let mut decision = Decision::say(To::Asker(caller.origin.clone()), replies::answer::quieted(quiet));
    decision.event(caller.actor, Event::ConversationQuieted { conversation, quiet });
    decision
}

#[cfg(test)]
mod tests;
