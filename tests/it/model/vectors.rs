//! The file of vectors: whatever happens to it, what it gives back is what was put in.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dogwatch::domain::id::Digest;
use dogwatch::model::{DIMENSIONS, Query, Vectors};

const ROW_LEN: usize = 400;

/// A vector in a direction of its own.
fn vector(number: usize) -> Vec<f32> {
    let mut vector = vec![0.0; DIMENSIONS];
    vector[number % DIMENSIONS] = 1.0;
    vector
}

fn key(number: usize) -> u64 {
    Digest::of(&number.to_le_bytes()).key()
}

fn filled(path: &Path, numbers: std::ops::Range<usize>) -> Vectors {
    let vectors = Vectors::open(path).unwrap();
    vectors.add(&numbers.map(|number| (key(number), vector(number))).collect::<Vec<_>>()).unwrap();
    vectors
}

/// Proves that these and no others are there, each with its own vector.
fn holds(vectors: &Vectors, numbers: std::ops::Range<usize>) {
    let vectors = vectors.rows();
    assert_eq!(vectors.len(), numbers.len());
    for number in numbers {
        let row = vectors.get(key(number)).unwrap();
        let cosine = vectors.cosine(&Query::new(&vector(number)), row).unwrap();
        assert!((cosine - 1.0).abs() < 1e-5, "{number}: {cosine}");
    }
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/vectors");
    (folder, path)
}

#[test]
fn vectors_come_back_and_are_kept_once() {
    let (_folder, path) = place();
    holds(&filled(&path, 0..5), 0..5);
    let len = fs::metadata(&path).unwrap().len();
    holds(&filled(&path, 0..5), 0..5);
    assert_eq!(fs::metadata(&path).unwrap().len(), len);
    holds(&filled(&path, 5..7), 0..7);
    assert!(Vectors::open(&path).unwrap().rows().get(key(7)).is_none());
}

#[test]
fn row_torn_at_any_byte_is_cut_and_written_again() {
    let (_folder, path) = place();
    filled(&path, 0..3);
    let whole = fs::read(&path).unwrap();
    for torn in 1..=ROW_LEN {
        fs::write(&path, &whole[..whole.len() - torn]).unwrap();
        holds(&Vectors::open(&path).unwrap(), 0..2);
        holds(&filled(&path, 2..3), 0..3);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn damaged_row_is_cut_with_all_that_follows() {
    let (_folder, path) = place();
    filled(&path, 0..3);
    let whole = fs::read(&path).unwrap();
    let second = whole.len() - 2 * ROW_LEN;
    for at in [second, second + 18, second + 100, second + ROW_LEN - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&path, bytes).unwrap();
        holds(&Vectors::open(&path).unwrap(), 0..1);
        holds(&filled(&path, 1..3), 0..3);
    }
}

#[test]
fn foreign_and_damaged_headers_are_replaced() {
    let (_folder, path) = place();
    filled(&path, 0..3);
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[0] ^= 1;
    for bytes in [damaged, b"precious?".to_vec(), Vec::new(), whole[..20].to_vec()] {
        fs::write(&path, bytes).unwrap();
        holds(&Vectors::open(&path).unwrap(), 0..0);
        holds(&filled(&path, 0..3), 0..3);
        holds(&Vectors::open(&path).unwrap(), 0..3);
    }
}

#[test]
fn writer_mends_what_another_has_torn_meanwhile() {
    let (_folder, path) = place();
    let vectors = filled(&path, 0..2);
    OpenOptions::new().append(true).open(&path).unwrap().write_all(&[7; 100]).unwrap();
    vectors.add(&[(key(2), vector(2))]).unwrap();
    holds(&Vectors::open(&path).unwrap(), 0..3);
}

#[test]
fn writers_at_once_lose_nothing() {
    let (_folder, path) = place();
    let path = &path;
    std::thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || {
                let vectors = Vectors::open(path).unwrap();
                for number in writer * 50..(writer + 1) * 50 {
                    vectors.add(&[(key(number), vector(number))]).unwrap();
                }
            });
        }
    });
    holds(&Vectors::open(path).unwrap(), 0..200);
}

#[test]
fn who_reads_rows_does_not_wait_for_a_file_that_another_process_holds() {
    let (_folder, path) = place();
    let vectors = filled(&path, 0..1);
    let held = fs::File::open(&path).unwrap();
    held.lock().unwrap();
    std::thread::scope(|scope| {
        let adding = scope.spawn(|| vectors.add(&[(key(1), vector(1))]));
        while vectors.rows().get(key(1)).is_none() {
            std::thread::yield_now();
        }
        assert!(!adding.is_finished(), "it waits for the file");
        // One that waits to open it gives up, too.
        let error = Vectors::open(&path).unwrap_err();
        assert!(format!("{:?}", error.source).contains("for too long"), "{error:?}");
        assert!(adding.join().unwrap().is_err());
    });
    holds(&vectors, 0..2);
}

#[test]
fn file_that_was_deleted_is_made_again() {
    let (_folder, path) = place();
    let vectors = filled(&path, 0..2);
    fs::remove_file(&path).unwrap();
    vectors.add(&[(key(2), vector(2))]).unwrap();
    assert_eq!(Vectors::open(&path).unwrap().rows().len(), 1, "what was added since");
}

#[test]
fn file_that_cannot_be_written_is_told_and_memory_serves() {
    let (folder, path) = place();
    let error = Vectors::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    let vectors = filled(&path, 0..1);
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    assert!(vectors.add(&[(key(1), vector(1))]).is_err());
    holds(&vectors, 0..2);
}

#[test]
fn a_cosine_falls_as_the_angle_grows() {
    let vectors = Vectors::default();
    let slanted = |number: usize| {
        let angle = std::f32::consts::FRAC_PI_2 * f32::from(u16::try_from(number).unwrap()) / 200.0;
        let mut vector = vec![0.0; DIMENSIONS];
        (vector[0], vector[1]) = (angle.cos(), angle.sin());
        vector
    };
    let rows: Vec<_> = (0..200).map(|number| (key(number), slanted(number))).collect();
    vectors.add(&rows).unwrap();
    let query = Query::new(&slanted(0));
    let cosines: Vec<f32> = (0..200).map(|row| vectors.rows().cosine(&query, row).unwrap()).collect();
    assert!(cosines.is_sorted_by(|near, far| near >= far), "{cosines:?}");
    assert!((cosines[0] - 1.0).abs() < 0.01 && cosines[199] < 0.02, "{cosines:?}");
}
