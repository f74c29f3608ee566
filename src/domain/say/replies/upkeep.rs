//! What to fix in the knowledge base.

use crate::domain::rules::upkeep::report::{
    Gap, LET_DOWN_POINTS, Neglected, OVERDUE_POINTS_MAX, QUESTIONS_MAX, Reason, Upkeep,
};
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::text::{counted, shortened};

/// Gaps and articles that are shown, each.
const SHOWN_MAX: usize = 10;
/// Reasons of one article that are shown.
const REASONS_SHOWN_MAX: usize = 5;
/// Characters of a question that are shown.
const QUESTION_SHOWN_MAX: usize = 160;

/// The gaps and the articles to fix, the worst first.
pub fn report(upkeep: &Upkeep) -> Reply {
    let title = format!(
        "{} asked: {} without an answer or with a doubtful one, {} called right, {} called wrong",
        counted(upkeep.asked, "question"),
        upkeep.unanswered,
        upkeep.right,
        upkeep.wrong
    );
    let reply = articles(gaps(Reply::new(Tone::Info, Line::plain(title)), upkeep), &upkeep.articles);
    if upkeep.gaps.is_empty() && upkeep.articles.is_empty() {
        return reply.line(Line::plain("There is nothing to fix."));
    }
    reply
}

fn gaps(mut reply: Reply, upkeep: &Upkeep) -> Reply {
    if !upkeep.gaps.is_empty() {
        reply = reply.line(Line::plain("What no article surely answers, the most asked first:"));
    }
    for gap in upkeep.gaps.iter().take(SHOWN_MAX) {
        reply = reply.item(asked(gap));
    }
    reply = and_more(reply, upkeep.gaps.len());
    if upkeep.answered_since > 0 {
        let text = format!("answered since, when somebody asked again: {}", upkeep.answered_since);
        reply = reply.line(Line::plain(text));
    }
    if upkeep.too_old > 0 {
        let text = format!("left out, as older than the last {QUESTIONS_MAX} questions: {}", upkeep.too_old);
        reply = reply.line(Line::plain(text));
    }
    reply
}

fn asked(gap: &Gap) -> Line {
    let line = Line::plain(format!("{}: ", counted(gap.count, "time")));
    quoted(line, &gap.questions)
}

fn quoted(line: Line, questions: &[String]) -> Line {
    questions.iter().enumerate().fold(line, |line, (at, question)| {
        let line = if at == 0 { line } else { line.then(" / ") };
        line.untrusted(shortened(question, QUESTION_SHOWN_MAX))
    })
}

fn articles(mut reply: Reply, articles: &[Neglected]) -> Reply {
    if articles.is_empty() {
        return reply;
    }
    reply = reply.line(Line::plain(format!(
        "Articles to fix, the worst first ({LET_DOWN_POINTS} points for each wrong answer and each failure \
         since the last review, 1 for each year begun that a review is overdue but no more than \
         {OVERDUE_POINTS_MAX}, as for none at all, 1 for never being found):"
    )));
    for article in articles.iter().take(SHOWN_MAX) {
        let head = Line::default().code(article.article.as_str()).then(format!(" {}", article.score));
        let shown = article.reasons.iter().take(REASONS_SHOWN_MAX).enumerate();
        let line = shown
            .fold(head, |line, (at, reason)| because(line.then(if at == 0 { ": " } else { ", " }), reason));
        reply = reply.item(match article.reasons.len().saturating_sub(REASONS_SHOWN_MAX) {
            0 => line,
            more => line.then(format!(", and {more} more")),
        });
    }
    and_more(reply, articles.len())
}

fn because(line: Line, reason: &Reason) -> Line {
    match reason {
        Reason::Wrong { count, of, questions } => {
            quoted(line.then(format!("wrong in {count} of {of} judgements (")), questions).then(")")
        }
        Reason::VerificationFailed { action, count, of } => line
            .then("the verification of ")
            .code(action.as_str())
            .then(format!(" failed {count} of {of} times")),
        Reason::StepFailed { action, count, of } => {
            line.then("a step of ").code(action.as_str()).then(format!(" failed {count} of {of} times"))
        }
        Reason::ReviewOverdue { count, .. } => line.then(format!("its review is overdue by {count} days")),
        Reason::NeverReviewed => line.then("nobody has reviewed it yet"),
        Reason::NeverFound { of, .. } => line.then(format!("found by none of {of} answers")),
    }
}

fn and_more(reply: Reply, count: usize) -> Reply {
    match count.saturating_sub(SHOWN_MAX) {
        0 => reply,
        more => reply.item(
            Line::plain(format!("and {more} more: "))
                .code("dogwatch kb report --json")
                .then(" lists them all"),
        ),
    }
}
