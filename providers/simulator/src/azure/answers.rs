//! What is answered: one thing, a list of things, or rows of Resource Graph.

use serde_json::{Value, json};

use super::failure::{self, Failure};
use super::locations::{LOGICAL, REGIONS};
use super::tenancy::{Tenancy, Told, kind_and_name};
use crate::answer::Answer;
use crate::request::Request;

/// The token of a page: the number of its first member.
pub(super) fn page_token(request: &Request) -> Option<String> {
    let body = request.json();
    let of_query = body.pointer("/options/$skipToken").and_then(Value::as_str).map(str::to_owned);
    of_query.or_else(|| request.parameter("$skiptoken"))
}

/// The subscription a request is about.
pub(super) fn subscription(request: &Request, segments: &[String]) -> Option<String> {
    match segments {
        [first, id, ..] if first.eq_ignore_ascii_case("subscriptions") => Some(id.clone()),
        _ => request.json().pointer("/subscriptions/0").and_then(Value::as_str).map(str::to_owned),
    }
}

/// Whether a list ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endless {
    /// It does.
    No,
    /// It goes on with empty pages, each with a token of its own.
    New,
    /// Each page names the same next page.
    Same,
}

/// The answer to a request for something that is known here.
pub(super) fn answer(
    tenancy: &Tenancy,
    request: &Request,
    segments: &[String],
    endless: Endless,
) -> Result<Answer, Failure> {
    let lower: Vec<String> = segments.iter().map(|part| part.to_ascii_lowercase()).collect();
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let asked = Asked { tenancy, request, endless };
    match parts.as_slice() {
        ["subscriptions"] => {
            let all = tenancy.description.subscriptions.iter().map(|one| told_subscription(tenancy, &one.id));
            asked.list(all.flatten().collect())
        }
        ["providers", "microsoft.resourcegraph", "resources"] => asked.graph(),
        ["v1.0", "identity", "conditionalaccess", "policies"] => {
            asked.list(tenancy.description.conditional_access.policies.clone())
        }
        ["v1.0", "identity", "conditionalaccess", "namedlocations"] => {
            asked.list(tenancy.description.conditional_access.named_locations.clone())
        }
        ["providers", "microsoft.management", "managementgroups", group, "descendants"] => {
            asked.descendants(group)
        }
        [
            "providers",
            "microsoft.management",
            "managementgroups",
            _,
            "providers",
            "microsoft.insights",
            "diagnosticsettings",
        ] => {
            let below = format!("/{}/", parts.join("/"));
            let all = tenancy.description.subscriptions.iter().flat_map(|one| tenancy.things(&one.id));
            let those = all.filter(|thing| thing.id.to_ascii_lowercase().starts_with(&below));
            asked.list(those.map(|thing| thing.told(Told::Listed(&asked.version()))).collect())
        }
        ["subscriptions", id, rest @ ..] => {
            let Some(known) = tenancy.subscription(id) else { return Err(failure::no_subscription(id)) };
            if let Some(namespace) = unregistered(known, &parts) {
                return Err(failure::not_registered_for(namespace));
            }
            match rest {
                [] => match told_subscription(tenancy, id) {
                    Some(told) => Ok(json_answer(&told)),
                    None => Err(failure::no_subscription(id)),
                },
                ["locations"] => asked.list(locations(tenancy, &known.id)),
                ["providers", "microsoft.authorization", "permissions"] => {
                    asked.list(vec![json!({"actions": known.actions, "notActions": [], "dataActions": [], "notDataActions": []})])
                }
                ["resourcegroups"] => asked.list(groups(tenancy, known)),
                ["resources"] => asked.list(asked.every_resource(known)),
                ["providers"] => asked.list(namespaces(known)),
                ["providers", "microsoft.costmanagement", "query"] => asked.costs(known),
                _ => asked.things(id, segments),
            }
        }
        _ => Err(failure::unknown_operation(request)),
    }
}

struct Asked<'a> {
    tenancy: &'a Tenancy,
    request: &'a Request,
    endless: Endless,
}

/// What is there though nobody describes it: settings of what is, with nothing set.
const ALWAYS: &[&str] = &[
    "blobservices/default",
    "fileservices/default",
    "queueservices/default",
    "tableservices/default",
    "encryptionprotector/current",
    "backupshorttermretentionpolicies/default",
    "backuplongtermretentionpolicies/default",
    "transparentdataencryption/current",
    "databases/master",
    "auditingsettings/default",
    "devopsauditingsettings/default",
];

