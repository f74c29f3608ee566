//! What may stand in a `PowerShell` text: a placeholder only by itself, nothing that runs a value.
//!
//! A value becomes a quoted literal of its own. Inside other quotes, in a comment or beside other
//! characters, that literal would end what is around it and be read as code
//! (`about_Quoting_Rules`, `about_Parsing`). The scan is stricter than the language: where it can't
//! be sure what is quoted, it refuses every placeholder that follows.

use crate::domain::world::action::{Part, parts};

/// Commands that run what their arguments say.
const RUNNERS: &[&str] = &[
    "cmd",
    "cmd.exe",
    "cscript",
    "icm",
    "iex",
    "invoke-command",
    "invoke-expression",
    "mshta",
    "powershell",
    "powershell.exe",
    "pwsh",
    "wscript",
];

/// Why the text can't be a step, and what to do; `None` if it can.
pub fn powershell_refusal(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || "|;(){}&=".contains(c));
    if let Some(word) = words.map(str::to_ascii_lowercase).find(|word| RUNNERS.contains(&word.as_str())) {
        return Some(format!(
            "`{word}` would run what its arguments say; name the command that does the work"
        ));
    }
    let mut scan = Scan::default();
    let mut all = parts(text).into_iter().peekable();
    while let Some(part) = all.next() {
        match part {
            Part::Literal(literal) => literal.chars().for_each(|c| scan.take(c)),
            Part::Placeholder(name) => {
                let after = match all.peek() {
                    None => ' ',
                    Some(Part::Literal(literal)) => literal.chars().next().unwrap_or(' '),
                    Some(Part::Placeholder(_)) => 'x',
                };
                let closes = after.is_whitespace() || "),+|;".contains(after);
                if !scan.admits_placeholder() || !closes {
                    return Some(format!(
                        "{{{name}}} does not stand by itself; put white space around it and build texts with ('...' + {{{name}}})"
                    ));
                }
                scan.take('x');
            }
        }
    }
    None
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    Single,
    Double,
    /// A comment, a here-string, a nested expression, `--%`: not followed any further.
    Unclear,
}

struct Scan {
    open: Open,
    last: char,
    /// The last two characters that are no white space.
    solid: [char; 2],
    dashes: [char; 3],
}

impl Default for Scan {
    fn default() -> Self {
        Self { open: Open::Nothing, last: ' ', solid: [' '; 2], dashes: [' '; 3] }
    }
}

impl Scan {
    fn admits_placeholder(&self) -> bool {
        let stands_alone = self.last.is_whitespace() || "(,=+|;".contains(self.last);
        // `& 'x'` and `. 'x'` run x.
        let called = self.solid[1] == '&' || (self.solid[1] == '.' && !self.solid[0].is_alphanumeric());
        self.open == Open::Nothing && stands_alone && !called
    }

    fn take(&mut self, c: char) {
        self.dashes = [self.dashes[1], self.dashes[2], c];
        let escaped = self.last == '`' && self.open != Open::Single;
        if escaped {
            self.last = 'x';
            self.solid = [self.solid[1], 'x'];
            return;
        }
        let single = matches!(c, '\'' | '\u{2018}'..='\u{201b}');
        let double = matches!(c, '"' | '\u{201c}'..='\u{201e}');
        self.open = match self.open {
            Open::Nothing if c == '#' || self.dashes == ['-', '-', '%'] => Open::Unclear,
            Open::Nothing if (single || double) && self.last == '@' => Open::Unclear,
            Open::Nothing if single => Open::Single,
            Open::Nothing if double => Open::Double,
            Open::Single if single => Open::Nothing,
            Open::Double if c == '(' && self.last == '$' => Open::Unclear,
            Open::Double if double => Open::Nothing,
            open => open,
        };
        if !c.is_whitespace() {
            self.solid = [self.solid[1], c];
        }
        self.last = c;
    }
}
