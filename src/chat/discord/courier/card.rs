//! A card on its way from what it shows to what it should show.

use tokio::time::Instant;

use crate::app::desk::Shown;
use crate::chat::discord::layout::Outgoing;
use crate::domain::id::Digest;

/// A card: what it shows and what it should show.
#[derive(Default)]
pub(super) struct Card {
    pub wanted: Option<(Outgoing, Digest, bool)>,
    pub shown: Option<Shown>,
    pub editing: bool,
    pub edited_at: Option<Instant>,
}

impl Card {
    /// Whether the message shows something else than it should.
    pub fn is_behind(&self) -> bool {
        let (Some((_, wanted, last)), Some(shown)) = (&self.wanted, &self.shown) else { return false };
        // What has shown its last state stays as it is, unless something has happened since.
        let over = shown.last && *last;
        *wanted != shown.state && !self.editing && !over
    }
}
