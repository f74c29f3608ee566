use super::*;

fn interval(differences: &[f64]) -> (f64, f64) {
    let Difference { low, high, .. } = bootstrap(differences);
    (low, high)
}

#[test]
fn an_interval_holds_95_of_100_samples() {
    // Of three values, that one comes 3 times in 3.7 % of the samples: in more than 2.5, in fewer than 5.
    assert_eq!(interval(&[0.0, 0.0, 3.0]), (0.0, 3.0));
    assert_eq!(interval(&[0.0, 0.0, -3.0]), (-3.0, 0.0));
    // Of six, 4 times or more in 0.9 %: in fewer than 2.5.
    assert_eq!(interval(&[0.0, 0.0, 0.0, 0.0, 0.0, 6.0]), (0.0, 3.0));
    assert_eq!(interval(&[0.0, 0.0, 0.0, 0.0, 0.0, -6.0]), (-3.0, 0.0));
    assert_eq!((interval(&[0.25; 4]), interval(&[])), ((0.25, 0.25), (0.0, 0.0)));
}
