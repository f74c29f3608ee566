//! What must not compile: nobody but the core makes an `Approved<Plan>`.

#[test]
fn unapproved_plan_reaches_no_executor() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
