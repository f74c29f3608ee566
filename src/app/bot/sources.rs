//! Articles and configuration, read anew before what rests on them is decided.

use std::sync::Arc;

use super::{Loop, Trail, origin_of};
use crate::app::ports::{Chat, Hosts, Library, Record, Sources};
use crate::app::timekeeper::wall_ms;
use crate::app::turn::{looks_at_sources, rests_on_sources, subject};
use crate::domain::decide::input::Input;
use crate::domain::policy::catalogue::Subject;
use crate::domain::refusal::Refusal;
use crate::domain::say::address::To;

impl<H: Hosts, R: Record, L: Library, S: Sources, C: Chat> Loop<H, R, L, S, C> {
    /// Reads articles and configuration anew where a decision rests on them; what can't be decided
    /// without them is refused.
    pub(super) async fn reload_for(&mut self, inputs: &mut Vec<(Input, Option<Trail>)>) {
        if !inputs.iter().any(|(input, _)| looks_at_sources(input)) {
            return;
        }
        let about = inputs.iter().filter_map(|(input, _)| subject(&self.state, input)).collect();
        let Err(why) = self.reload(about).await else { return };
        tracing::warn!("articles or configuration can't be read: {why}");
        let (refused, rest): (Vec<_>, Vec<_>) =
            std::mem::take(inputs).into_iter().partition(|(input, _)| rests_on_sources(input));
        let now_ms = self.timekeeper.now_ms(wall_ms());
        for (input, _) in &refused {
            if !self.turns_away(input, now_ms) {
                self.refuse_unreadable(input, &why);
            }
        }
        *inputs = rest;
    }

    /// Reads articles and configuration anew before something is decided that could run.
    async fn reload(&mut self, about: Vec<Subject>) -> Result<(), String> {
        let sources = Arc::clone(&self.sources);
        let read = tokio::task::spawn_blocking(move || sources.catalogue(&about)).await;
        self.catalogue = Arc::new(read.map_err(|error| error.to_string())??);
        self.unreadable.clear();
        Ok(())
    }

    /// Tells whoever waits for it that nothing can be decided for now.
    pub(super) fn refuse_unreadable(&mut self, input: &Input, why: &str) {
        let to = match input {
            Input::Start(id) | Input::Roles(id, ..) | Input::Reached(id, ..) => {
                // What the host said is not decided on: it is asked again.
                self.reach.set(*id, None);
                let first = self.unreadable.insert(*id);
                self.state.requests.get(id).filter(|_| first).map(To::request)
            }
            other => origin_of(other).map(To::Caller),
        };
        let refusal =
            Refusal::new("sources_unreadable", format!("articles or configuration can't be read: {why}"))
                .hint("Mend them; nothing starts until they can be read.");
        if let Some(to) = to {
            self.say_now(to, &refusal);
        }
    }
}
