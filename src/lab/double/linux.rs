//! `journalctl`, `apt-get` and `lsof` of a Linux host.

use super::super::disk::{Measure, human_esxi, measured, size_kib};
use super::call::Call;

const JOURNALS: &str = "/var/log/journal/4f5d6a1e";
const PACKAGES: &str = "/var/cache/apt/archives";

/// `--disk-usage`, `--rotate`, `--vacuum-size=N[KMG]`. The first and the last line are those of systemd 252, tried;
/// the line of a deleted file is that of its source (`sd-journal/journal-vacuum.c`).
pub fn journalctl(call: &mut Call) -> u8 {
    let args = call.args.to_vec();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--disk-usage"] => {
            let all = measured(&call.root, "/var/log/journal", Measure::default());
            let kib = all.last().map_or(0, |(kib, _)| *kib);
            call.say(format!("Archived and active journals take up {} in the file system.", human_esxi(kib)));
            0
        }
        ["--rotate"] => rotate(call),
        ["--rotate", option] if option.starts_with("--vacuum-size=") => {
            rotate(call);
            vacuum(call, &option["--vacuum-size=".len()..])
        }
        [option] if option.starts_with("--vacuum-size=") => vacuum(call, &option["--vacuum-size=".len()..]),
        _ => {
            call.complain("journalctl: only --disk-usage, --rotate and --vacuum-size can be practised here");
            1
        }
    }
}

/// Closes the active file under a name that sorts last, and begins a new one of 8 MB.
fn rotate(call: &mut Call) -> u8 {
    let active = format!("{JOURNALS}/system.journal");
    let number = call.host.state.number();
    let Ok(meta) = call.root.metadata(&active) else { return 0 };
    let closed = call.root.write_hole(&format!("{JOURNALS}/system@{number:04}.journal"), meta.len());
    let _ = closed.and_then(|_| call.root.write_hole(&active, 8 << 20));
    0
}

/// Removes closed files, oldest first, until no more than `limit` is taken.
fn vacuum(call: &mut Call, limit: &str) -> u8 {
    let units = [('K', 1), ('M', 1024), ('G', 1024 * 1024)];
    let size =
        units.iter().find_map(|(unit, kib)| Some(limit.strip_suffix(*unit)?.parse::<u64>().ok()? * kib));
    let Some(limit) = size else {
        call.complain(format!("Failed to parse vacuum size: {limit}"));
        return 1;
    };
    let names = call.root.list(JOURNALS).unwrap_or_default();
    let paths = names.iter().map(|name| format!("{JOURNALS}/{name}"));
    let sizes = paths.filter_map(|path| Some((size_kib(&call.root.metadata(&path).ok()?), path)));
    let files: Vec<_> = sizes.collect();
    let mut taken: u64 = files.iter().map(|(kib, _)| kib).sum();
    let mut freed = 0;
    for (kib, path) in files.into_iter().filter(|(_, path)| path.contains('@')) {
        if taken <= limit || call.root.remove(&path).is_err() {
            continue;
        }
        (taken, freed) = (taken - kib, freed + kib);
        call.complain(format!("Deleted archived journal {path} ({}).", human_esxi(kib)));
    }
    let freed = if freed == 0 { "0B".to_owned() } else { human_esxi(freed) };
    call.complain(format!("Vacuuming done, freed {freed} of archived journals from {JOURNALS}."));
    0
}

/// `clean`: removes the packages and says nothing, as apt-get 2.6 does (tried).
pub fn apt_get(call: &mut Call) -> u8 {
    let [order] = call.args else { return refuse(call) };
    if order != "clean" {
        return refuse(call);
    }
    for name in
        call.root.list(PACKAGES).unwrap_or_default().iter().filter(|name| name.strip_suffix(".deb").is_some())
    {
        let _ = call.root.remove(&format!("{PACKAGES}/{name}"));
    }
    // What it keeps, and makes where it is missing.
    let _ = call.root.write(&format!("{PACKAGES}/lock"), b"");
    let _ = call.root.create_folder(&format!("{PACKAGES}/partial"));
    0
}

fn refuse(call: &mut Call) -> u8 {
    call.complain("E: Only `apt-get clean` can be practised here");
    100
}

/// `-nP +L1`: no process of the lab holds a deleted file, of which lsof 4.95 says nothing (tried).
pub fn lsof(call: &mut Call) -> u8 {
    if call.args == ["-nP", "+L1"] {
        return 0;
    }
    call.complain("lsof: only -nP +L1 can be practised here");
    1
}
