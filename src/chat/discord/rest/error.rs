//! What can go wrong with a request.

/// Why a request did not do what it was to do. No token is ever part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// The client cannot be set up: an address or a token that no request can carry.
    #[error("the client for Discord cannot be set up: {0}")]
    Setup(String),
    /// Discord does not know the bot's token. Nothing will work until it is replaced.
    #[error(
        "Discord does not take the bot's token: reset it in the developer portal and configure the new one"
    )]
    Token,
    /// Discord understood the request and says no. The same request will be refused again.
    #[error("Discord refused {call}: {status}, code {code}: {message}")]
    Refused {
        /// Method and path.
        call: String,
        /// The HTTP status.
        status: u16,
        /// Discord's code, such as 10062 for an unknown interaction; 0 if it gave none.
        code: u64,
        /// Discord's message.
        message: String,
    },
    /// No answer in time, however often it was asked.
    #[error("{call} got no answer from Discord: {why}")]
    Unreachable {
        /// Method and path.
        call: String,
        /// What happened last.
        why: String,
        /// Whether an attempt may have been carried out all the same.
        may_have_arrived: bool,
    },
}
