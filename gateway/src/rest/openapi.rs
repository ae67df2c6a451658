//! OpenAPI.
use super::routes::Routes;
use prost_reflect::DescriptorPool;
pub(super) fn document(_: &DescriptorPool, _: &[&str], _: &Routes) -> serde_json::Value {
    serde_json::Value::Null
}
