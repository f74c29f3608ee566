//! The rest of a word: names of commands.

use crate::domain::command::table::{COMMANDS, Shape};

/// Words that a line can begin with, each with those that can follow it.
#[derive(Debug, Default)]
pub struct Completion(Vec<(&'static str, Vec<&'static str>)>);

/// How a word goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Like this.
    One(String),
    /// Like one of these.
    Several(Vec<&'static str>),
}

impl Completion {
    /// The commands that can be typed.
    pub fn of_commands() -> Self {
        let typed = COMMANDS.iter().filter(|spec| spec.is_typed());
        let words = typed.map(|spec| match spec.shape {
            Shape::Leaf(_) => (spec.name, Vec::new()),
            Shape::Group(commands) => (spec.name, commands.iter().map(|spec| spec.name).collect()),
        });
        Self(words.collect())
    }

    /// A word more, with those that can follow it.
    #[must_use]
    pub fn and(mut self, word: &'static str, following: &[&'static str]) -> Self {
        self.0.push((word, following.to_vec()));
        self
    }

    /// How the last word goes on that stands before the cursor; none if nothing is known of it.
    pub(super) fn rest(&self, before: &str) -> Option<Rest> {
        let command = before.strip_prefix('/')?;
        let (begun, words): (&str, Vec<&'static str>) = match command.split_once(' ') {
            None => (command, self.0.iter().map(|(word, _)| *word).collect()),
            Some((first, begun)) => {
                let (_, following) = self.0.iter().find(|(word, _)| *word == first)?;
                (begun.trim_start(), following.clone())
            }
        };
        let mut fitting: Vec<_> = words.into_iter().filter(|word| word.starts_with(begun)).collect();
        fitting.sort_unstable();
        let common = common(&fitting)?;
        match fitting.as_slice() {
            [word] => Some(Rest::One(format!("{} ", &word[begun.len()..]))),
            _ if common.len() > begun.len() => Some(Rest::One(common[begun.len()..].to_owned())),
            _ => Some(Rest::Several(fitting)),
        }
    }
}

/// What all words begin with; the names of commands are ASCII.
fn common(words: &[&'static str]) -> Option<&'static str> {
    let (first, rest) = words.split_first()?;
    let same = |word: &&str| first.bytes().zip(word.bytes()).take_while(|(a, b)| a == b).count();
    let length = rest.iter().map(same).min().unwrap_or(first.len());
    first.get(..length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(before: &str) -> Option<Rest> {
        Completion::of_commands().and("as", &["ana", "ben"]).rest(before)
    }

    fn one(text: &str) -> Rest {
        Rest::One(text.to_owned())
    }

    #[test]
    fn names_of_commands_go_on_as_far_as_there_is_no_choice() {
        assert_eq!(
            [rest("/den"), rest("/in"), rest("/appro")],
            ["y ", "cident ", "v"].map(|rest| Some(one(rest)))
        );
        assert_eq!(rest("/approv"), Some(Rest::Several(vec!["approvals", "approve"])));
    }

    #[test]
    fn so_do_the_second_words_of_a_group_and_nothing_else() {
        assert_eq!(
            [rest("/kb sea"), rest("/incident  op"), rest("/as b")],
            ["rch ", "en ", "en "].map(|rest| Some(one(rest)))
        );
        for none in ["disk full", "", "/nothing", "/show r", "/incident open de", "/kb x", "/var/lo"] {
            assert_eq!(rest(none), None, "{none}");
        }
    }
}
