//! Keys of the lab: made once, kept in the lab's folder, good for nothing else.

use std::path::Path;

use russh::keys::ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use russh::keys::ssh_key::{LineEnding, PrivateKey};

use super::error::LabError;
use super::files::replace;

/// The key in `path`, made if it is missing: ed25519, OpenSSH format, mode 0600, no passphrase.
pub fn load_or_create(path: &Path, comment: &str) -> Result<PrivateKey, LabError> {
    let failed =
        |operation: &'static str| move |source| LabError::Key { operation, path: path.to_owned(), source };
    if path.exists() {
        return PrivateKey::read_openssh_file(path).map_err(failed("read"));
    }
    let mut seed = [0; Ed25519PrivateKey::BYTE_SIZE];
    getrandom::fill(&mut seed).map_err(|error| LabError::content("create", path, error))?;
    let pair = Ed25519Keypair::from(Ed25519PrivateKey::from_bytes(&seed));
    let key = PrivateKey::new(KeypairData::from(pair), comment).map_err(failed("create"))?;
    let text = key.to_openssh(LineEnding::LF).map_err(failed("encode"))?;
    replace(path, text.as_bytes())?;
    Ok(key)
}
