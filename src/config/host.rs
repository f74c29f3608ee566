//! One entry of the inventory, checked.

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
    for (what, text) in [("address", &raw.address), ("user", &raw.user)] {
        let plain = |c: char| c.is_ascii_graphic() && !"'\"`\\$;&|<>".contains(c);
        if text.is_empty() || text.len() > 255 || text.starts_with('-') || !text.chars().all(plain) {
            return Err(format!("`{text}` can't be its {what}"));
        }
    }
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
        address: raw.address,
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

/// The fingerprint of a key: given as such, or as the line of a public key file.
fn fingerprint(text: &str) -> Result<String, String> {
    let wrong = || {
        format!(
            "`{text}` is no host key: give `SHA256:...` as `ssh-keygen -lf` prints it, or the line of its .pub file"
        )
    };
    if let Some(hash) = text.strip_prefix("SHA256:") {
        let decoded = STANDARD_NO_PAD.decode(hash).map_err(|_| wrong())?;
        return if decoded.len() == 32 { Ok(text.to_owned()) } else { Err(wrong()) };
    }
    let mut words = text.split_whitespace();
    let (Some(kind), Some(key)) = (words.next(), words.next()) else { return Err(wrong()) };
    let bytes = STANDARD.decode(key).map_err(|_| wrong())?;
    // The blob begins with its own kind, after four bytes of length (RFC 4253, 6.6).
    let own_kind = bytes.get(4..4 + kind.len());
    if own_kind != Some(kind.as_bytes()) {
        return Err(wrong());
    }
    Ok(format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&bytes))))
}
