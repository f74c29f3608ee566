//! A look at files and a state of the index -> what has to be done to be up to date.

use std::collections::HashSet;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::held::Held;
use super::seen::{Reading, Seen, file_key};
use super::update;

/// A look at files.
pub(super) struct Look<'a> {
    pub seen: &'a [Seen],
    /// Whether those are all that there are.
    pub whole: bool,
    /// Folders, with `/` at the end, of which nobody knows what is in them.
    pub unlisted: &'a [String],
    pub read: &'a (dyn Fn(&Seen) -> Reading + Sync),
}

impl Look<'_> {
    /// Reads some of the files, as many at a time as there are cores, and hands them on in their order.
    pub fn read(
        &self,
        files: &[Seen],
        mut each: impl FnMut(&Seen, Reading) -> tantivy::Result<()>,
    ) -> tantivy::Result<()> {
        for some in files.chunks(update::AT_ONCE) {
            let readings: Vec<Reading> = some.par_iter().map(|seen| (self.read)(seen)).collect();
            some.iter().zip(readings).try_for_each(|(seen, reading)| each(seen, reading))?;
        }
        Ok(())
    }
}

/// What has to be done to be up to date.
#[derive(Default)]
pub(super) struct Due {
    pub read: Vec<Seen>,
    pub gone: Vec<u64>,
    /// Broken files that are gone.
    pub mended: Vec<String>,
}

impl Due {
    pub fn is_empty(&self) -> bool {
        self.read.is_empty() && self.gone.is_empty() && self.mended.is_empty()
    }
}

impl Held {
    /// What a look at files makes of what is held: everything, if it is written `anew`. What was held `before`
    /// may have last good versions that this has not.
    pub fn due(&self, look: &Look<'_>, anew: bool, before: Option<&Self>) -> Due {
        let seen = look.seen;
        let broken = |seen: &Seen| self.manifest.broken.get(&seen.file);
        let known = |seen: &Seen| match broken(seen) {
            Some(broken) => seen.stamp != 0 && broken.stamp == seen.stamp,
            None => seen.stamp != 0 && self.stamps.get(&seen.key) == Some(&seen.stamp),
        };
        let lost = |key: &u64| !self.stamps.contains_key(key);
        let was_held = |seen: &Seen| before.is_some_and(|it| it.stamps.contains_key(&seen.key));
        let is_due = |seen: &Seen| anew || !known(seen) || (lost(&seen.key) && was_held(seen));
        let mut due =
            Due { read: seen.iter().filter(|seen| is_due(seen)).cloned().collect(), ..Due::default() };
        if look.whole {
            let keys: HashSet<u64> = seen.iter().map(|seen| seen.key).collect();
            for key in self.stamps.keys().filter(|key| !keys.contains(key)) {
                match self.hidden(*key, look.unlisted) {
                    // Reading it says what is wrong.
                    Ok(Some(file)) => due.read.push(Seen::new(file, 0)),
                    Ok(None) => due.gone.push(*key),
                    // Nobody knows which it is.
                    Err(_) => {}
                }
            }
            if let Some(before) = before {
                for key in before.stamps.keys().filter(|key| lost(key) && !keys.contains(key)) {
                    if let Ok(Some(file)) = before.hidden(*key, look.unlisted) {
                        due.read.push(Seen::new(file, 0));
                    }
                }
            }
            for file in self.manifest.broken.keys().filter(|file| !keys.contains(&file_key(file))) {
                if !is_in(file, look.unlisted) {
                    due.mended.push(file.clone());
                } else if !self.stamps.contains_key(&file_key(file)) {
                    due.read.push(Seen::new(file.clone(), 0));
                }
            }
        }
        if !anew && !due.is_empty() {
            // What was wrong with a file may have been another one.
            due.read.extend(seen.iter().filter(|seen| !is_due(seen) && broken(seen).is_some()).cloned());
        }
        due
    }

    /// The name of a file, if it is in one of these folders.
    fn hidden(&self, key: u64, folders: &[String]) -> tantivy::Result<Option<String>> {
        if folders.is_empty() {
            return Ok(None);
        }
        let file = self.article(key)?.map(|(entry, _)| entry.file);
        Ok(file.filter(|file| is_in(file, folders)))
    }
}

fn is_in(file: &str, folders: &[String]) -> bool {
    folders.iter().any(|folder| file.starts_with(folder))
}
