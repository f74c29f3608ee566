//! A client that sends whatever it is told, by hand.

use std::time::Duration;

use flate2::read::ZlibDecoder;
use futures_util::{SinkExt, StreamExt};
use reqwest::header::{AUTHORIZATION, USER_AGENT};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::discord_server::Server;

pub struct Raw<'s> {
    pub server: &'s Server,
    runtime: Runtime,
    http: reqwest::Client,
    pub agent: &'static str,
    pub token: String,
}

impl<'s> Raw<'s> {
    pub fn new(server: &'s Server) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let token = format!("Bot {}", server.token());
        let agent = "DiscordBot (https://example.org, 1)";
        Self { server, runtime, http: reqwest::Client::new(), agent, token }
    }

    /// Status and body; a broken connection is status 0.
    pub fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let mut request = self.request(method, path);
        if !body.is_null() {
            request = request.json(body);
        }
        self.finish(request)
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, &Value::Null)
    }

    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call("POST", path, body)
    }

    pub fn upload(&self, path: &str, body: &Value, files: &[(&str, Vec<u8>)]) -> (u16, Value) {
        let mut form = Form::new().text("payload_json", body.to_string());
        for (index, (name, bytes)) in files.iter().enumerate() {
            let part = Part::bytes(bytes.clone()).file_name((*name).to_owned());
            form = form.part(format!("files[{index}]"), part);
        }
        self.finish(self.request("POST", path).multipart(form))
    }

    /// With its headers.
    pub fn response(&self, method: &str, path: &str, body: &Value) -> Response {
        let request = self.request(method, path).json(body);
        self.runtime.block_on(request.send()).unwrap()
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.server.api());
        let request = self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        request.header(AUTHORIZATION, &self.token).header(USER_AGENT, self.agent)
    }

    fn finish(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        self.runtime.block_on(async {
            let Ok(response) = request.send().await else { return (0, Value::Null) };
            let status = response.status().as_u16();
            let body = response.text().await.unwrap_or_default();
            (status, serde_json::from_str(&body).unwrap_or(Value::Null))
        })
    }

    /// Says something in a channel; the id of the message.
    pub fn say(&self, channel: u64, text: &str) -> u64 {
        let (status, message) = self.post(&format!("/channels/{channel}/messages"), &plain(text));
        assert_eq!(status, 200, "{message}");
        message["id"].as_str().unwrap().parse().unwrap()
    }

    /// A connection to the gateway, after HELLO.
    pub fn socket(&self) -> Socket<'_> {
        let url = format!("{}/?v=10&encoding=json", self.server.gateway_url());
        let (stream, _) = self.runtime.block_on(tokio_tungstenite::connect_async(url)).unwrap();
        let mut socket = Socket { runtime: &self.runtime, stream, packed: 0 };
        assert_eq!(socket.next().unwrap()["op"], 10);
        socket
    }
}

/// A message without pings.
pub fn plain(text: &str) -> Value {
    json!({"content": text, "allowed_mentions": {"parse": []}})
}

pub struct Socket<'r> {
    runtime: &'r Runtime,
    stream: WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>,
    /// How many payloads came packed.
    pub packed: usize,
}

impl Socket<'_> {
    pub fn send(&mut self, payload: &Value) {
        self.runtime.block_on(self.stream.send(Frame::Text(payload.to_string()))).unwrap();
    }

    pub fn identify(&mut self, token: &str, intents: u64) {
        let data = json!({"token": token, "intents": intents, "properties": {"os": "linux"}});
        self.send(&json!({"op": 2, "d": data}));
    }

    pub fn resume(&mut self, token: &str, session: &str, seq: u64) {
        self.send(&json!({"op": 6, "d": {"token": token, "session_id": session, "seq": seq}}));
    }

    /// The next payload, or the code with which the connection was closed (1006 for none).
    pub fn next(&mut self) -> Result<Value, u16> {
        let stream = &mut self.stream;
        let next = async { tokio::time::timeout(Duration::from_secs(20), stream.next()).await };
        match self.runtime.block_on(next).unwrap() {
            Some(Ok(Frame::Text(text))) => Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Frame::Binary(packed))) => {
                self.packed += 1;
                Ok(serde_json::from_reader(ZlibDecoder::new(packed.as_slice())).unwrap())
            }
            Some(Ok(Frame::Close(Some(close)))) => Err(close.code.into()),
            _ => Err(1006),
        }
    }

    /// Some dispatches that do not matter.
    pub fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.dispatch();
        }
    }

    /// Name and number of the next dispatch.
    pub fn dispatch(&mut self) -> (String, u64) {
        let payload = self.next().unwrap();
        assert_eq!(payload["op"], 0, "{payload}");
        (payload["t"].as_str().unwrap().to_owned(), payload["s"].as_u64().unwrap())
    }
}
