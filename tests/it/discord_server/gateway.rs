//! Sockets of the gateway: frames in, frames out, heartbeats.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::{Compression, write::ZlibEncoder};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::sessions::Out;
use super::state::Shared;

/// What a client may send a minute.
const SENDS_MAX: usize = 120;

/// Accepts clients until the runtime ends.
pub async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        if shared.lock().gateway.is_down() {
            shared.lock().note("gateway: refused a connection, it is down");
            continue;
        }
        tokio::spawn(async move {
            let id = shared.lock().gateway.new_connection();
            shared.lock().note(&format!("gateway: connection {id}"));
            let end = Socket::run(&shared, stream, id).await.unwrap_or_else(|| "by the client".into());
            let mut state = shared.lock();
            state.gateway.disconnected(id);
            state.note(&format!("gateway: connection {id} ended {end}"));
        });
    }
}

struct Socket<'s> {
    shared: &'s Arc<Shared>,
    id: u64,
    stream: WebSocketStream<TcpStream>,
    out: UnboundedSender<Out>,
    identified: bool,
    sends: VecDeque<Instant>,
}

impl<'s> Socket<'s> {
    /// Says how it ended, or nothing if the client has ended it.
    async fn run(shared: &'s Arc<Shared>, stream: TcpStream, id: u64) -> Option<String> {
        let mut query = String::new();
        #[expect(clippy::result_large_err, reason = "the library's signature")]
        let look = |request: &Request, response: Response| {
            request.uri().query().unwrap_or_default().clone_into(&mut query);
            Ok(response)
        };
        let stream = accept_hdr_async(stream, look).await.ok()?;
        if !query.split('&').any(|pair| pair == "v=10") {
            shared.lock().complain(format!("gateway: connected with ?{query}, not ?v=10"));
        }
        let interval = shared.lock().setup.heartbeat;
        let (out, mut orders) = unbounded_channel();
        let mut socket = Self { shared, id, stream, out, identified: false, sends: VecDeque::new() };
        let hello = json!({"op": 10, "d": {"heartbeat_interval": interval.as_millis()}});
        socket.stream.send(Frame::Text(hello.to_string())).await.ok()?;
        let mut deadline = Instant::now() + interval * 2;
        loop {
            tokio::select! {
                order = orders.recv() => {
                    if let Some(end) = socket.obey(order?).await? { return Some(end); }
                }
                frame = socket.stream.next() => {
                    let beat = match frame?.ok()? {
                        Frame::Text(text) => socket.hear(&text),
                        Frame::Close(_) => return None,
                        _ => continue,
                    };
                    match beat {
                        Ok(true) => deadline = Instant::now() + interval * 2,
                        Ok(false) => {}
                        Err(code) => return socket.close(code).await,
                    }
                }
                () = tokio::time::sleep_until(deadline.into()) => {
                    shared.lock().note("gateway: no heartbeat");
                    return socket.close(4009).await;
                }
            }
        }
    }

    /// Some if that was the end.
    async fn obey(&mut self, order: Out) -> Option<Option<String>> {
        match order {
            Out::Payload(payload) => {
                let zlib = self.shared.lock().wants_zlib(self.id);
                let text = payload.to_string();
                let frame = if zlib { Frame::Binary(pack(&text)) } else { Frame::Text(text) };
                self.stream.send(frame).await.ok()?;
            }
            Out::Text(text) => self.stream.send(Frame::Text(text)).await.ok()?,
            Out::Close(code) => return Some(self.close(code).await),
            Out::Cut => return Some(Some("without a word".into())),
        }
        Some(None)
    }

    async fn close(&mut self, code: u16) -> Option<String> {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.stream.close(Some(frame)).await.ok()?;
        // The client answers the close; a client that does not is left alone.
        let answered = async { while self.stream.next().await.is_some_and(|frame| frame.is_ok()) {} };
        let _ = tokio::time::timeout(Duration::from_secs(2), answered).await;
        Some(format!("with {code}"))
    }

    /// Whether it was a heartbeat; an error is the code to close with.
    fn hear(&mut self, text: &str) -> Result<bool, u16> {
        let now = Instant::now();
        self.sends.push_back(now);
        self.sends.retain(|&at| now - at < Duration::from_secs(60));
        if self.sends.len() > SENDS_MAX {
            return Err(4008);
        }
        let message: Value = serde_json::from_str(text).map_err(|_| 4002_u16)?;
        let mut state = self.shared.lock();
        match message["op"].as_u64() {
            Some(1) => {
                drop(state);
                let _ = self.out.send(Out::Payload(json!({"op": 11})));
                return Ok(true);
            }
            Some(2) if self.identified => return Err(4005),
            Some(2) => {
                state.note(&format!("gateway: IDENTIFY with intents {}", message["d"]["intents"]));
                state.identify(self.id, self.out.clone(), &message["d"])?;
                self.identified = true;
            }
            Some(6) => {
                state.note("gateway: RESUME");
                state.resume(self.id, self.out.clone(), &message["d"])?;
                // After an op 9 the same connection may identify; after RESUMED that is a mistake.
                self.identified = state.gateway.is_connected();
            }
            _ if !self.identified => return Err(4003),
            Some(3 | 4 | 8 | 31) => {}
            _ => return Err(4001),
        }
        Ok(false)
    }
}

fn pack(text: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
