//! The thread that owns a terminal: it reads keys, draws the line, and shows what is said above it.
//!
//! Invariant: nobody else writes to the terminal or reads from it while this runs, so that what stands on
//! the screen is what the line holds.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Signal, kill_current_process_group};
use tokio::sync::oneshot;

use super::editor::{Editor, Step};
use super::keys::{Decoder, Key};
use super::mode::{Mode, window, write};
use super::orders::{Order, Taken};
use super::typed::Typed;
use super::view::View;

/// Bytes shown at once; then keys are looked at.
const SHOWN_AT_ONCE: usize = 64 * 1024;
/// How long to wait for the rest of a key that began with an escape.
const ESCAPE: Timespec = Timespec { tv_sec: 0, tv_nsec: 300_000_000 };
const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
/// A stop may reach another thread first: until then this one stays out of the terminal.
const STOP_ARRIVES: Duration = Duration::from_millis(50);

/// What one sits at.
pub(super) struct Desk {
    orders: Taken,
    bell: OwnedFd,
    mode: Arc<Mode>,
    editor: Editor,
    view: View,
    decoder: Decoder,
    /// Read, and not yet taken: they belong to the next line.
    keys: VecDeque<Key>,
    /// Who waits for the line that is being typed.
    asked: Option<oneshot::Sender<Typed>>,
    /// Nothing more can be read.
    ended: bool,
}

impl Desk {
    pub fn new(orders: Taken, bell: OwnedFd, mode: Arc<Mode>, editor: Editor) -> Self {
        Self {
            orders,
            bell,
            mode,
            editor,
            view: View::new(window()),
            decoder: Decoder::default(),
            keys: VecDeque::new(),
            asked: None,
            ended: false,
        }
    }

    /// Works until it is told to end. A terminal that can't be written to has gone, and nobody sees it.
    pub fn work(mut self) {
        while let Some(more) = self.take_orders() {
            self.take_keys();
            self.wait(more);
        }
    }

    /// Does what is ordered, up to a limit; true if there may be more. None: it is over.
    fn take_orders(&mut self) -> Option<bool> {
        let mut texts = String::new();
        while texts.len() < SHOWN_AT_ONCE {
            let order = match self.orders.next() {
                Ok(Order::Show(text)) => {
                    texts.push_str(&text);
                    continue;
                }
                Ok(order) => order,
                Err(TryRecvError::Empty) => {
                    self.show(&texts);
                    return Some(false);
                }
                Err(TryRecvError::Disconnected) => {
                    self.show(&texts);
                    self.end();
                    return None;
                }
            };
            self.show(&std::mem::take(&mut texts));
            match order {
                Order::Show(_) | Order::Prompt(_) | Order::Answered => {}
                Order::Ask(prompt, asked) => {
                    self.editor.begin(prompt);
                    self.asked = Some(asked);
                    self.draw();
                }
                Order::Tell(told) => {
                    let _ = told.send(());
                }
                Order::Look => self.look(),
                Order::End(told) => {
                    self.end();
                    let _ = told.send(());
                    return None;
                }
            }
        }
        self.show(&texts);
        Some(true)
    }

    /// Shows a text, above the line if there is one.
    fn show(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let shown = format!("{}{text}{}", self.view.erase(), self.drawing());
        let _ = write(&shown);
        self.orders.shown(text.len());
    }

    fn drawing(&mut self) -> String {
        if self.asked.is_none() {
            return String::new();
        }
        let (text, cursor) = self.editor.shown();
        self.view.draw(&text, cursor)
    }

    fn draw(&mut self) {
        let _ = write(&self.drawing());
    }

    fn look(&mut self) {
        // The shell has its own mode meanwhile.
        let _ = self.mode.resume();
        self.view.resize(window());
        self.draw();
    }

    /// What is typed stays where it is; the cursor goes below it.
    fn end(&mut self) {
        if self.asked.is_some() {
            let (text, _) = self.editor.shown();
            let _ = write(&self.view.finish(&text));
        }
        self.mode.leave();
    }

    /// Takes the keys that were read, as far as they belong to this line.
    fn take_keys(&mut self) {
        let any = !self.keys.is_empty();
        while self.asked.is_some()
            && let Some(key) = self.keys.pop_front()
        {
            let (shown, _) = self.editor.shown();
            match self.editor.take(key) {
                Step::Draw => {}
                Step::Send(line) => self.answer(&shown, Typed::Line(line)),
                Step::Interrupt(again) => self.answer(&(shown + "^C"), Typed::Interrupt { again }),
                Step::End => self.answer(&shown, Typed::End),
                Step::Drop(stood) => {
                    let _ = write(&self.view.finish(&(stood + "^C")));
                }
                Step::Note(text) => {
                    let _ = write(&format!("{}{text}", self.view.erase()));
                }
                Step::ClearScreen => {
                    let _ = write(self.view.clear());
                }
                Step::Suspend => self.suspend(),
            }
        }
        if any {
            self.draw();
        }
        if self.ended && self.asked.is_some() && self.keys.is_empty() {
            let (shown, _) = self.editor.shown();
            self.answer(&shown, Typed::End);
        }
    }

    fn answer(&mut self, shown: &str, typed: Typed) {
        let _ = write(&self.view.finish(shown));
        if let Some(asked) = self.asked.take() {
            let _ = asked.send(typed);
        }
    }

    fn suspend(&mut self) {
        let (shown, _) = self.editor.shown();
        let _ = write(&self.view.finish(&shown));
        self.mode.leave();
        let _ = kill_current_process_group(Signal::TSTP);
        std::thread::sleep(STOP_ARRIVES);
        self.look();
    }

    /// Waits for orders and, while a line is typed, for keys.
    fn wait(&mut self, more: bool) {
        let reads = self.asked.is_some() && !self.ended;
        let stdin = io::stdin();
        let mut events = [PollFd::new(&self.bell, PollFlags::IN), PollFd::new(&stdin, PollFlags::IN)];
        let watched = if reads { &mut events[..] } else { &mut events[..1] };
        let unsure = reads && self.decoder.is_unsure();
        let limit = if more { Some(&AT_ONCE) } else { unsure.then_some(&ESCAPE) };
        match poll(watched, limit) {
            Ok(0) if unsure && !more => self.keys.extend(self.decoder.expire()),
            Ok(_) | Err(Errno::INTR) => {}
            // Without a terminal to wait for there is nothing more to read.
            Err(_) => self.ended = true,
        }
        let (rung, readable) = (!events[0].revents().is_empty(), !events[1].revents().is_empty());
        if rung {
            let _ = rustix::io::read(&self.bell, &mut [0; 64]);
        }
        if reads && readable {
            self.read();
        }
    }

    fn read(&mut self) {
        let mut bytes = [0; 4096];
        match rustix::io::read(io::stdin(), &mut bytes) {
            Ok(0) => self.ended = true,
            Ok(count) => self.keys.extend(self.decoder.keys(bytes.get(..count).unwrap_or_default())),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => self.ended = true,
        }
    }
}
