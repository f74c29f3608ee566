//! What decisions are made from besides the state: articles, inventory, people, policy.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::action::Action;
use super::actor::People;
use super::article::Article;
use super::host::Host;
use super::id::{ActionId, ArticleId, Digest, HostName};
use super::policy::Policy;

/// Articles by id, shared with whoever keeps them.
pub type Articles = BTreeMap<ArticleId, Arc<Article>>;

/// What a decision is about: that is read anew for it, whatever its file looks like, and with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An article.
    Article(ArticleId),
    /// An action, with those that it escalates to.
    Action(ActionId),
}

/// One consistent view of everything that is configured or written.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The articles that are offered; with their sections only where the decision is about them.
    pub articles: Articles,
    /// Why other articles are not, by their files.
    pub left_out: BTreeMap<String, String>,
    /// The hosts.
    pub inventory: BTreeMap<HostName, Host>,
    /// Everybody who has a role.
    pub people: People,
    /// What a start needs.
    pub policy: Policy,
    /// The digest of the remote wrapper.
    pub wrapper: Digest,
}

impl Catalogue {
    /// An action and the article that declares it.
    pub fn action(&self, id: &ActionId) -> Option<(&Article, &Action)> {
        self.actions().find(|(_, action)| action.id == *id)
    }

    /// Every action with its article, in the order of articles.
    pub fn actions<'a>(&'a self) -> impl Iterator<Item = (&'a Article, &'a Action)> {
        let of = |article: &'a Arc<Article>| article.actions.iter().map(move |action| (&**article, action));
        self.articles.values().flat_map(of)
    }

    /// The revision of policy and people.
    pub fn policy_revision(&self) -> Digest {
        self.policy.revision(&self.people)
    }
}

/// Characters of what is compared with what somebody may have meant: that takes their product of memory.
const TYPED_LEN_MAX: usize = 256;

/// The candidate nearest to what was typed, if one is near enough to be meant.
pub fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = typed.chars().count();
    if length > TYPED_LEN_MAX {
        return None;
    }
    let limit = length / 3 + 1;
    // Each character more is a slip.
    let candidates = candidates.filter(|candidate| candidate.chars().count() <= length + limit);
    let near = |candidate: &&str| strsim::damerau_levenshtein(typed, candidate);
    candidates.min_by_key(near).filter(|candidate| near(candidate) <= limit)
}
