//! An executor takes nothing but an approved plan.

use dogwatch::app::ports::{Hosts, StepAt};
use dogwatch::domain::id::RunId;
use dogwatch::domain::plan::Plan;
use dogwatch::domain::record::run::{Ground, Output};
use tokio::sync::watch;

async fn execute(
    hosts: &impl Hosts,
    plan: &Plan,
    at: &StepAt,
    ground: &Ground,
    cancel: watch::Receiver<bool>,
) {
    let printed = watch::Sender::new(Output::default());
    hosts.execute(plan, at, RunId([0; 16]), ground, cancel, printed).await;
}

fn main() {}
