//! One file's bytes to one page: an article with what lint needs to point at lines.

use super::action_block::action;
use super::finding::{Code, Finding};
use super::front_matter::front_matter;
use super::limits;
use super::lint;
use super::markdown::outline;
use super::outline::Outline;
use super::page::Page;
use crate::domain::id::{ArticleId, Digest};
use crate::domain::text::is_invisible;
use crate::domain::world::article::Article;

/// Reads the bytes of `file`. There is no page if they can't be understood as a whole; a page
/// with findings that leave the article out is for lint alone.
pub fn read_page(file: &str, bytes: &[u8]) -> (Option<Page>, Vec<Finding>) {
    let mut findings = Vec::new();
    let page = page(file, bytes, &mut findings);
    let understood = !findings.iter().any(|finding| finding.code.leaves_out());
    let page = page.filter(|_| understood);
    findings.extend(page.iter().flat_map(lint::unsafe_to_offer));
    (page, findings)
}

fn page(file: &str, bytes: &[u8], findings: &mut Vec<Finding>) -> Option<Page> {
    let text = text(file, bytes, findings)?;
    let mut outline = outline(&text);
    let actions = outline.actions.iter().map(|fenced| fenced.line);
    if let Some(excess) = outline.excess.take().or_else(|| limits::actions(actions)) {
        findings.push(excess.finding(file));
        return None;
    }
    note_oddities(file, &outline, findings);
    let mut actions = Vec::new();
    for fenced in &outline.actions {
        match action(file, fenced) {
            Ok(action) => actions.push(action),
            Err(finding) => findings.push(finding),
        }
    }
    let Some(fenced) = &outline.front_matter else {
        let message = "the file does not begin with front matter";
        let advice = "begin with a line `+++`, the fields, and another line `+++`";
        findings.push(Finding::new(file, 1, Code::FrontMatterMissing, message, advice));
        return None;
    };
    let fields = front_matter(file, fenced, findings)?;
    findings.extend(limits::fields(&fields).map(|excess| excess.finding(file)));
    let (actions, action_lines) = actions.into_iter().unzip();
    let article = Article {
        id: ArticleId(fields.id),
        title: fields.title,
        products: fields.products,
        tags: fields.tags,
        symptoms: fields.symptoms,
        reviewed: fields.reviewed,
        revision: Digest::of(bytes),
        file: file.to_owned(),
        sections: std::mem::take(&mut outline.sections),
        actions,
    };
    let Outline { words, titles, links, .. } = outline;
    Some(Page { article, front_matter: fields.lines, actions: action_lines, words, titles, links })
}

/// The text with `\n` line ends and without a byte-order mark. Lines keep their numbers.
fn text(file: &str, bytes: &[u8], findings: &mut Vec<Finding>) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = before.split(|byte| *byte == b'\n').count();
            let advice = "save the file as UTF-8";
            findings.push(Finding::new(file, line, Code::NotUtf8, "bytes that are no UTF-8", advice));
            return None;
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let is_hidden = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || is_invisible(c);
    for (i, line) in text.split('\n').enumerate() {
        if let Some(hidden) = line.chars().find(|c| is_hidden(*c)) {
            let message = format!("the character U+{:04X} can't be seen", u32::from(hidden));
            let advice = "remove it; what people read must be what runs";
            findings.push(Finding::new(file, i + 1, Code::HiddenCharacter, message, advice));
            return None;
        }
    }
    Some(text)
}

fn note_oddities(file: &str, outline: &Outline, findings: &mut Vec<Finding>) {
    for (line, info) in &outline.almost_actions {
        let message = format!("a block marked `{info}` is no action");
        let advice = "write ```action and nothing else, or another word";
        findings.push(Finding::new(file, *line, Code::NotQuiteAction, message, advice));
    }
    if let Some(block) = outline.strays.first() {
        let message = "text before the first heading belongs to no section and is never found";
        let advice = "put it below the title `# ...`";
        findings.push(Finding::new(file, block.lines.0, Code::TextBeforeHeading, message, advice));
    }
}
