//! Standard input and output as the bot has them: a screen that replies are shown on, and whoever types.
//!
//! Invariant: both are taken over once, and given back when the conversation is closed or dropped.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use super::completion::Completion;
use super::desk::Desk;
use super::editor::Editor;
use super::log;
use super::mode::Mode;
use super::orders::{Order, Orders, orders};
use super::plain;
use super::render::{for_stdout, is_smart_term};
use super::typed::Typed;
use crate::app::outbox::Post;
use crate::app::ports::Chat;
use crate::domain::id::ConversationId;
use crate::domain::say::address::To;
use crate::domain::say::reply::{Part, Reply};

/// How long to wait at the end for a screen that takes nothing.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// Shows replies on standard output.
#[derive(Debug)]
pub struct Console {
    orders: Orders,
}

/// Whoever types, or the script on standard input.
#[derive(Debug)]
pub struct Typing {
    orders: Orders,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// The line editor.
    Editor(Arc<Mode>),
    /// Lines as they come; true: somebody types them.
    Lines(mpsc::Receiver<String>, bool),
}

/// How long what a line leads to is waited for before the next one is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Not at all: what comes later is shown above the line that is typed then.
    None,
    /// A moment, so that the answer mostly comes above the prompt.
    Short,
    /// To its end: a script goes on when all that a line has caused is over.
    Endless,
}

/// Takes over standard input and output.
pub fn open(completion: Completion) -> io::Result<(Console, Typing)> {
    let (orders, source) = if io::stdin().is_terminal() && io::stdout().is_terminal() && is_smart_term() {
        edited(completion)?
    } else {
        let typed = io::stdin().is_terminal();
        let (orders, taken) = orders(None);
        thread::spawn(move || plain::print(&taken, typed));
        (orders, Source::Lines(plain::lines(), typed))
    };
    Ok((Console { orders: orders.clone() }, Typing { orders, source }))
}

fn edited(completion: Completion) -> io::Result<(Orders, Source)> {
    let (bell, ringing) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let (orders, taken) = orders(Some(ringing));
    let mode = Arc::new(Mode::enter()?);
    let desk = Desk::new(taken, bell, Arc::clone(&mode), Editor::new(completion));
    thread::spawn(move || desk.work());
    log::take_over(&orders);
    Ok((orders, Source::Editor(mode)))
}

impl Console {
    /// Shows a reply.
    pub fn reply(&self, reply: &Reply) {
        self.text(for_stdout(reply));
    }

    /// Shows lines.
    pub fn text(&self, lines: String) {
        self.orders.give(Order::Show(lines));
    }

    /// Draws the line anew whenever the window has another size or the process goes on after a stop.
    pub async fn follow_window(&self) -> io::Result<()> {
        let mut resized = signal(SignalKind::window_change())?;
        let mut continued = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
        loop {
            tokio::select! {
                _ = resized.recv() => {}
                _ = continued.recv() => {}
            }
            self.orders.give(Order::Look);
        }
    }
}

impl Chat for Console {
    const KEEPS: bool = false;

    fn say(&self, post: Post) {
        let mut reply = post.say.reply;
        // What a run printed was said while it ran; whoever asks for it sees it again.
        if !matches!(post.say.to, To::Caller(_)) {
            reply.parts.retain(|part| !matches!(part, Part::Output(..)));
        }
        self.reply(&reply);
    }

    fn follow(&self, _: &ConversationId, reply: &Reply) {
        self.reply(reply);
    }
}

impl Typing {
    /// How long what a line leads to is waited for before the next one is asked for.
    pub fn patience(&self) -> Patience {
        match self.source {
            Source::Editor(_) => Patience::None,
            Source::Lines(_, true) => Patience::Short,
            Source::Lines(_, false) => Patience::Endless,
        }
    }

    /// Shows a prompt below all that was said, and waits for what comes of it.
    pub async fn line(&mut self, prompt: String) -> Typed {
        match &mut self.source {
            Source::Editor(_) => {
                let (asked, typed) = oneshot::channel();
                self.orders.give(Order::Ask(prompt, asked));
                typed.await.unwrap_or(Typed::End)
            }
            Source::Lines(lines, _) => {
                self.orders.give(Order::Prompt(prompt));
                shown(&self.orders).await;
                let line = lines.recv().await;
                self.orders.give(Order::Answered);
                line.map_or(Typed::End, Typed::Line)
            }
        }
    }

    /// Waits until all that was said is on the screen.
    pub async fn shown(&self) {
        shown(&self.orders).await;
    }

    /// Shows what was said and gives the terminal back. A screen that takes nothing is not waited for.
    pub async fn close(self) {
        let (told, ended) = oneshot::channel();
        self.orders.give(Order::End(told));
        let _ = tokio::time::timeout(END_PATIENCE, ended).await;
    }
}

async fn shown(orders: &Orders) {
    let (told, shown) = oneshot::channel();
    orders.give(Order::Tell(told));
    let _ = shown.await;
}

impl Drop for Typing {
    fn drop(&mut self) {
        if let Source::Editor(mode) = &self.source {
            log::give_back();
            mode.leave();
        }
    }
}
