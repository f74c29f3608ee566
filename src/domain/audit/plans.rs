//! Whether the plans in a chain have the digests that its events name.
//!
//! A chain can be made anew with other bytes, so that it holds; an approval names the plan that was approved by
//! its digest, and the plan stands in the record. Only the names of three kinds and of their fields are known
//! here, so that what a later version wrote is looked at just the same.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::chain::ChainBreak;
use crate::domain::canonical::canonical;
use crate::domain::id::{Digest, RequestId};
use crate::domain::plan::{Plan, plan_digest};

/// The digests of the plans so far, by request.
#[derive(Debug, Default)]
pub struct Plans(BTreeMap<RequestId, Digest>);

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

impl Plans {
    /// Takes in the next event of a chain: a plan that is asked for must have the digest that stands beside it,
    /// and an approval or a start names that one.
    pub fn follow(&mut self, canonical_envelope: &[u8]) -> Result<(), ChainBreak> {
        let kind = serde_json::from_slice::<Kind<'_>>(canonical_envelope);
        let kind = kind.map_err(|_| ChainBreak::NotCanonical)?.kind;
        let opens = match &*kind {
            "request_opened" => true,
            "approval_given" | "run_started" => false,
            _ => return Ok(()),
        };
        let envelope: Value =
            serde_json::from_slice(canonical_envelope).map_err(|_| ChainBreak::NotCanonical)?;
        let body = &envelope["body"];
        let field = |name: &str| body[name].as_str().unwrap_or_default();
        // Without these it is no event of ours, which those say who read it.
        let (Ok(request), Ok(named)) = (field("request").parse(), field("digest").parse::<Digest>()) else {
            return Ok(());
        };
        if !opens {
            let fits = self.0.get(&request) == Some(&named);
            return if fits { Ok(()) } else { Err(ChainBreak::PlanOfAnother(request)) };
        }
        let bytes = canonical(&body["plan"]).map_err(|_| ChainBreak::NotCanonical)?;
        // What a later version put into a plan may be hashed in a way of its own: whoever reads the event says so.
        if plan_digest(&bytes) != named && is_known(&body["plan"], &bytes) {
            return Err(ChainBreak::Plan(request));
        }
        self.0.insert(request, named);
        Ok(())
    }
}

/// Whether nothing of a plan is lost when this version reads it.
fn is_known(plan: &Value, bytes: &[u8]) -> bool {
    Plan::deserialize(plan).is_ok_and(|plan| canonical(&plan).is_ok_and(|again| again == bytes))
}

#[cfg(test)]
mod tests;
