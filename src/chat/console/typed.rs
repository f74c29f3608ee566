//! The end of a prompt: the one word between whoever reads the terminal and whoever asks.

/// What came of a prompt.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// A line.
    Line(String),
    /// Ctrl-C where nothing was typed.
    Interrupt {
        /// And nothing else since the prompt was shown.
        again: bool,
    },
    /// Nothing more comes.
    End,
}
