//! Cards on their way from what they show to what they should show.
//!
//! Invariant: of all cards in one place at most one is being posted or edited: they share Discord's
//! limit, and whoever waits is told in time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::app::outbox::Shown;
use crate::chat::discord::delivery::{CardNow, Root};
use crate::chat::discord::layout::{self, Outgoing};
use crate::chat::discord::suggest::Known;
use crate::domain::id::{Digest, IncidentId};
use crate::domain::say::card::CardId;
use crate::domain::say::reply::Reply;

/// Between two edits of one card.
const EDIT_EVERY: Duration = Duration::from_millis(1500);

/// One card.
#[derive(Default)]
struct Card {
    /// What it should show, the digest of that, and whether it is its last state.
    wanted: Option<(Outgoing, Digest, bool)>,
    shown: Option<Shown>,
    /// Whether it is being posted or edited.
    busy: bool,
    edited_at: Option<Instant>,
}

impl Card {
    /// Whether its message shows something else than it should, and its turn has come.
    fn is_due(&self) -> bool {
        let (Some((_, wanted, _)), Some(shown)) = (&self.wanted, &self.shown) else { return false };
        let waits = self.edited_at.is_some_and(|at| at.elapsed() < EDIT_EVERY);
        *wanted != shown.state && !self.busy && !waits
    }
}

/// All cards that there are.
#[derive(Default)]
pub(super) struct Cards(BTreeMap<CardId, Card>);

impl Cards {
    /// Takes over what messages show from an earlier life. What showed its last state then stays as
    /// it is, even if it would be said in other words today.
    pub fn resume(&mut self, shown: Vec<(CardId, Shown)>) {
        for (id, mut shown) in shown {
            let card = self.0.entry(id).or_default();
            if let Some((_, wanted, true)) = &card.wanted
                && shown.last
            {
                shown.state = *wanted;
            }
            card.shown = Some(shown);
        }
    }

    /// This is what a card should show from now on, with the mark that it is known by.
    pub fn want(&mut self, id: CardId, reply: &Reply, last: bool, mark: &str) {
        let outgoing = match id {
            // Its plan stays what it is: the file that comes with it stays right.
            CardId::Request(_) => layout::single(reply),
            CardId::Incident(_) | CardId::Run(_) => layout::card(reply),
        };
        // The mark says nothing: a message from before there were marks need not be changed for it.
        let state = Digest::of(outgoing.body().to_string().as_bytes());
        self.0.entry(id).or_default().wanted = Some((outgoing.marked(mark), state, last));
    }

    /// A card as it should look by now, to be posted: until that is over it is not edited.
    pub fn post(&mut self, id: CardId) -> Option<CardNow> {
        let card = self.0.get_mut(&id)?;
        card.busy = true;
        let (outgoing, state, last) = card.wanted.clone()?;
        Some((id, outgoing, state, last))
    }

    /// The card that the thread of an incident is made from.
    pub fn root(&self, incident: IncidentId) -> Option<Root> {
        let card = self.0.get(&CardId::Incident(incident))?;
        let (outgoing, state, last) = card.wanted.clone()?;
        Some(Root { outgoing, state, last, message: card.shown.clone() })
    }

    /// A post or an edit is over; if it succeeded, this is what the message shows.
    pub fn over(&mut self, id: CardId, shown: Option<Shown>) {
        let card = self.0.entry(id).or_default();
        card.busy = false;
        card.edited_at = Some(Instant::now());
        card.shown = shown.or(card.shown.take());
    }

    /// The cards that are to be edited now: each with the message that shows it.
    pub fn due(&mut self) -> Vec<(CardNow, Shown)> {
        let under_way = self.0.values().filter(|card| card.busy);
        let mut busy: BTreeSet<_> =
            under_way.filter_map(|card| Some(card.shown.as_ref()?.conversation.clone())).collect();
        let mut due = Vec::new();
        for (id, card) in self.0.iter_mut().filter(|(_, card)| card.is_due()) {
            if let (Some((outgoing, state, last)), Some(shown)) = (card.wanted.clone(), card.shown.clone())
                && busy.insert(shown.conversation.clone())
            {
                card.busy = true;
                due.push(((*id, outgoing, state, last), shown));
            }
        }
        due
    }

    /// What there is, for whoever types its name.
    pub fn known(&self) -> Known {
        let mut known = Known::default();
        for (id, card) in self.0.iter().rev() {
            let Some((outgoing, _, last)) = &card.wanted else { continue };
            let label = outgoing.title.clone();
            match id {
                CardId::Incident(id) if !last => known.incidents.push((id.to_string(), label)),
                CardId::Request(id) if !last => known.requests.push((id.to_string(), label)),
                _ => {}
            }
        }
        known
    }
}

#[cfg(test)]
mod tests;
