//! An executor takes nothing but an approved plan.

use dogwatch::app::ports::{Hosts, StepAt};
use dogwatch::domain::id::RunId;
use dogwatch::domain::plan::Plan;
use dogwatch::domain::record::run::{BootId, Output};
use tokio::sync::watch;

async fn execute(hosts: &impl Hosts, plan: &Plan, boot: &BootId, cancel: watch::Receiver<bool>) {
    let printed = watch::Sender::new(Output::default());
    hosts.execute(plan, StepAt { host: 0, step: 0 }, RunId([0; 16]), boot, cancel, printed).await;
}

fn main() {}
