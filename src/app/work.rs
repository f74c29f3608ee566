//! What the loop has done for it outside: on hosts and in the knowledge base.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::handle::Handle;
use super::ports::{Chat, Hosts, Library, Roles, StepAt, When};
use crate::domain::decide::effect::{Effect, StepRef};
use crate::domain::decide::input::Answers;
use crate::domain::decide::input::Input;
use crate::domain::id::{HostName, RequestId};
use crate::domain::plan::Plan;
use crate::domain::plan::approved::Approved;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::origin::Origin;
use crate::domain::record::run::{Output, Verdict, VerifyReport};
use crate::domain::rules::reach::Unreached;
use crate::domain::say::question::Question;
use crate::domain::world::action::Program;
use crate::domain::world::actor::ActorId;
use crate::domain::world::host::Host;

/// An approved plan between its start and its end, with the way to stop it.
pub(super) struct Held {
    approved: Arc<Approved<Plan>>,
    stop: watch::Sender<bool>,
}

impl Held {
    pub fn new(approved: Approved<Plan>) -> Self {
        Self { approved: Arc::new(approved), stop: watch::Sender::new(false) }
    }

    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

pub(super) struct Work<H, L, C> {
    pub hosts: Arc<H>,
    pub library: Arc<L>,
    pub chat: Arc<C>,
    roles: Arc<dyn Roles>,
    handle: Handle,
    searches: Arc<Semaphore>,
}

/// Questions looked up at one time; the others wait.
const SEARCHES_MAX: usize = 4;
/// How long an answer about roles may take.
const ROLES_WITHIN: Duration = Duration::from_secs(5);

impl<H: Hosts, L: Library, C: Chat> Work<H, L, C> {
    pub fn new(hosts: Arc<H>, library: Arc<L>, chat: Arc<C>, roles: Arc<dyn Roles>, handle: Handle) -> Self {
        Self { hosts, library, chat, roles, handle, searches: Arc::new(Semaphore::new(SEARCHES_MAX)) }
    }

    /// Does what an effect asks of a host; what comes back is the next input.
    pub fn on_host(
        &self,
        held: &Held,
        effect: Effect,
    ) -> impl Future<Output = Option<Input>> + Send + use<H, L, C> {
        let hosts = Arc::clone(&self.hosts);
        // Where there are no cards nobody would see it, and the hosts need not be asked.
        let live = C::KEEPS.then(|| self.handle.clone());
        let approved = Arc::clone(&held.approved);
        let mut stop = held.stop.subscribe();
        async move {
            let index = |name: &HostName| approved.plan().hosts.iter().position(|host| host.name == *name);
            match effect {
                Effect::Probe(request, host, pause_ms) => {
                    let at = index(&host)?;
                    let asked = async {
                        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                        hosts.probe(&approved, at).await
                    };
                    let reached = tokio::select! {
                        biased;
                        _ = stop.wait_for(|stop| *stop) => {
                            Err(Unreached { why: "it is not asked any more".to_owned(), passes: true })
                        }
                        reached = asked => reached,
                    };
                    Some(Input::Probed(request, host, reached))
                }
                Effect::Execute(request, host, StepRef { step, run, ground, earlier }) => {
                    let at = StepAt { host: index(&host)?, step, earlier };
                    let work = |printed| hosts.execute(&approved, &at, run, &ground, stop, printed);
                    let report = shown(work, live.as_ref(), request).await;
                    Some(Input::StepEnded(request, host, run, report))
                }
                Effect::Settle(request, host, StepRef { step, run, ground, earlier }) => {
                    let at = StepAt { host: index(&host)?, step, earlier };
                    let work = |printed| hosts.settle(&approved, &at, run, &ground, stop, printed);
                    let report = shown(work, live.as_ref(), request).await;
                    Some(Input::StepEnded(request, host, run, report))
                }
                Effect::VerifyBefore(request, host, ground) => {
                    let asked = hosts.verify(&approved, index(&host)?, When::Before);
                    let report = tokio::select! {
                        biased;
                        _ = stop.wait_for(|stop| *stop) => VerifyReport {
                            verdict: Verdict::NotSeen,
                            why: "it is not asked any more".to_owned(),
                            output: Output::default(),
                        },
                        report = asked => report,
                    };
                    Some(Input::VerifiedBefore(request, host, ground, report))
                }
                Effect::Verify(request, host) => {
                    let report = hosts.verify(&approved, index(&host)?, When::After).await;
                    Some(Input::Verified(request, host, report))
                }
                _ => None,
            }
        }
    }

