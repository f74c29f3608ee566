//! The text copy: every event as one line of JSON, in a file beside the store, for reading, verifying and salvage.
//!
//! A line is `{"event":ENVELOPE,"hash":"HEX"}`: the canonical bytes of the envelope as they were hashed, and the
//! hash. It is canonical itself. `jq -c .event record.jsonl` prints the events.
//!
//! Invariant: the store comes first, synced, and the copy second, synced, before an event is acknowledged. So a
//! crash leaves the copy behind the store, or torn at its end, and never ahead; the next open completes it. Zeros
//! up to the end of the file are a torn end too: a file system leaves them where a length was kept and the bytes
//! were not. What was acknowledged and stands otherwise in the copy is a fault: one of the two was changed.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, Take};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::error::{Fault, StoreError};
use crate::domain::audit::chain::{EVENT_LEN_MAX, Head, follow};
use crate::domain::audit::plans::Plans;
use crate::domain::id::Digest;

const TEXT: &str = "record.jsonl";
const TEXT_NEW: &str = "record.jsonl.new";
const BEGIN: &[u8] = b"{\"event\":";
const MIDDLE: &[u8] = b",\"hash\":\"";
const END: &[u8] = b"\"}\n";
const HASH_LEN: usize = 64;

/// Bytes of a line at the most.
const LINE_LEN_MAX: usize = EVENT_LEN_MAX + BEGIN.len() + MIDDLE.len() + HASH_LEN + END.len();

/// Where the copy of a state folder is.
pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join(TEXT)
}

/// Where the copy of a record is written before that has its name.
pub(super) fn unfinished(dir: &Path) -> PathBuf {
    dir.join(TEXT_NEW)
}

/// The line of an event.
pub(super) fn line(hash: Digest, envelope: &[u8]) -> Vec<u8> {
    [BEGIN, envelope, MIDDLE, hash.to_string().as_bytes(), END].concat()
}

/// The hash and the envelope of a whole line.
fn parse(line: &[u8]) -> Option<(Digest, &[u8])> {
    let (rest, hash) = line.strip_prefix(BEGIN)?.strip_suffix(END)?.split_last_chunk::<HASH_LEN>()?;
    Some((std::str::from_utf8(hash).ok()?.parse().ok()?, rest.strip_suffix(MIDDLE)?))
}

/// The copy as it was at one moment: what is appended later is not read.
#[derive(Debug)]
pub(super) struct Text {
    path: PathBuf,
    file: File,
    len: u64,
}

impl Text {
    /// Opens the copy; none where there is none.
    pub(super) fn open(dir: &Path) -> Result<Option<Self>, StoreError> {
        let path = path(dir);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::file("open", &path)(error)),
        };
        let len = file.metadata().map_err(StoreError::file("look at", &path))?.len();
        Ok(Some(Self { path, file, len }))
    }

    fn lines(&self) -> Result<Lines<'_>, StoreError> {
        (&self.file).rewind().map_err(StoreError::file("read", &self.path))?;
        Ok(Lines { path: &self.path, rest: BufReader::new((&self.file).take(self.len)) })
    }

    /// Hands every event of the sound part to `visit`, in order; returns the store id and the head.
    ///
    /// It goes as far as each line is whole and follows from the one before, and each plan has its digest.
    pub(super) fn follow(
        &self,
        mut visit: impl FnMut(Head, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(String, Head), StoreError> {
        let (mut store, mut head, mut plans) = (String::new(), Head::START, Plans::default());
        let mut lines = self.lines()?;
        loop {
            let line = lines.next()?;
            let Some((hash, envelope)) = parse(&line) else { return Ok((store, head)) };
            if head == Head::START {
                let first: serde_json::Value = serde_json::from_slice(envelope).unwrap_or_default();
                first["store"].as_str().unwrap_or_default().clone_into(&mut store);
            }
            let next = follow(head, &store, envelope, hash);
            let next = next.and_then(|next| plans.follow(envelope).map(|()| next));
            let Ok(next) = next else { return Ok((store, head)) };
            head = next;
            visit(head, envelope)?;
        }
    }
}

#[derive(Debug)]
struct Lines<'a> {
    path: &'a Path,
    rest: BufReader<Take<&'a File>>,
}

