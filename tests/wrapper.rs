//! The remote wrapper under dash, bash and busybox: each way in which a run could lie.
//!
//! Each scenario is a fact about one host; the macro at the end makes it a test per shell.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on has failed")]

#[path = "wrapper/host.rs"]
mod host;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use host::{
    DIGEST, Host, Step, TOOLS, counted, fresh, is_alive, kill, line_of, nasty_strings, send, until, which,
};

const OTHER_DIGEST: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

fn arguments_arrive_byte_for_byte(host: &Host) {
    let strings = nasty_strings(400);
    let mut argv = vec![b"printf".to_vec(), b"%s\\0".to_vec()];
    argv.extend(strings.clone());
    let kept = host.output(&Step::new(&argv));
    assert_eq!(kept.dropped, "0");
    let bytes = [kept.head, kept.tail].concat();
    let arrived: Vec<&[u8]> = bytes.strip_suffix(b"\0").unwrap().split(|byte| *byte == 0).collect();
    assert_eq!(arrived.len(), strings.len());
    for (arrived, sent) in arrived.iter().zip(&strings) {
        assert_eq!(arrived, &sent.as_slice(), "{:?}", String::from_utf8_lossy(sent));
    }
}

fn a_builtin_name_means_the_program_in_the_path(host: &Host) {
    const NAMES: [&str; 13] =
        ["kill", "test", "[", "echo", "exec", "exit", "cd", ":", "wr_main", "WR_PATH=x", "sh", "-x", "ls"];
    let doubles = host.path("doubles");
    fs::create_dir(&doubles).unwrap();
    let runs = NAMES.map(|name| {
        host.program(&doubles.join(name), r#"printf '%s|' "double of ${0##*/}" "$@""#);
        let step = Step { path: doubles.display().to_string(), ..Step::new(&[name, "-9", "a b"]) };
        let run = fresh();
        assert_eq!(host.start(&run, &step), "accepted -");
        run
    });
    for (name, run) in NAMES.iter().zip(&runs) {
        assert_eq!(host.end(run), "done 0");
        assert_eq!(host.out(run).text(), format!("double of {name}|-9|a b|"));
    }
}

fn the_first_place_of_the_path_wins(host: &Host) {
    for place in ["one", "two", "three"] {
        fs::create_dir(host.path(place)).unwrap();
    }
    fs::create_dir(host.path("one/tool")).unwrap();
    host.program(&host.path("two/tool"), "echo two");
    host.program(&host.path("three/tool"), "echo three");
    let path = ["one", "two", "three"].map(|place| host.path(place).display().to_string()).join(":");
    assert_eq!(host.output(&Step { path: path.clone(), ..Step::new(&["tool"]) }).text(), "two\n");
    let direct = host.path("three/tool").display().to_string();
    assert_eq!(host.output(&Step { path, ..Step::new(&[direct]) }).text(), "three\n");
}

fn the_exit_status_is_the_true_one(host: &Host) {
    for (line, status) in [("exit 0", "0"), ("exit 1", "1"), ("exit 255", "255"), ("kill -KILL $$", "137")] {
        assert_eq!(host.finish(&Step::line(line)).1, format!("done {status}"), "{line}");
    }
    // HUP is ignored by the supervisor, not by the step.
    assert_eq!(host.finish(&Step::line("kill -HUP $$")).1, "done 129");
}

fn a_missing_program_is_127_and_said(host: &Host) {
    for name in ["no-such-program", "wr_say", "/nowhere/at/all"] {
        let (run, end) = host.finish(&Step::new(&[name]));
        assert_eq!(end, "done 127");
        let text = host.out(&run).text();
        assert!(text.contains(name) && text.contains("not found") && text.lines().count() == 1, "{text}");
    }
    let bytes = host.bytes(Some(&Step::new(&["ls", "no-such-program", "wr_say", "cat"])));
    let output = host.send(&[&fresh(), "have"], bytes);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("missing no-such-program\nmissing wr_say\nWR1 "), "{text}");
    assert!(text.contains(" have 2 "), "{text}");
}

