//! Requests to Discord, repeated until they are answered.
//!
//! Invariant: nothing is sent before the moment Discord named; nothing is sent twice where that could
//! be seen; every call ends, and its error holds no token.
//!
//! The client library brings its own, which is not used: its limiter lets a global limit hold one
//! route only, puts all answers to interactions into one bucket so that they wait for each other, and
//! waits past the 3 seconds in which an interaction must be answered; it repeats nothing after an
//! error of the server and has no time limit; it forgets the allowed mentions when it edits an answer;
//! and it reaches another address than Discord's only with its limiter off (serenity 0.12.5).

use std::error::Error as _;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use self::answer::Answer;
use self::call::Lane;
use self::limits::Limits;

mod answer;
pub mod call;
mod error;
mod limits;
mod secret;

pub use call::Call;
pub use error::RestError;
pub use secret::Secret;

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long an attempt may take.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(15);
/// How long an attempt to answer an interaction may take: three fit before its deadline.
const CALLBACK_ATTEMPT_LIMIT: Duration = Duration::from_millis(700);
/// How long a call without a deadline is repeated.
const CALL_LIMIT: Duration = Duration::from_secs(600);
/// Calls at once.
const CALLS_MAX: usize = 16;
/// Answers to interactions at once: a stampede must not wait in line, each has its own deadline.
const CALLBACKS_MAX: usize = 512;
/// The first wait after a failure; it doubles up to [`BACKOFF_MAX`].
const BACKOFF: Duration = Duration::from_millis(300);
/// The first wait after a failed answer to an interaction.
const CALLBACK_BACKOFF: Duration = Duration::from_millis(60);
/// The longest wait after a failure that is our own choice: somebody waits for what is sent.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// A client of Discord's HTTP API.
pub struct Rest {
    client: Client,
    api_url: String,
    authorization: HeaderValue,
    /// Held for a look, never across an await.
    limits: Mutex<Limits>,
    /// Somebody who waits for a limit should look again.
    told: Notify,
    calls: Semaphore,
    callbacks: Semaphore,
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("api_url", &self.api_url).finish_non_exhaustive()
    }
}

/// What an attempt came to.
enum Attempt {
    Done(Value),
    Failed(RestError),
    /// To be tried again, not before this time has passed.
    Again {
        why: String,
        may_have_arrived: bool,
        wait: Option<Duration>,
    },
}

