//! Numbers, not facts: run with `--run-ignored=only` or `--ignored --nocapture`.

use std::path::Path;
use std::time::{Duration, Instant};

use dogwatch::domain::world::actor::ActorId;
use tempfile::TempDir;

use super::{Event, NOW_MS, opened};

fn bytes_on_disk(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| if path.is_dir() { bytes_on_disk(&path) } else { path.metadata().unwrap().len() })
        .sum()
}

fn small(n: usize) -> (ActorId, Event) {
    let text = format!("run {n} step 1 of 2 on host esx{n:03}: succeeded, exit status 0, nothing on stderr");
    (ActorId("discord:81384788765712384".to_owned()), Event::Noted { text })
}

#[test]
#[ignore = "a measurement"]
fn latency_and_growth() {
    for batch in [1, 8, 32] {
        let dir = TempDir::new().unwrap();
        let (mut store, _) = opened::<Event>(dir.path()).unwrap();
        let mut took: Vec<Duration> = Vec::new();
        for first in (0..10_000).step_by(batch) {
            let events = (first..first + batch).map(small).collect();
            let start = Instant::now();
            store.append(NOW_MS, events).unwrap();
            took.push(start.elapsed());
            if first % 2_000 < batch {
                println!("  {first} events: {} kB", bytes_on_disk(dir.path()) / 1000);
            }
        }
        let total: Duration = took.iter().sum();
        took.sort();
        let at = |percent: usize| took[(took.len() - 1) * percent / 100];
        println!(
            "{batch} a sync: p50 {:?} p95 {:?} p99 {:?} max {:?}; 10,000 events in {total:?}, {} kB",
            at(50),
            at(95),
            at(99),
            at(100),
            bytes_on_disk(dir.path()) / 1000,
        );
        drop(store);
        let start = Instant::now();
        let (_store, events) = opened::<Event>(dir.path()).unwrap();
        println!(
            "  opened {} events in {:?}, {} kB",
            events.len(),
            start.elapsed(),
            bytes_on_disk(dir.path()) / 1000
        );
    }
}
