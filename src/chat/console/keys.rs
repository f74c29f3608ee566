//! Bytes of a terminal become keys (ECMA-48, xterm's control sequences).
//!
//! Invariant: a paste is one key whatever it holds, so that nothing in it acts as a key.

/// What a key, or a paste, asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// A character; never a control character.
    Char(char),
    /// What was pasted; none if it is beyond every limit.
    Paste(Option<String>),
    Enter,
    Tab,
    Backspace,
    Delete,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    Up,
    Down,
    /// Ctrl-K.
    KillToEnd,
    /// Ctrl-U.
    KillToStart,
    /// Ctrl-W: back to the last white space.
    KillWord,
    /// Alt-Backspace.
    KillWordLeft,
    /// Alt-D.
    KillWordRight,
    /// Ctrl-Y.
    Yank,
    /// Ctrl-R.
    Search,
    /// Escape alone, or Ctrl-G.
    Cancel,
    /// Ctrl-L.
    ClearScreen,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D.
    DeleteOrEnd,
    /// Ctrl-Z.
    Suspend,
}

/// Bytes kept of a paste: more than the longest line that is accepted can have.
const PASTE_BYTES_MAX: usize = 64 * 1024;
const PASTE_END: &[u8] = b"\x1b[201~";
/// Parameters of a control sequence that are looked at.
const PARAMETERS_MAX: usize = 16;

const ESC: u8 = 0x1b;

#[derive(Debug, Default)]
enum Within {
    #[default]
    Nothing,
    /// A character of several bytes.
    Char(Vec<u8>),
    Escape,
    /// A control sequence: its parameters.
    Csi(String),
    /// A key of the keypad.
    Ss3,
    /// A paste: what is kept of it, how many bytes it has, how many of its last ones begin its end.
    Paste(Vec<u8>, usize, usize),
}

/// Takes bytes as they come.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    within: Within,
}

impl Decoder {
    /// The keys that some bytes complete.
    pub fn keys(&mut self, bytes: &[u8]) -> Vec<Key> {
        let mut keys = Vec::new();
        for byte in bytes {
            self.take(*byte, &mut keys);
        }
        keys
    }

    /// Whether an escape has begun that may be a key of its own: only time tells.
    pub fn is_unsure(&self) -> bool {
        matches!(self.within, Within::Escape | Within::Csi(_) | Within::Ss3)
    }

    /// Nothing has followed.
    pub fn expire(&mut self) -> Option<Key> {
        match std::mem::take(&mut self.within) {
            Within::Escape => Some(Key::Cancel),
            Within::Csi(_) | Within::Ss3 => None,
            other => {
                self.within = other;
                None
            }
        }
    }

    fn take(&mut self, byte: u8, keys: &mut Vec<Key>) {
        match std::mem::take(&mut self.within) {
            Within::Nothing if byte == ESC => self.within = Within::Escape,
            Within::Nothing if byte < 0x80 => keys.extend(plain(byte)),
            Within::Nothing => self.char(Vec::new(), byte, keys),
            Within::Char(begun) => self.char(begun, byte, keys),
            Within::Escape => match byte {
                b'[' => self.within = Within::Csi(String::new()),
                b'O' => self.within = Within::Ss3,
                ESC => self.within = Within::Escape,
                byte => keys.extend(with_alt(byte)),
            },
            Within::Csi(mut parameters) => match byte {
                // A function key of the Linux console: one more byte follows.
                b'[' if parameters.is_empty() => self.within = Within::Ss3,
                0x40..=0x7e if parameters == "200" && byte == b'~' => {
                    self.within = Within::Paste(Vec::new(), 0, 0);
                }
                0x40..=0x7e => keys.extend(control_sequence(&parameters, byte)),
                0x20..=0x3f => {
                    if parameters.len() < PARAMETERS_MAX {
                        parameters.push(char::from(byte));
                    }
                    self.within = Within::Csi(parameters);
                }
                byte => self.take(byte, keys),
            },
            Within::Ss3 => keys.extend(control_sequence("", byte)),
            Within::Paste(kept, length, ending) => self.paste(kept, (length, ending), byte, keys),
        }
    }

