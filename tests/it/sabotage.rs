//! Every action that the repository ships and that changes something, with a tool that does not do what it
//! says: no run is called succeeded, and nothing that was not named is harmed.
//!
//! No action is named here. A new one is covered once its examples fit a machine of the practice hosts; one
//! that never succeeds there fails the test.

mod case;
mod tool;

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::bot::two_at_a_time;
use case::{Run, changed, changing_actions, honest};
use tool::{Sabotage, told};

/// Actions that change something on a practice host; there are no fewer.
const ACTIONS_MIN: usize = 12;

/// The last step that changes something does nothing and says that it did; one value is a neighbour's.
#[test]
#[ignore = "some minutes; see CONTRIBUTING"]
fn no_tool_that_lies_makes_a_success() {
    sabotaged(1);
}

#[test]
#[ignore = "some minutes; see CONTRIBUTING"]
fn no_sabotaged_tool_makes_a_success() {
    sabotaged(usize::MAX);
}

/// Each action as it should be, and then with so many sabotages and wrong values at the most.
fn sabotaged(most: usize) {
    let counts = Mutex::new(BTreeMap::<&str, usize>::new());
    let count = |what| *counts.lock().unwrap().entry(what).or_default() += 1;
    let found = Mutex::new(Vec::new());
    let (actions, elsewhere) = changing_actions();
    two_at_a_time(actions, |action| {
        let case = match honest(&action) {
            Ok(case) => case,
            Err(said) => return found.lock().unwrap().push(said),
        };
        count("honest");
        let judge = |what: String, run: &Run, harmed: Vec<String>| {
            let is_held = run.said.contains("r1 starts") && !run.said.contains("r1 succeeded");
            if !is_held || !harmed.is_empty() {
                found.lock().unwrap().push(format!("{what}: harmed {harmed:?}: {}", run.said));
            }
        };
        for (step, sabotage) in case.sabotages().into_iter().take(most) {
            let run = case.run(&case.values(case.machine()), Some((step, sabotage)));
            // What the tool itself does to the neighbour nobody can prevent.
            let harmed = if sabotage == Sabotage::Neighbour { Vec::new() } else { case.harmed_others(&run) };
            if !run.reached.contains(&step) {
                found.lock().unwrap().push(format!(
                    "never reached: {sabotage:?} of {}: {}",
                    case.id(),
                    run.said
                ));
            }
            judge(format!("{sabotage:?} of step {} of {}", step + 1, case.id()), &run, harmed);
            count(told(sabotage));
        }
        for values in case.mixed_up().into_iter().take(most) {
            let run = case.run(&values, None);
            judge(format!("{} with {values:?}", case.id()), &run, changed(&run));
            count("the number of a neighbour");
        }
    });
    let (found, counts) = (found.into_inner().unwrap(), counts.into_inner().unwrap());
    eprintln!("runs: {counts:?}; not on the practice hosts: {elsewhere:?}");
    assert!(found.is_empty(), "{} wrong: {}", found.len(), found.join("\n---\n"));
    assert!(counts["honest"] >= ACTIONS_MIN);
}
