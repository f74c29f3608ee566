//! Answers from the knowledge base.

use std::ops::Range;

use crate::domain::id::{AnswerId, ArticleId, Prefix};
use crate::domain::planning::planner::effective_risk;
use crate::domain::planning::usage::usage;
use crate::domain::policy::catalogue::{self, Catalogue};
use crate::domain::rules::offers::offers;
use crate::domain::say::button::{AnswerPress, Button, Press, Weight};
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::world::action::{Action, Risk};
use crate::domain::world::article::{Article, Quote};
use crate::domain::world::citation::{Cited, Found};

/// The best passage, where it stands, what can be done, and what else might help. With the answer's
/// number and the beginning of its question's digest it can be judged.
pub fn found(
    catalogue: &Catalogue,
    question: &str,
    found: &Found,
    answer: Option<(AnswerId, Prefix)>,
) -> Reply {
    let Some((best, others)) = found.hits.split_first() else { return unknown(found) };
    let mut reply = Reply::new(Tone::Info, path(best));
    if found.doubtful {
        reply = reply.line(Line::plain("I am not sure that this answers the question."));
    }
    if !found.mended.is_empty() {
        reply = reply.line(mended(&found.mended));
    }
    reply = quoted(reply, best);
    let offered = offers(catalogue, question, found, best);
    for (_, action) in &offered {
        reply = reply.item(action_line(catalogue, action));
    }
    if best.actions.iter().filter(|action| catalogue.action(&action.id).is_some()).count() > offered.len() {
        let line = Line::plain("every action of this article: ");
        reply = reply.item(line.code(format!("/kb show {}", best.article)));
    }
    for other in others {
        let line = Line::plain("see also: ").untrusted(other.title.as_str()).then(" ");
        reply = reply.item(line.code(format!("{}:{}", other.file, other.lines.0)));
    }
    for (article, action) in offered {
        let press = Press::Run(action.id.clone(), article.revision.prefix());
        let weight = match effective_risk(catalogue, action) {
            Risk::Read | Risk::Change => Weight::Main,
            Risk::Destructive => Weight::Danger,
        };
        reply = reply.button(Button::new(format!("Run: {}", action.title), weight, press));
    }
    let Some((id, prefix)) = answer else { return reply };
    let press = |press| Press::Answer(press, id, prefix);
    reply
        .button(Button::new("Right", Weight::Plain, press(AnswerPress::Right)))
        .button(Button::new("Wrong", Weight::Plain, press(AnswerPress::Wrong)))
        .button(Button::new("More", Weight::Plain, press(AnswerPress::More)))
}

/// How words were read that no article has.
fn mended(words: &[(String, String)]) -> Line {
    let words = words.iter().enumerate();
    let line = words.fold(Line::plain("I read "), |line, (at, (word, read_as))| {
        let line = line.then(if at == 0 { "" } else { ", " });
        line.code(word.as_str()).then(" as ").code(read_as.as_str())
    });
    line.then(":")
}

/// Every passage that was found, with where it stands.
pub fn listed(catalogue: &Catalogue, question: &str, result: &Found) -> Reply {
    let Some((best, others)) = result.hits.split_first() else { return unknown(result) };
    let hits = vec![best.clone()];
    let best = Found { hits, doubtful: result.doubtful, mended: result.mended.clone(), ..Found::default() };
    others
        .iter()
        .fold(found(catalogue, question, &best, None), |reply, hit| quoted(reply.line(path(hit)), hit))
}

/// The title and the headings down to the section; where they are long, those between are left out.
fn path(hit: &Cited) -> Line {
    let title = Line::default().untrusted(hit.title.as_str());
    let Some((section, between)) = hit.heading.split_last() else { return title };
    let len =
        between.iter().chain([&hit.title, section]).map(|heading| heading.chars().count()).sum::<usize>();
    let title = match between {
        [] => title,
        _ if len > PATH_LEN_MAX => title.then(" > …"),
        between => between.iter().fold(title, |line, heading| line.then(" > ").untrusted(heading.as_str())),
    };
    title.then(" > ").untrusted(section.as_str())
}

/// What a hit says, and where it stands.
fn quoted(reply: Reply, hit: &Cited) -> Reply {
    let reply = hit.quotes.iter().fold(reply, |reply, quote| {
        if quote.code { reply.block(quote.text.as_str()) } else { lines(quote).fold(reply, Reply::quote) }
    });
    let (first, last) = hit.lines;
    let lines = if first == last { first.to_string() } else { format!("{first}-{last}") };
    let source = Line::plain("source: ").code(format!("{}:{lines}", hit.file));
    let reply = reply.line(source.then(", revision ").code(hit.revision.short()));
    if hit.outdated {
        reply.line(Line::plain("the file can't be read any more: this is its last good version"))
    } else {
        reply
    }
}

/// What an admin is told beside an answer: why actions of the article that is quoted are not offered,
/// and what is wrong with other files.
pub fn for_admin(reply: Reply, catalogue: &Catalogue, found: &Found) -> Reply {
    let is_withheld = |hit: &&Cited| hit.actions.iter().any(|action| catalogue.action(&action.id).is_none());
    let why = found.hits.first().filter(is_withheld).and_then(|best| catalogue.left_out.get(&best.file));
    let reply = why.into_iter().fold(reply, |reply, why| {
        reply.line(Line::plain("its actions are not offered: ").untrusted(why.as_str()))
    });
    let mut others = found.broken.iter().filter(|broken| Some(*broken) != why);
    let Some(first) = others.next() else { return reply };
    let count = match others.count() {
        0 => String::new(),
        n => format!(" (and {n} more)"),
    };
    let line = Line::plain("something is wrong with the articles: ").untrusted(first.as_str()).then(count);
    reply.line(line.then("; ").code("dogwatch kb lint").then(" names what to mend"))
}

