//! `ask`: one answer, or one answer a line. Never opens the record.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;

use super::library::{KbLibrary, Meaning};
use super::parts::{ConfigSource, Files, found};
use super::{Done, Places};
use crate::chat::console::{for_stdout, next_line};
use crate::config::Config;
use crate::domain::replies;
use crate::kb;
use crate::search::Search;

#[derive(clap::Args)]
pub struct Arguments {
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
    /// Hits at the most
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=10))]
    limit: u8,
    /// The question; `-` reads one question a line from standard input
    #[arg(required = true, trailing_var_arg = true)]
    question: Vec<String>,
}

pub fn run(places: &Places, arguments: &Arguments) -> Done {
    // An answer names the approvals that its actions need, which the policy decides.
    let config = ConfigSource::File(places.config_file()).read()?;
    let library = KbLibrary::open(&places.kb, Some(&places.index), Meaning::open(places))?;
    let asking = Asking { config, kb: &places.kb, search: library.current(), arguments };
    if arguments.question != ["-"] {
        return asking.answer(&arguments.question.join(" "));
    }
    let mut input = std::io::stdin().lock();
    while let Some(line) = next_line(&mut input).context("could not read a question from standard input")? {
        asking.answer(&line)?;
    }
    Ok(())
}

struct Asking<'a> {
    config: Config,
    kb: &'a Path,
    search: Arc<Search>,
    arguments: &'a Arguments,
}

impl Asking<'_> {
    fn answer(&self, question: &str) -> Done {
        let start = Instant::now();
        let answer = self.search.answer(question, self.arguments.limit.into())?;
        let took_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        if self.arguments.json {
            out!("{}", serde_json::to_string(&answer.line(question, took_us))?);
            return Ok(());
        }
        // An action is named only if its article can be read now.
        let files = answer.hits.iter().map(|hit| hit.file.as_str());
        let catalogue = Files::catalogue_of(self.config.clone(), kb::offered(self.kb, files));
        out!("{}", for_stdout(&replies::answer::found(&catalogue, &found(&answer), None)).trim_end());
        Ok(())
    }
}
