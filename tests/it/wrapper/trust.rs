//! What the wrapper does not believe and does not do: forged facts, other plans, other boots, broken questions.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use super::host::{DIGEST, Host, NOW, Step, fresh, is_alive, private_folder, until};

const OTHER_DIGEST: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

pub fn another_process_with_the_same_number_is_not_the_supervisor(host: &Host) {
    let (run, _) = host.finish(&Step::new(&["true"]));
    let folder = host.run_folder(&run);
    fs::remove_dir(folder.join("end-done-0")).unwrap();
    fs::remove_file(folder.join(format!("sup-{}", host.fact(&run, "sup")))).unwrap();
    fs::write(folder.join(format!("sup-{}-12345", std::process::id())), "").unwrap();
    assert_eq!(host.ask(&run, "status"), "unknown supervisor_gone");
}

pub fn a_planted_end_is_not_believed(host: &mut Host) {
    let mark = host.path("mark");
    let step = Step::new(&["touch", mark.to_str().unwrap()]);
    let verbs = ["status", "wait", "fence", "cancel", "out", "leave"];
    let refused_everywhere = |host: &Host, run: &str, reason: &str| {
        assert_eq!(host.start_there(run, &step), format!("refused {reason}"));
        for verb in verbs {
            assert_eq!(host.ask(run, verb), format!("refused {reason}"), "{verb}");
        }
    };
    let mode =
        |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();

    let run = fresh();
    assert_eq!(host.make_ground(), "ground room");
    let (folder, ground) = (host.run_folder(&run), host.base.join(&host.nonce));
    private_folder(&folder);
    for name in [&format!("plan-{DIGEST}"), "go"] {
        private_folder(&folder.join(name));
    }
    fs::write(folder.join("end-done-0"), "").unwrap();
    assert_eq!(host.ask(&run, "status"), "done 0", "the plant itself is right");
    for (what, path) in [("base", &host.base), ("ground", &ground), ("run", &folder)] {
        for bits in [0o755, 0o770, 0o777, 0o1777] {
            mode(path, bits);
            refused_everywhere(host, &run, &format!("{what}_not_private"));
        }
        mode(path, 0o700);
        // Only root can give things away; the tests run as root in CI and here.
        if chown(path, Some(65534), None).is_ok() {
            refused_everywhere(host, &run, &format!("{what}_not_ours"));
            chown(path, Some(0), None).unwrap();
        }
    }
    let moved = host.path("moved");
    fs::rename(&folder, &moved).unwrap();
    symlink(&moved, &folder).unwrap();
    refused_everywhere(host, &run, "run_no_folder");
    let other = host.path("other");
    fs::rename(&ground, &other).unwrap();
    symlink(&other, &ground).unwrap();
    refused_everywhere(host, &run, "ground_no_folder");

    let real = host.base.clone();
    host.base = host.path("link");
    symlink(&real, &host.base).unwrap();
    refused_everywhere(host, &fresh(), "base_no_folder");
    assert_eq!(host.make_ground(), "refused base_no_folder");
    host.base = host.path("dangling");
    symlink(host.path("nowhere"), &host.base).unwrap();
    refused_everywhere(host, &fresh(), "base_no_folder");
    assert_eq!(host.make_ground(), "refused base_no_folder");
    assert!(!mark.exists() && !host.path("nowhere").exists());
}

pub fn a_base_that_can_not_be_made_is_refused(host: &mut Host) {
    fs::write(host.path("file"), "").unwrap();
    for (base, word) in
        [("nowhere/base", "unwritable"), ("file/base", "unwritable"), ("file", "base_no_folder")]
    {
        host.base = host.path(base);
        assert_eq!(host.make_ground(), format!("refused {word}"));
    }
    host.base = "relative".into();
    assert_eq!(host.make_ground(), "refused bad_base");
    assert_eq!(host.start_there(&fresh(), &Step::new(&["true"])), "refused bad_base");
}

pub fn where_the_ground_is_gone_everything_is_unknown(host: &Host) {
    let marks = host.path("marks");
    let step = Step::line(&format!("echo ran >>{}; exit 3", marks.display()));
    let (run, end) = host.finish(&step);
    assert_eq!(end, "done 3");
    let unknown_everywhere = |state: &str| {
        let before = folders(host);
        assert_eq!(host.start_there(&run, &step), state);
        for verb in ["status", "wait", "fence", "cancel", "out", "leave"] {
            assert_eq!(host.ask(&run, verb), state, "{verb}");
        }
        assert_eq!(folders(host), before, "something was made");
    };
    // A container that was recreated: the same boot id, and an empty folder, or none.
    fs::remove_dir_all(host.base.join(&host.nonce)).unwrap();
    unknown_everywhere("unknown ground_gone");
    fs::remove_dir_all(&host.base).unwrap();
    unknown_everywhere("unknown ground_gone");
    // Ground of the same name from another boot.
    assert_eq!(host.make_ground(), "ground room");
    fs::rename(
        host.base.join(&host.nonce).join("boot-boot-1"),
        host.base.join(&host.nonce).join("boot-boot-0"),
    )
    .unwrap();
    unknown_everywhere("unknown boot_changed");
    assert_eq!(host.make_ground(), "refused ground_exists");
    assert_eq!(fs::read_to_string(&marks).unwrap(), "ran\n");
}