impl Rest {
    /// A client for the API at this address, such as `https://discord.com/api/v10`.
    pub fn new(api_url: &str, token: &Secret) -> Result<Self, RestError> {
        let url = reqwest::Url::parse(api_url).map_err(|error| RestError::Setup(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(RestError::Setup("the address of the API is neither http nor https".to_owned()));
        }
        let unusable = |_| RestError::Setup("the token has characters that no token has".to_owned());
        let mut authorization =
            HeaderValue::from_str(&format!("Bot {}", token.expose())).map_err(unusable)?;
        authorization.set_sensitive(true);
        let client = Client::builder()
            .user_agent(concat!("DiscordBot (dogwatch, ", env!("CARGO_PKG_VERSION"), ")"))
            .connect_timeout(CONNECT_LIMIT)
            .timeout(ATTEMPT_LIMIT)
            // The token goes where it was configured to go.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| RestError::Setup(chain(error)))?;
        Ok(Self {
            client,
            api_url: api_url.trim_end_matches('/').to_owned(),
            authorization,
            limits: Mutex::default(),
            told: Notify::new(),
            calls: Semaphore::new(CALLS_MAX),
            callbacks: Semaphore::new(CALLBACKS_MAX),
        })
    }

    /// Makes a call: waits for its turn, repeats it where that helps, and returns what Discord says.
    pub async fn send(&self, call: Call) -> Result<Value, RestError> {
        let give_up = call.deadline.unwrap_or_else(|| Instant::now() + CALL_LIMIT);
        let mut may_have_arrived = false;
        let mut last = "there was no time left to try".to_owned();
        for failures in 0_u32.. {
            let unreachable = |why: String, may_have_arrived| {
                Err(RestError::Unreachable { call: call.name(), why, may_have_arrived })
            };
            let permit = match self.turn(&call, give_up).await {
                Ok(permit) => permit,
                Err(held) => return unreachable(held.unwrap_or(last), may_have_arrived),
            };
            let attempt = self.attempt(&call, give_up, may_have_arrived).await;
            drop(permit);
            match attempt {
                Attempt::Done(answer) => return Ok(answer),
                Attempt::Failed(error) => return Err(error),
                Attempt::Again { why, may_have_arrived: may, wait } => {
                    may_have_arrived |= may;
                    let wait = wait.unwrap_or_default().max(backoff(call.lane, failures));
                    let next = Instant::now() + wait;
                    if may && !call.repeatable || next >= give_up {
                        return unreachable(why, may_have_arrived);
                    }
                    tracing::debug!(call = call.name(), why, "repeating a request");
                    last = why;
                    tokio::time::sleep_until(next.into()).await;
                }
            }
        }
        Err(RestError::Unreachable { call: call.name(), why: last, may_have_arrived })
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the call may go out: there is room for it and no limit holds it. An error if that
    /// is too late, with the reason if it is Discord's.
    async fn turn(&self, call: &Call, give_up: Instant) -> Result<SemaphorePermit<'_>, Option<String>> {
        let calls = if call.lane == Lane::Callback { &self.callbacks } else { &self.calls };
        let route = call.route();
        loop {
            let told = self.told.notified();
            tokio::pin!(told);
            // From here on no word is missed.
            told.as_mut().enable();
            // The semaphores are never closed.
            let Ok(Ok(permit)) = tokio::time::timeout_at(give_up.into(), calls.acquire()).await else {
                return Err(Some("too many requests were under way".to_owned()));
            };
            let now = Instant::now();
            if now >= give_up {
                return Err(None);
            }
            let Err(until) = self.limits().admit(&route, call.lane == Lane::Bot, now) else {
                return Ok(permit);
            };
            if until >= give_up {
                return Err(Some(format!(
                    "Discord's rate limit holds it for {} ms",
                    (until - now).as_millis()
                )));
            }
            // Who waits for a limit takes no room from those who don't.
            drop(permit);
            // Whatever wakes it, it looks again.
            let _ = tokio::time::timeout_at(until.into(), told).await;
        }
    }

    async fn attempt(&self, call: &Call, give_up: Instant, repeated: bool) -> Attempt {
        let request = match self.request(call, give_up) {
            Ok(request) => request,
            Err(error) => return Attempt::Failed(RestError::Setup(chain(error))),
        };
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let sent = !error.is_connect();
                return again(&chain(error), sent);
            }
        };
        match Answer::read(response).await {
            Ok(answer) => self.judged(call, &answer, repeated),
            Err(error) => again(&chain(error), true),
        }
    }

    fn request(&self, call: &Call, give_up: Instant) -> Result<RequestBuilder, reqwest::Error> {
        let limit = if call.lane == Lane::Callback { CALLBACK_ATTEMPT_LIMIT } else { ATTEMPT_LIMIT };
        let limit = limit.min(give_up.saturating_duration_since(Instant::now()));
        let url = format!("{}{}", self.api_url, call.target());
        let mut request = self.client.request(call.method.clone(), url).timeout(limit);
        if call.lane == Lane::Bot {
            request = request.header(AUTHORIZATION, self.authorization.clone());
        }
        let Some(body) = &call.body else { return Ok(request) };
        if call.files.is_empty() {
            return Ok(request.header(CONTENT_TYPE, "application/json").body(body.to_string()));
        }
        let json = Part::text(body.to_string()).mime_str("application/json")?;
        let mut form = Form::new().part("payload_json", json);
        for (id, file) in call.files.iter().enumerate() {
            let part = Part::text(file.text.clone()).file_name(file.name.clone());
            form = form.part(format!("files[{id}]"), part.mime_str("text/plain; charset=utf-8")?);
        }
        Ok(request.multipart(form))
    }

    /// What an answer means. `repeated`: an earlier attempt may have arrived.
    fn judged(&self, call: &Call, answer: &Answer, repeated: bool) -> Attempt {
        self.remember(call, answer);
        match answer.status {
            200..=299 => match answer.json() {
                Ok(value) => Attempt::Done(value),
                Err(error) => again(&format!("an answer that is not JSON: {error}"), true),
            },
            429 => Attempt::Again {
                why: "429, a rate limit".to_owned(),
                may_have_arrived: false,
                wait: answer.retry_after(),
            },
            // A wait that comes with it is a guess: it is looked again in our own time.
            500..=599 => again(&format!("status {}", answer.status), true),
            401 if call.lane == Lane::Bot => Attempt::Failed(RestError::Token),
            status => {
                let (code, message) = answer.refusal();
                match &call.done {
                    Some((done, value)) if repeated && *done == code => Attempt::Done(value.clone()),
                    _ => Attempt::Failed(RestError::Refused { call: call.name(), status, code, message }),
                }
            }
        }
    }

    /// Keeps what an answer says about limits.
    fn remember(&self, call: &Call, answer: &Answer) {
        let (route, now) = (call.route(), Instant::now());
        let mut limits = self.limits();
        if answer.status < 500 {
            limits.tell(&route, &answer.told(), now);
        }
        if answer.status == 429 {
            let all = call.lane == Lane::Bot && answer.is_global();
            limits.hold(&route, all, answer.retry_after().unwrap_or_default(), now);
        }
        let invalid = if answer.is_invalid() { limits.invalid(now) } else { None };
        drop(limits);
        self.told.notify_waiters();
        if let Some(count) = invalid {
            let (call, status) = (call.name(), answer.status);
            tracing::warn!(
                count,
                call,
                status,
                "Discord refuses many requests; 10,000 in 10 minutes ban this address"
            );
        }
    }
}

fn again(why: &str, may_have_arrived: bool) -> Attempt {
    Attempt::Again { why: why.to_owned(), may_have_arrived, wait: None }
}

/// The wait after so many failures: doubling, and of the last half a random part, so that what failed
/// together does not come back together.
fn backoff(lane: Lane, failures: u32) -> Duration {
    let first = if lane == Lane::Callback { CALLBACK_BACKOFF } else { BACKOFF };
    let whole = first.saturating_mul(1 << failures.min(16)).min(BACKOFF_MAX);
    let mut random = [u8::MAX];
    // Without randomness all wait the longest.
    let _ = getrandom::fill(&mut random);
    whole / 2 + whole / 2 * u32::from(random[0]) / 255
}

/// An error with its causes and without its address, which may hold a token.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.extend([": ", &cause.to_string()]);
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
