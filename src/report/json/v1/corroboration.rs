//! What other witnesses than the control plane say of places, in `sekisho/report/v1`.

use super::Rows;
use crate::assess::Assessment;
use crate::corroborate::heard::{RangesUsed, VantageUsed};
use crate::corroborate::{self, Heard};
use schemars::JsonSchema;
use serde::Serialize;

/// What other witnesses say of places. Backups, replicas and logs are not among them: no host answers for those.
#[derive(Serialize, JsonSchema)]
pub struct Corroboration<'a> {
    /// Whether names were resolved and endpoints connected to; null where nobody was asked.
    network: Option<bool>,
    /// The published address ranges that were used.
    ranges: &'a [RangesUsed],
    /// The vantage points that were used.
    vantages: &'a [VantageUsed],
    /// Endpoints, and things to be asked of openly, that were too many for one run.
    left_out: u64,
    /// Each place of a service of an account, contradictions first.
    #[schemars(with = "Vec<corroborate::Corroboration>")]
    places: Rows<'a, &'a corroborate::Corroboration>,
}

impl<'a> Corroboration<'a> {
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        let heard = assessment.heard.as_ref();
        let mut places: Vec<_> = assessment.corroboration.iter().collect();
        places.sort_by(|a, b| (a.level, &a.id).cmp(&(b.level, &b.id)));
        Self {
            network: heard.map(|heard| heard.network),
            ranges: heard.map_or(&[], |heard: &Heard| heard.ranges.as_slice()),
            vantages: heard.map_or(&[], |heard| heard.vantages.as_slice()),
            left_out: heard.map_or(0, |heard| heard.left_out),
            places: Rows::new(move || places.clone().into_iter()),
        }
    }
}