/// What some of them say.
const SAID: &[(&str, &str, &str)] = &[
    ("auditingsettings/default", "state", "Disabled"),
    ("backuplongtermretentionpolicies/default", "weeklyRetention", "PT0S"),
];

/// What is not there in words of its own.
const ABSENT: &[(&str, &str)] = &[("managementpolicies/default", "ManagementPolicyNotFound")];

impl Asked<'_> {
    /// One thing, or the things of one type that are in another.
    fn things(&self, subscription: &str, segments: &[String]) -> Result<Answer, Failure> {
        let path = format!("/{}", segments.join("/"));
        if let Some((kind, name)) = kind_and_name(&path) {
            let expand = self.request.parameter("$expand");
            if let Some(thing) = self.tenancy.thing(subscription, &path) {
                let version = self.version();
                return Ok(json_answer(&thing.told(Told::Alone(&version, expand.as_deref()))));
            }
            let lower = path.to_ascii_lowercase();
            if let Some((_, code)) = ABSENT.iter().find(|(end, _)| lower.ends_with(&format!("/{end}"))) {
                return Err(Failure::new(404, code, "It does not exist."));
            }
            if self.exists(subscription, &path) {
                let mut told = json!({"id": path, "name": name, "type": kind, "properties": {}});
                for (_, property, value) in SAID.iter().filter(|(end, ..)| lower.ends_with(end)) {
                    told["properties"][*property] = json!(value);
                }
                return Ok(json_answer(&told));
            }
            return Err(failure::not_found(&path));
        }
        // A list: everything of the type in the subscription, or below the one thing that is named.
        let Some((scope, last)) = path.rsplit_once('/') else { return Err(failure::not_found(&path)) };
        let lower = scope.to_ascii_lowercase();
        let whole = format!("/subscriptions/{}", subscription.to_ascii_lowercase());
        if let Some((of, namespace)) = lower.rsplit_once("/providers/")
            && !namespace.contains('/')
        {
            let kind = format!("{namespace}/{last}").to_ascii_lowercase();
            if of != whole && !self.exists(subscription, of) {
                return Err(failure::not_found(of));
            }
            let below = format!("{of}/providers/{kind}/");
            // What was deleted lies below its place, and is listed for the whole subscription.
            let placed = kind.replacen('/', "/locations/", 1);
            let fits = |id: &str, own: &str| {
                own == kind && (of == whole || id.starts_with(&below)) || own == placed && of == whole
            };
            let direct = kind == "microsoft.insights/diagnosticsettings";
            return self.told(subscription, |id, own| fits(id, own) && (!direct || id.starts_with(&below)));
        }
        let deeper = DEEPER.iter().find(|(list, above, _)| {
            last.eq_ignore_ascii_case(list)
                && lower.rsplit('/').nth(1).is_some_and(|part| above.eq_ignore_ascii_case(part))
        });
        if let Some((.., word)) = deeper {
            // These lists show what lies deeper.
            let scope = format!("{lower}/");
            return self.told(subscription, |id, _| {
                id.starts_with(&scope) && id.rsplit_once(word).is_some_and(|(_, name)| !name.contains('/'))
            });
        }
        if !self.exists(subscription, scope) {
            return Err(failure::not_found(scope));
        }
        let below = format!("{}/", path.to_ascii_lowercase());
        self.told(subscription, |id, _| id.strip_prefix(&below).is_some_and(|name| !name.contains('/')))
    }

    fn told(&self, subscription: &str, fits: impl Fn(&str, &str) -> bool) -> Result<Answer, Failure> {
        let things = self
            .tenancy
            .things(subscription)
            .filter(|thing| fits(&thing.id.to_ascii_lowercase(), &thing.kind.to_ascii_lowercase()));
        let version = self.version();
        self.list(things.map(|thing| thing.told(Told::Listed(&version))).collect())
    }

    /// The version of the interface that is asked.
    fn version(&self) -> String {
        self.request.parameter("api-version").unwrap_or_default()
    }

    /// Resource Manager's own list of resources: without their properties.
    fn every_resource(&self, known: &crate::description::Subscription) -> Vec<Value> {
        let version = self.version();
        let things = self.tenancy.things(&known.id).filter(|thing| {
            let kind = thing.kind.to_ascii_lowercase();
            is_graphed(&kind) && may_read(&known.actions, &kind)
        });
        let told = things.map(|thing| {
            let mut told = thing.told(Told::Listed(&version));
            if let Some(told) = told.as_object_mut() {
                told.remove("properties");
            }
            told
        });
        told.collect()
    }

    /// What is paid for: what the description says, or a row for each place and type of what Resource Graph has.
    fn costs(&self, known: &crate::description::Subscription) -> Result<Answer, Failure> {
        let rows: Vec<Value> = match &known.bill {
            Some(bill) => bill.iter().map(|one| json!([one.cost, one.location, one.r#type, "JPY"])).collect(),
            None => {
                let kept = self.tenancy.things(&known.id).filter(|thing| has_row(thing));
                let place = |told: &Value| told["location"].as_str().unwrap_or_default().to_owned();
                let mut paid: Vec<(String, String)> = kept
                    .map(|thing| (place(&thing.told(Told::Graphed)), thing.kind.to_ascii_lowercase()))
                    .collect();
                paid.sort();
                paid.dedup();
                paid.iter().map(|(place, kind)| json!([1.0, place, kind, "JPY"])).collect()
            }
        };
        let (rows, next) = self.page(rows, self.tenancy.description.page_size)?;
        let next = next.map(|token| self.link(&token));
        Ok(json_answer(&json!({
            "id": format!("subscriptions/{}/providers/Microsoft.CostManagement/query/0", known.id),
            "name": "0",
            "type": "Microsoft.CostManagement/query",
            "properties": {
                "nextLink": next,
                "columns": [
                    {"name": "Cost", "type": "Number"},
                    {"name": "ResourceLocation", "type": "String"},
                    {"name": "ResourceType", "type": "String"},
                    {"name": "Currency", "type": "String"},
                ],
                "rows": rows,
            },
        })))
    }

    /// Whether something is described, or is always a part of what is.
    fn exists(&self, subscription: &str, id: &str) -> bool {
        let lower = id.to_ascii_lowercase();
        if lower == format!("/subscriptions/{}", subscription.to_ascii_lowercase())
            || self.tenancy.thing(subscription, id).is_some()
        {
            return true;
        }
        let part = ALWAYS.iter().find_map(|end| lower.strip_suffix(&format!("/{end}")).map(str::to_owned));
        part.is_some_and(|above| self.exists(subscription, &above))
    }

    fn list(&self, all: Vec<Value>) -> Result<Answer, Failure> {
        let (page, next) = self.page(all, self.tenancy.description.page_size)?;
        let mut body = json!({"value": page});
        if let Some(token) = next {
            // The directory's lists name it otherwise.
            let name = if self.request.path.starts_with("/v1.0/") { "@odata.nextLink" } else { "nextLink" };
            body[name] = json!(self.link(&token));
        }
        Ok(json_answer(&body))
    }

    /// The address of a further page.
    fn link(&self, token: &str) -> String {
        let query: Vec<String> = crate::request::pairs(&self.request.query)
            .into_iter()
            .filter(|(name, _)| name != "$skiptoken")
            .map(|(name, value)| format!("{}={}", encoded(&name), encoded(&value)))
            .chain([format!("%24skiptoken={token}")])
            .collect();
        format!("http://{}{}?{}", self.request.header("host"), self.request.path, query.join("&"))
    }

    /// The members of a page, and the token of the next. An endless list goes on with empty pages.
    fn page(&self, all: Vec<Value>, most: usize) -> Result<(Vec<Value>, Option<String>), Failure> {
        let start = match page_token(self.request) {
            None => 0,
            Some(token) => {
                let number = token.strip_prefix("page-").and_then(|number| number.parse::<usize>().ok());
                number
                    .filter(|start| self.endless != Endless::No || *start < all.len())
                    .ok_or_else(failure::bad_token)?
            }
        };
        let end = start.saturating_add(most.max(1));
        let next = match self.endless {
            Endless::No => (end < all.len()).then_some(end),
            Endless::New => Some(end),
            Endless::Same => Some(most.max(1)),
        };
        let next = next.map(|first| format!("page-{first}"));
        Ok((all.into_iter().skip(start).take(most.max(1)).collect(), next))
    }

    fn descendants(&self, group: &str) -> Result<Answer, Failure> {
        let groups = &self.tenancy.description.management_groups;
        let Some((_, ids)) = groups.iter().find(|(name, _)| name.eq_ignore_ascii_case(group)) else {
            return Err(Failure::new(404, "NotFound", format!("'{group}' not found")));
        };
        let told = |id: &String| {
            json!({
                "id": format!("/subscriptions/{id}"),
                "type": "Microsoft.Management/managementGroups/subscriptions",
                "name": id,
                "properties": {"displayName": id, "parent": {"id": format!("/providers/Microsoft.Management/managementGroups/{group}")}},
            })
        };
        self.list(ids.iter().map(told).collect())
    }

    /// Rows of the resources' table. Of the query language only this much is known: the table, and a type to look for.
    fn graph(&self) -> Result<Answer, Failure> {
        let body = self.request.json();
        let query = body["query"].as_str().unwrap_or_default();
        let table = query.split('|').next().unwrap_or_default().trim();
        let backups = table.eq_ignore_ascii_case("recoveryservicesresources");
        if !table.eq_ignore_ascii_case("resources") && !backups {
            return Err(failure::bad_query(&format!("unknown table '{table}'")));
        }
        let several: Option<Vec<String>> = query.split("type in~ (").nth(1).map(|rest| {
            let inside = rest.split(')').next().unwrap_or_default();
            inside.split('\'').skip(1).step_by(2).map(str::to_ascii_lowercase).collect()
        });
        let wanted = query.split("type =~ '").nth(1).and_then(|rest| rest.split('\'').next());
        let mut rows = Vec::new();
        for subscription in body["subscriptions"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let Some(known) = self.tenancy.subscription(subscription) else { continue };
            let things = self.tenancy.things(subscription).filter(|thing| {
                let kind = thing.kind.to_ascii_lowercase();
                let there = if backups {
                    GRAPHED_BACKUPS.contains(&kind.as_str()) && thing.may_be_graphed()
                } else {
                    has_row(thing)
                };
                there
                    && wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(&kind))
                    && several.as_ref().is_none_or(|all| all.contains(&kind))
                    && may_read(&known.actions, &kind)
            });
            rows.extend(things.map(|thing| {
                let mut row = thing.told(Told::Graphed);
                for name in ["extendedLocation", "kind", "sku", "zones", "managedBy", "tags"] {
                    if row.get(name).is_none() {
                        // Rows have every column.
                        row[name] = Value::Null;
                    }
                }
                row
            }));
        }
        let total = rows.len();
        let most = body.pointer("/options/$top").and_then(Value::as_u64).unwrap_or(1_000);
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(self.tenancy.description.page_size);
        let (page, next) = self.page(rows, most)?;
        let mut told = json!({
            "totalRecords": total,
            "count": page.len(),
            "data": page,
            "facets": [],
            "resultTruncated": "false",
        });
        if let Some(token) = next {
            told["$skipToken"] = json!(token);
        }
        Ok(json_answer(&told))
    }
}

/// Lists that show what lies deeper than below what is asked: the list, the type of what is asked, and where its members lie.
const DEEPER: &[(&str, &str, &str)] = &[
    ("longTermRetentionBackups", "locations", "/longtermretentionbackups/"),
    ("longTermRetentionManagedInstanceBackups", "locations", "/longtermretentionmanagedinstancebackups/"),
    ("backupProtectedItems", "vaults", "/protecteditems/"),
    ("replicationProtectedItems", "vaults", "/replicationprotecteditems/"),
    ("replicationLinks", "servers", "/replicationlinks/"),
];

/// Types that the table of backups has and that are described here.
const GRAPHED_BACKUPS: &[&str] = &[
    "microsoft.recoveryservices/locations/deletedvaults",
    "microsoft.dataprotection/backupvaults/backupinstances",
    "microsoft.dataprotection/backupvaults/deletedbackupinstances",
    "microsoft.dataprotection/backupvaults/backuppolicies",
];

/// Types below another that the resources' table has.
const GRAPHED: &[&str] = &[
    "microsoft.compute/galleries/images",
    "microsoft.compute/galleries/images/versions",
    "microsoft.network/networkwatchers/flowlogs",
    "microsoft.sql/servers/databases",
    "microsoft.sql/managedinstances/databases",
    "microsoft.cdn/profiles/afdendpoints",
];

/// Whether the resources' table has things of a type: those of the first level that are not settings of others.
fn is_graphed(kind: &str) -> bool {
    let settings = [
        "microsoft.authorization/",
        "microsoft.insights/diagnosticsettings",
        "microsoft.resources/resourcegroups",
        "microsoft.security/",
        "microsoft.securityinsights/",
        "microsoft.operationalinsights/deletedworkspaces",
        "microsoft.sql/locations/",
    ];
    !settings.iter().any(|setting| kind.starts_with(setting))
        && (kind.matches('/').count() == 1 || GRAPHED.contains(&kind))
}

/// Whether the resources' table has a row of it.
fn has_row(thing: &super::tenancy::Thing) -> bool {
    is_graphed(&thing.kind.to_ascii_lowercase()) && thing.may_be_graphed()
}

/// The namespace that a request is about, where the subscription is not registered for it.
fn unregistered<'a>(known: &crate::description::Subscription, parts: &[&'a str]) -> Option<&'a str> {
    let at = parts.iter().rposition(|part| *part == "providers")?;
    let namespace = parts.get(at + 1)?;
    known.unregistered.iter().any(|one| one.eq_ignore_ascii_case(namespace)).then_some(*namespace)
}

