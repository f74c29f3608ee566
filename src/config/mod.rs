//! Raw TOML becomes a checked configuration, inventory, people and policy.
