//! The rules that an article keeps, one file for each group of them.
//!
//! Rules are functions of what was loaded; what may stand in a command is decided by the planner's
//! own functions in [`crate::domain::planning`], never by a second copy here.

mod commands;
mod escalations;
mod links;
mod params;
mod scope;
mod templates;
mod texts;

use jiff::civil::Date;

use super::finding::Finding;
use super::loaded::Loaded;
use super::page::Page;
use crate::domain::policy::reads::ReadList;
use scope::scopes;

/// What articles are held against besides the rules.
#[derive(Debug, Clone)]
pub struct Standards {
    /// No review is later.
    pub today: Date,
    /// The commands that are believed to read only.
    pub reads: ReadList,
}

/// Everything that is wrong with a knowledge base: what loading found and what the rules say, in
/// the order of files and lines.
pub fn lint(loaded: &Loaded, standards: &Standards) -> Vec<Finding> {
    let mut findings = loaded.findings.clone();
    for page in &loaded.pages {
        texts::check(page, standards.today, &mut findings);
        for scope in scopes(page) {
            params::check_values(&scope, &mut findings);
            commands::check_reading(&scope, &standards.reads, &mut findings);
            commands::check_ties(&scope, &standards.reads, &mut findings);
        }
    }
    links::check(loaded, &mut findings);
    escalations::check(&loaded.pages, &mut findings);
    findings.sort();
    findings.dedup();
    findings
}

/// The rules that nobody checks again before something is shown or runs: an article that breaks
/// one is not offered.
pub(super) fn unsafe_to_offer(page: &Page) -> Vec<Finding> {
    let mut findings = Vec::new();
    texts::check_hidden(page, &mut findings);
    for scope in scopes(page) {
        params::check_declarations(&scope, &mut findings);
        templates::check(&scope, &mut findings);
        commands::check(&scope, &mut findings);
    }
    findings
}
