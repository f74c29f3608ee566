//! One entry of the inventory, checked.

use std::net::Ipv6Addr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::inventory::Inventory;
use super::raw;
use crate::domain::id::HostName;
use crate::domain::world::host::Host;

/// What names of lab hosts begin with.
const LAB: &str = "lab-";

/// Checks an entry; the error says what is wrong and what to do.
pub(super) fn checked(raw: raw::Host, inventory: Inventory) -> Result<Host, String> {
    let name_byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if raw.name.is_empty()
        || raw.name.len() > 64
        || !raw.name.bytes().all(name_byte)
        || raw.name.starts_with('-')
    {
        return Err("a name has 1 to 64 letters, digits, `.`, `-` and `_` and no leading `-`".to_owned());
    }
    match inventory {
        Inventory::Real if raw.name.starts_with(LAB) => {
            return Err(format!(
                "names that begin with `{LAB}` belong to the practice hosts: give it another name"
            ));
        }
        Inventory::Lab if !raw.name.starts_with(LAB) => {
            return Err(format!("a practice host's name begins with `{LAB}`"));
        }
        _ => {}
    }
    let address = address(&raw.address)?;
    user(&raw.user)?;
    if raw.port == 0 {
        return Err("port 0 is no port".to_owned());
    }
    let Some(first) = raw.platforms.first() else {
        return Err("platforms is empty: name at least one of esx3, esxi, kvm, linux, windows".to_owned());
    };
    let path = raw.path.unwrap_or_else(|| first.default_path().to_owned());
    if !path.split(':').all(|folder| folder.starts_with('/')) && !path.is_empty() {
        return Err(format!("`{path}` can't be its path: absolute folders with `:` between them"));
    }
    if !raw.folder.is_empty()
        && (!raw.folder.starts_with('/') || raw.folder.split('/').any(|name| name == ".."))
    {
        return Err(format!("`{}` can't be its folder: an absolute path without `..`", raw.folder));
    }
    Ok(Host {
        name: HostName(raw.name),
        address,
        port: raw.port,
        user: raw.user,
        platforms: raw.platforms,
        labels: raw.labels,
        host_key: raw.host_key.as_deref().map(fingerprint).transpose()?,
        sudo: raw.sudo,
        legacy: raw.legacy,
        path,
        folder: raw.folder,
    })
}

/// What can stand in an address or a user without being taken for anything else.
fn is_plain(text: &str, more: &[char]) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && (!"'\"`\\$;&|<>".contains(c) || more.contains(&c));
    !text.is_empty() && text.len() <= 255 && !text.starts_with('-') && text.chars().all(plain)
}

/// A name or an IP address; one of version 6 with or without its brackets.
fn address(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    // A local address names the network behind it: `fe80::1%eth0`.
    let is_v6 = bare.split('%').next().is_some_and(|number| number.parse::<Ipv6Addr>().is_ok());
    let is_name = |text: &str| !text.contains([':', '@', '/', '[', ']']);
    if is_plain(bare, &[]) && (is_v6 || is_name(text)) {
        return Ok(bare.to_owned());
    }
    Err(format!(
        "`{text}` can't be its address: a name or an IP address alone; a user goes into `user`, a port into `port`"
    ))
}

/// A login name; the names of a Windows domain have a backslash: `CORP\bob`.
fn user(text: &str) -> Result<(), String> {
    if is_plain(text, &['\\']) {
        return Ok(());
    }
    Err(format!(
        "`{text}` can't be its user: up to 255 ASCII characters without spaces, quotation marks, any of `$;&|<>` \
         or a leading `-`"
    ))
}

/// The fingerprint of a key: given as such, or anywhere in a line that OpenSSH writes about it: of a
/// public key file, of `known_hosts`, of `ssh-keyscan`, of `ssh-keygen -lf`.
fn fingerprint(text: &str) -> Result<String, String> {
    let wrong = |what: &str| {
        Err(format!(
            "`{text}` is {what}: give `SHA256:...` as `ssh-keygen -lf` prints it, the line of its .pub file, or its \
             line of known_hosts"
        ))
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let words: Vec<_> = lines.next().unwrap_or_default().split_whitespace().collect();
    if lines.next().is_some() {
        return wrong("more than one host key");
    }
    match words.first() {
        Some(&"@revoked") => return wrong("a key that was revoked"),
        Some(&"@cert-authority") => return wrong("the key of an authority, not of a host"),
        _ => {}
    }
    if let Some(hash) = words.iter().find_map(|word| word.strip_prefix("SHA256:")) {
        let hash = hash.trim_end_matches('=');
        let is_hash = STANDARD_NO_PAD.decode(hash).is_ok_and(|bytes| bytes.len() == 32);
        return if is_hash { Ok(format!("SHA256:{hash}")) } else { wrong("no host key") };
    }
    match words.windows(2).find_map(|pair| key_blob(pair[0], pair[1])) {
        Some(blob) => Ok(format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&blob)))),
        None => wrong("no host key"),
    }
}

/// The bytes of a key, if `key` is one of this kind.
fn key_blob(kind: &str, key: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(key).ok()?;
    // The blob begins with its own kind, after four bytes of length (RFC 4253, 6.6).
    let length = u32::try_from(kind.len()).ok()?.to_be_bytes();
    let rest = bytes.strip_prefix(&length[..])?;
    rest.starts_with(kind.as_bytes()).then_some(bytes)
}
