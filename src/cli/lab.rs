//! `lab DIR`: the practice hosts as a process of their own.

use std::path::PathBuf;

use anyhow::Context as _;

use super::end::End;
use super::failure::Done;
use super::output::out;
use super::runtime::runtime;
use crate::lab::Lab;

#[derive(clap::Args)]
pub struct Arguments {
    /// Where the hosts keep what they are; an empty or new folder, or a lab's
    folder: PathBuf,
}

pub fn run(arguments: &Arguments) -> Done {
    runtime()?.block_on(lab(arguments))
}

async fn lab(arguments: &Arguments) -> Done {
    let mut end = End::listen()?;
    let binary = std::env::current_exe().context("could not find the dogwatch binary")?;
    let lab = Lab::start(&arguments.folder, &binary).await?;
    for host in lab.hosts() {
        out!("{} {}@{}:{}", host.name, host.user, host.address, host.port);
    }
    out!("inventory: {}", lab.inventory().display());
    out!("the hosts are ready; Ctrl-C ends them");
    end.asked().await;
    lab.stop().await;
    Ok(())
}
