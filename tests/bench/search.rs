//! The whole way from a question to a passage against the bare engine on the same index, and what an
//! index costs, at growing numbers of articles.
//!
//! `DOGWATCH_COLLECTIONS` names a folder of collections in the format of BEIR: articles are put together
//! from their documents, and their queries are asked. `DOGWATCH_SIZES` says how many articles
//! (1000,10000,100000). The ratios are printed at the end of each size.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark may panic")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use criterion::Criterion;
use dogwatch::articles::library::KbLibrary;
use dogwatch::domain::world::article::{Article, Synonyms};
use dogwatch::kb;
use dogwatch::search::{Index, Reading, Search, Seen};
use serde_json::Value;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STORED, STRING, Schema, TEXT};
use tantivy::tokenizer::{
    Language, LowerCaser, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer, TokenStream as _,
};
use tantivy::{ReloadPolicy, Searcher, Term, doc};

/// Queries that are asked.
const QUERIES: usize = 500;
/// Characters of a document that become a section.
const SECTION_LEN: usize = 900;
/// How often what happens once is measured.
const TIMES: usize = 11;

/// What the collections hold: documents of a title and a text, and queries.
struct Texts {
    documents: Vec<(String, String)>,
    queries: Vec<String>,
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

impl Texts {
    fn read() -> Self {
        let folder = std::env::var_os("DOGWATCH_COLLECTIONS");
        let folder = PathBuf::from(
            folder.unwrap_or_else(|| panic!("DOGWATCH_COLLECTIONS names no folder of collections")),
        );
        let mut collections: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
        collections.sort();
        let (mut documents, mut queries) = (Vec::new(), Vec::new());
        for collection in collections {
            for line in lines(&collection.join("corpus.jsonl")) {
                let text = line["text"].as_str().unwrap();
                if text.len() > 100 {
                    documents.push((line["title"].as_str().unwrap_or_default().to_owned(), text.to_owned()));
                }
            }
            let asked = lines(&collection.join("queries.jsonl"));
            queries.extend(asked.iter().map(|line| line["text"].as_str().unwrap().to_owned()));
        }
        let step = (queries.len() / QUERIES).max(1);
        Self { documents, queries: queries.into_iter().step_by(step).take(QUERIES).collect() }
    }

    /// An article of three documents: which ones follows from its number.
    fn article(&self, number: usize) -> String {
        let plain = |text: &str, len: usize| {
            // Nothing that Markdown, TOML or lint would take for something.
            let kept = |c: char| c.is_alphanumeric() || ".,;:()-'/%?!".contains(c);
            let words = text.replace(|c| !kept(c), " ");
            let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
            words.chars().take(len).collect::<String>()
        };
        // Primes, so that all documents come together with all.
        let document = |prime: usize| &self.documents[number * prime % self.documents.len()];
        let (first, second, third) = (document(7_919), document(104_729), document(1_299_709));
        let title = if first.0.is_empty() { &first.1 } else { &first.0 };
        let (title, symptom) = (plain(title, 90), plain(&first.1, 80));
        let mut text = format!(
            "+++\nid = \"article-{number}\"\ntitle = \"{title}\"\nproducts = []\ntags = []\n\
             symptoms = [\"{symptom}\"]\nreviewed = 2026-11-01\n+++\n\n# {title}\n"
        );
        for (heading, (_, body)) in [("Symptoms", first), ("Cause", second), ("Resolution", third)] {
            let _ = write!(text, "\n## {heading}\n\n{}\n", plain(body, SECTION_LEN));
        }
        text
    }
}

/// The engine's own BM25 over the main field of an index, for the stems of a query.
struct Bare {
    searcher: Searcher,
    field: Field,
    analyzer: TextAnalyzer,
}

impl Bare {
    fn open(index: &Path) -> Self {
        let folder =
            fs::read_dir(index).unwrap().map(|it| it.unwrap().path()).find(|path| path.is_dir()).unwrap();
        let index = tantivy::Index::open_in_dir(folder).unwrap();
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().unwrap();
        let analyzer = TextAnalyzer::builder(SimpleTokenizer::default())
            .filter(LowerCaser)
            .filter(StopWordFilter::new(Language::English).unwrap())
            .filter(Stemmer::new(Language::English))
            .build();
        Self { searcher: reader.searcher(), field: index.schema().get_field("text").unwrap(), analyzer }
    }

