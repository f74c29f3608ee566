//! The client against a server that answers what it is told to.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::chat::discord::layout::File;

const TOKEN: &str = "the-bot.token";
const INTERACTION_TOKEN: &str = "an/interaction token";

/// What the server does with a request.
#[derive(Clone)]
enum Say {
    /// Answers with a status, headers and a body.
    This(u16, &'static str, &'static str),
    /// Closes the connection.
    Nothing,
    /// Keeps the connection open and says nothing.
    Wait,
}

/// Requests as they came, with the moment of each.
type Seen = Arc<Mutex<Vec<(Instant, String)>>>;

/// A server that says these one after the other, and from then on the last.
async fn server(says: &[Say]) -> (Rest, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rest = Rest::new(&format!("http://{}/api/v10/", listener.local_addr().unwrap()), &Secret::new(TOKEN))
        .unwrap();
    let (seen, says) = (Seen::default(), says.to_vec());
    let kept = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(talk(stream, says.clone(), Arc::clone(&kept)));
        }
    });
    (rest, seen)
}

async fn talk(mut stream: TcpStream, says: Vec<Say>, seen: Seen) {
    let Some(request) = request(&mut stream).await else { return };
    let at = {
        let mut seen = seen.lock().unwrap();
        seen.push((Instant::now(), request));
        seen.len() - 1
    };
    match &says[at.min(says.len() - 1)] {
        Say::This(status, headers, body) => {
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        Say::Nothing => {}
        Say::Wait => tokio::time::sleep(Duration::from_secs(60)).await,
    }
}

async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = vec![];
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
    }
}

fn texts(seen: &Seen) -> Vec<String> {
    seen.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
}

/// The time between the n-th request and the next.
fn between(seen: &Seen, n: usize) -> Duration {
    let seen = seen.lock().unwrap();
    seen[n + 1].0 - seen[n].0
}

fn with_nonce() -> Call {
    Call::message_create(7, json!({"content": "hi", "nonce": "1", "enforce_nonce": true}), vec![])
}

fn callback() -> Call {
    let token = Secret::new(INTERACTION_TOKEN);
    Call::interaction_callback(9, &token, json!({"type": 5}), vec![], Instant::now())
}

