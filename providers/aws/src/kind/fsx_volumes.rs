//! FSx: volumes of ONTAP file systems that keep files from being deleted.

use super::draft::{Draft, all};
use super::parts::not_read;
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{LiftedBy, Obstacle, ObstacleKind, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every volume of the region.
    DESCRIBE_VOLUMES = "fsx" "DescribeVolumes", needs "fsx:DescribeVolumes", quota quota::FSX,
    Per::Page(100), Post, facts "volumes whose files cannot be deleted before their time (SnapLock)"
);

const API: Api = Api::json("AWSSimbaAPIService_v20180301");

/// The volumes of a region, or why they were not seen.
pub(super) type Volumes = Result<Vec<(Volume, CallId)>, Shortfall>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VolumePage {
    volumes: Vec<Volume>,
    next_token: Option<String>,
}

/// A volume.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Volume {
    volume_id: String,
    file_system_id: Option<String>,
    ontap_configuration: Option<Configuration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    snaplock_configuration: Option<Snaplock>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Snaplock {
    snaplock_type: Option<String>,
    privileged_delete: Option<String>,
    retention_period: Option<Retention>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Retention {
    default_retention: Period,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Period {
    r#type: String,
    value: Option<u32>,
}

page!(VolumePage: Volume in volumes, "NextToken" from next_token, by |item| item.volume_id.clone());

/// Reads the volumes of a region.
pub(super) async fn read(session: &Session, region: &str) -> Volumes {
    let ask = Ask::of(&DESCRIBE_VOLUMES, API, region, json!({"MaxResults": 100}));
    all(List::<VolumePage>::of(session, ask)).await
}

/// Notes the locks of a file system's volumes.
pub(super) fn locked(draft: &mut Draft<'_>, volumes: &Volumes, file_system: &str) {
    let volumes = match volumes {
        Ok(volumes) => volumes,
        Err(shortfall) => return draft.perhaps_hindered(shortfall),
    };
    for (volume, call) in volumes {
        let perhaps_own = volume.file_system_id.as_deref().is_none_or(|of| of == file_system);
        let lock = volume.ontap_configuration.as_ref().and_then(|told| told.snaplock_configuration.as_ref());
        if let Some(lock) = lock.filter(|_| perhaps_own) {
            draft.sheet.shown("erasure", call);
            locked_by(draft, lock, *call);
        }
    }
}

fn locked_by(draft: &mut Draft<'_>, lock: &Snaplock, call: CallId) {
    let operation = &DESCRIBE_VOLUMES;
    let (kind, lifted_by) = match (lock.snaplock_type.as_deref(), lock.privileged_delete.as_deref()) {
        (Some("COMPLIANCE"), _) => (ObstacleKind::LockCompliance, LiftedBy::Nobody),
        (Some("ENTERPRISE"), Some("PERMANENTLY_DISABLED")) => {
            (ObstacleKind::LockGovernance, LiftedBy::Nobody)
        }
        (Some("ENTERPRISE"), _) => (ObstacleKind::LockGovernance, LiftedBy::PrivilegedUser),
        (other, _) => {
            let detail = format!("unknown lock of a volume `{}`", shorten(other.unwrap_or_default()));
            let unknown = Shortfall::of(operation, GapReason::Unknown, Some(call), detail);
            return draft.perhaps_hindered(&unknown);
        }
    };
    let days = match lock.retention_period.as_ref().and_then(|told| days(&told.default_retention)) {
        Some(days) => Observed::Seen(days),
        None => draft.said("erasure.obstacles.days", None, operation, call),
    };
    draft.hindered(Obstacle {
        kind: Observed::Seen(kind),
        starts: Observed::Seen(Starts::AtWrite),
        days,
        until: Observed::Seen(None),
        lifted_by: Observed::Seen(lifted_by),
    });
    // Whoever writes a file can give it another period than the usual one.
    draft.perhaps_hindered(&not_read("retention of single files is not read"));
}

/// The longest a period can be, in days: `None` inside for one without an end; `None` where it is not understood.
fn days(period: &Period) -> Option<Option<u32>> {
    let of = |days: u32| Some(period.value?.checked_mul(days));
    match period.r#type.as_str() {
        "SECONDS" => Some(Some(period.value?.div_ceil(86_400))),
        "MINUTES" => Some(Some(period.value?.div_ceil(1_440))),
        "HOURS" => Some(Some(period.value?.div_ceil(24))),
        "DAYS" => of(1),
        "MONTHS" => of(31),
        "YEARS" => of(366),
        // A file without a period of its own is kept until it is given one.
        "INFINITE" | "UNSPECIFIED" => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_told_in_whole_days() {
        for (sort, value, expected) in [
            ("DAYS", Some(30), Some(Some(30))),
            ("HOURS", Some(25), Some(Some(2))),
            ("SECONDS", Some(0), Some(Some(0))),
            ("YEARS", Some(2), Some(Some(732))),
            ("INFINITE", None, Some(None)),
            ("UNSPECIFIED", None, Some(None)),
            ("DAYS", None, None),
            ("FORTNIGHTS", Some(1), None),
        ] {
            assert_eq!(days(&Period { r#type: sort.to_owned(), value }), expected, "{sort}");
        }
    }
}
