use Part::{Literal, Placeholder};

use crate::domain::world::action::{Part, parts};

#[test]
fn template_is_split_at_its_placeholders() {
    let cases: [(&str, &[Part<'_>]); 8] = [
        ("", &[]),
        ("plain", &[Literal("plain")]),
        ("{a}", &[Placeholder("a")]),
        ("{a}{b_2}", &[Placeholder("a"), Placeholder("b_2")]),
        ("x{a}y{b}z", &[Literal("x"), Placeholder("a"), Literal("y"), Placeholder("b"), Literal("z")]),
        ("{{a}}", &[Literal("{"), Placeholder("a"), Literal("}")]),
        ("ä{a}ö", &[Literal("ä"), Placeholder("a"), Literal("ö")]),
        ("{a{b}", &[Literal("{a"), Placeholder("b")]),
    ];
    for (template, expected) in cases {
        assert_eq!(parts(template), expected, "{template}");
    }
}

#[test]
fn brace_that_encloses_no_name_is_literal() {
    for template in ["{", "}", "{}", "{2,6}", "{ $_ }", "{A}", "{a", "a}", "{_a}", "{1a}", "{a-b}", "{ä}"] {
        assert_eq!(parts(template), [Literal(template)], "{template}");
    }
}
