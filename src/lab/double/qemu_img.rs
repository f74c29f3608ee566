//! `qemu-img`. Texts are those of qemu-img 7.2, tried.

use super::super::root::reason;
use super::call::Call;

/// `create -f qcow2 FILE SIZE[KMGT]`: like the real one, it replaces a file that is there.
pub fn qemu_img(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["create", "-f", "qcow2", file, size] = words.as_slice() else {
        let word = words.first().copied().unwrap_or_default();
        call.complain(format!(
            "qemu-img: Command not found: {word}\nTry 'qemu-img --help' for more information"
        ));
        return 1;
    };
    let Some(bytes) = bytes_of(size) else {
        call.complain(
            "qemu-img: Invalid image size specified. You may use k, M, G, T, P or E suffixes for \nqemu-img: \
             kilobytes, megabytes, gigabytes, terabytes, petabytes and exabytes.",
        );
        return 1;
    };
    // Said before it is tried.
    call.say(format!(
        "Formatting '{file}', fmt=qcow2 cluster_size=65536 extended_l2=off compression_type=zlib size={bytes} \
         lazy_refcounts=off refcount_bits=16"
    ));
    // An empty image takes 193 KiB, whatever its size.
    let made = call.room_for(file).and_then(|()| call.root.write_hole(file, 196_624));
    if let Err(error) = made {
        call.complain(format!("qemu-img: {file}: Could not create '{file}': {}", reason(&error)));
        return 1;
    }
    0
}

fn bytes_of(size: &str) -> Option<u64> {
    let power = match size.chars().last()? {
        'K' => 10,
        'M' => 20,
        'G' => 30,
        'T' => 40,
        _ => return None,
    };
    let number: u64 = size[..size.len() - 1].parse().ok()?;
    number.checked_mul(1 << power)
}
