//! A small Discord in the test's own process: REST and gateway on 127.0.0.1, one guild.
//!
//! It is strict where Discord is: every body is held against Discord's own schema and the limits
//! that the schema leaves out; an interaction has 3 s, a token 15 minutes; a session is resumed
//! with all it has missed. What a bot does wrong is answered as Discord would and kept as a
//! complaint ([`Server::complaints`]). It misbehaves only when told to ([`faults`]).
//!
//! A test acts as the people of the guild ([`people`]) and reads what they would see ([`look`]).
//! All of it blocks, so a test needs no runtime. What the bot sent stands in the transcript, which
//! is printed when a test fails.
//!
//! Permissions are told as they were set up and not enforced, but for channels that the bot may not
//! see. Not here: direct messages, reactions, the newer components, sharding.

#![expect(clippy::unused_self, reason = "what is always the same reads like the rest")]
#![expect(clippy::doc_markdown, reason = "names of Discord stand as Discord writes them")]

mod answers;
pub mod buckets;
mod call;
mod checks;
mod command_checks;
pub mod faults;
mod gateway;
mod http;
pub mod look;
mod memory;
mod messages;
pub mod model;
pub mod people;
mod rest;
mod schema;
mod sessions;
pub mod setup;
mod state;
mod wire;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub use call::Operation;
pub use faults::{DispatchFault, Odds, RestFault};
pub use setup::Setup;

use sessions::Out;
use state::{Shared, State};

/// Nothing here takes longer; a bound against tests that hang, no measurement.
pub const LONG: Duration = Duration::from_secs(60);

