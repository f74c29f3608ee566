//! On which line of an article a key of its TOML stands.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::outline::LineIndex;

/// Bytes of a dotted key whose own keys are looked at: each of them repeats it.
const OUTER_LEN_MAX: usize = 256;

/// Lines by dotted key: `params.vmx.pattern`, `steps.0.run`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyLines {
    first: usize,
    lines: BTreeMap<String, usize>,
}

impl KeyLines {
    /// Reads the keys of a TOML text whose first line is line `first` of the file.
    pub(super) fn new(text: &str, first: usize, table: &DeTable<'_>) -> Self {
        let mut lines = Self { first, lines: BTreeMap::new() };
        lines.add_table(&LineIndex::new(text), "", table);
        lines
    }

    /// The line of a key, or of the nearest key around it that is known.
    pub fn of(&self, key: &str) -> usize {
        let mut key = key;
        loop {
            match (self.lines.get(key), key.rsplit_once('.')) {
                (Some(line), _) => return *line,
                (None, Some((outer, _))) => key = outer,
                (None, None) => return self.first,
            }
        }
    }

    fn add_table(&mut self, index: &LineIndex<'_>, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = format!("{prefix}{}", key.get_ref());
            let line = self.first + index.line(key.span().start) - 1;
            self.add_value(index, path, line, value.get_ref());
        }
    }

    fn add_value(&mut self, index: &LineIndex<'_>, path: String, line: usize, value: &DeValue<'_>) {
        match value {
            _ if path.len() > OUTER_LEN_MAX => {}
            DeValue::Table(table) => self.add_table(index, &format!("{path}."), table),
            DeValue::Array(array) => {
                for (i, item) in array.iter().enumerate() {
                    let line = self.first + index.line(item.span().start) - 1;
                    self.add_value(index, format!("{path}.{i}"), line, item.get_ref());
                }
            }
            _ => {}
        }
        self.lines.insert(path, line);
    }
}

/// The line of the file on which byte `at` of a text lies whose first line is line `first`.
pub(super) fn line_in(text: &str, first: usize, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    first + before.split(|byte| *byte == b'\n').count() - 1
}
