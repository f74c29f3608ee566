//! A disk that loses what was not synced.
//!
//! It follows the calls of a trace. After any of them the power may go: what a sync that has returned covers is
//! there; of every other write all, nothing, a beginning or any pieces may be, or zeros in their place. Names in
//! a folder are there in the order in which they were made, as in a journal, up to any point since its last sync.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::trace::Call;
use crate::chance::Chance;

/// What one cut leaves below the root: files with their bytes, and folders.
pub type Left = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// What becomes of all that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It had just been written.
    KeepsAll,
    KeepsNothing,
    /// Something else in each file and each folder.
    ByChance(u64),
}

/// What becomes of the writes to one file.
#[derive(Clone, Copy)]
enum Loss {
    Nothing,
    Everything,
    /// Each write has only begun.
    Torn,
    /// Of pieces of so many bytes each is there or not, or there are zeros.
    Pieces(usize),
}

/// Something that was done, by which call.
struct Done<T> {
    what: T,
    call: usize,
    has_ended: bool,
    is_durable: bool,
}

#[derive(Clone)]
enum Change {
    Bytes { at: usize, bytes: Vec<u8> },
    Length(usize),
}

enum Naming {
    Named { name: PathBuf, node: usize },
    Renamed { from: PathBuf, to: PathBuf },
    Removed { name: PathBuf },
}

/// What a folder holds, by the numbers of the files and folders.
type Names = BTreeMap<PathBuf, usize>;

enum Node {
    File(Vec<Done<Change>>),
    Folder { names: Names, done: Vec<Done<Naming>> },
}

/// The files below a folder.
pub struct Disk {
    root: PathBuf,
    nodes: Vec<Node>,
    /// What each sync under way will have made durable: the file or folder, and which of its changes.
    syncs: HashMap<usize, (usize, Vec<usize>)>,
}

impl Disk {
    /// What stands below `root` now, all of it durable.
    pub fn of(root: &Path) -> Self {
        let nodes = vec![Node::Folder { names: Names::new(), done: Vec::new() }];
        let mut disk = Self { root: root.to_owned(), nodes, syncs: HashMap::new() };
        // The first is the root itself.
        for (call, (path, bytes)) in found(root).into_iter().enumerate().skip(1) {
            let path = root.join(path);
            match bytes {
                None => disk.begins(call, &Call::Folder { path }),
                Some(bytes) => {
                    disk.begins(call, &Call::Made { path: path.clone(), emptied: false });
                    disk.begins(call, &Call::Written { path, at: 0, bytes });
                }
            }
        }
        for node in &mut disk.nodes {
            node.each(|_, _, has_ended, is_durable| (*has_ended, *is_durable) = (true, true));
        }
        disk
    }

    /// A call is made; from now on the disk may have some of it.
    pub fn begins(&mut self, call: usize, made: &Call) {
        match made {
            Call::Said { .. } => {}
            Call::Made { path, emptied } => match self.find(path) {
                Some(node) if *emptied => self.change(node, call, Change::Length(0)),
                Some(_) => {}
                None => self.name(path, call, Node::File(Vec::new())),
            },
            Call::Folder { path } => {
                self.name(path, call, Node::Folder { names: Names::new(), done: Vec::new() });
            }
            Call::Written { path, at, bytes } => {
                if let Some(node) = self.find(path) {
                    self.change(node, call, Change::Bytes { at: *at, bytes: bytes.clone() });
                }
            }
            Call::Length { path, len } => {
                if let Some(node) = self.find(path) {
                    self.change(node, call, Change::Length(*len));
                }
            }
            Call::Renamed { from, to } => self.rename(from, to, call),
            Call::Removed { path } => {
                let name = PathBuf::from(path.file_name().unwrap());
                if let Some((names, done)) = self.folder_of(path) {
                    names.remove(&name);
                    done.push(Done::now(Naming::Removed { name }, call));
                }
            }
            Call::Synced { path } => {
                let Some(node) = self.find(path) else { return };
                let mut covered = Vec::new();
                self.nodes[node].each(|_, at, has_ended, _| covered.extend(has_ended.then_some(at)));
                self.syncs.insert(call, (node, covered));
            }
        }
    }

    /// A call has returned.
    pub fn ends(&mut self, call: usize) {
        if let Some((node, covered)) = self.syncs.remove(&call) {
            self.nodes[node].each(|_, at, _, is_durable| *is_durable |= covered.contains(&at));
        }
        for node in &mut self.nodes {
            node.each(|of, _, has_ended, _| *has_ended |= of == call);
        }
    }

    /// What is left when the power goes now.
    pub fn left(&self, cut: Cut) -> Left {
        let mut chance = Chance::from_seed(if let Cut::ByChance(seed) = cut { seed } else { 0 });
        let mut left = Left::new();
        self.gather(0, Path::new(""), cut, &mut chance, &mut left);
        left
    }

    fn gather(&self, node: usize, at: &Path, cut: Cut, chance: &mut Chance, left: &mut Left) {
        let bytes = match &self.nodes[node] {
            Node::File(done) => Some(bytes_left(done, cut, chance)),
            Node::Folder { done, .. } => {
                for (name, node) in names_left(done, cut, chance) {
                    self.gather(node, &at.join(name), cut, chance, left);
                }
                None
            }
        };
        left.insert(at.to_owned(), bytes);
    }

    fn find(&self, path: &Path) -> Option<usize> {
        let names = path.strip_prefix(&self.root).ok()?;
        names.iter().try_fold(0, |node, name| match &self.nodes[node] {
            Node::Folder { names, .. } => names.get(Path::new(name)).copied(),
            Node::File(_) => None,
        })
    }