fn head_and_tail_are_kept_and_the_rest_counted(host: &Host) {
    let all = counted(60_000);
    for (head, tail) in [(1000, 3000), (0, 10), (10, 0), (100_000, 100_000), (0, 0)] {
        let kept = host.output(&Step { head, tail, ..Step::new(&["seq", "60000"]) });
        assert_eq!(kept.head, all[..head], "{head} {tail}");
        assert_eq!(kept.tail, all[all.len() - tail..], "{head} {tail}");
        assert_eq!(kept.dropped, (all.len() - head - tail).to_string());
        assert!(kept.is_closed);
    }
    for (length, dropped) in [(0, "0"), (29, "0"), (30, "0"), (31, "1")] {
        let file = host.path("bytes");
        let bytes: Vec<u8> = (0..length).map(|byte| byte * 8).collect();
        fs::write(&file, &bytes).unwrap();
        let kept =
            host.output(&Step { head: 10, tail: 20, ..Step::new(&["cat", "--", file.to_str().unwrap()]) });
        assert_eq!(kept.dropped, dropped);
        assert_eq!(kept.head, bytes[..bytes.len().min(10)]);
        assert_eq!(kept.tail, bytes[bytes.len().saturating_sub(20).max(kept.head.len())..]);
    }
    // Many small writes, and standard error in its place.
    let line = "i=0; while [ $i -lt 300 ]; do echo $i; echo $i >&2; i=$((i+1)); done";
    let wanted: String = (0..300).map(|number| format!("{number}\n{number}\n")).collect();
    assert_eq!(host.output(&Step::line(line)).text(), wanted);
}

fn a_step_reads_its_own_input_or_nothing(host: &Host) {
    for input in [&b"y\ny\n\n"[..], b"", b"no newline", b"'\"\\$(id)\n\n\n", &[b'z'; 150_000]] {
        let kept = host.output(&Step { stdin: Some(input.to_vec()), ..Step::new(&["cat"]) });
        assert_eq!(kept.head, input);
    }
    // A step that does not read its input is not hurt by that.
    let unread = Step { stdin: Some(vec![b'z'; 150_000]), ..Step::new(&["true"]) };
    let (run, end) = host.finish(&unread);
    assert_eq!(end, "done 0");
    let names = fs::read_dir(host.run_folder(&run)).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        names.into_iter().all(|name| !name.to_string_lossy().starts_with("in.")),
        "the input stays on disk"
    );
    assert_eq!(host.output(&Step::new(&["readlink", "/proc/self/fd/0"])).text(), "/dev/null\n");
}

fn the_environment_is_that_of_the_login(host: &Host) {
    let run = fresh();
    let mut login = host.login(&[&run, "start"]);
    login.current_dir("/usr").env("FLAVOUR", "vanilla").env("LC_ALL", "C.UTF-8");
    for name in ["WR_PATH", "WR_ARG1", "WR_BASE", "WR_STDIN", "WR_DIGEST", "WR_TEXT", "WR_BOOT", "WR_TOOLS"] {
        login.env(name, "from the login");
    }
    let step =
        Step { stdin: Some(b"input".to_vec()), ..Step::line("umask; pwd; ls /proc/self/fd; exec env") };
    let bytes = [b"umask 027\n".to_vec(), host.bytes(Some(&step))].concat();
    assert_eq!(host.answer(&run, &send(login, bytes)), "accepted -");
    assert_eq!(host.end(&run), "done 0");
    let text = host.out(&run).text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["0027", "/usr"]);
    let descriptors = Command::new("ls").arg("/proc/self/fd").output().unwrap().stdout;
    let descriptors = String::from_utf8(descriptors).unwrap();
    assert_eq!(lines[2..2 + descriptors.lines().count()].join("\n") + "\n", descriptors, "one is ours");
    assert!(!lines.iter().any(|line| line.to_lowercase().starts_with("wr_")), "{text}");
    for line in ["FLAVOUR=vanilla", "LC_ALL=C", "PATH=/usr/bin:/bin"] {
        assert!(lines.contains(&line), "{line} of {text}");
    }
}

fn a_step_that_kills_by_pattern_does_not_hit_its_supervisor(host: &Host) {
    let needle = format!("needle-{}", fresh());
    let victim = Step::new(&["sh", "-c", "sleep 50; :", &needle]);
    let run = fresh();
    assert_eq!(host.start(&run, &victim), "accepted -");
    until(|| (host.ask(&run, "status") == "running -").then_some(()));
    host.fact(&run, "step");
    let pattern = needle.replacen('n', "[n]", 1);
    let killer = Step::line(&format!(
        "for p in /proc/[0-9]*; do grep -aq '{pattern}' $p/cmdline && kill -9 ${{p#/proc/}}; done 2>/dev/null; :"
    ));
    assert_eq!(host.finish(&killer).1, "done 0");
    assert_eq!(host.end(&run), "done 137");
}

