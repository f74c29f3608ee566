//! What the thread that owns the screen is told to do, in order.
//!
//! Invariant: telling it blocks nobody, and no reply is lost. What waits is bounded by what is under way: the
//! next line is asked for behind all that was said before it, so that a screen which takes nothing lets nothing
//! in. Only the log has a limit of its own, because nothing else bounds it.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use tokio::sync::oneshot;

use super::typed::Typed;

/// Bytes that wait to be shown with which a line of the log is left out.
const LOG_WAITING_MAX: usize = 1024 * 1024;

/// Something to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Shows a text that ends with a line break.
    Show(String),
    /// Shows a prompt; then whoever types answers.
    Prompt(String),
    /// The prompt has been answered.
    Answered,
    /// Lets a line be typed and hands it over.
    Ask(String, oneshot::Sender<Typed>),
    /// Tells when all that was said before is on the screen.
    Tell(oneshot::Sender<()>),
    /// The window has another size, or the process goes on after a stop.
    Look,
    /// Ends the thread, and tells when the terminal is as it was.
    End(oneshot::Sender<()>),
}

/// The way to that thread.
#[derive(Debug, Clone)]
pub(super) struct Orders {
    sender: mpsc::Sender<Order>,
    /// Wakes the thread where it waits for keys too.
    bell: Option<Arc<OwnedFd>>,
    load: Arc<Load>,
}

/// What waits to be shown.
#[derive(Debug, Default)]
struct Load {
    bytes: AtomicUsize,
    /// Lines of the log that were left out since the last one that was not.
    left_out: AtomicUsize,
}

/// The end at which orders arrive.
#[derive(Debug)]
pub(super) struct Taken {
    receiver: mpsc::Receiver<Order>,
    load: Arc<Load>,
}

/// A way to a thread that is about to be started.
pub(super) fn orders(bell: Option<OwnedFd>) -> (Orders, Taken) {
    let (sender, receiver) = mpsc::channel();
    let load = Arc::<Load>::default();
    (Orders { sender, bell: bell.map(Arc::new), load: Arc::clone(&load) }, Taken { receiver, load })
}

impl Orders {
    /// Gives an order. Where the thread has ended, nobody is there any more to see it.
    pub fn give(&self, order: Order) {
        if let Order::Show(text) = &order {
            self.load.bytes.fetch_add(text.len(), Ordering::Relaxed);
        }
        let _ = self.sender.send(order);
        if let Some(bell) = &self.bell {
            // Full: it rings already.
            let _ = rustix::io::write(bell, b"!");
        }
    }

    /// Shows lines of the log.
    pub fn log(&self, lines: &str) {
        if self.load.bytes.load(Ordering::Relaxed) > LOG_WAITING_MAX {
            self.load.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = match self.load.left_out.swap(0, Ordering::Relaxed) {
            0 => String::new(),
            count => format!("(the log had {count} lines more than could be shown)\n"),
        };
        self.give(Order::Show(left_out + lines));
    }
}

impl Taken {
    /// The next order; none once nobody is left who could give one.
    pub fn wait(&self) -> Option<Order> {
        self.receiver.recv().ok()
    }

    /// The next order, if there is one.
    pub fn next(&self) -> Result<Order, mpsc::TryRecvError> {
        self.receiver.try_recv()
    }

    /// So many bytes have been shown.
    pub fn shown(&self, bytes: usize) {
        self.load.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_that_takes_nothing_loses_lines_of_the_log_which_is_said_and_no_reply() {
        let (orders, taken) = orders(None);
        let big = "x".repeat(LOG_WAITING_MAX + 1);
        orders.give(Order::Show(big.clone()));
        orders.log("lost\n");
        orders.log("lost too\n");
        orders.give(Order::Show("reply\n".to_owned()));
        taken.shown(big.len());
        orders.log("kept\n");
        let texts = std::iter::from_fn(|| match taken.next() {
            Ok(Order::Show(text)) => Some(text),
            _ => None,
        });
        assert_eq!(
            texts.collect::<Vec<_>>(),
            [&big, "reply\n", "(the log had 2 lines more than could be shown)\nkept\n"]
        );
    }
}