/// The resource groups: those that are described, and those in which something is.
fn groups(tenancy: &Tenancy, known: &crate::description::Subscription) -> Vec<Value> {
    let first = tenancy.description.locations.as_ref().and_then(|all| all.first().cloned());
    let place = first.unwrap_or_else(|| "japaneast".to_owned());
    let mut groups: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
    for thing in tenancy.things(&known.id) {
        let parts: Vec<&str> = thing.id.split('/').collect();
        let (Some(word), Some(name)) = (parts.get(3), parts.get(4)) else { continue };
        if !word.eq_ignore_ascii_case("resourceGroups") {
            continue;
        }
        let id = format!("/subscriptions/{}/resourceGroups/{name}", known.id);
        let told = match parts.len() {
            5 => thing.told(Told::Listed("")),
            _ => {
                json!({"id": id, "name": name, "type": "Microsoft.Resources/resourceGroups", "location": place})
            }
        };
        groups.entry(name.to_ascii_lowercase()).or_insert(told);
    }
    groups.into_values().collect()
}

/// The resource providers, and whether the subscription is registered for each.
fn namespaces(known: &crate::description::Subscription) -> Vec<Value> {
    let told = |namespace: &str, state: &str| {
        json!({
            "id": format!("/subscriptions/{}/providers/{namespace}", known.id),
            "namespace": namespace,
            "registrationState": state,
            "registrationPolicy": "RegistrationRequired",
        })
    };
    let always = ["Microsoft.Authorization", "Microsoft.Resources"].map(|name| told(name, "Registered"));
    always.into_iter().chain(known.unregistered.iter().map(|name| told(name, "NotRegistered"))).collect()
}