    fn char(&mut self, mut begun: Vec<u8>, byte: u8, keys: &mut Vec<Key>) {
        begun.push(byte);
        match std::str::from_utf8(&begun) {
            Ok(text) => keys.extend(text.chars().filter(|c| !c.is_control()).map(Key::Char)),
            Err(error) if error.error_len().is_none() => self.within = Within::Char(begun),
            Err(_) => {
                keys.push(Key::Char(char::REPLACEMENT_CHARACTER));
                // The byte that does not fit may begin something itself.
                if begun.len() > 1 {
                    self.take(byte, keys);
                }
            }
        }
    }

    fn paste(&mut self, mut kept: Vec<u8>, (length, ending): (usize, usize), byte: u8, keys: &mut Vec<Key>) {
        let ending = match byte {
            byte if byte == PASTE_END[ending] => ending + 1,
            ESC => 1,
            _ => 0,
        };
        if length < PASTE_BYTES_MAX + PASTE_END.len() {
            kept.push(byte);
        }
        if ending < PASTE_END.len() {
            self.within = Within::Paste(kept, length + 1, ending);
            return;
        }
        let length = length + 1 - PASTE_END.len();
        kept.truncate(length);
        let text = (length <= PASTE_BYTES_MAX).then(|| String::from_utf8_lossy(&kept).into_owned());
        keys.push(Key::Paste(text));
    }
}

/// A byte of ASCII.
fn plain(byte: u8) -> Option<Key> {
    Some(match byte {
        0x01 => Key::Home,
        0x02 => Key::Left,
        0x03 => Key::Interrupt,
        0x04 => Key::DeleteOrEnd,
        0x05 => Key::End,
        0x06 => Key::Right,
        0x07 => Key::Cancel,
        0x08 | 0x7f => Key::Backspace,
        b'\t' => Key::Tab,
        b'\n' | b'\r' => Key::Enter,
        0x0b => Key::KillToEnd,
        0x0c => Key::ClearScreen,
        0x0e => Key::Down,
        0x10 => Key::Up,
        0x12 => Key::Search,
        0x15 => Key::KillToStart,
        0x17 => Key::KillWord,
        0x19 => Key::Yank,
        0x1a => Key::Suspend,
        byte if byte.is_ascii_control() => return None,
        byte => Key::Char(char::from(byte)),
    })
}

/// A byte after an escape.
fn with_alt(byte: u8) -> Option<Key> {
    match byte {
        b'b' | b'B' => Some(Key::WordLeft),
        b'f' | b'F' => Some(Key::WordRight),
        b'd' | b'D' => Some(Key::KillWordRight),
        0x08 | 0x7f => Some(Key::KillWordLeft),
        // Escape, and then a key that ends or sends a line: it is that key.
        0x03 | b'\r' | b'\n' => plain(byte),
        _ => None,
    }
}

/// A whole control sequence; a modifier (`1;5`) moves by words.
fn control_sequence(parameters: &str, last: u8) -> Option<Key> {
    let with_modifier = parameters.contains(';');
    match (last, parameters.split(';').next().unwrap_or_default()) {
        (b'A', _) => Some(Key::Up),
        (b'B', _) => Some(Key::Down),
        (b'C', _) if with_modifier => Some(Key::WordRight),
        (b'C', _) => Some(Key::Right),
        (b'D', _) if with_modifier => Some(Key::WordLeft),
        (b'D', _) => Some(Key::Left),
        (b'F', _) | (b'~', "4" | "8") => Some(Key::End),
        (b'H', _) | (b'~', "1" | "7") => Some(Key::Home),
        (b'~', "3") => Some(Key::Delete),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
