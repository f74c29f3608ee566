//! `df` and `du`. Layouts and complaints are those of GNU coreutils, tried; of `ESXi` from public transcripts.

use std::fmt::Write as _;

use super::super::disk::{Measure, Usage, holding, human, human_esxi, measured, usages};
use super::super::root::reason;
use super::super::state::{Filesystem, Kind};
use super::call::Call;

/// `df [-h] [-i] [-k] [-P] [PATH...]` in the layout of the host's family.
pub fn df(call: &mut Call) -> u8 {
    let (options, paths) = call.split_args();
    let letters: String = options.iter().map(|option| option.trim_start_matches('-')).collect();
    if let Some(unknown) = letters.chars().find(|letter| !"hiklP".contains(*letter)) {
        return call.unknown_option("df", &unknown.to_string(), 1);
    }
    let filesystems = call.host.state.filesystems.clone();
    let all = usages(&call.root, &filesystems);
    let mut shown: Vec<usize> = Vec::new();
    let mut code = 0;
    for path in &paths {
        let place = call.root.locate(path).and_then(|place| std::fs::symlink_metadata(&place).map(|_| place));
        match place {
            Ok(place) => shown.extend(holding(&filesystems, &call.root.shown(&place))),
            Err(error) => {
                call.complain_about("df", path, &error);
                code = 1;
            }
        }
    }
    if paths.is_empty() {
        shown = (0..filesystems.len()).filter(|index| filesystems[*index].listed).collect();
    }
    if !shown.is_empty() {
        let rows: Vec<_> = shown.iter().map(|index| (&filesystems[*index], all[*index])).collect();
        let table = Table {
            kind: call.kind(),
            human: letters.contains('h'),
            inodes: letters.contains('i'),
            posix: letters.contains('P'),
        };
        let text = table.render(&rows);
        call.out.extend_from_slice(text.as_bytes());
    }
    code
}

struct Table {
    kind: Kind,
    human: bool,
    inodes: bool,
    posix: bool,
}

impl Table {
    fn render(&self, rows: &[(&Filesystem, Usage)]) -> String {
        let mut lines = vec![self.header()];
        lines.extend(rows.iter().map(|(filesystem, usage)| self.row(filesystem, usage)));
        let least = match (self.kind, self.human) {
            (Kind::Esx3, true) => [20, 5, 5, 5, 4],
            (Kind::Esx3, false) => [20, 9, 9, 9, 4],
            (Kind::Esxi, true) => [10, 6, 6, 9, 4],
            (Kind::Esxi, false) => [10, 10, 10, 10, 4],
            (Kind::Kvm, _) => [14, 5, 5, 5, 4],
        };
        let width =
            |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0).max(least[column]);
        let widths = [0, 1, 2, 3, 4].map(width);
        lines.iter().map(|line| format_row(line, widths)).collect()
    }

    fn header(&self) -> [String; 6] {
        if self.posix && !self.inodes && !self.human {
            return ["Filesystem", "1024-blocks", "Used", "Available", "Capacity", "Mounted on"]
                .map(str::to_owned);
        }
        let words = match (self.inodes, self.human, self.kind) {
            (true, _, _) => ["Filesystem", "Inodes", "IUsed", "IFree", "IUse%", "Mounted on"],
            (false, true, Kind::Esxi) => ["Filesystem", "Size", "Used", "Available", "Use%", "Mounted on"],
            (false, true, _) => ["Filesystem", "Size", "Used", "Avail", "Use%", "Mounted on"],
            (false, false, Kind::Esxi) => ["Filesystem", "Bytes", "Used", "Available", "Use%", "Mounted on"],
            (false, false, _) => ["Filesystem", "1K-blocks", "Used", "Available", "Use%", "Mounted on"],
        };
        words.map(str::to_owned)
    }

    fn row(&self, filesystem: &Filesystem, usage: &Usage) -> [String; 6] {
        let (device, mount) = (filesystem.device.clone(), filesystem.mount.clone());
        if self.inodes {
            let free = filesystem.inodes.saturating_sub(usage.entries);
            let percent = (usage.entries * 100).checked_div(filesystem.inodes).map(|n| n.max(1));
            let numbers = [filesystem.inodes, usage.entries, free].map(|number| number.to_string());
            let [all, used, free] = numbers;
            return [device, all, used, free, percent.map_or("-".to_owned(), |n| format!("{n}%")), mount];
        }
        let size = |kib: u64| match (self.human, self.kind) {
            (true, Kind::Esxi) => human_esxi(kib),
            (true, _) => human(kib),
            (false, Kind::Esxi) => (kib * 1024).to_string(),
            (false, _) => kib.to_string(),
        };
        let percent = usage.percent().map_or("-".to_owned(), |percent| format!("{percent}%"));
        let [all, used, free] = [filesystem.size_kib, usage.used_kib, usage.free_kib].map(size);
        [device, all, used, free, percent, mount]
    }
}

