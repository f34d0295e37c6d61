//! The fields of one fact, before and after, as the table says.

use super::change::{Direction, bounded};
use super::table::{Rule, Sense, Sort, rule};
use super::what::What;
use crate::text::Text;
use crate::words::{self, word};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One field that differs, or one member of a list that came or went.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The sort of change it is part of.
    pub what: What,
    /// Which way it goes.
    pub direction: Direction,
    /// The path of the field.
    pub path: String,
    /// Before.
    pub before: Option<Text>,
    /// After.
    pub after: Option<Text>,
}

/// What differs between two facts of one thing.
#[derive(Debug, Default)]
pub struct Differences {
    /// The differences, in the order of the fields' names.
    pub all: Vec<Difference>,
    /// Fields that were seen before and are not now.
    pub lost: Vec<String>,
}

/// Longest value told, in characters.
const VALUE_LIMIT: usize = 200;
/// Members of a list that are told.
const MEMBERS_TOLD: usize = 6;

/// Holds two facts of one thing against each other.
pub fn differences(sort: Sort, old: &Value, new: &Value) -> Differences {
    let mut found = Differences::default();
    if let (Value::Object(old), Value::Object(new)) = (old, new) {
        found.object(sort, "", None, old, new);
    }
    found
}

impl Differences {
    fn object(
        &mut self,
        sort: Sort,
        path: &str,
        item: Option<&str>,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) {
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.field(sort, &below, item, old.get(name), new.get(name));
        }
    }

    fn field(
        &mut self,
        sort: Sort,
        path: &str,
        item: Option<&str>,
        old: Option<&Value>,
        new: Option<&Value>,
    ) {
        let rule = rule(sort, path);
        if path == "type"
            || old == new
            || matches!(rule, Some(Rule::Key | Rule::Quiet(_) | Rule::Special | Rule::Part))
        {
            return;
        }
        let null = Value::Null;
        let (old, new) = match (rule, old, new) {
            (Some(Rule::OrNone(..)), old, new) => (old.unwrap_or(&null), new.unwrap_or(&null)),
            (_, Some(old), Some(new)) => (old, new),
            // A gap tells what was not seen; the caller knows whether one does.
            (_, Some(_), None) => return self.lost.push(path.to_owned()),
            (_, None, _) => return,
        };
        match (rule, old, new) {
            (Some(Rule::Members(by, what, sense)), Value::Array(old), Value::Array(new)) => {
                self.members(sort, path, by, (what, sense), old, new);
            }
            (Some(Rule::Each(what, sense)), Value::Array(old), Value::Array(new)) => {
                self.each(path, item, (what, sense), old, new);
            }
            (None, Value::Object(old), Value::Object(new)) => self.object(sort, path, item, old, new),
            (Some(Rule::Told(what, sense) | Rule::OrNone(what, sense)), old, new) => {
                self.tell(what, way(sense, old, new), path, item, Some(value(old)), Some(value(new)));
            }
            // A facet that came or went whole, or a field this version does not know.
            (_, Value::Null, _) | (_, _, Value::Null) if rule.is_none() => {
                if new.is_null() {
                    self.lost.push(path.to_owned());
                }
            }
            (_, old, new) => {
                self.tell(What::Property, Direction::Neutral, path, item, Some(value(old)), Some(value(new)));
            }
        }
    }

    /// Members that are known by some of their fields.
    fn members(
        &mut self,
        sort: Sort,
        path: &str,
        by: &[&str],
        (what, sense): (What, Sense),
        old: &[Value],
        new: &[Value],
    ) {
        let (mut old, mut new) = (by_name(by, old), by_name(by, new));
        let names: BTreeSet<String> = old.keys().chain(new.keys()).cloned().collect();
        for name in names {
            let (mut before, mut after) =
                (old.remove(&name).unwrap_or_default(), new.remove(&name).unwrap_or_default());
            // Several of one name: what both have goes first.
            let both: Vec<&Value> = before.iter().copied().filter(|one| after.contains(one)).collect();
            before.retain(|one| !both.contains(one));
            after.retain(|one| !both.contains(one));
            for at in 0..before.len().max(after.len()) {
                match (before.get(at), after.get(at)) {
                    (Some(Value::Object(one)), Some(Value::Object(other))) => {
                        self.object(sort, path, Some(&name), one, other);
                    }
                    (None, Some(one)) => {
                        self.tell(what, arrival(sense, one), path, None, None, Some(named(&name)));
                    }
                    (Some(one), None) => {
                        self.tell(what, arrival(sense, one).turned(), path, None, Some(named(&name)), None);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Members that are compared whole, in any order.
    fn each(
        &mut self,
        path: &str,
        item: Option<&str>,
        (what, sense): (What, Sense),
        old: &[Value],
        new: &[Value],
    ) {
        let gone: Vec<&Value> = old.iter().filter(|one| !new.contains(one)).collect();
        let come: Vec<&Value> = new.iter().filter(|one| !old.contains(one)).collect();
        if gone.is_empty() && come.is_empty() {
            return;
        }
        let ways = come.iter().map(|one| arrival(sense, one));
        let way = Direction::together(ways.chain(gone.iter().map(|one| arrival(sense, one).turned())));
        self.tell(what, way, path, item, list(&gone), list(&come));
    }

    fn tell(
        &mut self,
        what: What,
        direction: Direction,
        path: &str,
        item: Option<&str>,
        before: Option<Text>,
        after: Option<Text>,
    ) {
        let label = words::facet(path).unwrap_or(word("", ""));
        let said = |text: Text| {
            let of = item.map(|item| format!(" [{}]", bounded(item, VALUE_LIMIT))).unwrap_or_default();
            let with = |label: &str, text: &str| {
                let label = if label.is_empty() { path } else { label };
                format!("{label}{of}: {text}")
            };
            Text { ja: with(label.ja, &text.ja), en: with(label.en, &text.en) }
        };
        let path = path.to_owned();
        self.all.push(Difference { what, direction, before: before.map(said), after: after.map(said), path });
    }
}

/// What a value is on the scale of a sense; the more the better.
fn grade(sense: Sense, value: &Value) -> Option<i64> {
    match sense {
        Sense::Good => value.as_bool().map(i64::from),
        Sense::Bad => value.as_bool().map(|on| -i64::from(on)),
        Sense::MoreForever if value.is_null() => Some(i64::MAX),
        Sense::More if value.is_null() => Some(i64::MIN),
        Sense::MoreForever | Sense::More => value.as_i64(),
        Sense::Less if value.is_null() => Some(i64::MIN),
        Sense::Less => value.as_i64().map(i64::wrapping_neg),
        Sense::Words(words) => {
            let at = words.iter().position(|word| value.as_str() == Some(word))?;
            i64::try_from(at).ok()
        }
        Sense::Outsider | Sense::Neutral => None,
    }
}

fn way(sense: Sense, old: &Value, new: &Value) -> Direction {
    match (grade(sense, old), grade(sense, new)) {
        (Some(old), Some(new)) if new < old => Direction::Worse,
        (Some(old), Some(new)) if new > old => Direction::Better,
        _ => Direction::Neutral,
    }
}

/// Which way it goes that a member is there.
fn arrival(sense: Sense, member: &Value) -> Direction {
    match sense {
        Sense::Good => Direction::Better,
        Sense::Bad => Direction::Worse,
        Sense::Outsider if member["foreign"] == Value::Bool(false) => Direction::Neutral,
        // Nor is it known not to be one.
        Sense::Outsider => Direction::Worse,
        _ => Direction::Neutral,
    }
}

fn by_name<'v>(by: &[&str], members: &'v [Value]) -> BTreeMap<String, Vec<&'v Value>> {
    let mut named: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for member in members {
        let name: Vec<String> = by.iter().map(|field| spoken(&member[*field])).collect();
        named.entry(name.join(" ")).or_default().push(member);
    }
    named
}

fn spoken(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn named(name: &str) -> Text {
    let name = bounded(name, VALUE_LIMIT);
    Text { ja: name.clone(), en: name }
}

fn list(members: &[&Value]) -> Option<Text> {
    if members.is_empty() {
        return None;
    }
    let told: Vec<String> =
        members.iter().take(MEMBERS_TOLD).map(|one| bounded(&spoken(one), VALUE_LIMIT)).collect();
    let more = members.len().saturating_sub(MEMBERS_TOLD);
    let (ja, en) = match more {
        0 => (String::new(), String::new()),
        more => (format!(" ほか{more}件"), format!(" and {more} more")),
    };
    Some(Text { ja: told.join("、") + &ja, en: told.join(", ") + &en })
}

/// A value as people read it.
fn value(value: &Value) -> Text {
    match value {
        Value::Bool(true) => Text { ja: "はい".to_owned(), en: "yes".to_owned() },
        Value::Bool(false) => Text { ja: "いいえ".to_owned(), en: "no".to_owned() },
        Value::Null => Text { ja: "なし".to_owned(), en: "none".to_owned() },
        Value::Array(members) => {
            list(&members.iter().collect::<Vec<_>>()).unwrap_or_else(|| self::value(&Value::Null))
        }
        other => named(&spoken(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What a change of a resource from `old` to `new` is told as.
    fn told(old: Value, new: Value) -> Vec<(What, Direction, String)> {
        let found = differences(Sort::Resource, &old, &new);
        found.all.into_iter().map(|one| (one.what, one.direction, one.path)).collect()
    }

    #[test]
    fn each_field_goes_its_way() {
        use Direction::{Better, Neutral, Worse};
        #[rustfmt::skip]
        let cases: Vec<(Value, Value, What, Direction)> = vec![
            (json!({"encryption": {"enabled": true}}), json!({"encryption": {"enabled": false}}), What::Encryption, Worse),
            (json!({"encryption": {"key_manager": "provider"}}), json!({"encryption": {"key_manager": "customer"}}), What::Encryption, Better),
            (json!({"encryption": {"key": "a"}}), json!({"encryption": {"key": null}}), What::Encryption, Neutral),
            (json!({"exposure": {"public": false}}), json!({"exposure": {"public": true}}), What::Exposure, Worse),
            (json!({"network": {"public_address": true}}), json!({"network": {"public_address": false}}), What::Exposure, Better),
            (json!({"key": {"state": "enabled"}}), json!({"key": {"state": "pending_deletion"}}), What::Key, Worse),
            (json!({"key": {"rotation": {"enabled": false}}}), json!({"key": {"rotation": {"enabled": true}}}), What::Key, Better),
            (json!({"retention": {"days": 400}}), json!({"retention": {"days": 30}}), What::Retention, Worse),
            (json!({"retention": {"days": null}}), json!({"retention": {"days": 30}}), What::Retention, Worse),
            (json!({"retention": {"days": 30}}), json!({"retention": {"days": null}}), What::Retention, Better),
            (json!({"recovery": {"window_days": 7}}), json!({"recovery": {"window_days": null}}), What::RecoveryWindow, Worse),
            (json!({"trail": {"logging": true}}), json!({"trail": {"logging": false}}), What::Trail, Worse),
            (json!({"trail": {"data_events": [{"kind": "object_store"}]}}), json!({"trail": {"data_events": []}}), What::Trail, Worse),
            (json!({"traffic": {"recorded": true}}), json!({"traffic": {"recorded": false}}), What::FlowLog, Worse),
            (json!({"guard": {"enabled": false}}), json!({"guard": {"enabled": true}}), What::Detector, Better),
            (json!({"coverage": {"rules": [{"name": "d", "interval_s": 86400}]}}), json!({"coverage": {"rules": [{"name": "d", "interval_s": 604800}]}}), What::BackupSchedule, Worse),
            (json!({"coverage": {"rules": [{"name": "d", "interval_s": 86400}]}}), json!({"coverage": {"rules": []}}), What::BackupSchedule, Worse),
            (json!({"versioning": {"state": "enabled"}}), json!({"versioning": {"state": "suspended"}}), What::Versioning, Worse),
            (json!({"exposure": {"principals": []}}), json!({"exposure": {"principals": [{"id": "x", "class": "account", "foreign": true}]}}), What::Principals, Worse),
            (json!({"exposure": {"principals": []}}), json!({"exposure": {"principals": [{"id": "x", "class": "account", "foreign": false}]}}), What::Principals, Neutral),
            (json!({"exposure": {"principals": [{"id": "x", "class": "account"}]}}), json!({"exposure": {"principals": []}}), What::Principals, Better),
            (json!({"sources": {"bounds": [{"effect": "refuses"}]}}), json!({"sources": {"bounds": []}}), What::SourceBounds, Worse),
            (json!({"software": {"version": "11"}}), json!({"software": {"version": "12"}}), What::Software, Neutral),
            (json!({"redundancy": {"multi_zone": true}}), json!({"redundancy": {"multi_zone": false}}), What::Redundancy, Worse),
            (json!({"defaults": {"disks_encrypted": true}}), json!({"defaults": {"disks_encrypted": false}}), What::RegionSetting, Worse),
            (json!({"identity": {"root_keys": false}}), json!({"identity": {"root_keys": true}}), What::Identity, Worse),
            (json!({"access_log": {"enabled": true}}), json!({"access_log": {"enabled": false}}), What::AccessLog, Worse),
            (json!({"expiry": {"rules": []}}), json!({"expiry": {"rules": [{"prefix": ""}]}}), What::Lifecycle, Neutral),
            (json!({}), json!({"made_from": "a"}), What::Property, Neutral),
            (json!({"novel": {"part": 1}}), json!({"novel": {"part": 2}}), What::Property, Neutral),
        ];
        for (old, new, what, direction) in cases {
            let found = told(old.clone(), new.clone());
            assert!(
                found.len() == 1 && (found[0].0, found[0].1) == (what, direction),
                "{old} {new}: {found:?}"
            );
            let back = told(new.clone(), old.clone());
            assert_eq!(back[0].1, direction.turned(), "{new} back to {old}");
        }
    }

    #[test]
    fn what_moves_by_itself_and_the_order_of_lists_are_not_told() {
        #[rustfmt::skip]
        let cases = [
            (json!({"recovery": {"latest": "a"}}), json!({"recovery": {"latest": "b"}})),
            (json!({"point": {"usable": false, "completed": null}}), json!({"point": {"usable": true, "completed": "2026-11-01T00:00:00Z"}})),
            (json!({"protection": {"last_backup": "a", "jobs": {"failed": 0, "expired": 0}}}), json!({"protection": {"last_backup": "b", "jobs": {"failed": 1, "expired": 0}}})),
            (json!({"evidence": {"copies": ["a"]}, "captured": {"at": "a", "facets": []}}), json!({"evidence": {"copies": ["b"]}})),
            (json!({"key": {"aliases": ["a", "b"]}}), json!({"key": {"aliases": ["b", "a"]}})),
            (json!({"coverage": {"rules": [{"name": "a"}, {"name": "b"}]}}), json!({"coverage": {"rules": [{"name": "b"}, {"name": "a"}]}})),
        ];
        for (old, new) in cases {
            assert_eq!(told(old, new), []);
        }
    }

    #[test]
    fn what_is_no_longer_seen_is_lost_and_what_was_not_seen_before_is_no_change() {
        let (seen, unseen) = (json!({"encryption": {"enabled": true}}), json!({"encryption": {}}));
        let found = differences(Sort::Resource, &seen, &unseen);
        assert_eq!((found.all, found.lost), (vec![], vec!["encryption.enabled".to_owned()]));
        let found = differences(Sort::Resource, &unseen, &seen);
        assert_eq!((found.all, found.lost), (vec![], vec![]));
        assert_eq!(differences(Sort::Resource, &seen, &json!({})).lost, ["encryption"]);
    }
}
