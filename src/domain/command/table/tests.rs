use std::collections::BTreeSet;

use crate::domain::command::table::{COMMANDS, Kind, Opt, Shape, Spec, all, find, usage};
use crate::domain::say::replies;
use crate::domain::testing::text_of;
use crate::domain::world::actor::Role;

fn assert_specs(specs: &[Spec]) {
    let names: BTreeSet<_> = specs.iter().map(|spec| spec.name).collect();
    assert_eq!(names.len(), specs.len());
    for spec in specs {
        assert!(spec.name.bytes().all(|b| b.is_ascii_lowercase()), "{}", spec.name);
        assert!((1..=100).contains(&spec.description.chars().count()), "{}", spec.name);
        match spec.shape {
            Shape::Leaf(leaf) => assert_options(spec.name, leaf.options),
            Shape::Group(commands) => assert_specs(commands),
        }
    }
}

fn assert_options(command: &str, options: &[Opt]) {
    let names: BTreeSet<_> = options.iter().map(|option| option.name).collect();
    assert_eq!(names.len(), options.len(), "{command}");
    assert!(options.is_sorted_by_key(|option| !option.required), "{command}: required ones come first");
    for Opt { name, description, kind, .. } in options {
        assert!(name.bytes().all(|b| b.is_ascii_lowercase()), "{command} {name}");
        assert!((1..=100).contains(&description.chars().count()), "{command} {name}");
        if let Kind::Choice(words) = kind {
            assert!((1..=25).contains(&words.len()), "{command} {name}");
        }
    }
}

#[test]
fn names_are_unique_and_words_fit_where_they_are_shown() {
    assert_specs(COMMANDS);
}

#[test]
fn groups_hold_commands_only() {
    for spec in COMMANDS {
        if let Shape::Group(commands) = spec.shape {
            assert_eq!(spec.named().len(), commands.len(), "{}", spec.name);
        }
    }
}

#[test]
fn a_command_is_found_by_all_its_words_and_a_group_shows_all_of_its_commands() {
    assert!(find("incident").is_none());
    assert_eq!(usage("incident use"), "/incident use i1");
    assert_eq!(usage("hosts"), "/hosts");
    assert_eq!(usage("kb"), "/kb search WORDS, show ARTICLE, report");
    assert_eq!(usage("ask"), "a question in your own words");
    for named in all() {
        assert_eq!(find(&named.path), Some(named));
    }
}

#[test]
fn the_help_says_of_every_command_what_to_type_what_it_does_and_who_may() {
    let help = text_of(&replies::help());
    for named in all() {
        let role =
            if named.leaf.role == Role::Viewer { String::new() } else { format!(" ({})", named.leaf.role) };
        let line = format!("{}: {}{role}", named.usage(), named.description);
        assert!(help.lines().any(|shown| shown == line), "{line}");
    }
}
