//! `kb lint`, `kb index`, `kb import`, `kb eval`, `kb report`. Only the report looks at the record.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use super::failure::{Done, Failure};
use super::output::out;
use super::places::Places;
use crate::articles::library::KbLibrary;
use crate::articles::meaning::{VECTORS, VECTORS_OF_COLLECTIONS};
use crate::articles::sources::no_articles;
use crate::chat::console::{one_line, rendered};
use crate::domain::record::state::State;
use crate::domain::rules::upkeep::report::Upkeep;
use crate::domain::rules::upkeep::upkeep;
use crate::domain::say::replies;
use crate::kb::import::{Imported, Outcome, drafts_folder, import as import_texts};
use crate::kb::lint::{Standards, lint as lint_rules};
use crate::kb::{self, Offered, Severity};
use crate::search::{
    self, Collection, Difference, Figures, Measured, Miss, MissKind, Origin, Ranking, Report, Search,
    SearchError, Split, Unusable, eval, read_questions,
};
use crate::store::StoreError;
use crate::store::sled_record::recorded_state;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Check the articles: each finding with file, line and what to do
    Lint,
    /// Build the index of the articles
    Index,
    /// Make drafts of plain text, HTML or Markdown: `.md`, `.markdown`, `.html`, `.htm`, `.xhtml`,
    /// `.txt`, `.text` or no ending. In a folder, other names and those with a dot first are left out
    Import {
        /// A file, or a folder with everything below it
        #[arg(value_name = "FILE|DIR")]
        from: PathBuf,
        /// The folder for the drafts [default: drafts in the folder of articles]
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Measure the answers on questions with known articles, or the ranking on a public collection
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Eval {
        /// One JSON object a line: id, text, articles, actions, answerable
        #[arg(long, value_name = "FILE", group = "what")]
        questions: Option<PathBuf>,
        /// A collection in the format of BEIR: corpus.jsonl, queries.jsonl, qrels.tsv
        #[arg(long, value_name = "DIR", group = "what")]
        collection: Option<PathBuf>,
        /// Ask a half of the queries: one to choose settings with, the other to report with
        #[arg(long, requires = "collection", conflicts_with = "questions")]
        split: Option<Half>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Rank what to fix: questions without an answer, articles that let people down
    Report {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

/// The queries that `--split` names.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Half {
    /// Those to choose settings with
    Choose,
    /// Those to report with: the others
    Report,
}

impl From<Half> for Split {
    fn from(half: Half) -> Self {
        match half {
            Half::Choose => Self::Choose,
            Half::Report => Self::Report,
        }
    }
}

/// A report as programs read it.
#[derive(serde::Serialize)]
struct ReportLine {
    v: u8,
    #[serde(flatten)]
    upkeep: Upkeep,
}

pub fn run(places: &Places, command: &Command) -> Done {
    match command {
        Command::Lint => lint(places),
        Command::Index => index(places),
        Command::Import { from, to } => import(places, from, to.as_deref()),
        Command::Eval { questions: Some(questions), json, .. } => measure(places, questions, *json),
        Command::Eval { collection: Some(collection), split, json, .. } => {
            rank(places, collection, split.map(Split::from), *json)
        }
        // The group of the arguments asks for one of them before this is reached.
        Command::Eval { .. } => Err(Failure::Usage(anyhow::anyhow!(
            "nothing to measure; name --questions FILE or --collection DIR"
        ))),
        Command::Report { json } => report(places, *json),
    }
}

fn lint(places: &Places) -> Done {
    let standards = standards(places)?;
    let loaded = kb::load(&places.kb)?;
    let findings = lint_rules(&loaded, &standards);
    for finding in &findings {
        out!("{}", finding.render(&places.kb));
    }
    let errors = findings.iter().filter(|finding| finding.code.severity() == Severity::Error).count();
    let actions: usize = loaded.articles.iter().map(|article| article.actions.len()).sum();
    let warnings = findings.len() - errors;
    out!("{} articles, {actions} actions: {errors} errors, {warnings} warnings", loaded.articles.len());
    if errors > 0 { Err(Failure::Said) } else { Ok(()) }
}

fn standards(places: &Places) -> Result<Standards, crate::config::ConfigError> {
    let reads = places.config()?.policy.reads;
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    Ok(Standards { today, reads })
}

fn import(places: &Places, from: &Path, to: Option<&Path>) -> Done {
    let to = to.map_or_else(|| drafts_folder(&places.kb), Path::to_owned);
    let imported = import_texts(from, &places.kb, &to, &standards(places)?)?;
    let mut counts = [0; 4];
    for Imported { source, outcome } in &imported {
        let source = one_line(&source.display().to_string());
        let (kind, told) = match outcome {
            Outcome::Drafted { path, .. } => (0, format!("draft {} from {source}", path.display())),
            Outcome::Duplicate { of, why } => {
                let of = of.display();
                (1, format!("duplicate {source}: {why} as in {of}; not written: add to {of} what is new"))
            }
            Outcome::Skipped(why) => (2, format!("skipped {source}: {why}")),
            Outcome::Refused(error) => (3, format!("failed {source}: {error}")),
        };
        counts[kind] += 1;
        out!("{}", one_line(&told));
        if let Outcome::Drafted { notes, findings, .. } = outcome {
            let notes = notes.iter().cloned();
            let findings = findings.iter().map(|finding| finding.render(&to));
            notes.chain(findings).for_each(|line| out!("  {}", one_line(&line)));
        }
    }
    let [drafts, duplicates, skipped, failed] = counts;
    out!("{drafts} drafts, {duplicates} duplicates, {skipped} skipped, {failed} failed");
    if drafts > 0 {
        let kb = places.kb.display();
        out!("nobody is answered from a draft: edit it, move it to {kb}, then `dogwatch kb lint`");
    }
    if failed > 0 { Err(Failure::Said) } else { Ok(()) }
}

fn index(places: &Places) -> Done {
    let search = search(places)?;
    let folder = places.index.display();
    let (articles, chunks) = (search.articles(), search.chunks());
    let done = match search.origin() {
        Origin::Reused => "up to date".to_owned(),
        Origin::Updated => "brought up to date".to_owned(),
        Origin::Rebuilt(reason) => format!("built ({})", why(*reason)),
        Origin::Memory => "in memory".to_owned(),
        Origin::Unsaved(why) => return Err(Failure::Failed(anyhow::anyhow!("{why}"))),
    };
    out!("{folder}: {done}, {articles} articles, {chunks} passages, indexed {}", search.revision());
    Ok(())
}

fn search(places: &Places) -> anyhow::Result<Arc<Search>> {
    let library = KbLibrary::open(&places.kb, Some(&places.index), places.meaning(VECTORS)?)?;
    library.encode()?;
    Ok(library.current())
}

fn measure(places: &Places, questions: &Path, json: bool) -> Done {
    let search = search(places)?;
    let questions = read_questions(questions, &search)?;
    let report = eval(&search, &questions)?;
    if json {
        out!("{}", serde_json::to_string(&report).context("could not write the report")?);
    } else {
        show(&report);
    }
    Ok(())
}

fn report(places: &Places, json: bool) -> Done {
    let loaded = kb::load(&places.kb).with_context(|| no_articles(&places.kb))?;
    for finding in loaded.findings.iter().filter(|finding| finding.code.leaves_out()) {
        tracing::warn!("{}", finding.render(&places.kb));
    }
    let articles = Offered::from(loaded).articles;
    let state = recorded_state(&places.state()?).or_else(|error| match error {
        StoreError::Absent { .. } => {
            tracing::warn!("{error}; until then only the articles are looked at");
            Ok(State::default())
        }
        error => Err(error),
    })?;
    let upkeep = upkeep(&state, &articles, crate::app::wall_ms());
    if json {
        let line = ReportLine { v: 1, upkeep };
        out!("{}", serde_json::to_string(&line).context("could not write the report")?);
    } else {
        out!("{}", rendered(&replies::upkeep::report(&upkeep)).trim_end());
    }
    Ok(())
}

fn rank(places: &Places, collection: &Path, split: Option<Split>, json: bool) -> Done {
    let (synonyms, _) = kb::synonyms(&places.kb);
    let meaning = places.meaning(VECTORS_OF_COLLECTIONS)?;
    let with_model = meaning.as_ref().map(|meaning| |search| meaning.of_all(search));
    let with_model =
        with_model.as_ref().map(|of_all| of_all as &dyn Fn(Search) -> Result<Search, SearchError>);
    let measured = search::measure(Collection::read(collection, split)?, &synonyms, with_model)?;
    if json {
        out!("{}", serde_json::to_string(&measured).context("could not write the report")?);
        return Ok(());
    }
    let Measured { ours, words, bare } = measured;
    out!("{} queries      ndcg@10   mrr@10 recall@10 success@1       p50       p95", bare.queries);
    figures("bare BM25", bare);
    let named = match words {
        Some(words) => vec![("words", words), ("words and model", ours)],
        None => vec![("words", ours)],
    };
    for (name, Ranking { figures: it, .. }) in &named {
        figures(name, *it);
    }
    for (name, Ranking { false_refusals, false_answers, ndcg_difference, .. }) in &named {
        let Difference { mean, low, high } = ndcg_difference;
        out!("{name}: ndcg@10 {mean:+.3} to bare BM25 (95 % interval {low:+.3} to {high:+.3})");
        out!("{name}: false refusals {false_refusals:.3}, false answers {false_answers:.3}");
    }
    Ok(())
}

fn figures(name: &str, it: Figures) {
    let Figures { ndcg_at_10, mrr_at_10, recall_at_10, success_at_1, p50_us, p95_us, .. } = it;
    out!(
        "{name:15} {ndcg_at_10:9.3} {mrr_at_10:8.3} {recall_at_10:9.3} {success_at_1:9.3} {p50_us:>6} us \
         {p95_us:>6} us"
    );
}

fn why(reason: Unusable) -> &'static str {
    match reason {
        Unusable::Missing => "there was none",
        Unusable::Stale => "synonyms had changed, or it was of other articles",
        Unusable::Damaged => "the old one was damaged",
    }
}

fn show(report: &Report) {
    for Miss { id, text, kind, expected, got } in &report.misses {
        let what = match kind {
            MissKind::WrongFirst => "wrong article first",
            MissKind::FalseRefusal => "refused",
            MissKind::FalseAnswer => "answered",
        };
        let names = |ids: &[crate::domain::id::ArticleId]| {
            ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        out!("{id} {what}: {} (expected: {}; got: {})", one_line(text), names(expected), names(got));
    }
    let figures = [
        ("success@1", report.success_at_1),
        ("hit@3", report.hit_at_3),
        ("mrr@10", report.mrr_at_10),
        ("false answers", report.false_answers),
        ("certain ones", report.certain_false_answers),
        ("false refusals", report.false_refusals),
    ];
    let figures = figures.map(|(name, value)| format!("{name} {value:.3}"));
    out!("{} questions: {}", report.questions, figures.join(", "));
}