impl Lines<'_> {
    /// The next line, whole or torn; empty at the end.
    fn next(&mut self) -> Result<Vec<u8>, StoreError> {
        let mut line = Vec::new();
        let mut limited = self.rest.by_ref().take(LINE_LEN_MAX as u64);
        limited.read_until(b'\n', &mut line).map_err(StoreError::file("read", self.path))?;
        Ok(line)
    }

    /// Whether only zeros are left, if anything.
    fn end_in_zeros(&mut self) -> Result<bool, StoreError> {
        loop {
            let bytes = self.rest.fill_buf().map_err(StoreError::file("read", self.path))?;
            if bytes.iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            match bytes.len() {
                0 => return Ok(true),
                read => self.rest.consume(read),
            }
        }
    }
}

/// Compares the copy with the events of the store, which come one by one.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    lines: Option<Lines<'a>>,
    /// The last event that stands in the copy as in the store, and where it ends.
    same: u64,
    same_len: u64,
    /// The event that does not, if there is something in its place that no interrupted write explains.
    pub other: Option<u64>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(text: Option<&'a Text>) -> Result<Self, StoreError> {
        Ok(Self { lines: text.map(Text::lines).transpose()?, same: 0, same_len: 0, other: None })
    }

    /// Takes the next event of the store.
    pub(super) fn push(&mut self, head: Head, envelope: &[u8]) -> Result<(), StoreError> {
        let Some(lines) = &mut self.lines else { return Ok(()) };
        let (found, expected) = (lines.next()?, line(head.hash, envelope));
        if found == expected {
            (self.same, self.same_len) = (head.seq, self.same_len + expected.len() as u64);
            return Ok(());
        }
        let same = found.iter().zip(&expected).take_while(|(found, expected)| found == expected).count();
        let is_torn = found[same..].iter().all(|byte| *byte == 0) && lines.end_in_zeros()?;
        self.lines = None;
        if !is_torn {
            self.other = Some(head.seq);
        }
        Ok(())
    }

    /// How far the copy goes; `acknowledged` is the last event that must stand in it as in the store.
    pub(super) fn end(mut self, acknowledged: u64) -> Result<Result<Same, Fault>, StoreError> {
        if let Some(seq) = self.other.filter(|seq| *seq <= acknowledged) {
            return Ok(Err(Fault::TextDiffers { seq }));
        }
        if let Some(lines) = &mut self.lines
            && !lines.end_in_zeros()?
        {
            return Ok(Err(Fault::TextAhead { head: self.same }));
        }
        Ok(Ok(Same { seq: self.same, len: self.same_len }))
    }
}

/// How far the copy is the same as the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Same {
    /// The last event that is.
    pub seq: u64,
    /// Bytes up to its end.
    len: u64,
}

impl Same {
    /// Of a copy that is not there yet.
    pub(super) const NOTHING: Self = Self { seq: 0, len: 0 };
}

/// Appends to the copy.
#[derive(Debug)]
pub(super) struct TextWriter {
    file: File,
    path: PathBuf,
    len: u64,
}

impl TextWriter {
    /// Goes on after what is the same; what stands behind that was never acknowledged.
    pub(super) fn resume(path: PathBuf, same: Same) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(StoreError::file("open", &path))?;
        file.set_len(same.len).map_err(StoreError::file("complete", &path))?;
        Ok(Self { file, path, len: same.len })
    }

    /// Appends lines. They are not durable yet.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.write_all_at(lines, self.len)?;
        self.len += lines.len() as u64;
        Ok(())
    }

    /// Makes what was written durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// The open file and where it was opened.
    pub(super) fn file(&self) -> (&File, &Path) {
        (&self.file, &self.path)
    }
}
