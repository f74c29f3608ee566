//! An approval is decided, never read.

use dogwatch::domain::approval::Approved;
use dogwatch::domain::plan::Plan;

fn read(bytes: &[u8]) -> Approved<Plan> {
    serde_json::from_slice(bytes).unwrap()
}

fn main() {}