/// A running server; dropping it ends it.
pub struct Server {
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl Server {
    pub fn start(setup: Setup) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listen = || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            let port = listener.local_addr().unwrap().port();
            (tokio::net::TcpListener::from_std(listener).unwrap(), port)
        };
        let shared = {
            let _inside = runtime.enter();
            let ((rest, rest_port), (gateway, gateway_port)) = (listen(), listen());
            let shared = State::share(setup, rest_port, gateway_port, runtime.handle().clone());
            runtime.spawn(http::serve(Arc::clone(&shared), rest));
            runtime.spawn(gateway::serve(Arc::clone(&shared), gateway));
            shared
        };
        Self { shared, runtime: Some(runtime) }
    }

    /// Instead of `https://discord.com`.
    pub fn base(&self) -> String {
        self.shared.lock().base()
    }

    /// Instead of `https://discord.com/api/v10`.
    pub fn api(&self) -> String {
        format!("{}/api/v10", self.base())
    }

    pub fn gateway_url(&self) -> String {
        self.shared.lock().gateway_url()
    }

    /// Without `Bot `.
    pub fn token(&self) -> &'static str {
        setup::TOKEN
    }

    /// Waits until `holds`, or fails with `what`.
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let begin = Instant::now();
        while !holds() {
            assert!(begin.elapsed() < LONG, "waited {LONG:?} for {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until there is something, or fails with `what`.
    pub fn wait_for<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let mut found = None;
        self.wait_until(what, || {
            found = look();
            found.is_some()
        });
        found.unwrap()
    }

    /// What the bot has done that Discord would not take, naming route and problem.
    pub fn complaints(&self) -> Vec<String> {
        self.shared.lock().complaints.clone()
    }

    /// Forgets the complaints and says which they were.
    pub fn take_complaints(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.lock().complaints)
    }

    /// Requests that came before the end of the wait that a 429 had told them.
    pub fn rate_violations(&self) -> Vec<String> {
        self.shared.lock().buckets.violations.clone()
    }

    /// A client is about to start that knows of no wait.
    pub fn expect_new_client(&self) {
        self.shared.lock().buckets.new_client();
    }

    /// Answers with 401, 403 or 429; too many of them ban an address.
    pub fn invalid_requests(&self) -> usize {
        self.shared.lock().buckets.invalid
    }

    /// All that happened: requests with bodies and statuses, dispatches, connections, faults.
    pub fn transcript(&self) -> String {
        self.shared.lock().log.join("\n")
    }

    /// How many lines of the transcript hold all these words, for instance a method and a path.
    pub fn count_in_transcript(&self, words: &[&str]) -> usize {
        let state = self.shared.lock();
        state.log.iter().filter(|line| words.iter().all(|word| line.contains(word))).count()
    }

    /// Makes the tokens of interactions older.
    pub fn advance_tokens(&self, by: Duration) {
        self.shared.lock().clock_ahead += by;
    }

    /// The next dispatch of this name goes wrong; several are used one after the other.
    pub fn fail_dispatch(&self, name: &str, fault: DispatchFault) {
        self.shared.lock().faults.on_dispatch(name, fault);
    }

    /// The next request of this kind goes wrong; several are used one after the other.
    pub fn fail_request(&self, operation: Operation, fault: RestFault) {
        self.shared.lock().faults.on_request(operation, fault);
    }

    /// Nothing that was ordered goes wrong any more.
    pub fn heal(&self) {
        self.shared.lock().faults.heal();
    }

    /// Dispatches and requests go wrong by chance from now on ([`Setup::seed`]).
    pub fn misbehave(&self, odds: Odds) {
        self.shared.lock().faults.by_chance(odds);
    }

    /// From now on this is changed in every dispatch of this name.
    pub fn distort(&self, name: &str, change: impl Fn(&mut Value) + Send + 'static) {
        self.shared.lock().distortions.push((name.to_owned(), Box::new(change)));
    }

    /// No nonce is known any more, as after some minutes.
    pub fn forget_nonces(&self) {
        self.shared.lock().nonces.clear();
    }

    /// A page of what comes after a message is of its newest from now on, not of its oldest.
    pub fn give_newest_after(&self) {
        self.shared.lock().after_gives_newest = true;
    }

    /// Whether every fault that was ordered has happened.
    pub fn faults_are_spent(&self) -> bool {
        self.shared.lock().faults.is_spent()
    }

    /// Cuts the gateway's connection without a word.
    pub fn cut(&self) {
        self.shared.lock().gateway.end_connection(Out::Cut);
    }

    /// Closes the gateway's connection with a code.
    pub fn close(&self, code: u16) {
        self.shared.lock().gateway.end_connection(Out::Close(code));
    }

    /// Op 7.
    pub fn ask_to_reconnect(&self) {
        self.send_to_bot(&json!({"op": 7, "d": null}));
    }

    /// Op 9.
    pub fn invalidate_session(&self, resumable: bool) {
        self.shared.lock().invalidate(resumable);
    }

    /// The session is over, though nobody says so: a resume will fail.
    pub fn forget_session(&self) {
        self.shared.lock().forget_session();
    }

    /// No connection for this time, neither gateway nor REST.
    pub fn outage(&self, time: Duration) {
        self.gateway_outage(time);
        self.shared.lock().faults.down_until = Some(Instant::now() + time);
    }

    /// No connection to the gateway for this time.
    pub fn gateway_outage(&self, time: Duration) {
        let mut state = self.shared.lock();
        state.note(&format!("OUTAGE of {time:?}"));
        state.gateway.down_until = Some(Instant::now() + time);
        state.gateway.end_connection(Out::Cut);
    }

    /// Any payload on the gateway, with its op.
    pub fn send_to_bot(&self, payload: &Value) {
        self.shared.lock().gateway.send_now(Out::Payload(payload.clone()));
    }

    /// Any text on the gateway, however malformed.
    pub fn send_text_to_bot(&self, text: &str) {
        self.shared.lock().gateway.send_now(Out::Text(text.to_owned()));
    }

    /// Any event with the next number of the session.
    pub fn dispatch(&self, name: &str, data: Value) {
        self.shared.lock().dispatch(name, data);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- what the Discord of this test saw ---\n{}\n---", self.transcript());
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
