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
use case::{Case, changing_actions, honest};
use tool::{Sabotage, told};

#[test]
fn no_sabotaged_tool_makes_a_success() {
    let counts = Mutex::new(BTreeMap::<&str, usize>::new());
    let count = |what| *counts.lock().unwrap().entry(what).or_default() += 1;
    let (actions, elsewhere) = changing_actions();
    two_at_a_time(actions, |action| {
        let case = honest(&action);
        count("honest");
        for (step, sabotage) in case.sabotages() {
            let run = case.run(&case.values(case.machine()), Some((step, sabotage)));
            let context = format!("{sabotage:?} of step {} of {}: {}", step + 1, case.id(), run.said);
            assert!(run.said.contains("r1 starts") && !run.said.contains("r1 succeeded"), "{context}");
            if sabotage != Sabotage::Neighbour {
                case.assert_others_unharmed(&run, &context);
            }
            count(told(sabotage));
        }
        for values in case.mixed_up() {
            let run = case.run(&values, None);
            let context = format!("{} with {values:?}: {}", case.id(), run.said);
            assert!(run.said.contains("r1 starts") && !run.said.contains("r1 succeeded"), "{context}");
            case.assert_unharmed(&run, &context);
            count("the number of a neighbour");
        }
    });
    eprintln!("runs: {:?}; not on the practice hosts: {elsewhere:?}", counts.lock().unwrap());
    assert!(Case::ACTIONS_MIN <= counts.lock().unwrap()["honest"]);
}
