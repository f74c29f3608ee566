//! Long answers of commands, in a pager where somebody reads them in a terminal.

use crate::{BINARY, KB};

use super::pseudo::{CTRL_C, CTRL_D, Window};

const SHOWN: &str = "i1 sev3 open: web01 hangs";

#[test]
fn an_incident_is_shown_in_the_pager_that_is_wished_for_and_whole_without_one() {
    let mut window = Window::shell();
    window.keys(CTRL_D).until_last("sh$");
    window.keys(&format!("D='{BINARY} --kb {KB} --state s'; I='incident show i1'\r"));
    window.keys("echo /incident open web01 hangs | $D demo; echo\r").until_text("i1 (sev3) is open");
    window.until_last("sh$");
    window.keys("PAGER='tr a-z A-Z' $D $I\r").until_text(&SHOWN.to_uppercase());
    window.until_last("sh$");
    assert!(!window.raw().contains(SHOWN));
    // None, one that fails, one that is not there; and where nobody reads in a terminal.
    for (at, line) in ["PAGER= $D $I", "PAGER=false $D $I", "PAGER=/no/pager $D $I", "PAGER=true $D $I | cat"]
        .iter()
        .enumerate()
    {
        window.keys(&format!("{line}\r"));
        window.until_raw(SHOWN, at + 1);
        window.until_last("sh$");
    }
    // Ctrl-C is the pager's; who started it waits for its end.
    window
        .keys("PAGER=\"sh -c 'trap : INT; cat; expr 70 + 7; sleep 99; expr 80 + 8'\" $D $I; expr 90 + $?\r");
    window.until_text("\n77");
    window.keys(CTRL_C).until_text("88\n90\n");
    window.until_last("sh$");
    window.keys("exit\r");
    window.ended();
}