fn folders(host: &Host) -> Vec<std::path::PathBuf> {
    let mut found = vec![host.folder.path().to_owned()];
    let mut at = 0;
    while let Some(folder) = found.get(at).cloned() {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        found.extend(entries.filter(|path| path.is_dir()));
        at += 1;
    }
    found.sort();
    found
}

pub fn a_run_that_was_begun_on_other_ground_is_met_again(host: &mut Host) {
    let marks = host.path("marks");
    let step = Step::line(&format!("echo ran >>{}", marks.display()));
    let (run, end) = host.finish(&step);
    assert_eq!(end, "done 0");
    // The record was set back: the bot probes anew and starts what it takes for not begun.
    let before = host.nonce.clone();
    host.nonce = fresh();
    assert_eq!(host.start(&run, &step), "met -");
    for verb in ["fence", "cancel"] {
        assert_eq!(host.ask(&run, verb), "met -");
    }
    // Its output is swept; that it ran is not.
    let now = std::mem::replace(&mut host.nonce, before);
    assert_eq!(host.ask(&run, "leave"), "left -");
    host.nonce = now;
    assert_eq!(host.start(&run, &step), "met -");
    // A look leaves no claim.
    host.claims = false;
    let look = fresh();
    assert_eq!(host.start(&look, &step), "accepted -");
    assert_eq!(host.end(&look), "done 0");
    host.nonce = fresh();
    assert_eq!(host.start(&look, &step), "accepted -");
    assert_eq!(host.end(&look), "done 0");
    assert_eq!(fs::read_to_string(&marks).unwrap(), "ran\nran\nran\n");
}

pub fn earlier_attempts_that_never_began_never_begin_under_a_record_set_back(host: &mut Host) {
    let marks = host.path("marks");
    let step = Step::line(&format!("echo ran >>{}", marks.display()));
    let [first, second] = [fresh(), fresh()];
    // The first attempt is fenced off, the second runs.
    assert_eq!(host.make_ground(), "ground room");
    assert_eq!(host.ask(&first, "fence"), "fenced -");
    let ground_of_first = std::mem::replace(&mut host.nonce, fresh());
    host.earlier = format!("{first}:{ground_of_first}");
    assert_eq!(host.start(&second, &step), "accepted -");
    assert_eq!(host.end(&second), "done 0");
    // Set back, the bot knows of none and sends the first again.
    host.earlier = String::new();
    host.nonce = fresh();
    assert_eq!(host.start(&first, &step), "met -");
    // The other way round: the first ran, and was never sent in this life, where the second follows it.
    let [first, second] = [fresh(), fresh()];
    assert_eq!(host.start(&first, &step), "accepted -");
    assert_eq!(host.end(&first), "done 0");
    host.nonce = fresh();
    host.earlier = format!("{first}:{}", fresh());
    assert_eq!(host.start(&second, &step), "met -");
    assert_eq!(fs::read_to_string(&marks).unwrap(), "ran\nran\n");
}

pub fn claims_stay_for_a_week_and_what_was_swept_of_them_is_remembered(host: &mut Host) {
    const WEEK: u64 = 604_800;
    let ids = host.base.join("ids");
    let step = Step::new(&["true"]);
    let claims = || fs::read_dir(&ids).unwrap().count();
    let (old, _) = host.finish(&step);
    let supervisor = host.fact(&old, "sup");
    until(|| (!is_alive(supervisor.split('-').next()?)).then_some(()));
    host.now = NOW + WEEK;
    host.nonce = fresh();
    assert_eq!(host.make_ground(), "ground room");
    assert_eq!(claims(), 1, "a week is not over");
    host.now += 1;
    host.nonce = fresh();
    assert_eq!(host.make_ground(), "ground room");
    assert_eq!(claims(), 1, "a week has passed by the clock of the bot, and not by that of the host");
    let grounds = fs::read_dir(&host.base).unwrap().map(|entry| entry.unwrap().path());
    let made = grounds.flat_map(|ground| fs::read_dir(ground).unwrap().map(|entry| entry.unwrap().path()));
    for path in made.chain([ids.join(&old)]) {
        let aged = Command::new("touch").args(["-h", "-d", "8 days ago"]).arg(path).status().unwrap();
        assert!(aged.success());
    }
    host.nonce = fresh();
    assert_eq!(host.make_ground(), "ground room");
    assert_eq!(claims(), 0);
    assert_eq!(fs::read_dir(&host.base).unwrap().filter(is_ground).count(), 3, "old ground stays");
    // A start as old as what was swept may be one of them.
    for (now, answer) in [(NOW + 2400, "refused claim_may_be_gone"), (NOW + 2401, "accepted -")] {
        host.now = now;
        assert_eq!(host.start(&old, &step), answer);
    }
    assert_eq!(host.end(&old), "done 0");
}

