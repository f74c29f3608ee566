//! Slots for runs, each person's share of them, and whose turn it is.
//!
//! Invariant: whatever one person asks for, everybody else's reads get their turn, and what has its
//! approvals finds a slot that no read can take. What waits for a host that can't be reached holds none.

use std::collections::{BTreeMap, BTreeSet};

use super::occupancy;
use super::view::View;
use crate::domain::id::RequestId;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::request::{Request, Status};
use crate::domain::refusal::Refusal;
use crate::domain::time::time;
use crate::domain::world::action::Risk;

/// Requests that may run at one time: each keeps a session open, and after a crash the ends of all
/// of them, 18 events each at the most, are decided together.
pub const RUNNING_MAX: usize = 12;
/// Reads among them: the other slots are for what has approvals.
pub const READS_RUNNING_MAX: usize = RUNNING_MAX - 4;
/// Reads of one person that may run at one time.
pub const OWN_READS_RUNNING_MAX: usize = 4;
/// Reads of one person that may wait for their turn.
pub const OWN_READS_WAITING_MAX: usize = 10;
/// Changes of one person that may wait or run at one time.
pub const OWN_CHANGES_OPEN_MAX: usize = 10;
/// Requests of all persons that may wait or run at one time.
pub const OPEN_REQUESTS_MAX: usize = 1000;
/// Milliseconds for which a read waits for its turn.
pub const TURN_TTL_MS: u64 = 10 * 60 * 1000;

/// What runs and what waits, as if `over` had ended already.
struct Slots<'a> {
    catalogue: &'a Catalogue,
    running: usize,
    reads_running: usize,
    own_reads_running: BTreeMap<String, usize>,
}

fn is_read(request: &Request) -> bool {
    request.plan.risk == Risk::Read
}

/// Whether, when it was about to start, nobody could say who has which role, or its host could not be reached.
fn is_held_up(view: View<'_>, request: &Request) -> bool {
    !request.unanswered.is_empty() || view.context.reach.is_out_of_reach(request)
}

fn person(catalogue: &Catalogue, request: &Request) -> String {
    catalogue.people.name(&request.plan.requester)
}

impl<'a> Slots<'a> {
    fn of(view: View<'a>, over: Option<RequestId>) -> Self {
        let (catalogue, own_reads_running) = (view.catalogue, BTreeMap::new());
        let mut slots = Self { catalogue, running: 0, reads_running: 0, own_reads_running };
        let runs = |request: &&Request| {
            let runs = request.status == Status::Running || view.context.reach.is_beginning(request);
            runs && Some(request.id) != over
        };
        view.state.requests.values().filter(runs).for_each(|request| slots.take(request));
        slots
    }

    fn has_room(&self, request: &Request) -> bool {
        let own = || self.own_reads_running.get(&person(self.catalogue, request)).copied().unwrap_or(0);
        self.running < RUNNING_MAX
            && (!is_read(request) || self.reads_running < READS_RUNNING_MAX && own() < OWN_READS_RUNNING_MAX)
    }

    fn take(&mut self, request: &Request) {
        self.running += 1;
        if is_read(request) {
            self.reads_running += 1;
            *self.own_reads_running.entry(person(self.catalogue, request)).or_default() += 1;
        }
    }
}

/// Whether there is a slot for a request.
pub fn has_room(view: View<'_>, request: &Request) -> bool {
    Slots::of(view, Some(request.id)).has_room(request)
}

/// Whether a read that is just asked for can begin at once: nobody who waits comes before it.
pub fn is_next(view: View<'_>, request: &Request) -> bool {
    let slots = Slots::of(view, None);
    let comes_first = |waiting: &Request| !is_held_up(view, waiting) && slots.has_room(waiting);
    slots.has_room(request) && !waiting_reads(view).into_iter().any(comes_first)
}

