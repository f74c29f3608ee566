//! stub
/// stub
pub fn commands(_: &crate::domain::catalogue::Catalogue) -> serde_json::Value { serde_json::json!([]) }
