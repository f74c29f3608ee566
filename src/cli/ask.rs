//! `ask`: one answer, or one answer a line. Never opens the record.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;

use super::parts::{ConfigSource, Files, Meaning, found, knowledge, tell_where_from};
use super::{Done, Places};
use crate::chat::console::{for_stdout, next_line};
use crate::domain::catalogue::Catalogue;
use crate::domain::replies;
use crate::kb::Loaded;
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
    let config: Option<PathBuf> = places.config_file();
    let catalogue = Files { kb: places.kb.clone(), config: ConfigSource::File(config) }.read()?;
    let Loaded { articles, synonyms, .. } = knowledge(&places.kb)?;
    let search = Search::open(Some(&places.index), articles, &synonyms)?;
    tell_where_from(&search);
    let search = Meaning::add_to(Meaning::open(places, Some(&places.index)).as_ref(), search);
    if arguments.question != ["-"] {
        return answer(&catalogue, &search, arguments, &arguments.question.join(" "));
    }
    let mut input = std::io::stdin().lock();
    while let Some(line) = next_line(&mut input).context("could not read a question from standard input")? {
        answer(&catalogue, &search, arguments, &line)?;
    }
    Ok(())
}

fn answer(catalogue: &Catalogue, search: &Search, arguments: &Arguments, question: &str) -> Done {
    let start = Instant::now();
    let answer = search.answer(question, arguments.limit.into())?;
    let took_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    if arguments.json {
        out!("{}", serde_json::to_string(&answer.line(question, took_us))?);
    } else {
        out!("{}", for_stdout(&replies::answer::found(catalogue, &found(&answer), None)).trim_end());
    }
    Ok(())
}
