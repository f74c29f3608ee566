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

/// What takes least of a processor first. A group of 4,096 bits takes tenths of a second, one of 8,192
/// bits seconds: it comes last.
const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_G14_SHA256,
];

/// Before any group that a server chooses itself: an old one may choose 1,024 bits, which are refused.
const OLD_KEX: &[kex::Name] = &[kex::DH_G14_SHA1];

/// Where the server chooses the group, and the large ones.
const COSTLY_KEX: &[kex::Name] =
    &[kex::DH_GEX_SHA256, kex::DH_G15_SHA512, kex::DH_G16_SHA512, kex::DH_G17_SHA512, kex::DH_G18_SHA512];

const OLDEST_KEX: &[kex::Name] = &[kex::DH_GEX_SHA1, kex::DH_G1_SHA1];

/// What is said in the list of key exchanges and is none.
const EXTENSIONS: &[kex::Name] =
    &[kex::EXTENSION_SUPPORT_AS_CLIENT, kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT];

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
        kex: key_exchanges(legacy),
        key: key.cloned().collect(),
        host_key_certificates: Cow::Borrowed(&[]),
        cipher: with_old(CIPHERS, OLD_CIPHERS, legacy),
        mac: with_old(&default.mac, OLD_MACS, legacy),
        compression: Cow::Borrowed(&[compression::NONE]),
    }
}

/// Whether what a server offered where nothing met is for hosts marked `legacy`.
pub(super) fn is_old(error: &russh::Error) -> bool {
    let russh::Error::NoCommonAlgo { theirs, .. } = error else { return false };
    let kex = OLD_KEX.iter().chain(OLDEST_KEX).map(AsRef::as_ref);
    let ciphers = OLD_CIPHERS.iter().map(AsRef::as_ref);
    let macs = OLD_MACS.iter().map(AsRef::as_ref);
    let old: Vec<&str> = kex.chain(ciphers).chain(macs).chain(["ssh-rsa"]).collect();
    theirs.iter().any(|name| old.contains(&name.as_str()))
}

fn key_exchanges(legacy: bool) -> Cow<'static, [kex::Name]> {
    let parts: &[&[kex::Name]] = if legacy {
        &[KEX, OLD_KEX, COSTLY_KEX, OLDEST_KEX, EXTENSIONS]
    } else {
        &[KEX, COSTLY_KEX, EXTENSIONS]
    };
    parts.concat().into()
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