    /// Has the first host of a request probed that could start: all that is done with this proof.
    pub fn reach(
        &self,
        request: RequestId,
        host: HostName,
        approved: Approved<Plan>,
        answers: Option<Answers>,
    ) -> impl Future<Output = Option<Input>> + Send + use<H, L, C> {
        let hosts = Arc::clone(&self.hosts);
        async move {
            let at = approved.plan().hosts.iter().position(|planned| planned.name == host)?;
            let reached = hosts.probe(&approved, at).await;
            Some(Input::Reached(request, host, reached, answers))
        }
    }

    /// Asks for the groups of accounts, all at once.
    pub fn roles(
        &self,
        actors: Vec<ActorId>,
        asked_at_ms: u64,
    ) -> impl Future<Output = Answers> + Send + use<H, L, C> {
        let roles = Arc::clone(&self.roles);
        async move {
            let mut asked = JoinSet::new();
            for actor in actors {
                let answer = tokio::time::timeout(ROLES_WITHIN, roles.groups(actor.clone()));
                asked.spawn(async move {
                    let late = || Err(format!("no answer within {} s", ROLES_WITHIN.as_secs()));
                    (actor, answer.await.unwrap_or_else(|_| late()))
                });
            }
            Answers { asked_at_ms, groups: asked.join_all().await.into_iter().collect() }
        }
    }

    /// Looks a question up; a few at a time.
    pub fn search(&self, question: Question) -> impl Future<Output = Input> + Send + use<H, L, C> {
        let (library, searches) = (Arc::clone(&self.library), Arc::clone(&self.searches));
        async move {
            // Closed by nobody: the permit is always given.
            let _turn = searches.acquire().await;
            let words = question.words.clone();
            let found = tokio::task::spawn_blocking(move || library.find(&words)).await;
            Input::Found(question, found.unwrap_or_else(|died| Err(died.to_string())))
        }
    }

    /// Looks at a host, and whether it has the programs that the actions for it use.
    pub fn check(
        &self,
        catalogue: Arc<Catalogue>,
        origin: Origin,
        name: HostName,
    ) -> impl Future<Output = Option<Input>> + Send + use<H, L, C> {
        let hosts = Arc::clone(&self.hosts);
        async move {
            let host = catalogue.inventory.get(&name)?;
            let found = hosts.check(host, &programs(&catalogue, host)).await;
            Some(Input::Checked(origin, name, found.findings))
        }
    }
}

/// Does the work, and meanwhile shows what is printed: nothing after its end.
async fn shown<W: Future>(
    work: impl FnOnce(watch::Sender<Output>) -> W,
    live: Option<&Handle>,
    request: RequestId,
) -> W::Output {
    let (sender, mut printed) = watch::channel(Output::default());
    let Some(live) = live else {
        drop(printed);
        return work(sender).await;
    };
    let mut work = pin!(work(sender));
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            Ok(()) = printed.changed() => {
                let output = printed.borrow_and_update().clone();
                live.live(request, output.text());
            }
        }
    }
}

/// The programs that the actions for a host's platforms use.
pub fn programs(catalogue: &Catalogue, host: &Host) -> Vec<String> {
    let for_host = catalogue
        .actions()
        .filter(|(_, action)| action.platforms.iter().any(|platform| host.platforms.contains(platform)));
    let mut programs: Vec<String> = for_host
        .flat_map(|(_, action)| action.steps.iter().chain(action.verify.iter().map(|verify| &verify.step)))
        .filter_map(|step| match &step.program {
            Program::Run(argv) => argv.first().cloned(),
            Program::PowerShell(_) => None,
        })
        .collect();
    programs.sort_unstable();
    programs.dedup();
    programs
}
