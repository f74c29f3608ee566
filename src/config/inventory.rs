//! Which hosts an inventory is for.

/// Whether an inventory may hold the lab's hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inventory {
    /// Real hosts: a name of the lab is refused.
    Real,
    /// The inventory that a lab wrote: only names of the lab are accepted.
    Lab,
}