fn the_time_limit_ends_the_whole_group(host: &Host) {
    let pids = host.path("pids");
    let line = format!("sleep 300 & echo $! $$ >{}; echo begun; sleep 300", pids.display());
    let (run, end) = host.finish(&Step { timeout_s: 1, ..Step::line(&line) });
    assert_eq!(end, "timedout gone");
    assert_eq!(host.out(&run).text(), "begun\n");
    assert!(line_of(&pids).split(' ').all(|pid| !is_alive(pid)));
    assert_eq!(host.ask(&run, "cancel"), "timedout gone");
}

fn what_a_step_leaves_running_is_left_alone(host: &Host) {
    let (pid_file, late) = (host.path("pid"), host.path("late"));
    let line = format!(
        "(sleep 3; echo late; sleep 1; echo late; sleep 1; echo late; echo late >{}; exec sleep 300) & echo $! >{}; echo ready",
        late.display(),
        pid_file.display()
    );
    let (run, end) = host.finish(&Step { timeout_s: 1, ..Step::line(&line) });
    let pid = line_of(&pid_file);
    assert_eq!(end, "done 0");
    assert!(!host.path("late").exists(), "the end waited for the child");
    let kept = host.out(&run);
    assert!(kept.is_closed);
    assert_eq!(host.ask(&run, "cancel"), "done 0");
    line_of(&late);
    sleep(Duration::from_secs(1));
    assert!(is_alive(&pid), "it was killed by the limit, by cancel or by a closed pipe");
    assert_eq!(host.out(&run), kept);
    assert_eq!(kept.text(), "ready\n");
    assert_eq!(host.ask(&run, "forget"), "forgotten -");
    assert!(is_alive(&pid));
    kill("KILL", &format!("-{pid}"));
    kill("KILL", &pid);
}

fn cancel_ends_child_and_grandchild(host: &Host) {
    let pids = host.path("pids");
    let line = format!(
        "sh -c 'trap \"\" TERM; echo $$ >{0}.t; while :; do sleep 1; done' & sleep 300 & echo $! $$ >{0}; wait",
        pids.display()
    );
    let run = fresh();
    assert_eq!(host.start(&run, &Step::line(&line)), "accepted -");
    let stubborn = line_of(&host.path("pids.t"));
    let all = format!("{} {stubborn}", line_of(&pids));
    assert!(all.split(' ').all(is_alive));
    assert_eq!(host.ask(&run, "cancel"), "cancelled gone");
    assert!(!all.split(' ').any(is_alive));
    assert_eq!(host.ask(&run, "status"), "cancelled gone");
}

fn a_fenced_run_never_runs(host: &Host) {
    let mark = host.path("mark");
    let step = Step::new(&["touch", mark.to_str().unwrap()]);
    for verb in ["fence", "cancel"] {
        let run = fresh();
        if verb == "cancel" {
            // Cancel makes no folder: it is for runs that were sent.
            assert_eq!(host.ask(&run, "cancel"), "refused no_folder");
            host.private_folder(&host.run_folder(&run));
            host.private_folder(&host.run_folder(&run).join(format!("plan-{DIGEST}")));
            host.private_folder(&host.run_folder(&run).join("boot-boot-1"));
            assert_eq!(host.ask(&run, "status"), "notstarted -");
        }
        assert_eq!(host.ask(&run, verb), "fenced -");
        assert_eq!(host.start(&run, &step), "fenced -");
        for verb in ["status", "wait", "fence", "cancel"] {
            assert_eq!(host.ask(&run, verb), "fenced -");
        }
        assert_eq!(host.ask(&run, "out"), "refused no_output");
        assert_eq!(host.ask(&run, "forget"), "forgotten -");
    }
    sleep(Duration::from_millis(300));
    assert!(!mark.exists());
}

fn a_run_begins_once_however_often_it_is_started(host: &Host) {
    host.slow_down("setsid"); // all are accepted before the first of them claims the run
    let marks = host.path("marks");
    let step = Step::line(&format!("echo once >>{}; sleep 1", marks.display()));
    let run = fresh();
    std::thread::scope(|scope| {
        let starts = [(); 4].map(|()| scope.spawn(|| host.start(&run, &step)));
        for start in starts {
            assert_eq!(start.join().unwrap(), "accepted -");
        }
    });
    assert_eq!(host.end(&run), "done 0");
    assert_eq!(host.start(&run, &step), "done 0");
    assert_eq!(host.ask(&run, "fence"), "done 0");
    sleep(Duration::from_millis(300));
    assert_eq!(fs::read_to_string(&marks).unwrap(), "once\n");
}

