#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use super::*;
use crate::domain::id::Digest;
use crate::kb::load;

/// An action with what it escalates to, if anything; `NAME-find` shows what that needs.
type Act<'a> = (&'a str, Option<&'a str>);

/// A folder and its shelf.
struct World {
    folder: tempfile::TempDir,
    shelf: Shelf,
}

impl World {
    fn with(articles: &[(&str, &[Act<'_>])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().to_owned());
        let world = Self { folder, shelf };
        for (id, actions) in articles {
            world.write(id, actions, "Look.");
        }
        world
    }

    fn write(&self, id: &str, actions: &[Act<'_>], text: &str) {
        let mut article = format!(
            "+++\nid = \"{id}\"\ntitle = \"{id}\"\nproducts = [\"Linux\"]\ntags = [\"disk\"]\n\
             symptoms = [\"full\"]\nreviewed = 2026-11-01\n+++\n# {id}\n## Resolution\n{text}\n"
        );
        for (action, next) in actions {
            let next = next
                .map(|next| format!("[escalates_to]\naction = \"{next}\"\nfind = \"{next}-find\"\n"))
                .unwrap_or_default();
            let block = format!(
                "```action\nid = \"{action}\"\ntitle = \"{action}\"\nplatforms = [\"linux\"]\nrisk = \"read\"\n\
                 [[steps]]\nrun = [\"df\", \"-h\"]\ntimeout_s = 60\n{next}```\n"
            );
            article.push_str(&block);
        }
        fs::write(self.path(id), article).unwrap();
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.path().join(format!("{id}.md"))
    }

    /// What is offered if every file looks as it did: its times tell nothing.
    fn unseen(&mut self, about: &[Subject]) -> Offered {
        let seen = scan(self.folder.path()).unwrap();
        let files = seen.files.into_iter().map(|sight| Sight { stamp: 1, ..sight }).collect();
        self.shelf.compare(Scan { files, ..seen }, about)
    }

    fn look(&mut self) -> Offered {
        self.shelf.look(&[]).unwrap()
    }
}

fn action(id: &str) -> Subject {
    Subject::Action(ActionId::from(id))
}

/// The articles whose revision is that of their file.
fn true_of(world: &World, offered: &Offered) -> Vec<String> {
    let is_true =
        |it: &&Arc<Article>| it.revision == Digest::of(&fs::read(world.path(it.id.as_str())).unwrap());
    offered.articles.values().filter(is_true).map(|article| article.id.to_string()).collect()
}

fn ids(offered: &Offered) -> Vec<&str> {
    offered.articles.keys().map(crate::domain::id::ArticleId::as_str).collect()
}

#[test]
fn what_looks_different_is_read_again_and_nothing_else() {
    let mut world = World::with(&[("a", &[]), ("b", &[])]);
    let before = world.unseen(&[]);
    world.write("a", &[], "Look twice.");
    let unseen = world.unseen(&[]);
    assert_eq!(true_of(&world, &unseen), ["b"], "nothing told that it has changed");
    assert!(
        before.articles.values().zip(unseen.articles.values()).all(|(before, now)| Arc::ptr_eq(before, now))
    );
    let seen = world.look();
    assert_eq!(true_of(&world, &seen), ["a", "b"]);
    fs::remove_file(world.path("a")).unwrap();
    assert_eq!(ids(&world.look()), ["b"]);
}

#[test]
fn what_a_decision_is_about_is_read_whatever_its_file_looks_like() {
    let mut world = World::with(&[("a", &[("one", None)]), ("b", &[("two", None)])]);
    world.unseen(&[]);
    world.write("a", &[("one", None)], "Look twice.");
    world.write("b", &[("two", None)], "Look twice.");
    let offered = world.unseen(&[action("one")]);
    assert_eq!(true_of(&world, &offered), ["a"]);
    let offered = world.unseen(&[Subject::Article("b".into())]);
    assert_eq!(true_of(&world, &offered), ["a", "b"]);
    world.write("a", &[], "It does nothing any more.");
    let offered = world.unseen(&[action("one")]);
    assert_eq!((ids(&offered), offered.articles[&"a".into()].actions.len()), (vec!["a", "b"], 0));
}

#[test]
fn what_an_action_escalates_to_is_read_with_it_as_it_says_now() {
    let (next, find): (&[Act<'_>], &[Act<'_>]) = (&[("two", None)], &[("two-find", None)]);
    let mut world =
        World::with(&[("a", &[("one", None)]), ("b", next), ("c", find), ("d", &[("three", None)])]);
    world.unseen(&[]);
    world.write("a", &[("one", Some("two"))], "Go on.");
    world.write("b", &[("two", Some("three"))], "Go on.");
    world.write("c", find, "Look twice.");
    world.write("d", &[("three", None)], "Look twice.");
    let offered = world.unseen(&[action("one")]);
    assert_eq!(true_of(&world, &offered), ["a", "b", "c"], "one rung, and what it needs to know");
}

#[test]
fn text_stays_only_where_the_decision_is_about_it() {
    let mut world = World::with(&[("a", &[("one", None)]), ("b", &[])]);
    let has_text = |offered: &Offered| -> Vec<bool> {
        offered.articles.values().map(|article| !article.sections.is_empty()).collect()
    };
    assert_eq!(has_text(&world.unseen(&[])), [false, false]);
    assert_eq!(has_text(&world.unseen(&[action("one")])), [true, false]);
    assert_eq!(has_text(&world.unseen(&[Subject::Article("b".into())])), [false, true]);
    assert_eq!(has_text(&world.unseen(&[])), [false, false]);
}

#[test]
fn the_same_is_offered_and_left_out_for_the_same_reasons_as_of_the_whole_folder() {
    let twice: &[(&str, &[Act<'_>])] = &[("a", &[("one", None)]), ("b", &[("one", None)]), ("c", &[])];
    let mut world = World::with(twice);
    fs::write(world.path("broken"), "no article").unwrap();
    // It can't be offered, and its id is taken all the same.
    world.write("unsafe", &[("two", None), ("two", None)], "Look.");
    let text = fs::read_to_string(world.path("unsafe")).unwrap().replacen("\"df\"", "\"sh\"", 1);
    fs::write(world.path("unsafe"), text).unwrap();
    world.write("d", &[("two", None)], "Look.");
    let whole = Offered::from(load(world.folder.path()).unwrap());
    let files: Vec<_> = whole.left_out.keys().map(String::as_str).collect();
    assert_eq!(files, ["a.md", "b.md", "broken.md", "d.md", "unsafe.md"]);
    let offered = world.look();
    assert_eq!((ids(&offered), &offered.left_out), (vec!["c"], &whole.left_out));
    let offered = world.unseen(&[action("one"), action("two")]);
    assert_eq!((ids(&offered), &offered.left_out), (vec!["c"], &whole.left_out));
    world.write("b", &[("three", None)], "Look.");
    assert_eq!(ids(&world.look()), ["a", "b", "c"]);
}

#[test]
fn a_folder_that_cannot_be_listed_is_an_error_and_what_was_kept_stays() {
    let mut world = World::with(&[("a", &[])]);
    let kept = |offered: Offered| offered.articles.into_values().next().unwrap();
    let before = kept(world.unseen(&[]));
    let away = world.folder.path().with_extension("away");
    fs::rename(world.folder.path(), &away).unwrap();
    assert!(matches!(world.shelf.look(&[]), Err(KbError::List { .. })));
    fs::rename(&away, world.folder.path()).unwrap();
    assert!(Arc::ptr_eq(&before, &kept(world.unseen(&[]))), "it was not read again");
}

#[test]
fn a_few_files_are_judged_as_if_there_were_no_others() {
    let twice: &[(&str, &[Act<'_>])] = &[("a", &[("one", None)]), ("b", &[("one", None)]), ("c", &[])];
    let mut world = World::with(twice);
    let at = |world: &mut World, files: [&str; 2]| {
        let offered = world.shelf.look_at(&BTreeSet::from(files));
        (ids(&offered).join(" "), offered.left_out.into_keys().collect::<Vec<_>>().join(" "))
    };
    let pair = |offered: &str, left_out: &str| (offered.to_owned(), left_out.to_owned());
    assert_eq!(at(&mut world, ["a.md", "c.md"]), pair("a c", ""));
    assert_eq!(at(&mut world, ["a.md", "b.md"]), pair("", "a.md b.md"));
    assert_eq!(at(&mut world, ["b.md", "gone.md"]), pair("b", "gone.md"));
    world.write("b", &[], "It does nothing any more.");
    assert_eq!(at(&mut world, ["a.md", "b.md"]), pair("a b", ""));
}
