//! From the question to the audit on a real host: OpenSSH's sshd, a user without rights, the real
//! tools of the system, and small scripts where a hypervisor would be.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use dogwatch::app::outbox::Post;
use dogwatch::app::ports::{Chat, Sources as _};
use dogwatch::app::{Bot, BotError, Handle};
use dogwatch::articles::library::KbLibrary;
use dogwatch::articles::sources::{ConfigSource, Files};
use dogwatch::chat::console::{NoGroups, rendered};
use dogwatch::chat::parse::parse;
use dogwatch::config::{Config, Inventory};
use dogwatch::domain::decide::input::Input;
use dogwatch::domain::id::ConversationId;
use dogwatch::domain::record::origin::Origin;
use dogwatch::domain::say::reply::Reply;
use dogwatch::domain::world::actor::ActorId;
use dogwatch::remote::{Ssh, SshConfig};
use dogwatch::store;
use dogwatch::store::sled_record::SledRecord;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::sshd::{self, Sshd};
use crate::{KB, folder};

/// What the repository has no action for, with paths that need no rights.
const ARTICLE: &str = include_str!("../fixtures/real-host.md");

/// A machine's power switch: notes every call, and takes a second to start.
const VMWARE_CMD: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/calls"
case $2 in
  start) sleep 1; echo on >"$here/state-${1##*/}"; echo "start() = 1" ;;
  getstate) echo "getstate() = $(cat "$here/state-${1##*/}" 2>/dev/null || echo off)" ;;
esac
"#;

/// Everything that was said, to everybody.
#[derive(Default)]
struct Heard(Mutex<String>);

impl Chat for Heard {
    const KEEPS: bool = false;

    fn say(&self, post: Post) {
        self.0.lock().unwrap().push_str(&rendered(&post.say.reply));
    }

    fn follow(&self, _: &ConversationId, reply: &Reply) {
        self.0.lock().unwrap().push_str(&rendered(reply));
    }
}

/// A bot in this process and a real host.
struct World {
    sshd: Sshd,
    folder: TempDir,
    heard: Arc<Heard>,
    handle: Handle,
    stop: watch::Sender<bool>,
    running: JoinHandle<Result<(), BotError>>,
}

impl World {
    fn new() -> Self {
        let sshd = Sshd::start();
        let folder = tempfile::tempdir().unwrap();
        let kb = folder.path().join("kb");
        folder::copy(Path::new(KB), &kb);
        fs::write(kb.join("real-host.md"), ARTICLE).unwrap();
        let doubles = sshd.folder.join("doubles");
        fs::create_dir(&doubles).unwrap();
        fs::write(doubles.join("vmware-cmd"), VMWARE_CMD).unwrap();
        fs::set_permissions(doubles.join("vmware-cmd"), fs::Permissions::from_mode(0o755)).unwrap();
        sshd::own(&doubles, &sshd.user);
        let config = folder.path().join("dogwatch.toml");
        fs::write(&config, configuration(&sshd, folder.path(), &doubles)).unwrap();
        let library = KbLibrary::open(&kb, Some(&folder.path().join("index")), None).unwrap();
        let identity = Config::read(&config, Inventory::Real).unwrap().identity.unwrap();
        let files = Files::new(kb, ConfigSource::File(Some(config)));
        let catalogue = files.catalogue(&[]).unwrap();
        SledRecord::create(&folder.path().join("state")).unwrap();
        let (record, moments, outbox) = SledRecord::open(&folder.path().join("state")).unwrap();
        let heard = Arc::new(Heard::default());
        let bot = Bot {
            hosts: Arc::new(Ssh::new(SshConfig::new(identity))),
            record,
            library: Arc::new(library),
            sources: Arc::new(files),
            chat: Arc::clone(&heard),
            elsewhere: None,
            roles: Arc::new(NoGroups),
        };
        let (bot, handle) = bot.prepare(catalogue, &moments, outbox);
        let stop = watch::Sender::new(false);
        let running = tokio::spawn(bot.run(stop.subscribe()));
        Self { sshd, folder, heard, handle, stop, running }
    }

    /// Somebody types a line; returns what was said until all its effects had ended.
    async fn types(&self, who: &str, line: &str) -> String {
        let before = self.heard.0.lock().unwrap().len();
        let command = parse(line).unwrap().unwrap();
        let origin = Origin::typed(ActorId(format!("test:{who}")), ConversationId(format!("test:{who}")));
        assert!(self.handle.submit(Input::Command { origin, command }).await);
        let said = self.heard.0.lock().unwrap()[before..].to_owned();
        println!("{who}> {line}\n{said}");
        said
    }

    /// The same, and all of this was said.
    async fn hears(&self, who: &str, line: &str, texts: &[&str]) -> String {
        let said = self.types(who, line).await;
        for text in texts {
            assert!(said.contains(text), "{line}: no {text:?} in {said}");
        }
        said
    }

    /// A folder of the user of the host.
    fn below(&self, name: &str) -> PathBuf {
        self.sshd.folder.join(name)
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.below("doubles/calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    fn logins(&self) -> usize {
        self.sshd.log().matches("Accepted publickey").count()
    }

    /// Ends the bot; the record must hold.
    async fn end(self) {
        self.hears("dia", "/audit verify", &["the record holds"]).await;
        self.stop.send_replace(true);
        self.running.await.unwrap().unwrap();
        let report = store::verify(&self.folder.path().join("state")).unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
}

fn configuration(sshd: &Sshd, folder: &Path, doubles: &Path) -> String {
    let mut text = format!("[ssh]\nidentity = \"{}\"\n", sshd.identity.display());
    for (name, role) in [("ana", "responder"), ("ben", "approver"), ("cem", "approver"), ("dia", "viewer")] {
        writeln!(text, "[[person]]\nname = \"{name}\"\nrole = \"{role}\"\nactors = [\"test:{name}\"]")
            .unwrap();
    }
    let other_key = sshd::generate_key(&folder.join("other"));
    for (name, key) in [("real01", &sshd.host_key), ("wrong01", &other_key)] {
        writeln!(
            text,
            "[[host]]\nname = \"{name}\"\naddress = \"127.0.0.1\"\nport = {}\nuser = \"{}\"\n\
             platforms = [\"linux\", \"esx3\"]\nhost_key = \"{key}\"\nfolder = \"{}\"\n\
             path = \"{}:/usr/bin:/bin\"",
            sshd.port,
            sshd.user,
            sshd.folder.join("runs").display(),
            doubles.display()
        )
        .unwrap();
    }
    text
}

fn id(option: &str, user: &str) -> u32 {
    let printed = Command::new("id").args([option, user]).output().unwrap().stdout;
    String::from_utf8(printed).unwrap().trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_question_to_the_audit_on_a_real_host() {
    let world = World::new();
    let found = world.types("dia", "no space left on device on a linux server").await;
    assert!(found.contains("linux-disk-usage"), "{found}");
    let folder = world.below("new");
    let usage = format!("/run linux-disk-usage path={} on real01", world.sshd.folder.display());
    world.hears("ana", &usage, &["r1 starts (it only reads)", "Filesystem", "Inodes", "r1 succeeded"]).await;

    world.hears("ana", "/incident open sev2 the folder is missing", &["incident i1"]).await;
    let create = format!("/run host-folder-create path={} on real01 because it is missing", folder.display());
    world.hears("ana", &create, &["r2 waits for approval", "in i1"]).await;
    assert!(!folder.exists());
    world.hears("ana", "/approve r2", &["r2 is ana's own request"]).await;
    world.hears("dia", "/approve r2", &["this needs the role approver"]).await;
    assert!(!folder.exists());
    world.hears("ben", "/approve r2", &["that is enough", "verification holds", "r2 succeeded"]).await;
    assert_eq!(fs::metadata(&folder).unwrap().uid(), id("-u", &world.sshd.user));

    // What is there already is left alone.
    world.hears("ana", &create, &["r3 waits for approval"]).await;
    world.hears("ben", "/approve r3", &["it was so before", "r3 nothing done"]).await;
    let shown = world.types("dia", "/incident show i1").await;
    for text in [
        "ana asked as r2",
        "ben approved r2",
        "dogwatch ended r2: succeeded",
        "dogwatch ended r3: nothing done",
    ] {
        assert!(shown.contains(text), "no {text:?} in {shown}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_file_goes_after_two_approvals() {
    let world = World::new();
    // The path that the article allows needs root to make; without that, an article of the test.
    let (image, action) = if rustix::process::geteuid().is_root() {
        (Image::new(&world.sshd.user), "esx-iso-remove")
    } else {
        (Image { folder: world.below("images"), made: Vec::new() }, "host-file-remove")
    };
    fs::create_dir_all(&image.folder).unwrap();
    let file = image.folder.join("old.iso");
    fs::write(&file, "image").unwrap();
    sshd::own(&image.folder, &world.sshd.user);
    let run = format!("/run {action} path={} on real01", file.display());
    world.hears("ana", &run, &["a destructive action needs the requester's reason"]).await;
    world.hears("ana", &format!("{run} because it fills the disk"), &["needs 2 approvals"]).await;
    world.hears("ben", "/approve r1", &["1 of 2"]).await;
    world.hears("ben", "/approve r1", &["ben has approved r1 already"]).await;
    assert!(file.exists());
    world.hears("cem", "/approve r1", &["that is enough", "verification holds", "r1 succeeded"]).await;
    assert!(!file.exists());
    world.end().await;
}

/// A folder of this test below /vmimages, with what had to be made for it: the datastores too, which are looked
/// through.
struct Image {
    folder: PathBuf,
    made: Vec<PathBuf>,
}

impl Image {
    fn new(user: &str) -> Self {
        let root = PathBuf::from("/vmimages");
        let folder = root.join(format!("dogwatch-test-{}", std::process::id()));
        let stores = PathBuf::from("/vmfs/volumes");
        let needed = [PathBuf::from("/vmfs"), stores.clone(), root, folder.clone()];
        let made = needed.into_iter().filter(|path| !path.exists()).collect();
        for path in [&stores, &folder] {
            fs::create_dir_all(path).unwrap();
        }
        sshd::own(&folder, user);
        Self { folder, made }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        if self.made.contains(&self.folder) {
            let _ = fs::remove_dir_all(&self.folder);
        }
        // Folders only, and only if they are empty.
        for made in self.made.iter().rev() {
            let _ = fs::remove_dir(made);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_process_is_killed_and_seen_to_be_gone() {
    let world = World::new();
    let mut sleep = Command::new("sleep");
    if rustix::process::geteuid().is_root() {
        sleep.uid(id("-u", &world.sshd.user)).gid(id("-g", &world.sshd.user));
    }
    let mut sleep = sleep.arg("900").spawn().unwrap();
    let pid = sleep.id();
    // Somebody has to take note of its end, or it stays in the table.
    let ended = std::thread::spawn(move || sleep.wait().unwrap());
    let run = format!("/run host-process-kill pid={pid} on real01 because it hangs");
    world.hears("ana", &run, &["needs 2 approvals"]).await;
    world.types("ben", "/approve r1").await;
    assert!(!ended.is_finished());
    world.hears("cem", "/approve r1", &["verification holds", "r1 succeeded"]).await;
    assert_eq!(ended.join().unwrap().signal(), Some(9));

    // A process of somebody else stays, and that is a failure.
    world.hears("ana", "/run host-process-kill pid=1 on real01 because it hangs", &["r2 waits"]).await;
    world.types("ben", "/approve r2").await;
    world.hears("cem", "/approve r2", &["r2 failed"]).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_on_one_host_run_one_after_the_other() {
    let world = World::new();
    let vmx = |name: &str| format!("/vmfs/volumes/storage1/{name}/{name}.vmx");
    for name in ["app01", "app02"] {
        let run = format!("/run esx-vm-start vmx={} on real01 because it is off", vmx(name));
        world.hears("ana", &run, &["waits for approval"]).await;
    }
    let (first, second) = tokio::join!(world.types("ben", "/approve r1"), world.types("cem", "/approve r2"));
    let said = format!("{first}{second}");
    assert!(said.contains("r2 waits: r1 is "), "{said}");
    let all = world.heard.0.lock().unwrap().clone();
    for id in ["r1", "r2"] {
        assert_eq!(all.matches(&format!("+ {id} succeeded")).count(), 1, "{all}");
    }
    assert!(all.find("+ r1 succeeded").unwrap() < all.find("- r2 starts").unwrap(), "{all}");
    let calls = ["app01", "app02"].map(|name| {
        ["getstate", "getstate", "start", "getstate"].map(|verb| format!("{} {verb}", vmx(name)))
    });
    assert_eq!(world.calls(), calls.concat());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_with_another_key_is_not_logged_in_to() {
    let world = World::new();
    let folder = world.below("never");
    let said = world.types("ana", "/run linux-disk-usage path=/ on wrong01").await;
    assert!(said.contains("r1 failed") && said.contains("nothing was sent"), "{said}");
    assert!(said.contains(&world.sshd.host_key), "it names the key that the host showed: {said}");
    let create = format!("/run host-folder-create path={} on wrong01 because of a test", folder.display());
    world.types("ana", &create).await;
    // What has its approvals waits, for somebody who mends the inventory or the host.
    let said =
        world.hears("ben", "/approve r2", &["r2 waits: `wrong01` can't be reached", "try 1, next at"]).await;
    assert!(said.contains(&world.sshd.host_key), "{said}");
    world.hears("ana", "/show r2", &["`wrong01` can't be reached", &world.sshd.host_key]).await;
    world.hears("ana", "/cancel r2", &["r2 cancelled by ana"]).await;
    assert_eq!(world.logins(), 0, "{}", world.sshd.log());
    assert!(!folder.exists() && !world.below("runs").exists());
    // The host itself is well.
    world.hears("ana", "/run linux-disk-usage path=/etc on real01", &["r3 succeeded"]).await;
    assert!(world.logins() > 0);
    world.end().await;
}

/// Takes connections in front of a server: throws the first ones away, and lets the others through.
fn reset_first(count: usize, to: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (at, client) in listener.incoming().enumerate() {
            let (Ok(client), true) = (client, at >= count) else { continue };
            let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            for (mut from, mut to) in [(&client, &server), (&server, &client)]
                .map(|(from, to)| (from.try_clone().unwrap(), to.try_clone().unwrap()))
            {
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_reset_end_no_approved_request() {
    let world = World::new();
    let folder = world.below("made");
    let port = reset_first(2, world.sshd.port);
    let config = world.folder.path().join("dogwatch.toml");
    let text = fs::read_to_string(&config).unwrap();
    let direct = format!("port = {}", world.sshd.port);
    fs::write(&config, text.replacen(&direct, &format!("port = {port}"), 1)).unwrap();
    let create = format!("/run host-folder-create path={} on real01 because of a test", folder.display());
    world.types("ana", &create).await;
    world.hears("ben", "/approve r1", &["r1 waits: `real01` can't be reached", "try 1, next at"]).await;
    let heard = |text: &str| world.heard.0.lock().unwrap().contains(text);
    let ended = async {
        while !heard("r1 succeeded") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ended).await.unwrap();
    assert!(folder.is_dir());
    world.end().await;
}