fn an_accepted_run_can_still_be_fenced(host: &Host) {
    host.slow_down("setsid");
    let mark = host.path("mark");
    let step = Step::new(&["touch", mark.to_str().unwrap()]);
    let runs = ["fence", "cancel"].map(|verb| {
        let run = fresh();
        assert_eq!(host.start(&run, &step), "accepted -");
        assert_eq!(host.ask(&run, verb), "fenced -");
        run
    });
    sleep(Duration::from_secs(3));
    assert!(!mark.exists(), "fenced, but it ran");
    for run in runs {
        assert_eq!(host.ask(&run, "status"), "fenced -");
    }
}

fn of_start_and_fence_exactly_one_wins(host: &Host) {
    const ROUNDS: u64 = 30;
    let mut fenced = Vec::new();
    for round in 0..ROUNDS {
        let run = fresh();
        let mark = host.path(&format!("mark-{run}"));
        let step = Step::line(&format!("echo ran >>{}", mark.display()));
        let answer = std::thread::scope(|scope| {
            scope.spawn(|| host.start(&run, &step));
            sleep(Duration::from_millis(round));
            host.ask(&run, "fence")
        });
        match host.end(&run).as_str() {
            "fenced -" => fenced.push(mark),
            "done 0" if answer == "fenced -" => panic!("fenced, then it ran"),
            "done 0" => assert_eq!(fs::read_to_string(&mark).unwrap(), "ran\n"),
            other => panic!("{other}"),
        }
    }
    sleep(Duration::from_secs(1));
    assert!(fenced.iter().all(|mark| !mark.exists()), "fenced, but it ran");
}

fn a_killed_supervisor_is_unknown(host: &Host) {
    let run = fresh();
    assert_eq!(host.start(&run, &Step::new(&["sleep", "300"])), "accepted -");
    let pid = |kind| host.fact(&run, kind).split('-').next().unwrap().to_owned();
    let (supervisor, step) = (pid("sup"), pid("step"));
    assert_eq!(host.ask(&run, "status"), "running -");
    assert_eq!(host.ask(&run, "forget"), "refused not_over");
    kill("KILL", &supervisor);
    assert_eq!(host.ask(&run, "status"), "unknown step_alive");
    assert_eq!(host.ask(&run, "fence"), "unknown step_alive");
    assert_eq!(host.start(&run, &Step::new(&["sleep", "300"])), "unknown step_alive");
    let end = host.ask(&run, "cancel");
    assert_eq!(end, "unknown supervisor_gone");
    assert!(!is_alive(&step));
    assert_eq!(host.ask(&run, "forget"), "refused not_over");
}

fn the_time_limit_holds_without_the_supervisor_but_spares_what_was_left(host: &Host) {
    // The step ends by itself after its supervisor was killed; its child must survive the limit.
    let pid_file = host.path("pid");
    let run = fresh();
    let step = Step::line(&format!("sleep 300 & echo $! >{}; sleep 1", pid_file.display()));
    assert_eq!(host.start(&run, &Step { timeout_s: 2, ..step }), "accepted -");
    let supervisor = host.fact(&run, "sup");
    let step = host.fact(&run, "step");
    kill("KILL", supervisor.split('-').next().unwrap());
    let left = line_of(&pid_file);
    sleep(Duration::from_secs(5));
    assert!(is_alive(&left));
    assert_eq!(host.ask(&run, "status"), "unknown supervisor_gone");
    kill("KILL", &format!("-{}", step.split('-').next().unwrap()));
}

fn another_process_with_the_same_number_is_not_the_supervisor(host: &Host) {
    let (run, _) = host.finish(&Step::new(&["true"]));
    let folder = host.run_folder(&run);
    fs::remove_file(folder.join("end-done-0")).unwrap();
    fs::remove_file(folder.join(format!("sup-{}", host.fact(&run, "sup")))).unwrap();
    fs::write(folder.join(format!("sup-{}-12345", std::process::id())), "").unwrap();
    assert_eq!(host.ask(&run, "status"), "unknown supervisor_gone");
}