/// Refuses what its person has too much of already. Who has room for more may still have to wait.
pub fn refuse_too_much(view: View<'_>, request: &Request) -> Result<(), Refusal> {
    let open: Vec<_> = view.state.requests.values().filter(|request| request.is_open()).collect();
    if open.len() >= OPEN_REQUESTS_MAX {
        let message = format!("{} requests are open; {OPEN_REQUESTS_MAX} is the limit", open.len());
        return Err(
            Refusal::new("too_many_requests", message).hint("Cancel or deny what nobody needs any more.")
        );
    }
    let name = person(view.catalogue, request);
    let own = open.into_iter().filter(|request| person(view.catalogue, request) == name);
    let (reads, changes): (Vec<_>, Vec<_>) = own.partition(|request| is_read(request));
    if !is_read(request) && changes.len() >= OWN_CHANGES_OPEN_MAX {
        let waiting = changes.iter().filter(|request| request.status == Status::Waiting);
        let ends_ms = waiting.map(|request| request.expires_at_ms).min();
        return Err(too_much(changes.len(), "changes", OWN_CHANGES_OPEN_MAX).hint(match ends_ms {
            None => "One of them has to end first.".to_owned(),
            Some(ends_ms) => {
                format!(
                    "Cancel what you no longer need; what nobody approves is over at {} UTC.",
                    time(ends_ms)
                )
            }
        }));
    }
    let waits =
        |request: &&&Request| request.status != Status::Running && !view.context.reach.is_beginning(request);
    let waiting = reads.iter().filter(waits).count();
    if is_read(request) && waiting >= OWN_READS_WAITING_MAX {
        return Err(too_much(waiting, "reads that wait", OWN_READS_WAITING_MAX)
            .hint("One of them begins as soon as one of yours has ended; `/cancel` takes one back."));
    }
    Ok(())
}

fn too_much(count: usize, what: &str, max: usize) -> Refusal {
    let message = format!("you have {count} {what}; {max} is the limit for each person");
    Refusal::new("too_many_requests", message)
}

fn waiting(view: View<'_>) -> impl Iterator<Item = &Request> {
    let waits = move |request: &&Request| {
        let ready = is_read(request) && matches!(request.status, Status::Ready(_));
        ready && !view.context.reach.is_beginning(request)
    };
    view.state.requests.values().filter(waits)
}

/// The reads that wait, in the order in which they have their turn.
fn waiting_reads(view: View<'_>) -> Vec<&Request> {
    in_turn(view, waiting(view))
}

/// Person after person, who has begun none for the longest time first; of one person the oldest first.
fn in_turn<'a>(view: View<'_>, waiting: impl Iterator<Item = &'a Request>) -> Vec<&'a Request> {
    let mut queues: BTreeMap<String, BTreeMap<RequestId, &Request>> = BTreeMap::new();
    for request in waiting {
        queues.entry(person(view.catalogue, request)).or_default().insert(request.id, request);
    }
    let mut begun: BTreeMap<String, u64> = BTreeMap::new();
    for (actor, seq) in &view.state.reads_begun {
        let last = begun.entry(view.catalogue.people.name(actor)).or_default();
        *last = (*last).max(*seq);
    }
    let mut queues: Vec<_> = queues.into_iter().collect();
    queues.sort_by_key(|(name, queue)| (begun.get(name).copied(), queue.keys().next().copied()));
    let queues: Vec<Vec<&Request>> =
        queues.into_iter().map(|(_, queue)| queue.into_values().collect()).collect();
    let rounds = queues.iter().map(Vec::len).max().unwrap_or_default();
    let round = |round: usize| queues.iter().filter_map(move |queue| queue.get(round).copied());
    (0..rounds).flat_map(round).collect()
}

/// The place of a read among those that wait, from 1.
pub fn place(view: View<'_>, request: &Request) -> usize {
    let waiting = in_turn(view, waiting(view).chain(std::iter::once(request)));
    waiting.iter().position(|waiting| waiting.id == request.id).map_or(1, |before| before + 1)
}

/// What can start now, or now that `over` has ended: what has its approvals first, then the reads whose
/// turn it is.
pub fn startable(view: View<'_>, over: Option<RequestId>) -> impl Iterator<Item = RequestId> + use<> {
    let mut slots = Slots::of(view, over);
    let mut taken = BTreeSet::new();
    let changes = view.state.requests.values().filter(|request| {
        let ready = !is_read(request) && matches!(request.status, Status::Ready(_));
        ready && occupancy::is_free(view, request, over)
    });
    let is_due = |request: &&Request| view.context.reach.is_due(request, view.context.now_ms);
    let ready = changes.chain(waiting_reads(view));
    let (held_up, free): (Vec<_>, Vec<_>) =
        ready.filter(is_due).partition(|request| is_held_up(view, request));
    for request in free {
        if slots.has_room(request) {
            slots.take(request);
            taken.insert(request.id);
        }
    }
    // They are tried, and keep nobody waiting.
    let tried = held_up.into_iter().filter(|request| slots.has_room(request));
    taken.extend(tried.map(|request| request.id));
    taken.into_iter()
}
