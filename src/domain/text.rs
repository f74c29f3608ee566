//! Texts: lengths, one line, quotation, counts, and characters that nobody sees.
//!
//! Nothing here knows where a text comes from or where it goes.

/// The text with its line breaks as spaces; as many bytes.
pub fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

/// `1 host`, `2 hosts`.
pub(in crate::domain) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Whether a character shows nothing or changes the direction of what is shown: bidirectional
/// controls, zero-width characters, fillers, variation selectors, line and paragraph separators,
/// tags. Two values that look alike could otherwise be approved for one another
/// (Unicode's `Default_Ignorable_Code_Point` and `Bidi_Control`).
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character looks like a space and is another one. Texts are written with some of them;
/// what is to be read letter by letter shows them as what they are.
pub fn is_like_a_space(c: char) -> bool {
    c == '\u{2800}' || (c.is_whitespace() && !c.is_control() && c != ' ')
}

/// A text in which no space is another than it looks.
pub fn spelled(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_like_a_space(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// A text of ours or of a host, cut to `max` characters: an event has a limit.
pub fn shortened(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// The marks that close what a mark opens; none if it opens nothing anywhere.
pub(in crate::domain) fn closing(mark: char) -> Option<&'static [char]> {
    Some(match mark {
        '\'' => &['\''],
        '"' => &['"'],
        // Languages differ in which of them opens and which closes.
        '“' | '”' | '„' | '‟' => &['“', '”'],
        '‘' | '’' | '‚' | '‛' => &['‘', '’'],
        '«' | '»' => &['«', '»'],
        '‹' | '›' => &['‹', '›'],
        '「' => &['」'],
        '『' => &['』'],
        '＂' => &['＂'],
        '＇' => &['＇'],
        _ => return None,
    })
}

/// A value as one word of a line.
pub fn quoted(value: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && closing(c).is_none();
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    if !value.contains('\'') {
        return format!("'{value}'");
    }
    let mut written = String::from("\"");
    for (at, c) in value.char_indices() {
        let ends_at_mark = || {
            let behind = value[at..].trim_start_matches('\\');
            behind.is_empty() || behind.starts_with('"')
        };
        if c == '"' || (c == '\\' && ends_at_mark()) {
            written.push('\\');
        }
        written.push(c);
    }
    written.push('"');
    written
}
