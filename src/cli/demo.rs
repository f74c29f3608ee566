//! `demo`: no configuration, practice hosts, a cast of people, a temporary record.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::end::End;
use super::failure::{Done, Failure};
use super::output::out;
use super::places::Places;
use super::runtime::run as run_to_end;
use super::talk::Talk;
use crate::articles::library::KbLibrary;
use crate::articles::sources::{ConfigSource, Files};
use crate::chat::console::demo_actor;
use crate::domain::world::actor::{People, Person, Role};
use crate::lab::Lab;
use crate::store::StoreError;
use crate::store::sled_record::SledRecord;
use crate::temporary::Temporary;

#[derive(clap::Args)]
pub struct Arguments {
    /// Use the practice hosts that `dogwatch lab DIR` serves, instead of own ones
    #[arg(long, value_name = "DIR")]
    lab: Option<PathBuf>,
}

/// The people of the demo: `/as NAME` lets each of them type.
const CAST: [(&str, Role); 5] = [
    ("ana", Role::Responder),
    ("ben", Role::Approver),
    ("cem", Role::Approver),
    ("dia", Role::Viewer),
    ("eve", Role::Admin),
];

const WELCOME: &str = "\
dogwatch demo: practice hosts; no real machine is touched.
You are ana (responder). /as ben, /as cem (approvers), /as dia (viewer), /as eve (admin) let others type.
Try, line by line:
  a virtual machine on the ESX host does not power off
  /run esx-vm-stop vmx=/vmfs/volumes/storage1/db01/db01.vmx on lab-esx because db01 hangs
  /as ben
  /approve r1
/hosts lists the hosts, /help the commands; exit or Ctrl-D ends.";

pub fn run(places: &Places, arguments: &Arguments) -> Done {
    let people = cast().map_err(|error| Failure::Failed(error.into()))?;
    run_to_end(demo(places, arguments, people))?
}

fn cast() -> Result<People, crate::domain::world::actor::PeopleError> {
    let person = |(name, role): (&str, Role)| Person {
        name: name.to_owned(),
        role: Some(role),
        actors: vec![demo_actor(name)],
    };
    People::new(CAST.into_iter().map(person).collect())
}

async fn demo(places: &Places, arguments: &Arguments, people: People) -> Done {
    let mut end = End::listen()?;
    let temporary = Temporary::new("demo").context("could not make a temporary folder")?;
    let own = if arguments.lab.is_some() {
        None
    } else {
        let binary = std::env::current_exe().context("could not find the dogwatch binary")?;
        Some(Lab::start(&temporary.path().join("lab"), &binary).await?)
    };
    let inventory = match (&own, &arguments.lab) {
        (Some(lab), _) => lab.inventory(),
        (None, Some(folder)) => folder.join("inventory.toml"),
        (None, None) => return Ok(()),
    };
    let state = places.state.clone().unwrap_or_else(|| temporary.path().join("state"));
    let folder = state.clone();
    match tokio::task::spawn_blocking(move || SledRecord::create(&folder)).await? {
        Ok(()) | Err(StoreError::Exists { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let talk = Talk {
        files: Files::new(places.kb.clone(), ConfigSource::Lab { inventory, people }),
        library: Arc::new(KbLibrary::open(&places.kb, None, None)?),
        actor: demo_actor("ana"),
        cast: CAST.map(|(name, _)| name).to_vec(),
    };
    out!("{WELCOME}");
    let talked = talk.run(&state, &mut end).await;
    if let Some(lab) = own {
        lab.end().await;
    }
    Ok(talked?)
}