fn is_ground(entry: &std::io::Result<fs::DirEntry>) -> bool {
    entry.as_ref().unwrap().file_name().len() == 32
}

pub fn of_more_claims_than_a_host_keeps_the_oldest_go_first(host: &mut Host) {
    const MOST: u64 = 4096;
    assert_eq!(host.make_ground(), "ground room");
    for number in 0..MOST + 10 {
        // Seconds that would not sort as text.
        let seconds = NOW - 9 * number;
        symlink(format!("{:032x}.{seconds}", 1), host.base.join("ids").join(format!("c{number:031x}")))
            .unwrap();
    }
    host.nonce = fresh();
    assert_eq!(host.make_ground(), "ground room");
    let left = |number: u64| host.base.join("ids").join(format!("c{number:031x}")).is_symlink();
    assert!((0..MOST).all(left) && !(MOST..MOST + 10).any(left));
    assert!(host.base.join(format!("swept-{}", NOW - 9 * MOST)).exists());
    // The newest of them is so old that every allowed start is younger; were it not, none would be allowed.
    assert_eq!(host.finish(&Step::new(&["true"])).1, "done 0");
    host.now = NOW - 9 * MOST + 2400;
    assert_eq!(host.start(&fresh(), &Step::new(&["true"])), "refused claim_may_be_gone");
}

pub fn a_run_id_answers_for_one_plan(host: &mut Host) {
    let mark = host.path("mark");
    let (run, end) = host.finish(&Step::line("exit 3"));
    assert_eq!(end, "done 3");
    host.digest = String::from(OTHER_DIGEST);
    assert_eq!(host.start(&run, &Step::new(&["touch", mark.to_str().unwrap()])), "refused digest_differs");
    for verb in ["status", "wait", "fence", "cancel", "out"] {
        assert_eq!(host.ask(&run, verb), "refused digest_differs", "{verb}");
    }
    host.digest = String::from(DIGEST);
    assert_eq!(host.ask(&run, "status"), "done 3");
    assert!(!mark.exists());
}

pub fn after_another_boot_everything_is_unknown(host: &mut Host) {
    let (run, end) = host.finish(&Step::new(&["true"]));
    assert_eq!(end, "done 0");
    fs::write(host.path("boot_id"), "boot-2\n").unwrap();
    assert_eq!(host.start(&run, &Step::new(&["true"])), "unknown boot_changed");
    for verb in ["status", "wait", "fence", "cancel", "out", "leave"] {
        assert_eq!(host.ask(&run, verb), "unknown boot_changed");
    }
    let answers =
        |host: &Host| String::from_utf8(host.send(&[&run, "ground"], host.bytes(None)).stdout).unwrap();
    for content in ["", "two words\n", "$(id)\n"] {
        fs::write(host.path("boot_id"), content).unwrap();
        host.nonce = fresh();
        let answer = answers(host);
        assert!(answer.ends_with(" ground room none\n"), "{answer}");
    }
    fs::remove_file(host.path("boot_id")).unwrap();
    host.noted_boot = String::from("none");
    assert_eq!(host.finish(&Step::new(&["true"])).1, "done 0");
}

pub fn a_text_cut_short_runs_nothing(host: &Host) {
    let mark = host.path("mark");
    assert_eq!(host.make_ground(), "ground room");
    let before = folders(host);
    let bytes = host.bytes(Some(&Step::new(&["touch", mark.to_str().unwrap()])));
    let whole = bytes.len() - "\n".len();
    let cuts = (0..whole).step_by(whole / 120).chain(whole - 40..whole);
    for cut in cuts {
        let output = host.send(&[&fresh(), "start"], bytes[..cut].to_vec());
        assert!(!String::from_utf8_lossy(&output.stdout).contains("accepted"), "cut at {cut}");
        assert_eq!(folders(host), before, "cut at {cut}");
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
    for verb in ["", "main", "run", "start x", "look", "check", "supervise", "enter", "remove"] {
        refused(host, &[&run, verb], "bad_verb");
    }
    refused(host, &[&run], "bad_verb");
    refused(host, &[&run, "wait", "1;id"], "bad_number");
    for nonce in ["", "..", "../../../../../../../../../../etc", "0123"] {
        let mut host = Host::new("dash");
        nonce.clone_into(&mut host.nonce);
        assert_eq!(host.start_there(&run, &Step::new(&["true"])), "refused bad_nonce");
        assert_eq!(host.make_ground(), "refused bad_nonce");
    }
    for step in
        [Step { path: String::new(), ..Step::new(&["true"]) }, Step::new::<&str>(&[]), Step::new(&[""])]
    {
        assert_eq!(host.start(&run, &step), "refused bad_step");
    }
    let long = Step::new(&["true", &"x".repeat(70_000), &"y".repeat(70_000)]);
    assert_eq!(host.start(&run, &long), "refused step_too_long");
    host.digest = String::from("0123");
    assert_eq!(host.start_there(&run, &Step::new(&["true"])), "refused bad_digest");
    assert!(!host.run_folder(&run).exists());
}
