//! `ps`, `kill` and `uptime`. The process table is the state's: no process of the real machine is
//! shown and none is signalled.

use super::super::proc_files::command_line;
use super::super::state::{Force, Kind, Power, now_ms};
use super::call::Call;

/// `ps [-ef | -efww | aux...]`: all processes of the host, in full. `ps -p PID`: that one.
pub fn ps(call: &mut Call) -> u8 {
    if let [option, pid] = call.args
        && option == "-p"
    {
        let pid = pid.clone();
        return one_process(call, &pid);
    }
    let state = &call.host.state;
    let mut rows: Vec<(u32, String)> = state.processes.iter().map(|p| (p.pid, p.command.clone())).collect();
    let running = state.machines.iter().filter(|vm| state.is_active(vm));
    rows.extend(running.map(|vm| (vm.pid, command_line(state.kind, vm).join(" "))));
    rows.sort_unstable();
    call.say("UID        PID  PPID  C STIME TTY          TIME CMD");
    for (pid, command) in rows {
        let parent = u32::from(pid != 1);
        call.say(format!("root     {pid:>5} {parent:>5}  0 Nov02 ?        00:00:04 {command}"));
    }
    0
}

/// The head alone and exit status 1 where there is no such process (procps).
fn one_process(call: &mut Call, pid: &str) -> u8 {
    let state = &call.host.state;
    let listed = state.processes.iter().find(|process| process.pid.to_string() == pid);
    let machine = state.machines.iter().find(|vm| vm.power == Power::On && vm.pid.to_string() == pid);
    let command = listed
        .map(|process| process.command.clone())
        .or_else(|| machine.map(|vm| command_line(state.kind, vm).join(" ")));
    call.say("  PID TTY          TIME CMD");
    let Some(command) = command else { return 1 };
    let name = command.split(' ').next().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
    call.say(format!("{pid:>5} ?        00:00:04 {name:.15}"));
    0
}

/// `kill [-9|-KILL|-15|-TERM] PID...`.
pub fn kill(call: &mut Call) -> u8 {
    let (force, pids) = match call.args {
        [signal, pids @ ..] if signal == "-9" || signal == "-KILL" => (Force::Kill, pids),
        [signal, pids @ ..] if signal == "-15" || signal == "-TERM" => (Force::PowerOff, pids),
        pids => (Force::PowerOff, pids),
    };
    let pids = if pids.first().is_some_and(|word| word == "--") { &pids[1..] } else { pids };
    if pids.is_empty() {
        call.complain("usage: kill [ -s signal ] pid ...");
        return 1;
    }
    let mut code = 0;
    for pid in pids {
        if let Err(why) = end(call, pid, force) {
            call.complain(if call.kind() == Kind::Kvm {
                format!("kill: ({pid}): {why}")
            } else {
                format!("kill {pid}: {why}")
            });
            code = 1;
        }
    }
    code
}

fn end(call: &mut Call, pid: &str, force: Force) -> Result<(), &'static str> {
    let digits = pid.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = pid.parse().ok().filter(|_| digits).ok_or("No such process")?;
    let state = &mut call.host.state;
    if let Some(index) = state.find(|vm| vm.pid == number && vm.power == Power::On) {
        state.machines[index].push(force, "crashed", now_ms());
        Ok(())
    } else if state.processes.iter().any(|process| process.pid == number) {
        // The host's own services stay: nobody practises on them.
        Err("Operation not permitted")
    } else {
        Err("No such process")
    }
}

/// `uptime`: the host is as old as the lab, and 41 days.
pub fn uptime(call: &mut Call) -> u8 {
    let now = now_ms();
    let minutes = now.saturating_sub(call.host.state.born_ms) / 60_000 + 41 * 24 * 60 + 192;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let second = now / 1000 % 86_400;
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    call.say(format!(
        " {h:02}:{m:02}:{s:02} up {days} days, {hours:>2}:{minutes:02},  1 user,  load average: 0.15, 0.10, 0.09"
    ));
    0
}