fn a_run_that_was_claimed_and_lost_is_unknown(host: &Host) {
    let run = fresh();
    assert_eq!(host.ask(&run, "fence"), "fenced -");
    fs::remove_file(host.run_folder(&run).join("fenced")).unwrap();
    for verb in ["status", "fence"] {
        assert_eq!(host.ask(&run, verb), "unknown no_supervisor");
    }
}

fn a_planted_end_is_not_believed(host: &mut Host) {
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
        host.private_folder(&folder);
        for name in [&format!("plan-{DIGEST}"), "boot-boot-1", "go"] {
            host.private_folder(&folder.join(name));
        }
        fs::write(folder.join("end-done-0"), "").unwrap();
    };
    let mode =
        |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();

    let run = fresh();
    host.private_folder(&host.base);
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

fn a_base_that_can_not_be_made_is_refused(host: &mut Host) {
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

fn a_run_id_answers_for_one_plan(host: &mut Host) {
    let mark = host.path("mark");
    let (run, end) = host.finish(&Step::line("exit 3"));
    assert_eq!(end, "done 3");
    host.digest = OTHER_DIGEST.to_owned();
    assert_eq!(host.start(&run, &Step::new(&["touch", mark.to_str().unwrap()])), "refused digest_differs");
    for verb in ["status", "wait", "fence", "cancel", "out", "forget"] {
        assert_eq!(host.ask(&run, verb), "refused digest_differs", "{verb}");
    }
    host.digest = DIGEST.to_owned();
    assert_eq!(host.ask(&run, "status"), "done 3");
    assert!(!mark.exists());
}

fn after_another_boot_everything_is_unknown(host: &mut Host) {
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
    host.noted_boot = "boot-1".to_owned();
    assert_eq!(host.ask(&run, "fence"), "unknown boot_changed");
    assert!(!host.base.exists());
    for content in ["", "two words\n", "$(id)\n"] {
        fs::write(host.path("boot_id"), content).unwrap();
        let boot = String::from_utf8(host.send(&[&run, "boot"], host.bytes(None)).stdout).unwrap();
        assert!(boot.ends_with(" boot - none\n"), "{boot}");
    }
    fs::remove_file(host.path("boot_id")).unwrap();
    host.noted_boot = "none".to_owned();
    assert_eq!(host.finish(&Step::new(&["true"])).1, "done 0");
}

fn a_text_cut_short_runs_nothing(host: &Host) {
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

fn a_closed_connection_leaves_the_step_running(host: &Host) {
    let runs = ["HUP", "TERM", "KILL"].map(|signal| {
        let mark = host.path(signal);
        let run = fresh();
        let step = Step::line(&format!("echo 1; sleep 2; echo 2; echo ran >{}", mark.display()));
        let mut child = host.login(&[&run, "start"]).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&host.bytes(Some(&step))).unwrap();
        let mut answer = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut answer).unwrap();
        assert!(answer.contains(" accepted "), "{answer}");
        host.fact(&run, "sup");
        kill(signal, &format!("-{}", child.id()));
        child.wait().unwrap();
        (run, mark)
    });
    for (run, mark) in runs {
        assert_eq!(host.end(&run), "done 0");
        assert_eq!(host.out(&run).text(), "1\n2\n");
        assert!(mark.exists());
    }
}

fn a_finished_run_can_be_forgotten_and_only_that(host: &Host) {
    let run = fresh();
    assert_eq!(host.ask(&run, "status"), "refused no_folder");
    assert_eq!(host.start(&run, &Step::new(&["sleep", "1"])), "accepted -");
    host.fact(&run, "sup");
    assert_eq!(host.ask(&run, "forget"), "refused not_over");
    assert_eq!(host.answer(&run, &host.send(&[&run, "wait", "0"], host.bytes(None))), "running -");
    assert_eq!(host.end(&run), "done 0");
    assert_eq!(host.ask(&run, "forget"), "forgotten -");
    for verb in ["status", "wait", "cancel", "out", "forget"] {
        assert_eq!(host.ask(&run, verb), "refused no_folder");
    }
    assert_eq!(fs::read_dir(&host.base).unwrap().count(), 0);
}

fn a_malformed_question_is_refused(host: &mut Host) {
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
    host.digest = "0123".to_owned();
    assert_eq!(host.start(&run, &Step::new(&["true"])), "refused bad_digest");
    assert!(!host.base.exists());
}

