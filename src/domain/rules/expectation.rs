//! Whether a command ended as it was expected to.

use regex::Regex;

use crate::domain::plan::Command;

/// Why exit code and output are not what the command expects; none if they are.
pub fn unexpected(command: &Command, code: i32, text: &str) -> Option<String> {
    if !command.expect_exit.contains(&code) {
        let expected: Vec<_> = command.expect_exit.iter().map(ToString::to_string).collect();
        return Some(format!("exit code {code}, expected {}", expected.join(" or ")));
    }
    let pattern = command.expect_stdout.as_deref()?;
    match Regex::new(pattern) {
        Ok(regex) if regex.is_match(text) => None,
        Ok(_) => Some(format!("the output does not match {pattern}")),
        Err(_) => Some(format!("the expectation {pattern} is no regular expression")),
    }
}
