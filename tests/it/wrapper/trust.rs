//! What the wrapper does not believe and does not do: forged facts, other plans, other boots, broken questions.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::thread::sleep;
use std::time::Duration;

use super::host::{DIGEST, Host, Step, fresh, private_folder};

const OTHER_DIGEST: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

pub fn another_process_with_the_same_number_is_not_the_supervisor(host: &Host) {
    let (run, _) = host.finish(&Step::new(&["true"]));
    let folder = host.run_folder(&run);
    fs::remove_file(folder.join("end-done-0")).unwrap();
    fs::remove_file(folder.join(format!("sup-{}", host.fact(&run, "sup")))).unwrap();
    fs::write(folder.join(format!("sup-{}-12345", std::process::id())), "").unwrap();
    assert_eq!(host.ask(&run, "status"), "unknown supervisor_gone");
}

pub fn a_planted_end_is_not_believed(host: &mut Host) {
    let mark = host.path("mark");
    let step = Step::new(&["touch", mark.to_str().unwrap()]);
    let verbs = ["status", "wait", "fence", "cancel", "out", "forget"];
    let refused_everywhere = |host: &Host, run: &str, reason: &str| {
        assert_eq!(host.start(run, &step), format!("refused {reason}"));
        for verb in verbs {
            assert_eq!(host.ask(run, verb), format!("refused {reason}"), "{verb}");
        }
    };
    let plant = |host: &Host, run: &str| {
        let folder = host.run_folder(run);
        private_folder(&folder);
        for name in [&format!("plan-{DIGEST}"), "boot-boot-1", "go"] {
            private_folder(&folder.join(name));
        }
        fs::write(folder.join("end-done-0"), "").unwrap();
    };
    let mode =
        |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();

    let run = fresh();
    private_folder(&host.base);
    plant(host, &run);
    assert_eq!(host.ask(&run, "status"), "done 0", "the plant itself is right");
    for bits in [0o755, 0o770, 0o777, 0o1777] {
        mode(&host.base, bits);
        refused_everywhere(host, &run, "base_not_private");
    }
    mode(&host.base, 0o700);
    mode(&host.run_folder(&run), 0o755);
    refused_everywhere(host, &run, "run_not_private");
    mode(&host.run_folder(&run), 0o700);
    // Only root can give things away; the tests run as root in CI and here.
    if chown(host.run_folder(&run), Some(65534), None).is_ok() {
        refused_everywhere(host, &run, "run_not_private");
        chown(&host.base, Some(65534), None).unwrap();
        refused_everywhere(host, &run, "base_not_private");
        chown(&host.base, Some(0), None).unwrap();
        chown(host.run_folder(&run), Some(0), None).unwrap();
    }
    let moved = host.path("moved");
    fs::rename(host.run_folder(&run), &moved).unwrap();
    symlink(&moved, host.run_folder(&run)).unwrap();
    refused_everywhere(host, &run, "run_not_private");

    let real = host.base.clone();
    host.base = host.path("link");
    symlink(&real, &host.base).unwrap();
    refused_everywhere(host, &fresh(), "base_not_private");
    host.base = host.path("dangling");
    symlink(host.path("nowhere"), &host.base).unwrap();
    refused_everywhere(host, &fresh(), "base_not_private");
    assert!(!mark.exists() && !host.path("nowhere").exists());
}

pub fn a_base_that_can_not_be_made_is_refused(host: &mut Host) {
    fs::write(host.path("file"), "").unwrap();
    for base in ["nowhere/base", "file/base", "file"] {
        host.base = host.path(base);
        let word = if base == "file" { "base_not_private" } else { "base_unwritable" };
        assert_eq!(host.start(&fresh(), &Step::new(&["true"])), format!("refused {word}"));
        assert_eq!(host.ask(&fresh(), "fence"), format!("refused {word}"));
    }
    host.base = "relative".into();
    assert_eq!(host.start(&fresh(), &Step::new(&["true"])), "refused bad_base");
}

pub fn a_run_id_answers_for_one_plan(host: &mut Host) {
    let mark = host.path("mark");
    let (run, end) = host.finish(&Step::line("exit 3"));
    assert_eq!(end, "done 3");
    host.digest = String::from(OTHER_DIGEST);
    assert_eq!(host.start(&run, &Step::new(&["touch", mark.to_str().unwrap()])), "refused digest_differs");
    for verb in ["status", "wait", "fence", "cancel", "out", "forget"] {
        assert_eq!(host.ask(&run, verb), "refused digest_differs", "{verb}");
    }
    host.digest = String::from(DIGEST);
    assert_eq!(host.ask(&run, "status"), "done 3");
    assert!(!mark.exists());
}