    fn search(&mut self, query: &str) -> usize {
        let mut tokens = self.analyzer.token_stream(query);
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        while tokens.advance() {
            let term = Term::from_field_text(self.field, &tokens.token().text);
            clauses.push((Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))));
        }
        let query = BooleanQuery::new(clauses);
        self.searcher.search(&query, &TopDocs::with_limit(10).order_by_score()).unwrap().len()
    }
}

/// What half and what 99 of 100 do not exceed, in microseconds.
fn percentiles(mut took: Vec<Duration>) -> (f64, f64) {
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e6;
    (at(50), at(99))
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}

fn timed<T>(of: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(of());
    start.elapsed()
}

fn queries(criterion: &mut Criterion, size: usize, texts: &Texts, search: &Search, bare: &mut Bare) {
    let mut turn = texts.queries.iter().cycle();
    let mut group = criterion.benchmark_group(format!("a question to {size} articles"));
    group.sample_size(20);
    group.bench_function("bare engine", |it| it.iter(|| bare.search(turn.next().unwrap())));
    let mut turn = texts.queries.iter().cycle();
    group.bench_function("whole pipeline", |it| it.iter(|| search.answer(turn.next().unwrap(), 3).unwrap()));
    group.finish();
    let (mut bares, mut wholes) = (Vec::new(), Vec::new());
    for query in &texts.queries {
        // In turns, so that what else the machine does meets both; the middle of several is the query's own.
        let times =
            (0..TIMES).map(|_| (timed(|| bare.search(query)), timed(|| search.answer(query, 3).unwrap())));
        let (bare, whole): (Vec<_>, Vec<_>) = times.unzip();
        bares.push(median(bare));
        wholes.push(median(whole));
    }
    let ((bare_50, bare_99), (ours_50, ours_99)) = (percentiles(bares), percentiles(wholes));
    println!(
        "{size} articles, a question: bare p50 {bare_50:.0} us, p99 {bare_99:.0} us; whole p50 {ours_50:.0} us, \
         p99 {ours_99:.0} us; ratio p50 {:.2}, p99 {:.2}",
        ours_50 / bare_50,
        ours_99 / bare_99
    );
}

