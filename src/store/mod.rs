//! sled: the committer, versioned records, the mark.
