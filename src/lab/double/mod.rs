//! The doubles: dogwatch under the name of a host's tool.
//!
//! Invariant: a double prints what the real tool prints and changes the state and the folder of one
//! lab host, nothing else. It signals no process and opens no path but through [`Root`].

mod call;
mod disk;
mod esxi;
mod files;
mod grep;
mod linux;
mod listing;
mod process;
mod qemu_img;
mod virsh;
mod vm_support;
mod vmware_cmd;

use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use super::error::LabError;
use super::files::append;
use super::lock::Locked;
use super::root::Root;
use super::state::{Kind, now_ms};

use self::call::Call;

/// The variable that names the folder of the host to a double.
pub const LAB_VARIABLE: &str = "DOGWATCH_LAB";
/// Bytes that a double takes from its standard input.
const INPUT_BYTES_MAX: u64 = 1024 * 1024;
/// Beyond this the log of a host begins anew; one older part is kept.
const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The longest delay that a test can ask for.
const DELAY_MAX: Duration = Duration::from_secs(120);

/// A tool: prints into the call, returns the exit status.
type Tool = fn(&mut Call) -> u8;

/// What a play left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// The exit status.
    pub code: u8,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: Vec<u8>,
}

/// The tools of a host, by name.
pub fn tools(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Esx3 => &[
            "cat",
            "df",
            "du",
            "grep",
            "kill",
            "ls",
            "mkdir",
            "ps",
            "rm",
            "stat",
            "tee",
            "uptime",
            "vm-support",
            "vmkfstools",
            "vmkload_app",
            "vmware-cmd",
        ],
        Kind::Esxi => &[
            "cat",
            "df",
            "du",
            "esxcli",
            "grep",
            "kill",
            "ls",
            "mkdir",
            "ps",
            "rm",
            "stat",
            "uptime",
            "vim-cmd",
            "vmfsfilelockinfo",
        ],
        Kind::Kvm => &[
            "apt-get",
            "cat",
            "df",
            "du",
            "grep",
            "journalctl",
            "kill",
            "ls",
            "lsof",
            "mkdir",
            "ps",
            "qemu-img",
            "rm",
            "stat",
            "tee",
            "uptime",
            "virsh",
        ],
    }
}

fn tool(kind: Kind, name: &str) -> Option<Tool> {
    if !tools(kind).contains(&name) {
        return None;
    }
    Some(match name {
        "apt-get" => linux::apt_get,
        "cat" => files::cat,
        "df" => disk::df,
        "du" => disk::du,
        "esxcli" => esxi::esxcli,
        "grep" => grep::grep,
        "journalctl" => linux::journalctl,
        "kill" => process::kill,
        "ls" => listing::ls,
        "lsof" => linux::lsof,
        "mkdir" => files::mkdir,
        "ps" => process::ps,
        "qemu-img" => qemu_img::qemu_img,
        "rm" => files::rm,
        "stat" => listing::stat,
        "tee" => files::tee,
        "uptime" => process::uptime,
        "vim-cmd" => esxi::vim_cmd,
        "virsh" => virsh::virsh,
        "vm-support" => vm_support::vm_support,
        "vmfsfilelockinfo" => esxi::lock_info,
        "vmkfstools" => vmware_cmd::vmkfstools,
        "vmkload_app" => vm_support::vmkload_app,
        "vmware-cmd" => vmware_cmd::vmware_cmd,
        _ => return None,
    })
}

/// Plays a tool if this process was started under the name of one inside a lab host; `None` means
/// that dogwatch was started as itself.
pub fn play_by_name() -> Option<ExitCode> {
    let folder = PathBuf::from(std::env::var_os(LAB_VARIABLE)?);
    let mut words = std::env::args_os();
    let name = Path::new(&words.next()?).file_name()?.to_str()?.to_owned();
    let known = [Kind::Esx3, Kind::Esxi, Kind::Kvm].iter().any(|kind| tools(*kind).contains(&name.as_str()));
    if !known {
        return None;
    }
    let args: Vec<OsString> = words.collect();
    let played = play(&folder, &name, &args, &mut io::stdin().lock());
    // A reader that has gone is no reason to fail: the real tools would end by SIGPIPE.
    let _ = io::stdout().write_all(&played.out).and_then(|()| io::stdout().flush());
    let _ = io::stderr().write_all(&played.err);
    Some(ExitCode::from(played.code))
}

