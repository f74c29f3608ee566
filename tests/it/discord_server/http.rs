//! REST over HTTP/1.1: requests in, the fault that is due, answers out, everything logged.

use std::collections::HashMap;
use std::fmt::Write;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, USER_AGENT};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::buckets::Wait;
use super::call::{Answer, Call, Target};
use super::faults::RestFault;
use super::state::Shared;

/// More than Discord accepts, so that one that is too big is understood and refused.
const REQUEST_MAX: usize = 40 << 20;
/// Of a body in the log.
const LOGGED_MAX: usize = 1_500;

/// Accepts clients until the runtime ends.
pub async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let _ = stream.set_nodelay(true);
        tokio::spawn(async move {
            let service = service_fn(|request| handle(Arc::clone(&shared), request));
            // An error is a connection that was cut, by the client or on command.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// An error cuts the connection.
async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
    let call = read(request).await?;
    if shared.lock().faults.is_down() {
        shared.lock().note(&format!("REST: {} {} cut, it is down", call.method, call.path));
        return Err(cut());
    }
    let target = Target::parse(&call.method, &call.path);
    let answer = if let Some(target) = target {
        with_fault(&shared, &call, &target).await?
    } else {
        let mut state = shared.lock();
        state.complain(format!("{} {}: no such route", call.method, call.path));
        log(&mut state, &call, "404");
        Answer::error(404, 0, "404: Not Found")
    };
    Ok(render(answer))
}

async fn with_fault(shared: &Arc<Shared>, call: &Call, target: &Target) -> io::Result<Answer> {
    let fault = {
        let mut state = shared.lock();
        let fault = state.faults.for_request(target.operation);
        if let Some(fault) = fault {
            state.note(&format!("FAULT {fault:?} on {:?}", target.operation));
        }
        fault
    };
    match fault {
        Some(RestFault::Before(status)) => {
            log(&mut shared.lock(), call, &format!("{status} by fault, not done"));
            return Ok(failure(status));
        }
        Some(RestFault::Says(body)) => {
            log(&mut shared.lock(), call, "200 by fault, not done");
            let mut answer = Answer::new(200, Value::Null);
            answer.headers.push(("content-type", "application/json".into()));
            answer.bytes = Some(body.as_bytes().to_vec());
            return Ok(answer);
        }
        Some(RestFault::ResetBefore) => {
            log(&mut shared.lock(), call, "cut, not done");
            return Err(cut());
        }
        Some(RestFault::TooMany { wait, global }) => {
            let mut state = shared.lock();
            // Only one who waited as told before is told again.
            let wait = match state.buckets.admit(target) {
                Err(already) => already,
                Ok(_) => Wait { for_time: wait, global },
            };
            state.buckets.block(target, wait);
            state.buckets.invalid += 1;
            log(&mut state, call, "429 by fault");
            return Ok(too_many(wait));
        }
        Some(RestFault::SlowBefore(delay)) => sleep(delay).await,
        _ => {}
    }
    let answer = {
        let mut state = shared.lock();
        let answer = state.perform(target, call);
        log(&mut state, call, &format!("{} {}", answer.status, clip(&answer.body.to_string(), 200)));
        answer
    };
    match fault {
        // Whoever is told to wait hears of it, or waiting could not be asked for.
        _ if answer.status == 429 => Ok(answer),
        Some(RestFault::After(status)) => Ok(failure(status)),
        Some(RestFault::ResetAfter) => Err(cut()),
        Some(RestFault::SlowAfter(delay)) => {
            sleep(delay).await;
            Ok(answer)
        }
        _ => Ok(answer),
    }
}

fn cut() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionReset)
}

async fn read(request: Request<Incoming>) -> io::Result<Call> {
    let header = |name: &HeaderName| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (content_type, authorization, user_agent) =
        (header(&CONTENT_TYPE), header(&AUTHORIZATION), header(&USER_AGENT));
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let query: HashMap<_, _> = query
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let path = path.strip_prefix("/api/v10").unwrap_or(&path).to_owned();
    let method = request.method().to_string();
    let mut call = Call { method, path, query, authorization, user_agent, ..Call::default() };
    let bytes = Limited::new(request.into_body(), REQUEST_MAX).collect().await.map_err(io::Error::other)?;
    call.read_body(&content_type, &bytes.to_bytes());
    Ok(call)
}

fn log(state: &mut super::state::State, call: &Call, outcome: &str) {
    let mut line = format!("REST: {} {}", call.method, call.path);
    if !call.query.is_empty() {
        let _ = write!(line, " {:?}", call.query);
    }
    if call.body != Value::Null {
        let _ = write!(line, " {}", clip(&call.body.to_string(), LOGGED_MAX));
    }
    for file in &call.files {
        let _ = write!(line, " files[{}]={} ({} bytes)", file.index, file.name, file.bytes.len());
    }
    state.note(&format!("{line} -> {outcome}"));
}

fn clip(text: &str, max: usize) -> String {
    let mut clipped: String = text.chars().take(max).collect();
    if clipped.len() < text.len() {
        clipped.push_str("...");
    }
    clipped
}

/// What stands in front of Discord answers in HTML.
fn failure(status: u16) -> Answer {
    let mut answer = Answer::new(status, Value::Null);
    answer.headers.push(("content-type", "text/html".into()));
    answer.bytes = Some(format!("<html><body>{status}</body></html>").into_bytes());
    answer
}

pub fn too_many(wait: Wait) -> Answer {
    let seconds = wait.for_time.as_secs_f64();
    let body =
        json!({"message": "You are being rate limited.", "retry_after": seconds, "global": wait.global});
    let mut answer = Answer::new(429, body);
    let whole = (wait.for_time + Duration::from_millis(999)).as_secs();
    answer.headers.push(("retry-after", whole.to_string()));
    answer.headers.push(("x-ratelimit-scope", if wait.global { "global" } else { "user" }.into()));
    answer.headers.push(("x-ratelimit-reset-after", format!("{seconds:.3}")));
    if wait.global {
        answer.headers.push(("x-ratelimit-global", "true".into()));
    }
    answer
}

fn render(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(answer.status);
    let json = answer.bytes.is_none() && answer.body != Value::Null;
    if json {
        response = response.header(CONTENT_TYPE, "application/json");
    }
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let bytes =
        answer.bytes.unwrap_or_else(|| if json { answer.body.to_string().into_bytes() } else { Vec::new() });
    response.body(Full::new(Bytes::from(bytes))).unwrap()
}
