//! What a plan makes backups of.

use super::{API, astray};
use crate::api::Ask;
use crate::kind::draft::{Draft, all};
use crate::kind::shared::{List, Page, page};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Comparison, Coverage, LabelTest, ScheduleRule, Selection};
use sekisho_contract::gap::{bound, shorten};
use sekisho_contract::operation::Per;
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// A plan's selections.
    LIST_BACKUP_SELECTIONS = "backup" "ListBackupSelections", needs "backup:ListBackupSelections", quota quota::BACKUP,
    Per::Resource, Get, facts "selections of backup plans"
);
operation!(
    /// What a selection takes.
    GET_BACKUP_SELECTION = "backup" "GetBackupSelection", needs "backup:GetBackupSelection", quota quota::BACKUP,
    Per::Sometimes, Get, facts "what a backup plan covers: resources, labels"
);

/// Notes what a plan makes backups of by these rules. A selection that was not seen is a member without its properties.
pub(super) async fn read(
    session: &Session,
    region: &str,
    plan: &str,
    rules: Observed<Vec<ScheduleRule>>,
    draft: &mut Draft<'_>,
) {
    let ask = Ask::of(&LIST_BACKUP_SELECTIONS, API, region, json!({"maxResults": 1000})).about(plan);
    let ask = ask.at("/backup/plans/{}/selections/", &[plan]);
    let listed = match all(List::<Selections>::of(session, ask)).await {
        Ok(listed) => listed,
        Err(shortfall) => {
            let selections = draft.sheet.unseen("coverage.selections", &shortfall);
            draft.resource.coverage = Some(Coverage { selections, rules });
            return;
        }
    };
    let mut selections = Vec::new();
    for (found, call) in listed {
        draft.sheet.shown("coverage", &call);
        let id = found.selection_id;
        let name = shorten(found.selection_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&id));
        selections.push(match described(session, region, plan, &id).await {
            Ok((told, call)) => {
                draft.sheet.shown("coverage", &call);
                told.read(name)
            }
            Err(shortfall) => {
                let sheet = &mut draft.sheet;
                Selection {
                    name,
                    resources: sheet.unseen("coverage.selections.resources", &shortfall),
                    except: sheet.unseen("coverage.selections.except", &shortfall),
                    any_label: sheet.unseen("coverage.selections.any_label", &shortfall),
                    all_labels: sheet.unseen("coverage.selections.all_labels", &shortfall),
                }
            }
        });
    }
    draft.resource.coverage = Some(Coverage { selections: Observed::Seen(selections), rules });
}

async fn described(
    session: &Session,
    region: &str,
    plan: &str,
    id: &str,
) -> Result<(Described, CallId), Shortfall> {
    let about = format!("{plan}/{id}");
    let ask = Ask::of(&GET_BACKUP_SELECTION, API, region, json!({})).about(&about);
    let ask = ask.at("/backup/plans/{}/selections/{}", &[plan, id]);
    let heard = session.told::<Answer>(ask).await?;
    let told = heard.told.filter(|told| told.backup_plan_id == plan && told.selection_id == id);
    told.map(|told| (told.backup_selection, heard.call))
        .ok_or_else(|| astray(&GET_BACKUP_SELECTION, heard.call))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Selections {
    backup_selections_list: Vec<Listed>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    selection_id: String,
    selection_name: Option<String>,
}

page!(
    Selections: Listed in backup_selections_list, "nextToken" from next_token, by |item| item.selection_id.clone()
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    backup_plan_id: String,
    selection_id: String,
    backup_selection: Described,
}

// Lists that are left out are empty: a selection is told as it was made.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    resources: Option<Vec<String>>,
    not_resources: Option<Vec<String>>,
    list_of_tags: Option<Vec<Test>>,
    conditions: Option<Conditions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Test {
    condition_key: Option<String>,
    condition_value: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Conditions {
    string_equals: Option<Vec<Test>>,
    string_not_equals: Option<Vec<Test>>,
    string_like: Option<Vec<Test>>,
    string_not_like: Option<Vec<Test>>,
}

impl Described {
    fn read(self, name: String) -> Selection {
        let bounded = |all: Option<Vec<String>>| all.into_iter().flatten().map(|one| bound(&one)).collect();
        let conditions = self.conditions.unwrap_or_default();
        let all_labels = [
            tests(Comparison::Equals, conditions.string_equals),
            tests(Comparison::NotEquals, conditions.string_not_equals),
            tests(Comparison::Like, conditions.string_like),
            tests(Comparison::NotLike, conditions.string_not_like),
        ];
        Selection {
            name,
            resources: Observed::Seen(bounded(self.resources)),
            except: Observed::Seen(bounded(self.not_resources)),
            any_label: Observed::Seen(tests(Comparison::Equals, self.list_of_tags)),
            all_labels: Observed::Seen(all_labels.concat()),
        }
    }
}

/// Labels by how they are compared. Their keys are written with `aws:ResourceTag/` before them, or without.
fn tests(test: Comparison, all: Option<Vec<Test>>) -> Vec<LabelTest> {
    let text = |text: Option<String>| bound(&text.unwrap_or_default());
    let read = |one: Test| {
        let key = text(one.condition_key);
        let key = key.strip_prefix("aws:ResourceTag/").unwrap_or(&key).to_owned();
        LabelTest { key, test, value: text(one.condition_value) }
    };
    all.into_iter().flatten().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_read_as_it_was_made() {
        let test = |key: &str, value: &str| json!({"ConditionKey": key, "ConditionValue": value});
        for (told, resources, any, all) in [
            (json!({"Resources": ["*"]}), vec!["*"], vec![], vec![]),
            (json!({}), vec![], vec![], vec![]),
            (
                json!({"ListOfTags": [test("backup", "daily")]}),
                vec![],
                vec![("backup", Comparison::Equals)],
                vec![],
            ),
            (
                json!({"Resources": ["arn:aws:s3:::a*"], "Conditions": {
                    "StringEquals": [test("aws:ResourceTag/a", "1")], "StringNotLike": [test("aws:ResourceTag/b", "2*")]}}),
                vec!["arn:aws:s3:::a*"],
                vec![],
                vec![("a", Comparison::Equals), ("b", Comparison::NotLike)],
            ),
        ] {
            let described: Described = serde_json::from_value(told.clone()).unwrap();
            let read = described.read("it".into());
            let keys = |labels: &Observed<Vec<LabelTest>>| -> Vec<(String, Comparison)> {
                labels.seen().unwrap().iter().map(|one| (one.key.clone(), one.test)).collect()
            };
            let named = |all: Vec<(&str, Comparison)>| -> Vec<(String, Comparison)> {
                all.into_iter().map(|(key, test)| (key.to_owned(), test)).collect()
            };
            assert_eq!(read.resources.seen().unwrap(), &resources, "{told}");
            assert_eq!((keys(&read.any_label), keys(&read.all_labels)), (named(any), named(all)), "{told}");
        }
    }
}