/// Whether the caller may read a type: what it may not is left out, without a word.
fn may_read(actions: &[String], kind: &str) -> bool {
    actions.iter().any(|action| {
        let action = action.to_ascii_lowercase();
        matches!(action.as_str(), "*" | "*/read") || action == format!("{kind}/read")
    })
}

fn told_subscription(tenancy: &Tenancy, id: &str) -> Option<Value> {
    let known = tenancy.subscription(id)?;
    Some(json!({
        "id": format!("/subscriptions/{}", known.id),
        "subscriptionId": known.id,
        "tenantId": tenancy.description.tenant,
        "displayName": known.name.as_ref().unwrap_or(&known.id),
        "state": "Enabled",
        "subscriptionPolicies": {},
        "authorizationSource": "RoleBased",
    }))
}

fn locations(tenancy: &Tenancy, subscription: &str) -> Vec<Value> {
    let there = tenancy.description.locations.as_ref();
    let regions =
        REGIONS.iter().filter(|(name, ..)| there.is_none_or(|there| there.iter().any(|one| one == name)));
    let id = |name: &str| format!("/subscriptions/{subscription}/locations/{name}");
    let physical = regions.map(|(name, display, geography, pair)| {
        let pair: Vec<Value> = pair.iter().map(|pair| json!({"name": pair, "id": id(pair)})).collect();
        json!({
            "id": id(name), "name": name, "type": "Region", "displayName": display, "regionalDisplayName": display,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended", "geography": geography, "pairedRegion": pair},
        })
    });
    let logical = LOGICAL.iter().map(|(name, display)| {
        json!({
            "id": id(name), "name": name, "type": "Region", "displayName": display, "regionalDisplayName": display,
            "metadata": {"regionType": "Logical", "regionCategory": "Other"},
        })
    });
    physical.chain(logical).collect()
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn json_answer(body: &Value) -> Answer {
    Answer::new(200, "application/json; charset=utf-8", body.to_string())
}
