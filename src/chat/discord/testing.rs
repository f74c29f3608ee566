//! A reader of Discord's Markdown for tests, written from how its clients behave and not from
//! `escape`: what it takes for live is live.

use crate::domain::text::is_invisible;

/// What a text consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A character that is shown and could mean something.
    Bare(char),
    /// A character whose meaning a backslash took away.
    Escaped(char),
    /// Inline code.
    Code(String),
    /// A fenced block.
    Block(String),
}

/// Reads a text as Discord does: blocks first, then code, then escapes.
pub fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = vec![];
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '\\' if chars.get(at + 1).is_some_and(char::is_ascii_punctuation) => {
                tokens.push(Token::Escaped(chars[at + 1]));
                at += 2;
            }
            '`' => {
                let (token, next) = code(&chars, at);
                tokens.push(token);
                at = next;
            }
            c => {
                tokens.push(Token::Bare(c));
                at += 1;
            }
        }
    }
    tokens
}

fn run(chars: &[char], at: usize) -> usize {
    chars[at..].iter().take_while(|&&c| c == '`').count()
}

fn code(chars: &[char], begin: usize) -> (Token, usize) {
    let fence = run(chars, begin);
    if fence >= 3 {
        for at in begin + 3..chars.len() {
            if run(chars, at) >= 3 {
                return (Token::Block(chars[begin + 3..at].iter().collect()), at + 3);
            }
        }
        return (Token::Bare('`'), begin + 1);
    }
    let mut at = begin + fence;
    while at < chars.len() {
        match run(chars, at) {
            0 => at += 1,
            n if n == fence => return (Token::Code(chars[begin + fence..at].iter().collect()), at + n),
            n => at += n,
        }
    }
    (Token::Bare('`'), begin + 1)
}

/// What in a text is live, if anything. `ours` are the sequences that the layout itself writes.
pub fn live(text: &str, ours: &[&str]) -> Option<String> {
    if let Some(c) = text.chars().find(|&c| c != '\n' && (c.is_control() || is_invisible(c))) {
        return Some(format!("hidden {c:?}"));
    }
    // What is not read by Discord shows as a placeholder; an escaped character cannot begin anything.
    let read: String = tokens(text)
        .into_iter()
        .map(|token| match token {
            Token::Bare(c) => c,
            Token::Escaped(_) => '\u{1}',
            Token::Code(_) => '\u{2}',
            Token::Block(_) => '\u{3}',
        })
        .collect();
    let read = ours.iter().fold(read, |read, ours| read.replace(ours, "\u{4}"));
    if let Some(c) = read.chars().find(|c| "\\`*_~|<[]".contains(*c)) {
        return Some(format!("{c} in {read:?}"));
    }
    if let Some(line) = read.lines().find(|line| line.trim_start().starts_with(['#', '>'])) {
        return Some(format!("heading or quotation in {line:?}"));
    }
    let lower = read.to_lowercase();
    for word in ["://", "discord.", "discordapp."] {
        if lower.contains(word) {
            return Some(format!("{word} in {read:?}"));
        }
    }
    let colons: Vec<_> = read.split(':').collect();
    // Of numbers, only these two are the names of emoji.
    let is_emoji = |name: &&&str| {
        let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || "_+-~".contains(c));
        let number = name.chars().all(|c| c.is_ascii_digit());
        !name.is_empty() && letters && (!number || ["100", "1234"].contains(*name))
    };
    let between = colons.len().saturating_sub(2);
    if let Some(name) = colons.iter().skip(1).take(between).find(is_emoji) {
        return Some(format!("emoji {name:?} in {read:?}"));
    }
    // The server looks for these in the bare text.
    let bare: String = tokens(text)
        .into_iter()
        .map(|token| match token {
            Token::Bare(c) => c.to_string(),
            Token::Escaped(c) => format!("\\{c}"),
            Token::Code(_) | Token::Block(_) => "\u{2}".to_owned(),
        })
        .collect();
    let bare = bare.to_lowercase();
    for word in ["@everyone", "@here"] {
        if bare.contains(word) {
            return Some(format!("{word} in {bare:?}"));
        }
    }
    read.lines().find(|line| is_list(line.trim_start())).map(|line| format!("list in {line:?}"))
}

fn is_list(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    line.starts_with(['-', '+', '*']) || digits > 0 && line[digits..].starts_with(['.', ')'])
}

/// What people see of a text without code.
pub fn visible(text: &str) -> String {
    tokens(text)
        .into_iter()
        .map(|token| match token {
            Token::Bare(c) | Token::Escaped(c) => c.to_string(),
            Token::Code(text) | Token::Block(text) => text,
        })
        .collect()
}

/// Pieces that have meant something to some client or server.
pub const HOSTILE: &[&str] = &[
    "@everyone",
    "@here",
    "@Everyone",
    "<@1>",
    "<@!1>",
    "<@&1>",
    "<#1>",
    "<t:1>",
    "<t:1:R>",
    "</run:1>",
    "<:emoji:1>",
    "<a:emoji:1>",
    "<id:browse>",
    ":smile:",
    "http://a.example/x",
    "https://evil.example",
    "<https://evil.example>",
    "[a](https://evil.example)",
    "discord.gg/abc",
    "Discord.GG/abc",
    "discord.com/invite/x",
    "steam://run",
    "**",
    "*",
    "_",
    "__",
    "~~",
    "||",
    "|",
    "> ",
    ">>> ",
    "# ",
    "## ",
    "-# ",
    "- ",
    "+ ",
    "* ",
    "1. ",
    "12) ",
    "`",
    "``",
    "```",
    "````",
    "```rust\n",
    "\\",
    "\\\\",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\u{0}",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{200b}",
    "\u{2028}",
    "\u{feff}",
    "\u{e0041}",
    "\u{85}",
    "\u{3000}",
    "a",
    "word",
    "1",
    ".",
    ":",
    "/",
    "//",
    "@",
    "everyone",
    "here",
    "\u{1f980}",
    "\u{fe0f}",
    "e\u{301}",
    "(",
    ")",
    "<",
    "[",
    "]",
    "discord",
    "https",
    "\u{a0}",
];
