//! What things of each sort hold, and which service of the sweep reads them: data with date and sources.

use crate::kind::ENTRIES;
use sekisho_contract::provider::Reach;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a thing of a sort holds, and who reads it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// These services of the sweep read it.
    Swept(Vec<String>),
    /// It holds none of the customer's data: a setting, an address, a charge.
    WithoutData,
    /// Data pass through it and do not stay.
    Passes,
    /// It may hold data, and nothing reads it. So may a sort that is not listed.
    Unread,
}

#[derive(Deserialize)]
struct Table {
    /// By the service in ARNs and event sources, and by that and the sort of thing.
    sorts: BTreeMap<String, Sort>,
    /// By the bill's name of a service: the sorts it charges for; none for charges without data.
    bill: BTreeMap<String, Vec<String>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // A table that cannot be read knows no sort: everything is unread rather than fine. A test reads it.
    serde_json::from_str(include_str!("sorts.json"))
        .unwrap_or_else(|_| Table { sorts: BTreeMap::new(), bill: BTreeMap::new() })
});

/// The sort of a thing; empty for what a service alone is told of.
pub fn of(service: &str, sort: &str) -> Sort {
    let known = |name: &str| TABLE.sorts.get(name).cloned();
    let exact = if sort.is_empty() { None } else { known(&format!("{service}:{sort}")) };
    exact.or_else(|| known(service)).unwrap_or(Sort::Unread)
}

/// What the bill charges for under a name: read where every sort it can be is read.
pub fn of_bill(name: &str) -> Sort {
    let Some(keys) = TABLE.bill.get(name) else { return Sort::Unread };
    let mut services = Vec::new();
    for key in keys {
        let (service, sort) = key.split_once(':').unwrap_or((key, ""));
        match of(service, sort) {
            Sort::Swept(swept) => services.extend(swept),
            Sort::Passes => services.push(service.to_owned()),
            Sort::WithoutData => {}
            Sort::Unread => return Sort::Unread,
        }
    }
    services.dedup();
    if services.is_empty() { Sort::WithoutData } else { Sort::Swept(services) }
}

/// Whether what these services read has no region of its own. Buckets are listed in one place, and have theirs.
pub fn is_global(services: &[String]) -> bool {
    let global = |service: &String| {
        service != "s3"
            && ENTRIES
                .iter()
                .any(|entry| entry.service.name == service && entry.service.reach == Reach::Global)
    };
    !services.is_empty() && services.iter().all(global)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_speaks_of_services_that_are_swept_and_of_all_of_them() {
        let table: Table = serde_json::from_str(include_str!("sorts.json")).unwrap();
        let swept: BTreeSet<&str> = ENTRIES
            .iter()
            .filter(|entry| !entry.service.kinds.is_empty())
            .map(|entry| entry.service.name)
            .collect();
        let mut named = BTreeSet::new();
        for (name, sort) in &table.sorts {
            if let Sort::Swept(services) = sort {
                for service in services {
                    assert!(swept.contains(service.as_str()), "{name}: {service} is not swept");
                    named.insert(service.as_str());
                }
            }
        }
        for keys in table.bill.values() {
            for key in keys {
                assert!(table.sorts.contains_key(key), "{key} is not a sort");
            }
        }
        // Multi-Region Access Points are named as buckets are, and no list tells them apart; a region's settings are no thing,
        // and as every region has some they account for nothing.
        let silent: Vec<&&str> = swept.difference(&named).collect();
        assert_eq!(silent, [&"ec2-region", &"s3control"]);
    }

    #[test]
    fn what_is_not_known_is_unread() {
        assert_eq!(of("sagemaker", "notebook-instance"), Sort::Unread);
        assert_eq!(of_bill("Amazon SageMaker"), Sort::Unread);
        assert_eq!(of_bill("Tax"), Sort::WithoutData);
        assert_eq!(of("bedrock", "knowledge-base"), Sort::Unread);
        assert!(
            matches!(of_bill("Amazon Simple Storage Service"), Sort::Swept(services) if services.len() == 2)
        );
    }
}