/// Plays the tool `name` on the host in `folder`, noting the play in the host's log first.
pub fn play(folder: &Path, name: &str, args: &[OsString], input: &mut dyn Read) -> Played {
    let trouble = |text: String| Played { code: 125, out: Vec::new(), err: format!("{text}\n").into_bytes() };
    let args: Option<Vec<String>> = args.iter().map(|arg| arg.to_str().map(str::to_owned)).collect();
    let Some(args) = args else { return trouble(format!("{name}: an argument is not UTF-8")) };
    match play_noted(folder, name, &args, input) {
        Ok(played) => played,
        Err(error) => {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            trouble(format!("dogwatch lab: {error}{cause}"))
        }
    }
}

fn play_noted(folder: &Path, name: &str, args: &[String], input: &mut dyn Read) -> Result<Played, LabError> {
    if !folder.is_absolute() {
        return Err(LabError::content("use", folder, "the path of a lab host is absolute"));
    }
    let folder = std::fs::canonicalize(folder).map_err(LabError::file("open", folder))?;
    let host = Locked::open(&folder)?;
    let Some(tool) = tool(host.state.kind, name) else {
        return Err(LabError::content("use", &folder, format!("this host has no {name}")));
    };
    note(&folder, name, args)?;
    let delay = host.state.delays_ms.get(name).copied().unwrap_or(0);
    // Neither a slow tool nor a silent standard input may hold the other doubles up.
    drop(host);
    std::thread::sleep(Duration::from_millis(delay).min(DELAY_MAX));
    let input = read_input(name, args, input);
    let root = Root::new(folder.join("root"));
    let host = Locked::open(&folder)?;
    let mut call = Call { host, root, args, input, out: Vec::new(), err: Vec::new() };
    let code = tool(&mut call);
    call.host.save()?;
    Ok(Played { code, out: call.out, err: call.err })
}

fn read_input(name: &str, args: &[String], input: &mut dyn Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    let wanted = match name {
        "tee" => true,
        "cat" => args.iter().all(|arg| arg == "--"),
        "virsh" => args.iter().any(|arg| arg == "/dev/stdin"),
        "vm-support" => args.iter().any(|arg| arg == "-X"),
        "vmware-cmd" => args.last().is_some_and(|arg| arg == "answer"),
        _ => false,
    };
    if !wanted {
        return bytes;
    }
    let mut limited = input.take(INPUT_BYTES_MAX);
    if let "vm-support" | "vmware-cmd" = name {
        // Three answers, or one; what follows them is not waited for.
        let mut byte = [0];
        let mut lines = 0;
        let wanted = if name == "vm-support" { 3 } else { 1 };
        while lines < wanted && matches!(limited.read(&mut byte), Ok(1)) {
            bytes.push(byte[0]);
            lines += usize::from(byte[0] == b'\n');
        }
    } else {
        let _ = limited.read_to_end(&mut bytes);
    }
    bytes
}

/// One line a play, appended by one write before anything else happens: a test counts these.
fn note(folder: &Path, name: &str, args: &[String]) -> Result<(), LabError> {
    let path = folder.join("log");
    if std::fs::metadata(&path).is_ok_and(|meta| meta.len() > LOG_BYTES_MAX) {
        std::fs::rename(&path, folder.join("log.old")).map_err(LabError::file("rename", &path))?;
    }
    let line = serde_json::json!({ "at_ms": now_ms(), "tool": name, "args": args });
    append(&path, &format!("{line}\n"))
}
