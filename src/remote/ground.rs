//! The ground of a run on a host: a private folder that nobody has used, made before anything runs.
//!
//! Invariant: whatever is asked about a step names the ground that was recorded with it. A host that does
//! not have it any more, or has started anew, can't tell what ran there.
//!
//! Making it tries what a step needs: a place that takes names, in a folder that is the login's alone. That
//! it takes no contents is no hindrance: what a step prints is then held in the host's memory.

use super::answer::Made;
use super::config::SshConfig;
use super::error::RemoteError;
use super::session::Session;
use super::wire::{About, Place, Verb, fresh_bits, fresh_run_id};
use crate::domain::id::{Digest, Nonce};
use crate::domain::plan::HostPlan;
use crate::domain::record::run::Ground;

/// Connects to a host and has it make ground for the steps of a plan.
pub(super) async fn probe(
    config: &SshConfig,
    host: &HostPlan,
    digest: Digest,
) -> Result<Ground, RemoteError> {
    let session = Session::connect(config, host).await?;
    Ok(make(&session, host, digest).await?.ground)
}

/// Has a host make ground.
pub(super) async fn make(session: &Session, host: &HostPlan, digest: Digest) -> Result<Made, RemoteError> {
    let nonce = Nonce(fresh_bits()?);
    let place = Place { folder: &host.folder, nonce: Some(nonce), boot: "" };
    let about = About { host, run: fresh_run_id()?, digest, place };
    let answer = about.ask(Verb::Ground)?.over(session.open().await?).await?;
    answer.made(nonce).map_err(|why| RemoteError::Folder {
        host: host.name.clone(),
        folder: named(&host.folder),
        why: cause(&why).to_owned(),
    })
}

/// Has a host remove ground in which everything is over.
pub(super) async fn leave(
    session: &Session,
    host: &HostPlan,
    digest: Digest,
    ground: &Ground,
) -> Result<(), RemoteError> {
    let about = About { host, run: fresh_run_id()?, digest, place: Place::of(ground) };
    about.ask(Verb::Leave)?.over(session.open().await?).await?;
    Ok(())
}

/// What to do about a place that is no good.
pub(super) const ADVICE: &str =
    "Make it usable on the host, or set `folder` for the host in the inventory to another place.";

/// The base folder as people know it.
pub(super) fn named(folder: &str) -> String {
    if folder.is_empty() { "/var/tmp/.dogwatch-UID".to_owned() } else { folder.to_owned() }
}

/// What the wrapper's word for a refusal means.
pub(super) fn cause(word: &str) -> &str {
    let of_base = ["ground ", "ids ", "run "].iter().find_map(|place| word.strip_prefix(place));
    match of_base {
        Some("not private") => return "others may enter what is in it, by its mode or an access list",
        Some("not ours") => return "something in it belongs to another user",
        Some("no folder") => return "something in it is no folder",
        _ => {}
    }
    match word {
        "no space" => "its disk has no space left",
        "no inodes" => "its disk has no inodes left",
        "over quota" => "the quota of the login is used up",
        "read only" => "its file system is read-only",
        "no permission" => "the login may not write there",
        "unwritable" => "it can't be made; is the folder above it there?",
        "base no folder" => "it is no folder",
        "base not ours" => "it belongs to another user",
        "base not private" => "others may enter it, by its mode or an access list",
        "claim may be gone" => {
            "it has forgotten runs, and nobody can tell whether this one was among them: there were very many, or \
             a clock was ahead. Try again in an hour"
        }
        "boot changed" => "it has started anew, or what it kept of the run is gone",
        "ground gone" => "what it kept of the run is gone",
        "no supervisor" | "supervisor gone" => "what watched the step there died before it could say",
        "step alive" => "what watched the step there died; the step itself still runs, or did a moment ago",
        word => word,
    }
}
