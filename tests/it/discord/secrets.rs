//! The token, and the tokens of interactions: where they are, and where they never are.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::scene::{privately, removal, said, slash};
use super::serving::Serving;
use crate::discord_server::{Operation, RestFault, Setup};

/// Every file below a folder with what is in it.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if let Ok(bytes) = fs::read(&path) {
            found.push((path.display().to_string(), bytes));
        }
    }
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

#[test]
fn no_token_is_logged_kept_or_said() {
    let mut serving = Serving::stopped(Setup::with_cast(), "");
    serving.log_level = "trace,serenity::gateway=trace,reqwest::connect=trace,hyper_util::client=trace";
    serving.start();
    let (thread, card) = removal(&serving);
    let server = &serving.server;
    let ops = server.channel("ops");
    // Answers that fail, events that can't be read, and requests that are refused are logged too.
    server.fail_request(Operation::Callback, RestFault::Before(500));
    server.fail_request(Operation::Callback, RestFault::ResetBefore);
    privately(&server.press("ana", card, "Approve"), "own request");
    server.fail_request(Operation::Callback, RestFault::Before(404));
    slash(&serving, "dia", ops, "hosts", &[]);
    server.dispatch(
        "INTERACTION_CREATE",
        serde_json::json!({"id": "x", "token": "aW50ZXJhY3Rpb246unreadable"}),
    );
    server.wait_until("the answer is refused", || server.faults_are_spent());
    server.fail_request(Operation::CreateMessage, RestFault::Before(500));
    server.press("ben", card, "Approve").wait_ack();
    said(&serving, thread, "1 of 2");
    server.advance_tokens(std::time::Duration::from_secs(16 * 60));
    server.press("cem", card, "Approve").wait_ack();
    said(&serving, thread, "r1 succeeded");
    let log = serving.logged();
    assert!(log.contains("DEBUG"), "everything is logged: {log}");
    let mut secrets: Vec<String> = server.interactions().iter().map(|one| one.asked().token).collect();
    secrets.extend([
        server.token().to_owned(),
        "aW50ZXJhY3Rpb246".to_owned(),
        server.token()[8..].to_owned(),
    ]);
    let mut kept = Vec::new();
    files(&serving.place.state(), &mut kept);
    assert!(kept.iter().any(|(_, bytes)| holds(bytes, "esx-iso-remove")), "the record is among them");
    for channel in [ops, thread, server.channel("incidents")] {
        for message in server.all_messages(channel) {
            kept.push((format!("message {}", message.id), format!("{message:?}").into_bytes()));
        }
    }
    for secret in &secrets {
        let at = log.find(secret.as_str()).map(|at| &log[at.saturating_sub(300)..at]);
        assert!(at.is_none(), "a token is logged: {at:?}");
        for (name, bytes) in &kept {
            assert!(!holds(bytes, secret), "{name} holds a token");
        }
    }
    assert_eq!(serving.terminate().code(), Some(0));
    serving.is_clean();
}

/// How a bot ends whose token file or configuration was changed before it began.
fn refused(change: impl FnOnce(&Serving)) -> String {
    let mut serving = Serving::stopped(Setup::with_cast(), "");
    serving.begin_with(change);
    assert_eq!(serving.ended().code(), Some(2), "{}", serving.logged());
    assert!(!serving.logged().contains(serving.server.token()), "{}", serving.logged());
    serving.logged()
}

#[test]
fn a_token_that_discord_does_not_know_ends_the_bot_with_what_to_do() {
    let said = refused(|serving| fs::write(serving.place.path("token"), "another-token").unwrap());
    assert!(said.contains("reset it in the developer portal") && !said.contains("another-token"), "{said}");
}

#[test]
fn a_token_that_others_can_read_is_not_used() {
    let said = refused(|serving| {
        fs::set_permissions(serving.place.path("token"), fs::Permissions::from_mode(0o640)).unwrap();
    });
    assert!(said.contains("chmod 600"), "{said}");
    let said = refused(|serving| fs::write(serving.place.path("token"), "two words\n").unwrap());
    assert!(said.contains("does not hold a token"), "{said}");
    let said = refused(|serving| fs::remove_file(serving.place.path("token")).unwrap());
    assert!(said.contains("could not be read"), "{said}");
}

#[test]
fn a_token_in_the_configuration_is_refused_and_not_shown() {
    let said = refused(|serving| {
        let path = serving.place.path("dogwatch.toml");
        let text = fs::read_to_string(&path).unwrap();
        let token = serving.server.token();
        fs::write(&path, text.replace("token_file = \"token\"", &format!("token = \"{token}\""))).unwrap();
    });
    assert!(said.contains("does not belong in this file"), "{said}");
    // Mistakes with it do not show it either.
    for wrong in [
        "token = TOKEN",
        "token = \"TOKEN",
        "token_env = \"TOKEN\"",
        "token_file = \"TOKEN\"",
        "token_fil = \"TOKEN\"",
    ] {
        let said = refused(|serving| {
            let path = serving.place.path("dogwatch.toml");
            let text = fs::read_to_string(&path).unwrap();
            let wrong = wrong.replace("TOKEN", serving.server.token());
            fs::write(&path, text.replace("token_file = \"token\"", &wrong)).unwrap();
        });
        assert!(said.contains("dogwatch.toml") && said.contains("not shown"), "{said}");
    }
}