/// Writing an index of what was read, against a writer of the engine with one text field.
fn indexing(size: usize, articles: Vec<Article>) {
    let folder = tempfile::tempdir().unwrap();
    let bare = timed(|| {
        let mut schema = Schema::builder();
        let (id, text) =
            (schema.add_text_field("id", STRING | STORED), schema.add_text_field("text", TEXT | STORED));
        let index = tantivy::Index::create_in_dir(folder.path(), schema.build()).unwrap();
        let mut writer = index.writer_with_num_threads(1, 50 << 20).unwrap();
        for article in &articles {
            let blocks = article.sections.iter().flat_map(|section| &section.blocks);
            let words: Vec<&str> = blocks.map(|block| block.text.as_str()).collect();
            let whole = format!("{}\n{}", article.title, words.join("\n"));
            writer.add_document(doc!(id => article.id.as_str(), text => whole)).unwrap();
        }
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let seen: Vec<Seen> = articles.iter().map(|it| Seen::new(it.file.clone(), 1)).collect();
    let waiting: Mutex<HashMap<String, Article>> =
        Mutex::new(articles.into_iter().map(|it| (it.file.clone(), it)).collect());
    let read = |seen: &Seen| Reading::Article(Box::new(waiting.lock().unwrap().remove(&seen.file).unwrap()));
    let mut index = Index::open(Some(folder.path()), Path::new("kb"));
    let whole = timed(|| index.follow(&seen, &[], Some(&Synonyms::default()), &read).unwrap());
    println!(
        "{size} articles, indexing: bare {bare:.2?}, whole {whole:.2?}; ratio {:.2}",
        whole.as_secs_f64() / bare.as_secs_f64()
    );
}

/// From the word that a file was edited to answers from it.
fn one_change(size: usize, kb: &Path, library: &KbLibrary, texts: &Texts) {
    let mut took = Vec::new();
    for turn in 0..TIMES {
        let number = turn * size / TIMES;
        fs::write(
            file(kb, number),
            texts.article(number + 1 + turn).replacen(
                &format!("\"article-{}\"", number + 1 + turn),
                &format!("\"article-{number}\""),
                1,
            ),
        )
        .unwrap();
        let name = file(kb, number).strip_prefix(kb).unwrap().to_str().unwrap().to_owned();
        took.push(timed(|| library.refresh_some(&[name]).unwrap()));
    }
    println!("{size} articles, one of them changed: p50 {:.0} ms", percentiles(took).0 / 1e3);
}

fn dogwatch(kb: &Path, index: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
    command.current_dir(kb).arg("--kb").arg(kb).arg("--index").arg(index).env("XDG_DATA_HOME", index);
    command
}

fn start(size: usize, kb: &Path, index: &Path, texts: &Texts) {
    let ask = |turn: usize| {
        let mut command = dogwatch(kb, index);
        command.args(["ask", "--json"]).arg(&texts.queries[turn]);
        timed(|| assert!(command.output().unwrap().status.success()))
    };
    let took = (0..TIMES).map(ask).collect();
    println!("{size} articles, start to first answer: p50 {:.0} ms", percentiles(took).0 / 1e3);
}

fn memory(size: usize, kb: &Path, index: &Path, texts: &Texts) {
    let mut command = dogwatch(kb, index);
    let mut child =
        command.args(["ask", "--json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for query in &texts.queries {
        writeln!(input, "{}", query.replace('\n', " ")).unwrap();
        output.read_line(&mut String::new()).unwrap();
    }
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(input);
    child.wait().unwrap();
    let anonymous = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    println!("{size} articles, after {} questions: {}", texts.queries.len(), anonymous.replace('\t', " "));
}

fn file(kb: &Path, number: usize) -> PathBuf {
    kb.join(format!("{:03}/article-{number}.md", number / 1_000))
}

fn main() {
    let texts = Texts::read();
    let sizes = std::env::var("DOGWATCH_SIZES").unwrap_or_else(|_| "1000,10000,100000".to_owned());
    let mut criterion = Criterion::default().configure_from_args();
    for size in sizes.split(',').map(|size| size.parse().unwrap()) {
        let (kb, index) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for number in 0..size {
            let file = file(kb.path(), number);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, texts.article(number)).unwrap();
        }
        let mut library = None;
        let took = timed(|| library = Some(KbLibrary::open(kb.path(), Some(index.path()), None).unwrap()));
        let library = library.unwrap();
        println!("{size} articles, from files to an index: {took:.2?}");
        assert_eq!(library.current().articles(), size, "every article is good");
        // Files that are settled are not read again.
        std::thread::sleep(Duration::from_secs(4));
        library.refresh().unwrap();
        queries(&mut criterion, size, &texts, &library.current(), &mut Bare::open(index.path()));
        one_change(size, kb.path(), &library, &texts);
        drop(library);
        std::thread::sleep(Duration::from_secs(4));
        start(size, kb.path(), index.path(), &texts);
        memory(size, kb.path(), index.path(), &texts);
        let files = kb::scan(kb.path()).unwrap().files;
        indexing(size, files.iter().map(|it| kb::article(kb.path(), &it.file).unwrap()).collect());
    }
    criterion.final_summary();
}
