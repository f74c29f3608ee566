//! The whole story of the terminal's demo, over the wire.

use serde_json::json;

use super::scene::{thread, with_button};
use super::serving::Serving;
use crate::discord_server::look::Interaction;

const VMX: &str = "/vmfs/volumes/storage1/db01/db01.vmx";

/// What happens between two steps.
pub type Between<'a> = &'a mut dyn FnMut(&mut Serving);

fn press<'s>(serving: &'s Serving, who: &str, message: u64, label: &str) -> Interaction<'s> {
    serving.server.press(who, message, label)
}

/// From the question to the export; `between` happens between any two steps.
pub fn story(serving: &mut Serving, between: Between<'_>) {
    let ops = serving.server.channel("ops");
    serving.server.mention("ana", ops, "stop a virtual machine on the ESX host with vmware-cmd stop");
    let answer =
        with_button(serving, ops, "A hung virtual machine does not respond", "Run: Stop a virtual machine");
    between(serving);

    let modal = press(serving, "ana", answer, "Run: Stop a virtual machine");
    modal.wait_modal();
    let filled = modal.submit(&[("host", "esx"), ("vmx", VMX), ("reason", "db01 hangs")]);
    filled.wait_answer();
    let thread = thread(serving, 1);
    let request = with_button(serving, thread, "r1 waits for approval", "Approve");
    between(serving);

    let own = press(serving, "ana", request, "Approve");
    own.wait_for_text("r1 is");
    between(serving);

    press(serving, "dia", request, "Approve").wait_for_text("role approver");
    between(serving);

    press(serving, "ben", request, "Approve").wait_ack();
    let failed = with_button(serving, thread, "r1 failed", "Next rung");
    between(serving);

    let modal = press(serving, "ana", failed, "Next rung: Force a virtual machine off (stop hard)");
    let modal_shown = modal.wait_modal();
    assert!(format!("{modal_shown:?}").contains(VMX), "what is known is filled in: {modal_shown:?}");
    modal.submit(&[("host", "esx"), ("vmx", VMX), ("reason", "esx-vm-stop did not help")]).wait_ack();
    let second = with_button(serving, thread, "r2 waits for approval", "Approve");
    between(serving);

    press(serving, "ben", second, "Approve").wait_ack();
    serving.server.wait_for_text(thread, "1 of 2");
    between(serving);

    press(serving, "cem", second, "Approve").wait_ack();
    serving.server.wait_for_text(thread, "r2 succeeded");
    between(serving);

    let slash = |serving: &Serving, command: &str, options: &[(&str, serde_json::Value)]| {
        serving.server.slash("ana", thread, command, options).wait_ack();
    };
    slash(serving, "incident note", &[("text", json!("the owner of db01 knows"))]);
    serving.server.wait_for_text(thread, "the owner of db01 knows");
    between(serving);

    slash(serving, "incident resolve", &[("text", json!("forced off"))]);
    serving.server.wait_for_text(thread, "i1 is resolved");
    let card = serving.server.messages(serving.server.channel("incidents"))[0].id;
    serving.server.wait_for_edit(card, "resolved");
    between(serving);

    // At once as the answer; what takes longer is said in the thread.
    slash(serving, "incident export", &[("incident", json!("i1"))]);
    let document = serving.server.wait_for_text(thread, "i1 as a document").attachments[0].bytes.clone();
    let document = String::from_utf8(document).unwrap();
    for text in ["forced off", "r1", "esx-vm-stop-hard", "getstate() = on"] {
        assert!(document.contains(text), "no {text:?} in {document}");
    }
}

/// What must be true of the thread in the end: everything said, nothing twice.
pub fn nothing_lost_nothing_doubled(serving: &Serving) {
    let thread = thread(serving, 1);
    // Cards are changed in their turn.
    let waits = |text: &str| serving.server.said(thread).iter().any(|message| message.text().contains(text));
    serving.server.wait_until("the cards show the end", || {
        let passing = ["waits for approval", "approved, not started", "is running", "not begun"];
        !passing.into_iter().any(waits)
    });
    let said: Vec<_> =
        serving.server.said(thread).iter().map(crate::discord_server::model::Message::text).collect();
    let texts = [
        "r1 waits for approval",
        "r1 was asked for",
        "r1 approved by",
        "run of r1",
        "r1 failed",
        "r2 was asked for",
        "r2 approved by",
        "run of r2",
        "r2 succeeded",
        "noted in i1",
        "i1 is resolved",
    ];
    for text in texts {
        let count = said.iter().filter(|message| message.contains(text)).count();
        let expected = match text {
            // The card has been changed to say what became of it.
            "r1 waits for approval" => 0,
            // Two have approved it; how it ended was said, and the card says it too.
            "r2 approved by" | "r1 failed" | "r2 succeeded" => 2,
            _ => 1,
        };
        assert_eq!(count, expected, "{text:?} in {said:#?}");
    }
    let stops = |argument: &str| {
        let plays = serving.place.plays("lab-esx");
        plays.iter().filter(|play| format!("{play:?}").contains(argument)).count()
    };
    assert_eq!((stops("\"hard\""), stops("\"stop\"")), (1, 2), "{:?}", serving.place.plays("lab-esx"));
}

#[test]
fn the_whole_story_over_the_wire() {
    let mut serving = Serving::new();
    story(&mut serving, &mut |_| {});
    nothing_lost_nothing_doubled(&serving);
    serving.is_clean();
}

#[test]
fn the_same_with_a_restart_between_any_two_steps() {
    let mut serving = Serving::new();
    story(&mut serving, &mut Serving::restart);
    nothing_lost_nothing_doubled(&serving);
    serving.is_clean();
}
