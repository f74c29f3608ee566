//! How a run begins once and how it ends: claims, limits, cancelling, losses.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::thread::sleep;
use std::time::Duration;

use super::host::{Host, Step, fresh, is_alive, kill, line_of, until};

pub fn the_time_limit_ends_the_whole_group(host: &Host) {
    let pids = host.path("pids");
    let line = format!("sleep 300 & echo $! $$ >{}; echo begun; sleep 300", pids.display());
    let (run, end) = host.finish(&Step { timeout_s: 1, ..Step::line(&line) });
    assert_eq!(end, "timedout gone");
    assert_eq!(host.out(&run).text(), "begun\n");
    assert!(line_of(&pids).split(' ').all(|pid| !is_alive(pid)));
    assert_eq!(host.ask(&run, "cancel"), "timedout gone");
}

pub fn what_a_step_leaves_running_is_left_alone(host: &Host) {
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
    assert_eq!(kept.end, "cut", "what it left may print more, which nobody will see");
    assert_eq!(host.ask(&run, "cancel"), "done 0");
    line_of(&late);
    sleep(Duration::from_secs(1));
    assert!(is_alive(&pid), "it was killed by the limit, by cancel or by a closed pipe");
    assert_eq!(host.out(&run), kept);
    assert_eq!(kept.text(), "ready\n");
    assert_eq!(host.ask(&run, "leave"), "left -");
    assert!(is_alive(&pid));
    kill("KILL", &format!("-{pid}"));
    kill("KILL", &pid);
}

pub fn cancel_ends_child_and_grandchild(host: &Host) {
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

pub fn a_fenced_run_never_runs(host: &Host) {
    assert_eq!(host.make_ground(), "ground room");
    let mark = host.path("mark");
    let step = Step::new(&["touch", mark.to_str().unwrap()]);
    for verb in ["fence", "cancel"] {
        let run = fresh();
        assert_eq!(host.ask(&run, "status"), "notstarted -");
        assert_eq!(host.ask(&run, verb), "fenced -");
        assert_eq!(host.start(&run, &step), "fenced -");
        for verb in ["status", "wait", "fence", "cancel"] {
            assert_eq!(host.ask(&run, verb), "fenced -");
        }
        assert_eq!(host.ask(&run, "out"), "refused no_output");
    }
    sleep(Duration::from_millis(300));
    assert!(!mark.exists());
}

pub fn a_run_begins_once_however_often_it_is_started(host: &Host) {
    host.slow_down("setsid"); // all have answered before the step begins
    let marks = host.path("marks");
    let step = Step::line(&format!("echo once >>{}; sleep 1", marks.display()));
    let run = fresh();
    assert_eq!(host.make_ground(), "ground room");
    let mut answers: Vec<String> = std::thread::scope(|scope| {
        let starts = [(); 4].map(|()| scope.spawn(|| host.start(&run, &step)));
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    answers.sort();
    assert_eq!(answers.iter().filter(|answer| *answer == "accepted -").count(), 1, "{answers:?}");
    assert_eq!(host.end(&run), "done 0");
    assert_eq!(host.start(&run, &step), "done 0");
    assert_eq!(host.ask(&run, "fence"), "done 0");
    sleep(Duration::from_millis(300));
    assert_eq!(fs::read_to_string(&marks).unwrap(), "once\n");
}

pub fn an_accepted_run_is_never_fenced(host: &Host) {
    host.slow_down("setsid");
    for verb in ["fence", "cancel"] {
        let run = fresh();
        assert_eq!(host.start(&run, &Step::new(&["sleep", "4"])), "accepted -");
        let answer = host.ask(&run, verb);
        let expected = if verb == "fence" { "running -" } else { "cancelled gone" };
        assert_eq!(answer, expected);
    }
}

pub fn of_start_and_fence_exactly_one_wins(host: &Host) {
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

pub fn a_killed_supervisor_is_unknown(host: &Host) {
    let run = fresh();
    assert_eq!(host.start(&run, &Step::new(&["sleep", "300"])), "accepted -");
    let pid = |kind| host.fact(&run, kind).split('-').next().unwrap().to_owned();
    let (supervisor, step) = (pid("sup"), pid("step"));
    assert_eq!(host.ask(&run, "status"), "running -");
    assert_eq!(host.ask(&run, "leave"), "refused not_over");
    kill("KILL", &supervisor);
    until(|| (!is_alive(&supervisor)).then_some(()));
    assert_eq!(host.ask(&run, "status"), "unknown step_alive");
    assert_eq!(host.ask(&run, "fence"), "unknown step_alive");
    assert_eq!(host.start(&run, &Step::new(&["sleep", "300"])), "unknown step_alive");
    let end = host.ask(&run, "cancel");
    assert_eq!(end, "unknown supervisor_gone");
    assert!(!is_alive(&step));
    assert_eq!(host.ask(&run, "leave"), "refused not_over");
}

pub fn the_time_limit_holds_without_the_supervisor_but_spares_what_was_left(host: &Host) {
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

pub fn a_run_that_was_claimed_and_lost_is_unknown(host: &Host) {
    let run = fresh();
    assert_eq!(host.make_ground(), "ground room");
    assert_eq!(host.ask(&run, "fence"), "fenced -");
    fs::remove_file(host.run_folder(&run).join("fenced")).unwrap();
    for verb in ["status", "fence"] {
        assert_eq!(host.ask(&run, verb), "unknown no_supervisor");
    }
}

pub fn a_closed_connection_leaves_the_step_running(host: &Host) {
    assert_eq!(host.make_ground(), "ground room");
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

pub fn ground_can_be_left_when_all_on_it_is_over(host: &Host) {
    let run = fresh();
    assert_eq!(host.start(&run, &Step::new(&["sleep", "1"])), "accepted -");
    host.fact(&run, "sup");
    assert_eq!(host.ask(&run, "leave"), "refused not_over");
    assert_eq!(host.answer(&run, &host.send(&[&run, "wait", "0"], host.bytes(None))), "running -");
    assert_eq!(host.end(&run), "done 0");
    assert_eq!(host.ask(&run, "leave"), "left -");
    for verb in ["status", "wait", "fence", "cancel", "out", "leave"] {
        assert_eq!(host.ask(&run, verb), "unknown ground_gone");
    }
    let names = fs::read_dir(&host.base).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(names, ["ids"]);
    assert!(host.base.join("ids").join(&run).is_symlink(), "that it began is forgotten");
}

pub fn what_left_its_session_is_named_after_a_stop(host: &Host) {
    let pid_file = host.path("pid");
    let line = format!("setsid sh -c 'echo $$ >{}; exec sleep 300' & sleep 300", pid_file.display());
    for verb in ["limit", "cancel"] {
        let run = fresh();
        let timeout_s = if verb == "limit" { 1 } else { 50 };
        assert_eq!(host.start(&run, &Step { timeout_s, ..Step::line(&line) }), "accepted -");
        let pid = line_of(&pid_file);
        let bytes = host.bytes(None);
        let output = host.send(&[&run, if verb == "limit" { "wait" } else { "cancel" }], bytes);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with(&format!("left {pid} sleep\nWR1 ")), "{text}");
        assert!(text.contains(" gone "), "{text}");
        assert!(is_alive(&pid));
        kill("KILL", &pid);
        until(|| (!is_alive(&pid)).then_some(()));
        let again = String::from_utf8(host.send(&[&run, "wait"], host.bytes(None)).stdout).unwrap();
        assert!(again.starts_with("WR1 "), "{again}");
        fs::remove_file(&pid_file).unwrap();
    }
}
