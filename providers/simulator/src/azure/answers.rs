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
        ["providers", "microsoft.management", "managementgroups", group, "descendants"] => {
            asked.descendants(group)
        }
        ["subscriptions", id, rest @ ..] => {
            let Some(known) = tenancy.subscription(id) else { return Err(failure::no_subscription(id)) };
            match rest {
                [] => match told_subscription(tenancy, id) {
                    Some(told) => Ok(json_answer(&told)),
                    None => Err(failure::no_subscription(id)),
                },
                ["locations"] => asked.list(locations(tenancy, &known.id)),
                ["providers", "microsoft.authorization", "permissions"] => {
                    asked.list(vec![json!({"actions": known.actions, "notActions": [], "dataActions": [], "notDataActions": []})])
                }
                ["providers", "microsoft.costmanagement", "query"] => Ok(costs(tenancy, id)),
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
    "encryptionprotector/current",
    "backupshorttermretentionpolicies/default",
    "backuplongtermretentionpolicies/default",
    "transparentdataencryption/current",
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
                return Ok(json_answer(&thing.told(Told::Alone(expand.as_deref()))));
            }
            let lower = path.to_ascii_lowercase();
            if let Some((_, code)) = ABSENT.iter().find(|(end, _)| lower.ends_with(&format!("/{end}"))) {
                return Err(Failure::new(404, code, "It does not exist."));
            }
            if self.exists(subscription, &path) {
                return Ok(json_answer(&json!({"id": path, "name": name, "type": kind, "properties": {}})));
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
            let fits = |id: &str, own: &str| own == kind && (of == whole || id.starts_with(&below));
            let direct = kind == "microsoft.insights/diagnosticsettings";
            return self.told(subscription, |id, own| fits(id, own) && (!direct || id.starts_with(&below)));
        }
        if last.eq_ignore_ascii_case("longTermRetentionBackups")
            || last.eq_ignore_ascii_case("backupProtectedItems")
        {
            // These lists show what lies deeper.
            let scope = format!("{lower}/");
            let word = if last.eq_ignore_ascii_case("backupProtectedItems") {
                "/protecteditems/"
            } else {
                "/longtermretentionbackups/"
            };
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
        self.list(things.map(|thing| thing.told(Told::Listed)).collect())
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
            let host = self.request.header("host");
            let query: Vec<String> = crate::request::pairs(&self.request.query)
                .into_iter()
                .filter(|(name, _)| name != "$skiptoken")
                .map(|(name, value)| format!("{}={}", encoded(&name), encoded(&value)))
                .chain([format!("%24skiptoken={token}")])
                .collect();
            body["nextLink"] = json!(format!("http://{host}{}?{}", self.request.path, query.join("&")));
        }
        Ok(json_answer(&body))
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
        if !table.eq_ignore_ascii_case("resources") {
            return Err(failure::bad_query(&format!("unknown table '{table}'")));
        }
        let wanted = query.split("type =~ '").nth(1).and_then(|rest| rest.split('\'').next());
        let mut rows = Vec::new();
        for subscription in body["subscriptions"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let Some(known) = self.tenancy.subscription(subscription) else { continue };
            let things = self.tenancy.things(subscription).filter(|thing| {
                let kind = thing.kind.to_ascii_lowercase();
                is_graphed(&kind)
                    && wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(&kind))
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
        "microsoft.sql/locations/",
    ];
    !settings.iter().any(|setting| kind.starts_with(setting))
        && (kind.matches('/').count() == 1 || GRAPHED.contains(&kind))
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

/// What is paid for: a row for each place and type of what Resource Graph has.
fn costs(tenancy: &Tenancy, subscription: &str) -> Answer {
    let kept = tenancy.things(subscription).filter(|thing| is_graphed(&thing.kind.to_ascii_lowercase()));
    let mut paid: Vec<(String, String)> = kept
        .map(|thing| {
            let place = thing.told(Told::Listed)["location"].as_str().unwrap_or_default().to_owned();
            (place, thing.kind.to_ascii_lowercase())
        })
        .collect();
    paid.sort();
    paid.dedup();
    let rows: Vec<Value> = paid.iter().map(|(place, kind)| json!([1.0, place, kind, "JPY"])).collect();
    json_answer(&json!({
        "id": format!("subscriptions/{subscription}/providers/Microsoft.CostManagement/query/0"),
        "name": "0",
        "type": "Microsoft.CostManagement/query",
        "properties": {
            "nextLink": null,
            "columns": [
                {"name": "Cost", "type": "Number"},
                {"name": "ResourceLocation", "type": "String"},
                {"name": "ResourceType", "type": "String"},
                {"name": "Currency", "type": "String"},
            ],
            "rows": rows,
        },
    }))
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn json_answer(body: &Value) -> Answer {
    Answer::new(200, "application/json; charset=utf-8", body.to_string())
}
