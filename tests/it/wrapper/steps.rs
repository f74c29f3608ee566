//! What a step gets and what it gives: arguments, programs, input, environment, output, exit status.

use std::fs;
use std::process::Command;

use super::host::{Host, Step, counted, fresh, program, send, until};

pub fn arguments_arrive_byte_for_byte(host: &Host) {
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

pub fn a_builtin_name_means_the_program_in_the_path(host: &Host) {
    const NAMES: [&str; 13] =
        ["kill", "test", "[", "echo", "exec", "exit", "cd", ":", "wr_main", "WR_PATH=x", "sh", "-x", "ls"];
    let doubles = host.path("doubles");
    fs::create_dir(&doubles).unwrap();
    let runs = NAMES.map(|name| {
        program(&doubles.join(name), r#"printf '%s|' "double of ${0##*/}" "$@""#);
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

pub fn the_first_place_of_the_path_wins(host: &Host) {
    for place in ["one", "two", "three"] {
        fs::create_dir(host.path(place)).unwrap();
    }
    fs::create_dir(host.path("one/tool")).unwrap();
    program(&host.path("two/tool"), "echo two");
    program(&host.path("three/tool"), "echo three");
    let path = ["one", "two", "three"].map(|place| host.path(place).display().to_string()).join(":");
    assert_eq!(host.output(&Step { path: path.clone(), ..Step::new(&["tool"]) }).text(), "two\n");
    let direct = host.path("three/tool").display().to_string();
    assert_eq!(host.output(&Step { path, ..Step::new(&[direct]) }).text(), "three\n");
}

pub fn the_exit_status_is_the_true_one(host: &Host) {
    for (line, status) in [("exit 0", "0"), ("exit 1", "1"), ("exit 255", "255"), ("kill -KILL $$", "137")] {
        assert_eq!(host.finish(&Step::line(line)).1, format!("done {status}"), "{line}");
    }
    // HUP is ignored by the supervisor, not by the step.
    assert_eq!(host.finish(&Step::line("kill -HUP $$")).1, "done 129");
}

pub fn a_missing_program_is_127_and_said(host: &Host) {
    for name in ["no-such-program", "wr_say", "/nowhere/at/all"] {
        let (run, end) = host.finish(&Step::new(&[name]));
        assert_eq!(end, "done 127");
        let text = host.out(&run).errors;
        assert!(text.contains(name) && text.contains("not found") && text.lines().count() == 1, "{text}");
    }
    let bytes = host.bytes(Some(&Step::new(&["ls", "no-such-program", "wr_say", "cat"])));
    let output = host.send(&[&fresh(), "have"], bytes);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("missing no-such-program\nmissing wr_say\nWR1 "), "{text}");
    assert!(text.contains(" have 2 "), "{text}");
}

pub fn head_and_tail_are_kept_and_the_rest_counted(host: &Host) {
    let all = counted(60_000);
    for (head, tail) in [(1000, 3000), (0, 10), (10, 1), (100_000, 100_000), (0, 1)] {
        let (run, end) = host.finish(&Step { head, tail, ..Step::new(&["seq", "60000"]) });
        let kept = host.out(&run);
        assert_eq!(end, "done 0");
        let files = ["out", "out-tail"].map(|name| fs::metadata(host.run_folder(&run).join(name)));
        let on_disk: u64 = files.iter().flatten().map(fs::Metadata::len).sum();
        assert_eq!(on_disk, (head + tail) as u64);
        assert_eq!(kept.head, all[..head], "{head} {tail}");
        assert_eq!(kept.tail, all[all.len() - tail..], "{head} {tail}");
        assert_eq!(kept.dropped, (all.len() - head - tail).to_string());
        assert_eq!((kept.end.as_str(), kept.place.as_str()), ("closed", "disk"));
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
    // Many small writes, to both streams.
    let line = "i=0; while [ $i -lt 300 ]; do echo $i; echo $i >&2; i=$((i+1)); done";
    let wanted = String::from_utf8([b"0\n".to_vec(), counted(299)].concat()).unwrap();
    let kept = host.output(&Step::line(line));
    assert_eq!((kept.text(), &kept.errors), (wanted.clone(), &wanted));
}

pub fn a_step_reads_its_own_input_or_nothing(host: &Host) {
    for input in [&b"y\ny\n\n"[..], b"", b"no newline", b"'\"\\$(id)\n\n\n", &vec![b'z'; 90_000]] {
        let kept = host.output(&Step { stdin: Some(input.to_vec()), ..Step::new(&["cat"]) });
        assert_eq!(kept.head, input);
    }
    // A step that does not read its input is not hurt by that.
    let unread = Step { stdin: Some(vec![b'z'; 90_000]), ..Step::new(&["true"]) };
    let (_, end) = host.finish(&unread);
    assert_eq!(end, "done 0");
    assert_eq!(host.output(&Step::new(&["readlink", "/proc/self/fd/0"])).text(), "/dev/null\n");
}

pub fn the_environment_is_that_of_the_login(host: &Host) {
    let run = fresh();
    let mut login = host.login(&[&run, "start"]);
    login.current_dir("/usr").env("FLAVOUR", "vanilla").env("LC_ALL", "C.UTF-8").env("LANGUAGE", "de");
    for name in ["WR_PATH", "WR_ARG1", "WR_BASE", "WR_STDIN", "WR_DIGEST", "WR_TEXT", "WR_BOOT", "WR_TOOLS"] {
        login.env(name, "from the login");
    }
    let step =
        Step { stdin: Some(b"input".to_vec()), ..Step::line("umask; pwd; ls /proc/self/fd; exec env") };
    let bytes = [b"umask 027\n".to_vec(), host.bytes(Some(&step))].concat();
    assert_eq!(host.make_ground(), "ground room");
    assert_eq!(host.answer(&run, &send(login, bytes)), "accepted -");
    assert_eq!(host.end(&run), "done 0");
    let text = host.out(&run).text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["0027", "/usr"]);
    let descriptors = Command::new("ls").arg("/proc/self/fd").output().unwrap().stdout;
    let descriptors = String::from_utf8(descriptors).unwrap();
    assert_eq!(lines[2..2 + descriptors.lines().count()].join("\n") + "\n", descriptors, "one is ours");
    assert!(!lines.iter().any(|line| line.to_lowercase().starts_with("wr_")), "{text}");
    let locales = Command::new("locale").arg("-a").output().unwrap().stdout;
    let has_utf8 =
        String::from_utf8(locales).unwrap().lines().any(|name| name == "C.utf8" || name == "C.UTF-8");
    let locale = if has_utf8 { "LC_ALL=C.UTF-8" } else { "LC_ALL=C" };
    assert!(!text.contains("LANGUAGE="), "what is compared is said in one language: {text}");
    for line in ["FLAVOUR=vanilla", locale, "PATH=/usr/bin:/bin"] {
        assert!(lines.contains(&line), "{line} of {text}");
    }
}

pub fn a_step_that_kills_by_pattern_does_not_hit_its_supervisor(host: &Host) {
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

/// Deterministic strings that a shell would like to do something with.
fn nasty_strings(count: usize) -> Vec<Vec<u8>> {
    const PIECES: [&[u8]; 40] = [
        b"'",
        b"\"",
        b"\\",
        b"$",
        b"$HOME",
        b"$(id)",
        b"`id`",
        b"\n",
        b"\n\n",
        b"\t",
        b" ",
        b"*",
        b"?",
        b"[a-z]",
        b"{a,b}",
        b"~",
        b"~root",
        b"-",
        b"--",
        b"-n",
        b"-e",
        b"!",
        b"!!",
        b"#",
        b"&",
        b"&&",
        b";",
        b"|",
        b"<",
        b">",
        b"(",
        b")",
        b"%s",
        b"\\n",
        b"\\0",
        b"\r",
        b"\x7f",
        b"\x1b[2J",
        b"\xff\xfe",
        "ü€😀".as_bytes(),
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    let mut strings: Vec<Vec<u8>> = PIECES.iter().map(|piece| piece.to_vec()).collect();
    strings.extend([b"".to_vec(), b"WR_EOF".to_vec(), b"a\n".to_vec(), vec![b'x'; 20_000]]);
    strings.push((1..=255).collect());
    while strings.len() < count {
        let length = 1 + next(7);
        strings.push((0..length).flat_map(|_| PIECES[next(PIECES.len())].to_vec()).collect());
    }
    strings
}
