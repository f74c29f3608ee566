//! What must not compile: nobody but the core makes an `Approved<Plan>`.
//!
//! A program of its own, because the builds that trybuild starts would take the processors from tests
//! with limits in time.

#[test]
fn unapproved_plan_reaches_no_executor() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// Two blanket implementations: were `Approved<Plan>` readable, the compiler could not choose, and
/// this file would not compile. (The compiler's own message would list other crates' types.)
mod read_from_bytes {
    use dogwatch::domain::plan::Plan;
    use dogwatch::domain::plan::approved::Approved;
    use serde::de::DeserializeOwned;

    struct Readable;

    trait NotReadable<A> {
        fn holds() -> bool {
            true
        }
    }

    impl<T> NotReadable<()> for T {}
    impl<T: DeserializeOwned> NotReadable<Readable> for T {}

    #[test]
    fn approved_plan_is_not_read_from_bytes() {
        assert!(<Approved<Plan> as NotReadable<_>>::holds());
        assert!(<Plan as NotReadable<Readable>>::holds(), "the plan itself is read from the record");
    }
}
