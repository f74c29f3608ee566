//! The practice hosts: an SSH server with simulated tools, used by `demo`, `lab` and tests.
