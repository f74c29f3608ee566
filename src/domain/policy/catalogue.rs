//! What decisions are made from besides the state: articles, inventory, people, policy.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::id::{ActionId, ArticleId, Digest, HostName};
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::world::action::Action;
use crate::domain::world::actor::People;
use crate::domain::world::article::Article;
use crate::domain::world::host::Host;

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
    /// An article, whatever the case of its id.
    pub fn article(&self, id: &ArticleId) -> Option<&Article> {
        let articles = self.articles.values().map(|article| &**article);
        named(id.as_str(), articles, |article| article.id.as_str()).ok().flatten()
    }

    /// An action and the article that declares it.
    pub fn action(&self, id: &ActionId) -> Option<(&Article, &Action)> {
        self.actions().find(|(_, action)| action.id == *id)
    }

    /// Every action with its article, in the order of articles.
    pub fn actions<'a>(&'a self) -> impl Iterator<Item = (&'a Article, &'a Action)> + Clone {
        let of = |article: &'a Arc<Article>| article.actions.iter().map(move |action| (&**article, action));
        self.articles.values().flat_map(of)
    }

    /// The revision of policy and people.
    pub fn policy_revision(&self) -> Digest {
        self.policy.revision(&self.people)
    }
}

/// The one of this name, else the only one whose name differs in case alone; or all of several such.
pub fn named<'a, T: Copy>(
    typed: &str,
    candidates: impl Iterator<Item = T> + Clone,
    name: impl Fn(T) -> &'a str,
) -> Result<Option<T>, Vec<&'a str>> {
    if let Some(exact) = candidates.clone().find(|candidate| name(*candidate) == typed) {
        return Ok(Some(exact));
    }
    let typed = typed.to_lowercase();
    let alike: Vec<T> = candidates.filter(|candidate| name(*candidate).to_lowercase() == typed).collect();
    match alike.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        several => Err(several.iter().map(|candidate| name(*candidate)).collect()),
    }
}

/// The refusal of a name that several have but for its case.
pub fn ambiguous(what: &str, typed: &str, names: &[&str]) -> Refusal {
    let message = format!("`{typed}` may be more than one {what}");
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    Refusal::new("ambiguous_name", message).hint(format!("Did you mean {}?", names.join(" or ")))
}

/// Characters of what is compared with what somebody may have meant: that takes their product of memory.
const TYPED_LEN_MAX: usize = 256;

/// The candidate nearest to what was typed, whatever its case, if one is near enough to be meant.
pub fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = typed.chars().count();
    if length > TYPED_LEN_MAX {
        return None;
    }
    let limit = length / 3 + 1;
    // Each character more is a slip.
    let candidates = candidates.filter(|candidate| candidate.chars().count() <= length + limit);
    let typed = typed.to_lowercase();
    let near = |candidate: &&str| strsim::damerau_levenshtein(&typed, &candidate.to_lowercase());
    candidates.min_by_key(near).filter(|candidate| near(candidate) <= limit)
}