/// Done, not found, output, input, limit, fence.
fn essentials(host: &Host) {
    assert_eq!(host.finish(&Step::line("exit 3")).1, "done 3");
    assert_eq!(host.finish(&Step::new(&["no-such-program"])).1, "done 127");
    let kept = host.output(&Step { head: 10, tail: 5, ..Step::new(&["seq", "60000"]) });
    let all = counted(60_000);
    assert_eq!((kept.head.as_slice(), kept.tail.as_slice()), (&all[..10], &all[all.len() - 5..]));
    assert_eq!(kept.dropped, (all.len() - 15).to_string());
    assert_eq!(host.output(&Step { stdin: Some(b"y\n".to_vec()), ..Step::new(&["cat"]) }).text(), "y\n");
    assert_eq!(host.finish(&Step { timeout_s: 1, ..Step::new(&["sleep", "300"]) }).1, "timedout gone");
    assert_eq!(host.ask(&fresh(), "fence"), "fenced -");
}

#[test]
fn the_tools_of_busybox_are_enough() {
    essentials(&Host::new("busybox").only(&TOOLS, true));
}

#[test]
fn perl_replaces_setsid() {
    let tools: Vec<&str> = TOOLS.into_iter().filter(|tool| *tool != "setsid").chain(["perl"]).collect();
    let host = Host::new("dash").only(&tools, false);
    essentials(&host);
    the_time_limit_ends_the_whole_group(&host);
}

#[test]
fn without_setsid_and_perl_the_program_itself_is_ended() {
    let tools: Vec<&str> = TOOLS.into_iter().filter(|tool| *tool != "setsid").collect();
    essentials(&Host::new("dash").only(&tools, false));
}

#[test]
fn shellcheck_finds_nothing() {
    let host = Host::new("shellcheck");
    let check = || {
        let mut command = Command::new(which("shellcheck"));
        command
            .args(["--shell=sh", "-"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped());
        command
    };
    let inner = send(
        Host::new("dash").login(&[]),
        [host::WRAPPER, "printf '%s\\n' \"$wr_shared$wr_supervisor\""].concat().into(),
    );
    // The two texts define what the other uses.
    let header = b"# shellcheck disable=SC2034,SC2154\n".to_vec();
    for text in [host::WRAPPER.as_bytes().to_vec(), [header, inner.stdout].concat()] {
        assert!(text.len() > 3000);
        let output = send(check(), text);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    }
    drop(host);
}

macro_rules! under_each_shell {
    ($($scenario:ident)*) => {
        under_each_shell!(@shell dash "dash" $($scenario)*);
        under_each_shell!(@shell bash "bash" $($scenario)*);
        under_each_shell!(@shell busybox "busybox" $($scenario)*);
    };
    (@shell $module:ident $shell:literal $($scenario:ident)*) => {
        mod $module {
            $(#[test]
            #[allow(unused_mut, clippy::allow_attributes, reason = "some scenarios change the host's settings")]
            fn $scenario() {
                super::$scenario(&mut super::Host::new($shell));
            })*
        }
    };
}

under_each_shell! {
    arguments_arrive_byte_for_byte
    a_builtin_name_means_the_program_in_the_path
    the_first_place_of_the_path_wins
    the_exit_status_is_the_true_one
    a_missing_program_is_127_and_said
    head_and_tail_are_kept_and_the_rest_counted
    a_step_reads_its_own_input_or_nothing
    the_environment_is_that_of_the_login
    a_step_that_kills_by_pattern_does_not_hit_its_supervisor
    the_time_limit_ends_the_whole_group
    what_a_step_leaves_running_is_left_alone
    cancel_ends_child_and_grandchild
    a_fenced_run_never_runs
    an_accepted_run_can_still_be_fenced
    a_run_begins_once_however_often_it_is_started
    of_start_and_fence_exactly_one_wins
    a_killed_supervisor_is_unknown
    the_time_limit_holds_without_the_supervisor_but_spares_what_was_left
    another_process_with_the_same_number_is_not_the_supervisor
    a_run_that_was_claimed_and_lost_is_unknown
    a_planted_end_is_not_believed
    a_base_that_can_not_be_made_is_refused
    a_run_id_answers_for_one_plan
    after_another_boot_everything_is_unknown
    a_text_cut_short_runs_nothing
    a_closed_connection_leaves_the_step_running
    a_finished_run_can_be_forgotten_and_only_that
    a_malformed_question_is_refused
}
