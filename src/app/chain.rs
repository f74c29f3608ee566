//! Errors as text: the ports tell people why something did not go well, and the loop needs no more.

/// An error with its whole chain, for people.
pub fn chain(error: impl Into<anyhow::Error>) -> String {
    format!("{:#}", error.into())
}