pub fn after_another_boot_everything_is_unknown(host: &mut Host) {
    let (run, end) = host.finish(&Step::new(&["true"]));
    assert_eq!(end, "done 0");
    let boot = String::from_utf8(host.send(&[&run, "boot"], host.bytes(None)).stdout).unwrap();
    assert_eq!(boot, format!("WR1 {run} {DIGEST} boot - boot-1\n"));
    fs::write(host.path("boot_id"), "boot-2\n").unwrap();
    assert_eq!(host.start(&run, &Step::new(&["true"])), "unknown boot_changed");
    for verb in ["status", "wait", "fence", "cancel"] {
        assert_eq!(host.ask(&run, verb), "unknown boot_changed");
    }
    assert_eq!(host.ask(&run, "forget"), "refused not_over");
    // With a base on a ramdisk the folder is gone: only the boot id that the bot noted can tell.
    fs::remove_dir_all(&host.base).unwrap();
    host.noted_boot = String::from("boot-1");
    assert_eq!(host.ask(&run, "fence"), "unknown boot_changed");
    assert!(!host.base.exists());
    for content in ["", "two words\n", "$(id)\n"] {
        fs::write(host.path("boot_id"), content).unwrap();
        let boot = String::from_utf8(host.send(&[&run, "boot"], host.bytes(None)).stdout).unwrap();
        assert!(boot.ends_with(" boot - none\n"), "{boot}");
    }
    fs::remove_file(host.path("boot_id")).unwrap();
    host.noted_boot = String::from("none");
    assert_eq!(host.finish(&Step::new(&["true"])).1, "done 0");
}

pub fn a_text_cut_short_runs_nothing(host: &Host) {
    let mark = host.path("mark");
    let bytes = host.bytes(Some(&Step::new(&["touch", mark.to_str().unwrap()])));
    let whole = bytes.len() - "\n".len();
    let cuts = (0..whole).step_by(whole / 120).chain(whole - 40..whole);
    for cut in cuts {
        let output = host.send(&[&fresh(), "start"], bytes[..cut].to_vec());
        assert!(!String::from_utf8_lossy(&output.stdout).contains("accepted"), "cut at {cut}");
        assert!(!host.base.exists(), "cut at {cut}");
    }
    sleep(Duration::from_millis(300));
    assert!(!mark.exists());
}

pub fn a_malformed_question_is_refused(host: &mut Host) {
    let bytes = host.bytes(Some(&Step::new(&["true"])));
    let refused = |host: &Host, arguments: &[&str], word: &str| {
        let text = String::from_utf8(host.send(arguments, bytes.clone()).stdout).unwrap();
        assert!(
            text.starts_with("WR1 ") && text.contains(&format!(" refused {word} ")),
            "{arguments:?}: {text}"
        );
        assert_eq!(text.lines().count(), 1);
    };
    let run = fresh();
    for id in [
        "",
        "..",
        "../x",
        "a b",
        "ABCDEF",
        "a\nb",
        "*",
        "0123456789abcdef",
        "0123456789abcdef0123456789abcde/",
    ] {
        refused(host, &[id, "start"], "bad_run_id");
    }
    refused(host, &[], "bad_run_id");
    for verb in ["", "main", "run", "start x", "look", "check", "supervise"] {
        refused(host, &[&run, verb], "bad_verb");
    }
    refused(host, &[&run], "bad_verb");
    refused(host, &[&run, "wait", "1;id"], "bad_seconds");
    for step in
        [Step { path: String::new(), ..Step::new(&["true"]) }, Step::new::<&str>(&[]), Step::new(&[""])]
    {
        assert_eq!(host.start(&run, &step), "refused bad_step");
    }
    let long = Step::new(&["true", &"x".repeat(70_000), &"y".repeat(70_000)]);
    assert_eq!(host.start(&run, &long), "refused step_too_long");
    host.digest = String::from("0123");
    assert_eq!(host.start(&run, &Step::new(&["true"])), "refused bad_digest");
    assert!(!host.base.exists());
}