    fn change(&mut self, node: usize, call: usize, change: Change) {
        let Node::File(done) = &mut self.nodes[node] else { panic!("{call}: no file") };
        done.push(Done::now(change, call));
    }

    /// The folder that holds a path, if it is below the root.
    fn folder_of(&mut self, path: &Path) -> Option<(&mut Names, &mut Vec<Done<Naming>>)> {
        let folder = self.find(path.parent()?)?;
        match &mut self.nodes[folder] {
            Node::Folder { names, done } => Some((names, done)),
            Node::File(_) => None,
        }
    }

    fn name(&mut self, path: &Path, call: usize, new: Node) {
        let node = self.nodes.len();
        let Some((names, done)) = self.folder_of(path) else { return };
        let name = PathBuf::from(path.file_name().unwrap());
        names.insert(name.clone(), node);
        done.push(Done::now(Naming::Named { name, node }, call));
        self.nodes.push(new);
    }

    fn rename(&mut self, from: &Path, to: &Path, call: usize) {
        let Some((names, done)) = self.folder_of(from) else { return };
        assert_eq!(from.parent(), to.parent(), "to another folder");
        let [from, to] = [from, to].map(|path| PathBuf::from(path.file_name().unwrap()));
        let node = names.remove(&from).unwrap();
        names.insert(to.clone(), node);
        done.push(Done::now(Naming::Renamed { from, to }, call));
    }
}

impl<T> Done<T> {
    fn now(what: T, call: usize) -> Self {
        Self { what, call, has_ended: false, is_durable: false }
    }
}

impl Node {
    /// Shows each change: its call, its number here, whether it has ended and whether it is durable.
    fn each(&mut self, mut look: impl FnMut(usize, usize, &mut bool, &mut bool)) {
        match self {
            Self::File(done) => {
                for (at, done) in done.iter_mut().enumerate() {
                    look(done.call, at, &mut done.has_ended, &mut done.is_durable);
                }
            }
            Self::Folder { done, .. } => {
                for (at, done) in done.iter_mut().enumerate() {
                    look(done.call, at, &mut done.has_ended, &mut done.is_durable);
                }
            }
        }
    }
}

fn bytes_left(done: &[Done<Change>], cut: Cut, chance: &mut Chance) -> Vec<u8> {
    let loss = match cut {
        Cut::KeepsAll => Loss::Nothing,
        Cut::KeepsNothing => Loss::Everything,
        Cut::ByChance(_) => match chance.below(5) {
            0 => Loss::Nothing,
            1 => Loss::Everything,
            2 => Loss::Torn,
            3 => Loss::Pieces(512),
            _ => Loss::Pieces(4096),
        },
    };
    let mut left = Vec::new();
    for Done { what, is_durable, .. } in done {
        match (what, if *is_durable { Loss::Nothing } else { loss }) {
            (_, Loss::Everything) => {}
            (Change::Length(len), loss) => {
                if matches!(loss, Loss::Nothing) || chance.below(2) == 0 {
                    left.resize(*len, 0);
                }
            }
            (Change::Bytes { at, bytes }, Loss::Nothing) => put(&mut left, *at, bytes),
            (Change::Bytes { at, bytes }, Loss::Torn) => {
                let begun = usize::try_from(chance.below(bytes.len() as u64 + 1)).unwrap();
                put(&mut left, *at, &bytes[..begun]);
            }
            (Change::Bytes { at, bytes }, Loss::Pieces(size)) => {
                let (mut from, end) = (*at, at + bytes.len());
                while from < end {
                    let to = end.min((from / size + 1) * size);
                    match chance.below(3) {
                        0 => put(&mut left, from, &bytes[from - at..to - at]),
                        1 => put(&mut left, from, &vec![0; to - from]),
                        _ => {}
                    }
                    from = to;
                }
            }
        }
    }
    left
}

fn put(left: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    left.resize(left.len().max(at + bytes.len()), 0);
    left[at..at + bytes.len()].copy_from_slice(bytes);
}

fn names_left(done: &[Done<Naming>], cut: Cut, chance: &mut Chance) -> Names {
    let durable = done.iter().rposition(|done| done.is_durable).map_or(0, |last| last + 1);
    let open = done.len() - durable;
    let kept = match cut {
        Cut::KeepsAll => open,
        Cut::KeepsNothing => 0,
        Cut::ByChance(_) => usize::try_from(chance.below(open as u64 + 1)).unwrap(),
    };
    let mut names = Names::new();
    for Done { what, .. } in &done[..durable + kept] {
        match what {
            Naming::Named { name, node } => drop(names.insert(name.clone(), *node)),
            Naming::Removed { name } => drop(names.remove(name)),
            Naming::Renamed { from, to } => {
                let node = names.remove(from).unwrap();
                names.insert(to.clone(), node);
            }
        }
    }
    names
}

/// What stands below a folder now.
pub fn found(root: &Path) -> Left {
    let entries = WalkDir::new(root).into_iter().map(Result::unwrap);
    let left = entries.map(|entry| {
        let bytes = entry.file_type().is_file().then(|| fs::read(entry.path()).unwrap());
        (entry.path().strip_prefix(root).unwrap().to_owned(), bytes)
    });
    left.collect()
}

/// Puts what is left into a folder, private as the record wants it.
pub fn restore(left: &Left, root: &Path) {
    for (path, bytes) in left {
        let path = root.join(path);
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None if path.exists() => {}
            None => {
                fs::create_dir(&path).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
            }
        }
    }
}
