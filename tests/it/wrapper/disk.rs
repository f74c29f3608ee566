//! Places that are full, read-only or not ours, and outputs that are too long for any.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::host::{Host, Step, counted, fresh, until};

/// A file system of its own below a host's folder. Takes root, or sudo without a password.
struct Mounted(PathBuf);

fn as_root(program: &str) -> Command {
    if rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

impl Mounted {
    fn new(path: PathBuf, options: &str) -> Self {
        let _ = fs::create_dir(&path);
        let options = format!("mode=1777,{options}");
        let mount = as_root("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path).status();
        assert!(mount.unwrap().success(), "mount a tmpfs at {}: as root, or with sudo", path.display());
        Self(path)
    }

    /// Leaves no byte.
    fn fill(&self) {
        let fill = format!("of={}", self.0.join("fill").display());
        let _full = Command::new("dd").args(["if=/dev/zero", "bs=1k", &fill]).output().unwrap();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = as_root("umount").arg("-l").arg(&self.0).status();
    }
}

pub fn what_a_full_disk_does_not_take_comes_from_memory(host: &mut Host) {
    let disk = Mounted::new(host.path("disk"), "size=400k");
    host.base = disk.0.join("base");
    // Full from the beginning, and from the middle of an output on.
    for filled_before in [true, false] {
        host.nonce = fresh();
        if filled_before {
            disk.fill();
        }
        assert_eq!(host.make_ground(), if filled_before { "ground full" } else { "ground room" });
        let line = "seq 20000; seq 5 >&2; printf 'a\\000b\\377'";
        let line = if filled_before {
            line.to_owned()
        } else {
            format!("seq 100; dd if=/dev/zero of={}/fill bs=1k 2>/dev/null; {line}", disk.0.display())
        };
        let (run, end) = host.finish(&Step { head: 256 * 1024, ..Step::line(&line) });
        assert_eq!(end, "done 0");
        let before = if filled_before { Vec::new() } else { counted(100) };
        let wanted = [before, counted(20_000), b"a\0b\xff".to_vec()].concat();
        for _ in 0..2 {
            let kept = host.out(&run);
            assert_eq!(
                (kept.dropped.as_str(), kept.place.as_str(), kept.end.as_str()),
                ("0", "memory", "closed")
            );
            assert!(kept.head == wanted, "{} bytes of {}", kept.head.len(), wanted.len());
            assert_eq!(kept.errors, "1\n2\n3\n4\n5\n");
        }
        assert_eq!(host.ask(&run, "leave"), "left -");
        fs::remove_file(disk.0.join("fill")).unwrap();
        // What held it ends with the ground.
        let folder = host.run_folder(&run).display().to_string();
        until(|| (!processes().iter().any(|line| line.contains(&folder))).then_some(()));
    }
}

/// The command lines of all that lives.
fn processes() -> Vec<String> {
    let pids = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("cmdline"));
    pids.filter_map(|path| Some(String::from_utf8_lossy(&fs::read(path).ok()?).into_owned())).collect()
}

/// Takes every name that is left on a disk.
fn take_names(disk: &Path) {
    let mut number = 0;
    while fs::write(disk.join(format!("taken{number}")), "").is_ok() {
        number += 1;
    }
}

pub fn where_names_run_out_a_step_is_neither_killed_nor_lost(host: &mut Host) {
    let mut done = 0;
    for names in 10..26 {
        let disk = Mounted::new(host.path("disk"), &format!("size=400k,nr_inodes={names}"));
        host.base = disk.0.join("base");
        host.nonce = fresh();
        if host.make_ground().starts_with("refused") {
            let left = fs::read_dir(&host.base).into_iter().flatten().flatten();
            assert!(left.into_iter().all(|entry| entry.file_name().len() != 32), "{names}: ground stays");
            continue;
        }
        let run = fresh();
        let mark = host.path(&format!("mark{names}"));
        let line = format!("echo ran >>{}; seq 30000; exit 3", mark.display());
        let answer = host.start(&run, &Step { head: 1000, tail: 1000, ..Step::line(&line) });
        let end = if answer == "accepted -" { host.end(&run) } else { answer };
        match end.as_str() {
            "done 3" => {
                done += 1;
                assert!(mark.exists(), "{names}");
            }
            "refused no_inodes" | "notrun unsigned" => assert!(!mark.exists(), "{names}: {end}"),
            other => panic!("{names} names: {other}"),
        }
    }
    assert!(done > 3, "{done}");
}

pub fn a_step_is_cancelled_where_no_name_can_be_made(host: &mut Host) {
    let disk = Mounted::new(host.path("disk"), "size=400k,nr_inodes=60");
    host.base = disk.0.join("base");
    let run = fresh();
    assert_eq!(host.start(&run, &Step::new(&["sleep", "300"])), "accepted -");
    host.fact(&run, "step");
    take_names(&disk.0);
    assert_eq!(host.ask(&run, "cancel"), "cancelled gone");
}

pub fn output_that_somebody_cut_or_removed_is_not_taken_for_whole(host: &Host) {
    for harm in
        [": >out", "rm out", "find . -type f -name 'out*' -delete", "mv out elsewhere; echo other >out"]
    {
        for more in ["", "; echo good", "; echo much more than before"] {
            let run = fresh();
            let line = format!("echo bad; sleep 0.4; (cd {}; {harm}){more}", host.run_folder(&run).display());
            assert_eq!(host.start(&run, &Step::line(&line)), "accepted -");
            assert_eq!(host.end(&run), "done 0");
            let kept = host.out(&run);
            assert_eq!(kept.dropped, "unknown", "{harm}{more}: {kept:?}");
            assert_eq!(kept.place, "disk", "{harm}{more}");
        }
    }
}

pub fn why_a_place_is_no_good_is_named(host: &mut Host) {
    let refused = |host: &mut Host, base: &Path| {
        base.clone_into(&mut host.base);
        host.nonce = fresh();
        host.make_ground()
    };
    let few = Mounted::new(host.path("few"), "size=400k,nr_inodes=8");
    let mut made = 0;
    while fs::write(few.0.join(made.to_string()), "").is_ok() {
        made += 1;
    }
    let base = few.0.join("base");
    assert_eq!(refused(host, &base), "refused no_inodes");
    for number in 0..4 {
        fs::remove_file(few.0.join(number.to_string())).unwrap();
    }
    assert_eq!(refused(host, &base), "refused no_inodes", "some of it could be made");
    let fixed = Mounted::new(host.path("fixed"), "size=400k,ro");
    let base = fixed.0.join("base");
    assert_eq!(refused(host, &base), "refused read_only");
    // What is written there is run nowhere: a mount without execution is as good as any.
    let plain = Mounted::new(host.path("plain"), "size=400k,noexec,nodev,nosuid");
    host.base = plain.0.join("base");
    assert_eq!(host.output(&Step::new(&["echo", "well"])).text(), "well\n");
}

pub fn a_hundred_megabytes_leave_little_behind(host: &Host) {
    let line = "head -c 100000000 /dev/zero | tr '\\0' x; head -c 100000 /dev/zero | tr '\\0' y >&2";
    let run = fresh();
    assert_eq!(host.start(&run, &Step { head: 262_144, tail: 16_384, ..Step::line(line) }), "accepted -");
    assert_eq!(host.end(&run), "done 0");
    let output = host.send(&[&run, "out"], host.bytes(None)).stdout;
    let text = String::from_utf8_lossy(&output);
    let sizes = "out 262144,99721472,16384,16384,67232,16384,closed,disk";
    assert!(text.lines().next().unwrap().contains(sizes), "{}", text.lines().next().unwrap());
    let peek = host.send(&[&run, "out", "1000"], host.bytes(None)).stdout;
    assert!(peek.len() < 2300, "{} bytes", peek.len());
    let on_disk: u64 = fs::read_dir(host.run_folder(&run))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap())
        .filter(fs::Metadata::is_file)
        .map(|file| file.len())
        .sum();
    assert_eq!(on_disk, 262_144 + 16_384 + 16_384 + 16_384);
}
