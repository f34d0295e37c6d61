//! How Google says things: names, policies, refusals.

use crate::answer::Answer;
use crate::description::Project;
use serde_json::{Value, json};

/// The full name of an asset.
pub(super) fn full_name(kind: &str, name: &str) -> String {
    let host = kind.split('/').next().unwrap_or_default();
    // Some types and names bear different hosts.
    let host = match host {
        "sqladmin.googleapis.com" => "cloudsql.googleapis.com",
        "bigtableadmin.googleapis.com" => "bigtable.googleapis.com",
        other => other,
    };
    format!("//{host}/{name}")
}

/// Fills in what every answer of an API has and no description need repeat: names, links.
pub(super) fn complete(kind: &str, name: &str, project_number: &str, data: &mut Value) {
    if data.is_null() {
        *data = json!({});
    }
    let Some(fields) = data.as_object_mut() else { return };
    let last = name.rsplit('/').next().unwrap_or_default().to_owned();
    let mut set = |key: &str, value: Value| {
        fields.entry(key.to_owned()).or_insert(value);
    };
    match kind.split('/').next().unwrap_or_default() {
        "storage.googleapis.com" => {
            set("kind", "storage#bucket".into());
            set("name", last.clone().into());
            set("id", last.into());
            set("projectNumber", project_number.into());
        }
        "compute.googleapis.com" => {
            set("name", last.into());
            set("selfLink", format!("https://www.googleapis.com/compute/v1/{name}").into());
        }
        "sqladmin.googleapis.com" if kind.ends_with("BackupRun") => {
            set("id", last.into());
            set("instance", name.split('/').nth(3).unwrap_or_default().into());
        }
        "sqladmin.googleapis.com" => set("name", last.into()),
        "bigquery.googleapis.com" => {
            let project = name.split('/').nth(1).unwrap_or_default();
            set("id", format!("{project}:{last}").into());
            set("datasetReference", json!({"projectId": project, "datasetId": last}));
        }
        "logging.googleapis.com" if kind.ends_with("LogSink") => set("name", last.into()),
        _ => set("name", name.into()),
    }
}

/// A dataset as a list tells it: less than it is.
pub(super) fn listed_dataset(data: &Value) -> Value {
    let told = ["id", "datasetReference", "location", "labels"];
    told.iter()
        .filter_map(|key| Some(((*key).to_owned(), data.get(*key)?.clone())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Something that has nothing but a name.
pub(super) fn named(name: &str) -> Value {
    json!({"name": name, "locationId": name.rsplit('/').next()})
}

/// A project.
pub(super) fn project(project: &Project) -> Value {
    json!({
        "name": format!("projects/{}", project.number),
        "projectId": project.id,
        "parent": project.parent.clone().unwrap_or_default(),
        "state": project.state.as_deref().unwrap_or("ACTIVE"),
        "displayName": project.id,
    })
}

/// A policy, which has an etag even where there is nothing else.
pub(super) fn policy(described: &Value) -> Value {
    let mut policy = if described.is_object() { described.clone() } else { json!({}) };
    policy["etag"] = "BwYAAAAAAAE=".into();
    policy["version"] = 1.into();
    policy
}

/// A refusal.
#[derive(Debug)]
pub(super) struct Refusal {
    code: u16,
    status: &'static str,
    /// The older APIs' word for it.
    reason: &'static str,
    message: String,
    details: Vec<Value>,
}

impl Refusal {
    fn new(code: u16, status: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, status, reason, message: message.into(), details: Vec::new() }
    }

    pub(super) fn denied(operation: &str) -> Self {
        Self::new(
            403,
            "PERMISSION_DENIED",
            "forbidden",
            format!("The caller does not have permission for {operation}"),
        )
    }

    /// For haste; the newer APIs say how long to wait.
    pub(super) fn throttled() -> Self {
        let mut refusal =
            Self::new(429, "RESOURCE_EXHAUSTED", "rateLimitExceeded", "Quota exceeded for quota metric");
        refusal.details = vec![
            json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com"}),
            json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.002s"}),
        ];
        refusal
    }

    pub(super) fn internal() -> Self {
        Self::new(500, "INTERNAL", "backendError", "Internal error encountered.")
    }

    pub(super) fn unavailable() -> Self {
        Self::new(503, "UNAVAILABLE", "backendError", "The service is currently unavailable.")
    }

    pub(super) fn expired() -> Self {
        Self::new(401, "UNAUTHENTICATED", "authError", "Request had invalid authentication credentials.")
    }

    pub(super) fn off(api: &str) -> Self {
        let message = format!("{api} API has not been used in project before or it is disabled.");
        let mut refusal = Self::new(403, "PERMISSION_DENIED", "accessNotConfigured", message);
        refusal.details = vec![
            json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com", "metadata": {"service": format!("{api}.googleapis.com")}}),
        ];
        refusal
    }

    pub(super) fn not_found(path: &str) -> Self {
        Self::new(404, "NOT_FOUND", "notFound", format!("{path} was not found"))
    }

    pub(super) fn invalid() -> Self {
        Self::new(400, "INVALID_ARGUMENT", "invalid", "The page token is not one of this list.")
    }

    /// In the words of an API: the older ones name reasons, and call haste a 403.
    pub(super) fn answer(self, api: &str) -> Answer {
        let old = matches!(api, "storage" | "compute" | "sqladmin" | "bigquery");
        let hasty = self.status == "RESOURCE_EXHAUSTED";
        let code = if old && hasty { 403 } else { self.code };
        let mut error = json!({"code": code, "message": self.message});
        if old {
            error["errors"] = json!([{"message": self.message, "domain": if hasty { "usageLimits" } else { "global" }, "reason": self.reason}]);
        } else {
            error["status"] = self.status.into();
        }
        if !(self.details.is_empty() || old && hasty) {
            error["details"] = self.details.into();
        }
        Answer::new(code, "application/json; charset=UTF-8", json!({"error": error}).to_string())
    }
}
