//! What services that are answered from their published models alone tell of a thing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Region;

/// A thing of a service that is answered from its published model: what each operation tells of it.
///
/// Values are written in the shape they have on the wire: in XML a list is an element whose members bear the name
/// the service gives them (`TagList: {Tag: [{Key: a, Value: b}]}`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The service, as requests to it are signed (`rds`, `elasticfilesystem`).
    pub service: String,
    /// The region that is asked; of a service without regions the one its endpoint signs for.
    pub region: Region,
    /// So many of them: `{n}` in texts is the number of each.
    pub count: Option<u32>,
    /// The parameters by which it is asked for. A request that names another value of one of them is not about it.
    #[serde(default)]
    pub of: BTreeMap<String, String>,
    /// By operation: its member of a list that is paged, else what is answered.
    pub tells: BTreeMap<String, Value>,
}
