//! Whether the machine's clock can be believed.

use super::view::View;

/// Milliseconds that the machine's clock may stand before the bot's time: clocks are corrected.
pub const BEHIND_MAX_MS: u64 = 60_000;

/// Whether the machine's clock stands before the bot's time, which goes on from what is recorded.
pub fn is_behind(view: View<'_>) -> bool {
    view.context.now_ms > view.context.wall_ms.saturating_add(BEHIND_MAX_MS)
}
