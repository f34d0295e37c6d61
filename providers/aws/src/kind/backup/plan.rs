//! Backup plans: into which vaults they write, and where they copy to.

use super::{API, SERVICE, astray, selection};
use crate::api::Ask;
use crate::kind::draft::{Draft, Fact, Tag, Tally, all};
use crate::kind::schedule;
use crate::kind::shared::{List, Page, page};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, ScheduleRule};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// Every plan of the region.
    LIST_BACKUP_PLANS = "backup" "ListBackupPlans", needs "backup:ListBackupPlans", quota quota::BACKUP,
    Per::Page(1_000), Get, facts "backup plans"
);
operation!(
    /// A plan's rules.
    GET_BACKUP_PLAN = "backup" "GetBackupPlan", needs "backup:GetBackupPlan", quota quota::BACKUP,
    Per::Resource, Get, facts "backup plans: vaults they write into and copy to"
);
operation!(
    /// Labels.
    LIST_PLAN_TAGS = "backup" "ListTags", needs "backup:ListTags", quota quota::BACKUP,
    Per::Resource, Get, facts "labels of backup plans"
);

/// Reads the plans of a region.
pub(super) async fn sweep(session: &Session, region: &str, sink: &dyn FactSink, tally: &mut Tally) {
    let body = json!({"maxResults": 1000});
    let ask = Ask::of(&LIST_BACKUP_PLANS, API, region, body).at("/backup/plans/", &[]);
    let list = List::<Plans>::of(session, ask);
    tally.read(list, sink, |found, call| plan(session, region, found, call)).await;
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Plans {
    backup_plans_list: Vec<Listed>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    backup_plan_arn: String,
    backup_plan_id: String,
    backup_plan_name: Option<String>,
}

page!(
    Plans: Listed in backup_plans_list, "nextToken" from next_token, by |item| item.backup_plan_id.clone(),
    own |item| Some(&item.backup_plan_arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    backup_plan_id: String,
    backup_plan: Plan,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Plan {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    rule_name: Option<String>,
    schedule_expression: Option<String>,
    start_window_minutes: Option<i64>,
    completion_window_minutes: Option<i64>,
    enable_continuous_backup: Option<bool>,
    target_backup_vault_name: String,
    target_logically_air_gapped_backup_vault_arn: Option<String>,
    copy_actions: Option<Vec<CopyAction>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CopyAction {
    destination_backup_vault_arn: String,
}

async fn plan(session: &Session, region: &str, found: Listed, call: CallId) -> Fact {
    let (arn, id) = (found.backup_plan_arn, found.backup_plan_id);
    let name = found.backup_plan_name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    let mut draft = Draft::new(session, (Kind::BackupPlan, SERVICE), region, arn.clone(), &name, &call);
    let ask = Ask::of(&GET_BACKUP_PLAN, API, region, json!({})).about(&id);
    let ask = ask.at("/backup/plans/{}/", &[&id]);
    let described = session.told::<Described>(ask).await.and_then(|heard| {
        let told = heard.told.filter(|told| told.backup_plan_id == id);
        Ok((told.ok_or_else(|| astray(&GET_BACKUP_PLAN, heard.call))?, heard.call))
    });
    let rules = match described {
        Ok((told, call)) => {
            draft.sheet.shown("copies", &call);
            draft.sheet.shown("coverage", &call);
            let rules = told.backup_plan.rules.iter().map(|rule| scheduled(&mut draft, rule, call)).collect();
            for vault in vaults(session, region, told.backup_plan.rules) {
                draft.copy_at(CopyRole::Backup, &vault);
            }
            Observed::Seen(rules)
        }
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Backup, &shortfall);
            draft.sheet.unseen("coverage.rules", &shortfall)
        }
    };
    selection::read(session, region, &id, rules, &mut draft).await;
    let ask = Ask::of(&LIST_PLAN_TAGS, API, region, json!({"maxResults": 1000})).about(&id);
    match all(List::<Tags>::of(session, ask.at("/tags/{}/", &[&arn]))).await {
        Ok(tags) => {
            if let Some((_, call)) = tags.first() {
                draft.sheet.shown("tags", call);
            }
            draft.tags(tags.into_iter().map(|(tag, _)| tag).collect());
        }
        Err(shortfall) => draft.resource.tags = draft.sheet.unseen("tags", &shortfall),
    }
    draft.finish()
}

/// Minutes after its time in which a job may still be started, where a rule names none (CreateBackupPlan: 8 hours).
const START_WINDOW: i64 = 8 * 60;

/// When a rule makes backups.
fn scheduled(draft: &mut Draft<'_>, rule: &Rule, call: CallId) -> ScheduleRule {
    let interval_s = match rule.schedule_expression.as_deref().filter(|text| !text.is_empty()) {
        // Without a schedule a rule starts nothing by itself.
        None => Observed::Seen(None),
        Some(expression) => match schedule::longest_gap(expression) {
            Some(seconds) => Observed::Seen(Some(seconds)),
            None => {
                let detail = format!("a schedule that cannot be read: {}", shorten(expression));
                let unknown = Shortfall::of(&GET_BACKUP_PLAN, GapReason::Unknown, Some(call), detail);
                draft.sheet.unseen("coverage.rules.interval_s", &unknown)
            }
        },
    };
    ScheduleRule {
        name: shorten(rule.rule_name.as_deref().unwrap_or_default()),
        interval_s,
        start_window_s: Observed::Seen(rule.start_window_minutes.unwrap_or(START_WINDOW).saturating_mul(60)),
        // Where none is named nothing bounds how long a job may take.
        completion_window_s: Observed::Seen(
            rule.completion_window_minutes.map(|minutes| minutes.saturating_mul(60)),
        ),
        continuous: Observed::Seen(rule.enable_continuous_backup == Some(true)),
    }
}

/// The vaults a plan's rules write into and copy to, by ARN.
fn vaults(session: &Session, region: &str, rules: Vec<Rule>) -> BTreeSet<String> {
    let of_rule = |rule: Rule| {
        let own = format!("backup-vault:{}", shorten(&rule.target_backup_vault_name));
        let copies = rule.copy_actions.unwrap_or_default().into_iter();
        let copies = copies.map(|action| action.destination_backup_vault_arn);
        let air_gapped = rule.target_logically_air_gapped_backup_vault_arn.filter(|arn| !arn.is_empty());
        copies.chain(air_gapped).chain([session.arn(SERVICE, region, &own)])
    };
    rules.into_iter().flat_map(of_rule).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tags: BTreeMap<String, String>,
    next_token: Option<String>,
}

impl Page for Tags {
    type Item = Tag;
    const TOKEN: &'static str = "nextToken";

    fn split(self) -> (Vec<Tag>, Option<String>, Option<bool>) {
        let tags = self.tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
        (tags, self.next_token.filter(|token| !token.is_empty()), None)
    }
    fn name(item: &Tag) -> String {
        item.key.clone()
    }
}
