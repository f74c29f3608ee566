//! The program `dogwatch`.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Under the name of a tool, inside a practice host, dogwatch is that tool.
    if let Some(code) = dogwatch::lab::double::play_by_name() {
        return code;
    }
    dogwatch::cli::main()
}
