//! Whether the record's head is to be told: after each resolve, and once a day.

use super::view::View;
use crate::domain::audit::chain::Head;

/// Milliseconds after which a head is told again, if anything has happened.
const EVERY_MS: u64 = 24 * 60 * 60 * 1000;

/// The head that is to be told now. What tells of it is an event too, and no news.
pub fn due(view: View<'_>) -> Option<Head> {
    let (heads, head) = (&view.state.heads, view.context.head);
    let resolved = (heads.told + 1..=head.seq).contains(&heads.resolved);
    let since = heads.since_ms.map(|since_ms| view.context.now_ms.saturating_sub(since_ms));
    let daily = since.is_some_and(|ms| ms >= EVERY_MS) && head.seq > heads.told + 1;
    (resolved || daily).then_some(head)
}