const OK: Say = Say::This(200, "", r#"{"id":"5"}"#);
const BROKEN: Say = Say::This(502, "", "<html>");

#[tokio::test]
async fn a_request_is_what_discord_expects() {
    let (rest, seen) = server(&[OK]).await;
    assert_eq!(rest.send(with_nonce()).await.unwrap()["id"], "5");
    let request = &texts(&seen)[0];
    assert!(request.starts_with("POST /api/v10/channels/7/messages HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("authorization: Bot {TOKEN}\r\n")));
    assert!(request.contains("user-agent: DiscordBot (dogwatch, 0."));
    assert!(request.contains("content-type: application/json\r\n") && request.contains(r#""content":"hi""#));
}

#[tokio::test]
async fn files_go_beside_the_body() {
    let (rest, seen) = server(&[OK]).await;
    let files = vec![File::new("a.txt", "one", &[]), File::new("b.txt", "two", &[])];
    rest.send(Call::message_edit(7, 8, json!({"content": "hi"}), files)).await.unwrap();
    let request = &texts(&seen)[0];
    for part in [
        "name=\"payload_json\"",
        "{\"content\":\"hi\"}",
        "name=\"files[0]\"; filename=\"a.txt\"",
        "name=\"files[1]\"",
    ] {
        assert!(request.contains(part), "{part} is not in {request}");
    }
}

#[tokio::test]
async fn what_failed_on_the_way_is_repeated() {
    let (rest, seen) =
        server(&[BROKEN, Say::Nothing, Say::This(500, "", ""), Say::This(200, "", "cut {"), OK]).await;
    assert_eq!(rest.send(with_nonce()).await.unwrap()["id"], "5");
    assert_eq!(texts(&seen).len(), 5);
}

#[tokio::test]
async fn what_may_have_arrived_is_not_repeated_where_that_would_be_seen() {
    for says in [BROKEN, Say::Nothing] {
        let (rest, seen) = server(&[says, OK]).await;
        let error = rest.send(Call::message_create(7, json!({"content": "hi"}), vec![])).await.unwrap_err();
        assert!(matches!(error, RestError::Unreachable { may_have_arrived: true, .. }), "{error}");
        assert_eq!(texts(&seen).len(), 1);
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_and_never_shorter_than_told() {
    // The header says it in whole seconds, the body exactly.
    for header in ["retry-after: 1\r\n", "retry-after: 0\r\n"] {
        let limited = Say::This(429, header, r#"{"retry_after":0.7,"global":false}"#);
        let (rest, seen) = server(&[limited, OK]).await;
        rest.send(Call::message_create(7, json!({}), vec![])).await.unwrap();
        assert!(between(&seen, 0) >= Duration::from_millis(700), "{header}");
    }
}

#[tokio::test]
async fn a_used_up_bucket_holds_its_channel_and_no_other() {
    let last = "x-ratelimit-bucket: b\r\nx-ratelimit-limit: 5\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset-after: 0.8\r\n";
    let (rest, seen) = server(&[Say::This(200, last, "{}")]).await;
    rest.send(Call::message_create(7, json!({}), vec![])).await.unwrap();
    rest.send(Call::message_create(8, json!({}), vec![])).await.unwrap();
    rest.send(Call::message_create(7, json!({}), vec![])).await.unwrap();
    let times: Vec<_> = seen.lock().unwrap().iter().map(|(at, _)| *at).collect();
    assert!(times[1] - times[0] < Duration::from_millis(800), "the other channel did not wait");
    assert!(times[2] - times[0] >= Duration::from_millis(750), "{:?}", times[2] - times[0]);
}

#[tokio::test]
async fn a_global_limit_holds_everything_but_interactions() {
    let limited = Say::This(429, "x-ratelimit-global: true\r\n", r#"{"retry_after":1.2,"global":true}"#);
    let (rest, seen) = server(&[limited, OK]).await;
    let (first, second, answered) = tokio::join!(
        rest.send(Call::message_create(7, json!({}), vec![])),
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            rest.send(Call::message_get(8, 1)).await
        },
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            rest.send(callback()).await
        },
    );
    assert!(first.and(second).and(answered).is_ok());
    let seen = seen.lock().unwrap();
    assert!(seen[1].1.contains("/interactions/9/"), "the interaction did not wait");
    assert!(seen[2].0 - seen[0].0 >= Duration::from_millis(1_200));
}

#[tokio::test]
async fn a_limit_from_before_discord_holds_everything() {
    let (rest, seen) = server(&[Say::This(429, "retry-after: 1\r\n", "<html>"), OK]).await;
    let (first, second) = tokio::join!(rest.send(Call::message_get(7, 1)), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        rest.send(Call::get("/users/@me")).await
    });
    assert!(first.and(second).is_ok());
    let seen = seen.lock().unwrap();
    assert!(seen[1].0 - seen[0].0 >= Duration::from_secs(1));
}

#[test]
fn our_own_pause_grows_to_five_seconds_and_no_further() {
    for failures in 0..64 {
        let pause = backoff(Lane::Bot, failures);
        assert!(pause <= Duration::from_secs(5), "{failures}: {pause:?}");
        assert!(pause >= BACKOFF / 2, "{failures}: {pause:?}");
    }
    assert!(backoff(Lane::Bot, 9) > Duration::from_secs(2), "it grows");
}

#[tokio::test]
async fn an_error_of_the_server_is_not_waited_for_longer_than_our_own_pause() {
    let (rest, seen) = server(&[Say::This(503, "retry-after: 60\r\n", ""), OK]).await;
    rest.send(with_nonce()).await.unwrap();
    assert!(between(&seen, 0) < Duration::from_secs(2));
}

#[tokio::test]
async fn what_waits_for_a_limit_takes_no_room_from_what_does_not() {
    let limited = Say::This(429, "", r#"{"retry_after":3.0,"global":false}"#);
    let (rest, seen) = server(&[limited, OK]).await;
    let held = (0..2 * CALLS_MAX).map(|_| rest.send(with_nonce()));
    let mut held: Vec<_> = held.map(Box::pin).collect();
    let began = Instant::now();
    // The first meets the limit, the others wait behind it.
    let _ = tokio::time::timeout(Duration::from_millis(300), held[0].as_mut()).await;
    for call in &mut held[1..] {
        let _ = tokio::time::timeout(Duration::from_millis(5), call.as_mut()).await;
    }
    rest.send(Call::message_create(8, json!({}), vec![])).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "the other channel did not wait");
    assert_eq!(texts(&seen).len(), 2);
}

#[tokio::test]
async fn a_repeated_callback_that_is_already_answered_has_arrived() {
    let already =
        Say::This(400, "", r#"{"code":40060,"message":"Interaction has already been acknowledged."}"#);
    let (rest, seen) = server(&[BROKEN, already.clone()]).await;
    assert_eq!(rest.send(callback()).await, Ok(Value::Null));
    assert!(texts(&seen)[0].starts_with("POST /api/v10/interactions/9/an%2Finteraction%20token/callback "));
    assert!(!texts(&seen)[0].contains("authorization"));
    // Somebody else answered the first time it was tried.
    let (rest, _) = server(&[already]).await;
    assert!(matches!(rest.send(callback()).await, Err(RestError::Refused { code: 40_060, .. })));
}

#[tokio::test]
async fn a_callback_that_gets_no_answer_is_tried_again_within_its_time() {
    let (rest, seen) = server(&[Say::Wait, Say::This(204, "", "")]).await;
    assert_eq!(rest.send(callback()).await, Ok(Value::Null));
    assert!(between(&seen, 0) >= CALLBACK_ATTEMPT_LIMIT);
    let (rest, seen) = server(&[Say::Wait]).await;
    let began = Instant::now();
    assert!(matches!(
        rest.send(callback()).await,
        Err(RestError::Unreachable { may_have_arrived: true, .. })
    ));
    assert!(began.elapsed() < Duration::from_secs(6));
    assert!(texts(&seen).len() >= 3);
}

#[tokio::test]
async fn a_callback_does_not_wait_for_a_limit_that_is_too_long() {
    let (rest, seen) = server(&[Say::This(429, "", r#"{"retry_after":30.0,"global":false}"#)]).await;
    let began = Instant::now();
    assert!(matches!(
        rest.send(callback()).await,
        Err(RestError::Unreachable { may_have_arrived: false, .. })
    ));
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(texts(&seen).len(), 1);
}

#[tokio::test]
async fn five_hundred_callbacks_go_out_at_once() {
    let (rest, seen) = server(&[Say::This(204, "", "")]).await;
    let rest = Arc::new(rest);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..500 {
        let rest = Arc::clone(&rest);
        let token = Secret::new(format!("token{number}"));
        let received = Instant::now() + Duration::from_secs(20);
        calls.spawn(async move {
            rest.send(Call::interaction_callback(number, &token, json!({"type": 5}), vec![], received)).await
        });
    }
    let answers = calls.join_all().await;
    assert!(answers.iter().all(|answer| answer == &Ok(Value::Null)), "{answers:?}");
    assert!(texts(&seen).len() >= 500);
}

#[tokio::test]
async fn a_thread_that_is_there_already_is_the_one_that_was_opened() {
    let exists = Say::This(400, "", r#"{"code":160004,"message":"A thread has already been created"}"#);
    let (rest, _) = server(&[BROKEN, exists]).await;
    let thread = rest.send(Call::thread_create(7, 8, json!({"name": "i1"}))).await;
    assert_eq!(thread, Ok(json!({"id": "8"})));
}

#[tokio::test]
async fn a_refusal_says_what_discord_says() {
    let body = r#"{"code":50035,"message":"Invalid Form Body","errors":{"embeds":{"0":{"description":
        {"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 4096 or fewer in length."}]}}}}}"#;
    let (rest, _) = server(&[Say::This(400, "", body)]).await;
    let error = rest.send(with_nonce()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Discord refused POST /channels/7/messages: 400, code 50035: Invalid Form Body: \
         embeds.0.description: Must be 4096 or fewer in length."
    );
    let (rest, _) = server(&[Say::This(403, "", "<html>")]).await;
    let error = rest.send(Call::message_get(1, 2)).await.unwrap_err();
    assert!(matches!(error, RestError::Refused { status: 403, code: 0, .. }));
}

#[tokio::test]
async fn a_wrong_token_is_fatal_and_never_shown() {
    let (rest, _) = server(&[Say::This(401, "", r#"{"message":"401: Unauthorized","code":0}"#)]).await;
    assert_eq!(rest.send(with_nonce()).await, Err(RestError::Token));
    assert!(matches!(rest.send(callback()).await, Err(RestError::Refused { status: 401, .. })));
    for text in [
        format!("{rest:?}"),
        format!("{:?}", callback()),
        callback().name(),
        format!("{:?}", Secret::new(TOKEN)),
    ] {
        assert!(!text.contains(TOKEN) && !text.contains("interaction token"), "{text}");
    }
}

#[tokio::test]
async fn an_error_of_the_connection_holds_no_token() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let rest = Rest::new(&format!("http://{address}"), &Secret::new(TOKEN)).unwrap();
    let token = Secret::new(INTERACTION_TOKEN);
    let call = Call::followup(3, &token, json!({}), vec![]).by(Instant::now() + Duration::from_millis(500));
    let error = rest.send(call).await.unwrap_err();
    let RestError::Unreachable { may_have_arrived, why, .. } = &error else { panic!("{error}") };
    assert!(!may_have_arrived && !why.is_empty());
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("interaction%20token") && !text.contains("interaction token"), "{text}");
    }
}

#[test]
fn routes_are_counted_as_discord_counts_them() {
    let route = |call: Call| (call.route().shape, call.route().major);
    let token = Secret::new("t");
    for (call, shape, major) in [
        (Call::message_edit(7, 8, json!({}), vec![]), "PATCH /channels/{id}/messages/{id}", "7"),
        (Call::message_list(7, call::Messages::After(1)), "GET /channels/{id}/messages", "7"),
        (
            Call::original_edit(3, &token, json!({}), vec![]),
            "PATCH /webhooks/{id}/{token}/messages/@original",
            "3/t",
        ),
        (Call::get("/users/@me"), "GET /users/@me", ""),
    ] {
        assert_eq!(route(call), (shape.to_owned(), major.to_owned()));
    }
}

#[test]
fn an_address_or_a_token_that_cannot_work_is_refused() {
    for (url, token) in [("discord.com", "t"), ("file:///x", "t"), ("https://discord.com/api/v10", "a\nb")] {
        let error = Rest::new(url, &Secret::new(token)).unwrap_err();
        assert!(matches!(error, RestError::Setup(_)), "{error}");
    }
}
