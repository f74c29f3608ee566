//! `ask`: one answer, or one answer a line. Never opens the record.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args as _;

use super::failure::Done;
use super::output::{is_written, out};
use super::places::Places;
use crate::articles::found::found;
use crate::articles::library::KbLibrary;
use crate::articles::meaning::VECTORS;
use crate::articles::shelf::Shelf;
use crate::articles::sources::{ConfigSource, Files};
use crate::chat::console::{for_stdout, next_line};
use crate::config::Config;
use crate::domain::planning::planner::effective_risk;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::rules::offers::offers;
use crate::domain::say::replies;
use crate::domain::world::action::Action;
use crate::kb::Offered;
use crate::search::{Answer, Offer, Search};

#[derive(clap::Args)]
pub struct Arguments {
    /// One JSON object a line
    #[arg(long, overrides_with = "json")]
    pub(super) json: bool,
    /// Hits at the most
    #[arg(long, value_name = "N", overrides_with = "limit", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=10))]
    limit: u8,
    /// The question; `-` reads one question a line from standard input. `--json` and `--limit N` may stand
    /// among its words, other words with a hyphen belong to it, and so does everything after `--`
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    question: Vec<OsString>,
}

impl Arguments {
    /// The arguments of this call with the options of `ask` among the words of the question before them. Those
    /// that say where things are stay words: pasted commands have such, too.
    pub(super) fn options_first(&self, mut call: Vec<OsString>) -> Vec<OsString> {
        if call.iter().rev().nth(self.question.len()).is_some_and(|before| before == "--") {
            return call;
        }
        let words = call.split_off(call.len().saturating_sub(self.question.len()));
        let ask = Self::augment_args(clap::Command::new("ask"));
        let mut words = words.into_iter().peekable();
        let mut question = Vec::new();
        while let Some(word) = words.next_if(|word| word != "--") {
            let text = word.to_string_lossy();
            let option = text.strip_prefix("--").and_then(|text| {
                let name = text.split('=').next();
                ask.get_arguments().find(|option| option.get_long() == name)
            });
            let Some(option) = option else {
                question.push(word);
                continue;
            };
            let takes_next = option.get_action().takes_values() && !text.contains('=');
            let is_number = |word: &OsString| word.to_str().is_some_and(|word| word.parse::<u8>().is_ok());
            // People ask about options, too.
            if takes_next && !words.peek().is_some_and(is_number) {
                question.push(word);
                continue;
            }
            call.push(word);
            call.extend(words.next_if(|_| takes_next));
        }
        call.extend(question.into_iter().chain(words));
        call
    }
}

pub fn run(places: &Places, arguments: &Arguments) -> Done {
    // An answer names the approvals that its actions need, which the policy decides.
    let config = ConfigSource::File(places.config_file()).read()?;
    let library = KbLibrary::open(&places.kb, Some(&places.index), places.meaning(VECTORS)?)?;
    library.encode()?;
    let shelf = Shelf::new(places.kb.clone());
    let mut asking = Asking { config, shelf, search: library.current(), arguments };
    if arguments.question != ["-"] {
        // Any bytes are a question.
        let words: Vec<_> = arguments.question.iter().map(|word| word.to_string_lossy()).collect();
        return asking.answer(&words.join(" "));
    }
    let mut input = std::io::stdin().lock();
    while let Some(line) = next_line(&mut input).context("could not read a question from standard input")? {
        asking.answer(&line)?;
        if !is_written() {
            break;
        }
    }
    Ok(())
}

fn offer(catalogue: &Catalogue, action: &Action) -> Offer {
    Offer { risk: effective_risk(catalogue, action), ..Offer::from(action) }
}

struct Asking<'a> {
    config: Config,
    shelf: Shelf,
    search: Arc<Search>,
    arguments: &'a Arguments,
}

impl Asking<'_> {
    fn answer(&mut self, question: &str) -> Done {
        let start = Instant::now();
        let mut answer = self.search.answer(question, self.arguments.limit.into())?;
        let took_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let offered = self.offered(&answer);
        let catalogue = Files::catalogue_of(self.config.clone(), offered);
        let found = found(&answer);
        if self.arguments.json {
            for (hit, cited) in answer.hits.iter_mut().zip(&found.hits) {
                let offered = offers(&catalogue, question, &found, cited);
                hit.actions = offered.into_iter().map(|(_, action)| offer(&catalogue, action)).collect();
            }
            out!("{}", serde_json::to_string(&answer.line(question, took_us))?);
            return Ok(());
        }
        let reply = replies::answer::found(&catalogue, question, &found, None);
        // Whoever can read the files may know what is wrong with them.
        let reply = replies::answer::for_admin(reply, &catalogue, &found);
        out!("{}", for_stdout(&reply).trim_end());
        Ok(())
    }

    /// What the articles with actions offer as they are now.
    fn offered(&mut self, answer: &Answer) -> Offered {
        let acting = answer.hits.iter().filter(|hit| !hit.actions.is_empty());
        let mut files: BTreeSet<&str> = acting.map(|hit| hit.file.as_str()).collect();
        if !files.is_empty() {
            // Whoever repeats an id of an article that is found is one of those.
            files.extend(self.search.broken().map(|broken| broken.file.as_str()));
        }
        self.shelf.look_at(&files)
    }
}
