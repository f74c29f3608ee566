//! How full the simulated disks are: counted from the lengths of the files in the host's folder.

use std::fs;
use std::io;
use std::path::Path;

use super::root::{DEPTH_MAX, ENTRIES_MAX, Root, join};
use super::state::Filesystem;

const BLOCK: u64 = 4096;

/// What `df` says about one file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Taken by files and folders.
    pub used_kib: u64,
    /// What is left to ordinary programs.
    pub free_kib: u64,
    /// Files and folders.
    pub entries: u64,
}

impl Usage {
    /// `Use%` as GNU df rounds it: up. `None` where there is nothing to fill.
    pub fn percent(&self) -> Option<u64> {
        let all = self.used_kib + self.free_kib;
        (all > 0).then(|| (self.used_kib * 100).div_ceil(all))
    }
}

/// The blocks that one entry takes, in KiB. Images are holes on the real disk, so lengths count.
pub fn size_kib(meta: &fs::Metadata) -> u64 {
    let blocks = if meta.is_dir() { 1 } else { meta.len().div_ceil(BLOCK) };
    blocks * BLOCK / 1024
}

/// The index of the file system that holds `path` (a real path of the host, links resolved).
pub fn holding(filesystems: &[Filesystem], path: &str) -> Option<usize> {
    let below = |mount: &str| mount == "/" || path == mount || path.starts_with(&format!("{mount}/"));
    let holds = filesystems.iter().enumerate().filter(|(_, fs)| below(&fs.mount));
    holds.max_by_key(|(_, fs)| fs.mount.len()).map(|(index, _)| index)
}

/// The usage of every file system, in their order.
pub fn usages(root: &Root, filesystems: &[Filesystem]) -> Vec<Usage> {
    let mut usages = vec![Usage::default(); filesystems.len()];
    let mut visit = |path: &str, meta: &fs::Metadata| {
        if let Some(usage) = holding(filesystems, path).and_then(|index| usages.get_mut(index)) {
            usage.used_kib += size_kib(meta);
            usage.entries += 1;
        }
    };
    walk(root, "/", &mut ENTRIES_MAX.clone(), 0, &mut visit);
    for (usage, filesystem) in usages.iter_mut().zip(filesystems) {
        let usable = filesystem.size_kib.saturating_sub(filesystem.reserved_kib);
        usage.used_kib = usage.used_kib.min(filesystem.size_kib);
        usage.free_kib = usable.saturating_sub(usage.used_kib);
    }
    usages
}

/// The usage of the file system in which `path` lies or would lie.
pub fn usage_of(root: &Root, filesystems: &[Filesystem], path: &str) -> Option<Usage> {
    let place = root.locate(path).ok()?;
    let index = holding(filesystems, &root.shown(&place))?;
    usages(root, filesystems).get(index).copied()
}

fn walk(
    root: &Root,
    path: &str,
    left: &mut usize,
    depth: usize,
    visit: &mut impl FnMut(&str, &fs::Metadata),
) {
    let Ok(meta) = entry(root, path) else { return };
    if *left == 0 || depth > DEPTH_MAX {
        return;
    }
    *left -= 1;
    visit(path, &meta);
    if meta.is_dir() {
        for name in root.list(path).unwrap_or_default() {
            walk(root, &join(path, &name), left, depth + 1, visit);
        }
    }
}

/// The metadata of the entry itself: links are counted, not followed.
fn entry(root: &Root, path: &str) -> io::Result<fs::Metadata> {
    let place: &Path = &root.locate_entry(path)?;
    fs::symlink_metadata(place)
}

/// What `du` is asked to measure.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measure<'a> {
    /// How far below the path something is told of.
    pub depth_max: usize,
    /// With them, what lies on other file systems is left out.
    pub mounts: Option<&'a [Filesystem]>,
    /// Files are told of too.
    pub files: bool,
    /// Entries are counted, not KiB.
    pub inodes: bool,
    /// A path that is a link stands for what it leads to.
    pub follow: bool,
}

/// What `du` prints: what is below `path`, each before the folder that holds it.
pub fn measured(root: &Root, path: &str, measure: Measure<'_>) -> Vec<(u64, String)> {
    let mut lines = Vec::new();
    let place = if measure.follow { root.locate(path) } else { root.locate_entry(path) };
    let start = place.map(|place| root.shown(&place)).unwrap_or_default();
    let keep = |path: &str| measure.mounts.is_none_or(|all| holding(all, path) == holding(all, &start));
    let mut sum = Summing { root, keep: &keep, measure, left: ENTRIES_MAX, lines: &mut lines };
    sum.add(path, &start, 0);
    lines
}

struct Summing<'a> {
    root: &'a Root,
    keep: &'a dyn Fn(&str) -> bool,
    measure: Measure<'a>,
    left: usize,
    lines: &'a mut Vec<(u64, String)>,
}

impl Summing<'_> {
    fn add(&mut self, named: &str, real: &str, depth: usize) -> u64 {
        let Ok(meta) = entry(self.root, real) else { return 0 };
        if !(self.keep)(real) || self.left == 0 || depth > DEPTH_MAX {
            return 0;
        }
        self.left -= 1;
        let mut sum = match (self.measure.inodes, meta.is_symlink()) {
            (true, _) => 1,
            (false, true) => 0,
            (false, false) => size_kib(&meta),
        };
        if meta.is_dir() {
            for name in self.root.list(real).unwrap_or_default() {
                sum += self.add(&join(named, &name), &join(real, &name), depth + 1);
            }
        }
        let is_told = meta.is_dir() || self.measure.files;
        if depth == 0 || (is_told && depth <= self.measure.depth_max) {
            self.lines.push((sum, named.to_owned()));
        }
        sum
    }
}

/// A size as GNU prints it with `-h`: rounded up, one decimal below ten.
pub fn human(kib: u64) -> String {
    if kib == 0 {
        return "0".to_owned();
    }
    let (tenths, unit) = scaled(kib);
    if tenths < 100 {
        format!("{}.{}{unit}", tenths / 10, tenths % 10)
    } else {
        format!("{}{unit}", tenths.div_ceil(10))
    }
}

/// A size as `ESXi` prints it: always one decimal.
pub fn human_esxi(kib: u64) -> String {
    let (tenths, unit) = scaled(kib);
    format!("{}.{}{unit}", tenths / 10, tenths % 10)
}

/// Tenths of the greatest unit that leaves less than 1024 of it, rounded up.
fn scaled(kib: u64) -> (u64, char) {
    let mut size = 1;
    let mut unit = 'K';
    for next in ['M', 'G', 'T'] {
        if kib.div_ceil(size) < 1024 {
            break;
        }
        size *= 1024;
        unit = next;
    }
    ((kib * 10).div_ceil(size), unit)
}
