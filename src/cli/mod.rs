//! One file a subcommand; the wiring.