/// One line of `df`: the device to the left, numbers to the right.
fn format_row(line: &[String; 6], widths: [usize; 5]) -> String {
    let mut text = format!("{:<width$}", line[0], width = widths[0]);
    for (cell, width) in line[1..5].iter().zip(&widths[1..]) {
        let _ = write!(text, " {cell:>width$}");
    }
    format!("{text} {}\n", line[5])
}

/// `du [-h] [-x] [-s] [-a] [-D] [--inodes] [--max-depth=N] [--threshold=SIZE] PATH...`.
pub fn du(call: &mut Call) -> u8 {
    let (options, paths) = call.split_args();
    let wanted = match Wanted::read(&options) {
        Ok(wanted) => wanted,
        Err(Unread::Option(letter)) => return call.unknown_option("du", &letter, 1),
        Err(Unread::Value(text)) => {
            call.complain(format!("du: {text}"));
            return 1;
        }
    };
    let mut code = 0;
    let paths = if paths.is_empty() { vec![".".to_owned()] } else { paths };
    let filesystems = call.host.state.filesystems.clone();
    for path in &paths {
        if let Err(error) = call.root.metadata(path) {
            let path = if call.kind() == Kind::Esx3 { format!("`{path}'") } else { format!("'{path}'") };
            let verb = if call.kind() == Kind::Esx3 { "" } else { "cannot access " };
            call.complain(format!("du: {verb}{path}: {}", reason(&error)));
            code = 1;
            continue;
        }
        let mounts = wanted.one_disk.then_some(filesystems.as_slice());
        for (number, entry) in measured(&call.root, path, Measure { mounts, ..wanted.measure }) {
            if number < wanted.least {
                continue;
            }
            let is_size = wanted.readable && !wanted.measure.inodes;
            let size = if is_size { human(number) } else { number.to_string() };
            call.say(format!("{size}\t{entry}"));
        }
    }
    code
}

/// What the options of `du` ask for.
struct Wanted {
    measure: Measure<'static>,
    one_disk: bool,
    readable: bool,
    /// In KiB.
    least: u64,
}

/// Why the options of `du` can't be read.
enum Unread {
    Option(String),
    Value(String),
}

impl Wanted {
    fn read(options: &[String]) -> Result<Self, Unread> {
        let measure = Measure { depth_max: usize::MAX, ..Measure::default() };
        let mut wanted = Self { measure, one_disk: false, readable: false, least: 0 };
        for option in options {
            if let Some(number) = option.strip_prefix("--max-depth=") {
                let invalid = |_| Unread::Value(format!("invalid maximum depth '{number}'"));
                wanted.measure.depth_max = number.parse().map_err(invalid)?;
            } else if let Some(size) = option.strip_prefix("--threshold=") {
                let invalid = || Unread::Value(format!("invalid suffix in --threshold argument '{size}'"));
                wanted.least = kib_of(size).ok_or_else(invalid)?;
            } else if option == "--inodes" {
                wanted.measure.inodes = true;
            } else {
                for letter in option.trim_start_matches('-').chars() {
                    wanted.take(letter)?;
                }
            }
        }
        Ok(wanted)
    }

    fn take(&mut self, letter: char) -> Result<(), Unread> {
        match letter {
            'h' => self.readable = true,
            'x' => self.one_disk = true,
            's' => self.measure.depth_max = 0,
            'a' => self.measure.files = true,
            'D' => self.measure.follow = true,
            'k' => {}
            _ => return Err(Unread::Option(letter.to_string())),
        }
        Ok(())
    }
}

fn kib_of(size: &str) -> Option<u64> {
    let units = [('K', 1), ('M', 1024), ('G', 1024 * 1024)];
    units.iter().find_map(|(unit, kib)| Some(size.strip_suffix(*unit)?.parse::<u64>().ok()? * kib))
}