/// The lines of a quote with its marks; code stays code, and has none.
fn lines(quote: &Quote) -> impl Iterator<Item = Line> {
    let mut start = 0;
    quote.text.split('\n').map(move |text| {
        let (mut line, mut at) = (Line::default(), start);
        start += text.len() + 1;
        for (text, code) in codes(text) {
            line = line_of(line, quote, at..at + text.len());
            at += text.len();
            if let Some(code) = code {
                line = line.code(code);
                at += code.len() + 2;
            }
        }
        line
    })
}

/// Appends some bytes of a quote with its marks.
fn line_of(mut line: Line, quote: &Quote, bytes: Range<usize>) -> Line {
    let part = |from: usize, to: usize| quote.text.get(from..to).unwrap_or_default();
    let mut at = bytes.start;
    for mark in quote.marks.iter().filter(|mark| bytes.start <= mark.start && mark.end <= bytes.end) {
        line = line.untrusted(part(at, mark.start)).marked(part(mark.start, mark.end));
        at = mark.end;
    }
    if at < bytes.end { line.untrusted(part(at, bytes.end)) } else { line }
}

/// A text in pieces, each with the code behind it; the last has none.
fn codes(mut text: &str) -> Vec<(&str, Option<&str>)> {
    let mut pieces = Vec::new();
    while let Some((before, rest)) = text.split_once('`')
        && let Some((code, after)) = rest.split_once('`')
    {
        pieces.push((before, Some(code)));
        text = after;
    }
    pieces.push((text, None));
    pieces
}

/// The knowledge base can't be searched.
pub fn not_searched(why: &str) -> Reply {
    Reply::new(Tone::Bad, Line::plain("the knowledge base can't be searched: ").untrusted(why))
}

/// Somebody said whether an answer was right.
pub fn judged(right: bool) -> Reply {
    let title = if right { "noted: this answer was right" } else { "noted: this answer was wrong" };
    Reply::new(Tone::Good, Line::plain(title))
        .line(Line::default().code("/kb report").then(" lists what was not answered well"))
}

/// There is nothing to be quiet about.
pub fn quiet_anyway() -> Reply {
    let title = Line::plain("here I answer only when I am mentioned, whatever ").code("/quiet").then(" says");
    Reply::new(Tone::Info, title).line(Line::plain("It is for the conversation of an incident."))
}

/// What is overheard here is left alone, or no longer.
pub fn quieted(quiet: bool) -> Reply {
    Reply::new(
        Tone::Good,
        Line::plain(if quiet {
            "I answer here only when I am mentioned"
        } else {
            "I answer here what looks like a question"
        }),
    )
}

/// Characters of a title and headings that are shown whole.
const PATH_LEN_MAX: usize = 240;

fn action_line(catalogue: &Catalogue, action: &Action) -> Line {
    let needs = match catalogue.policy.basis(effective_risk(catalogue, action)) {
        crate::domain::policy::basis::Basis::NoneNeeded => "starts at once".to_owned(),
        crate::domain::policy::basis::Basis::Quorum(1) => "1 approval".to_owned(),
        crate::domain::policy::basis::Basis::Quorum(n) => format!("{n} approvals"),
    };
    let risk = effective_risk(catalogue, action);
    Line::plain("action: ")
        .untrusted(action.title.as_str())
        .then(format!(" ({risk}, {needs}) "))
        .code(usage(action))
}

fn unknown(found: &Found) -> Reply {
    let reply = Reply::new(Tone::Info, Line::plain("I don't know: no article answers that."));
    if found.nearest.is_empty() {
        return reply;
    }
    found.nearest.iter().fold(reply.line(Line::plain("The nearest I have:")), |reply, (id, title)| {
        reply.item(Line::default().untrusted(title.as_str()).then(" ").code(format!("/kb show {id}")))
    })
}

/// An article by id, or the one that was probably meant.
pub fn shown(catalogue: &Catalogue, id: &ArticleId) -> Reply {
    catalogue.article(id).map_or_else(|| no_article(catalogue, id), |found| article(catalogue, found))
}

/// An article, section by section.
fn article(catalogue: &Catalogue, article: &Article) -> Reply {
    let title = Line::default().untrusted(article.title.as_str()).then(" ").code(article.file.as_str());
    let mut reply = Reply::new(Tone::Info, title).line(
        Line::plain("reviewed ")
            .untrusted(article.reviewed.as_str())
            .then(", revision ")
            .code(article.revision.short()),
    );
    for section in &article.sections {
        if let Some(heading) = section.heading.last() {
            reply = reply.line(
                Line::default().untrusted(heading.as_str()).then(format!(" (line {})", section.lines.0)),
            );
        }
        let text: Vec<_> = section.blocks.iter().map(|block| block.quoted().text).collect();
        if !text.is_empty() {
            reply = reply.block(text.join("\n"));
        }
    }
    article.actions.iter().fold(reply, |reply, action| reply.item(action_line(catalogue, action)))
}

fn no_article(catalogue: &Catalogue, id: &ArticleId) -> Reply {
    let near = catalogue::nearest(id.as_str(), catalogue.articles.keys().map(ArticleId::as_str));
    let reply = Reply::new(Tone::Bad, Line::plain("refused: there is no article ").code(id.as_str()));
    match near {
        Some(near) => reply.line(Line::plain("Did you mean ").code(format!("/kb show {near}")).then("?")),
        None => reply.line(
            Line::default()
                .code("/kb search WORDS")
                .then(" finds articles; one with a mistake is left out: ")
                .code("dogwatch kb lint")
                .then(" names it."),
        ),
    }
}

#[cfg(test)]
mod tests;
