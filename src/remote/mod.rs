//! SSH sessions and remote runs on hosts.
