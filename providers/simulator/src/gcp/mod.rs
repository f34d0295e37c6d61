//! Google Cloud: every API below its own name, answered from the projects that are described.

mod policies;
mod routes;
mod say;

use self::routes::{ROUTES, Route, Serves};
use self::say::Refusal;
use crate::answer::{Answer, Delivery, Outcome};
use crate::description::{Container, Description, FaultKind, Project, expand};
use crate::gate::Gate;
use crate::recorder::Seen;
use crate::request::{Request, pairs};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

/// The whole of Google Cloud.
#[derive(Debug)]
pub(crate) struct Gcp {
    projects: Vec<Described>,
    containers: Vec<Container>,
    clock: String,
    answers: AtomicU64,
}

/// A project and its things, counted ones one by one.
#[derive(Debug)]
struct Described {
    project: Project,
    things: Vec<Thing>,
}

#[derive(Debug)]
struct Thing {
    kind: String,
    /// Without the host.
    name: String,
    location: String,
    data: Value,
    iam: Option<Value>,
}

/// Operations that are told apart by what they ask for.
const POLICIES_LISTED: &str = "assets.list.iamPolicy";
const DELETED_LISTED: &str = "buckets.list.softDeleted";
const REPLICATIONS_LISTED: &str = "transferJobs.list.replication";

/// API and method of every operation there is.
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    let told_apart = [
        ("cloudasset", POLICIES_LISTED),
        ("storage", DELETED_LISTED),
        ("storagetransfer", REPLICATIONS_LISTED),
    ];
    ROUTES.iter().map(|route| (route.api, route.name)).chain(told_apart)
}

impl Gcp {
    /// What is described of it; `None` where nothing is.
    pub(crate) fn new(description: &Description) -> Option<Self> {
        let described = description.gcp.as_ref()?;
        let clock = description.clock.map_or_else(jiff::Timestamp::now, |time| time.0);
        Some(Self {
            projects: described.projects.iter().map(Described::of).collect(),
            containers: described.containers.clone(),
            clock: clock.to_string(),
            answers: AtomicU64::new(0),
        })
    }

    /// Whether a request is for an API of this cloud.
    pub(crate) fn takes(request: &Request) -> bool {
        let api = request.path.trim_start_matches('/').split('/').next().unwrap_or_default();
        ROUTES.iter().any(|route| route.api == api) && !request.header("authorization").starts_with("AWS4-")
    }

    /// Answers a request and records it.
    pub(crate) fn handle(&self, request: &Request, gate: &Gate) -> Outcome {
        let at = gate.elapsed();
        let mut seen = Seen { operation: "Unknown", region: "global".to_owned(), ..Seen::default() };
        let result = self.process(request, gate, &mut seen);
        let mut delivery = Delivery::Whole;
        let answer = match (result, seen.fault) {
            (Ok(answer), Some(fault)) => crate::aws::distort(answer, fault, &mut delivery),
            (Ok(answer), None) => answer,
            (Err(refusal), _) => refusal.answer(seen.service),
        };
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        let answer = answer.with("x-goog-request-id", &format!("{number:016x}"));
        seen.status = match delivery {
            Delivery::Whole | Delivery::Truncated => answer.status,
            Delivery::Reset | Delivery::Stall => 0,
        };
        let delay = gate.latencies.of(&seen);
        gate.record(at, seen);
        Outcome { answer, delivery, delay }
    }

    fn process(&self, request: &Request, gate: &Gate, seen: &mut Seen) -> Result<Answer, Refusal> {
        let path = request.path.trim_start_matches('/');
        let (api, rest) = path.split_once('/').unwrap_or((path, ""));
        let of_api = || ROUTES.iter().filter(|route| route.api == api);
        seen.service = of_api().next().map_or("unknown", |route| route.api);
        let found = of_api()
            .filter(|route| route.verb == request.method)
            .find_map(|route| Some((route, route.captured(rest)?)));
        let Some((route, captured)) = found else {
            seen.resource = format!("{} {}", request.method, request.path);
            return Err(Refusal::not_found(&request.path));
        };
        let call = Call { gcp: self, route, captured, request };
        seen.operation = call.operation();
        seen.resource = call.about();
        seen.page = request.parameter("pageToken").unwrap_or_default();
        let project = call.project();
        seen.account = project.map(|one| one.project.id.clone()).unwrap_or_default();
        gate.pass(gate.elapsed(), seen);
        if seen.quota_exceeded {
            return Err(Refusal::throttled());
        }
        match seen.fault {
            Some(FaultKind::Denied) => return Err(Refusal::denied(seen.operation)),
            Some(FaultKind::Throttled) => return Err(Refusal::throttled()),
            Some(FaultKind::InternalError) => return Err(Refusal::internal()),
            Some(FaultKind::Unavailable) => return Err(Refusal::unavailable()),
            Some(FaultKind::NotOptedIn) => return Err(Refusal::off(api)),
            Some(FaultKind::ExpiredToken) => return Err(Refusal::expired()),
            _ => {}
        }
        if project.is_some_and(|one| one.project.off.iter().any(|off| off == api)) {
            return Err(Refusal::off(api));
        }
        let endless = seen.fault == Some(FaultKind::EndlessPages);
        let told = call.answer(endless)?;
        Ok(Answer::new(200, "application/json; charset=UTF-8", told.to_string()))
    }

    fn project(&self, name: &str) -> Option<&Described> {
        self.projects.iter().find(|one| one.project.id == name || one.project.number == name)
    }

    fn container(&self, name: &str) -> Option<&Container> {
        self.containers.iter().find(|one| one.name == name)
    }

    /// What lies above something, from below.
    fn above(&self, parent: Option<&String>) -> Vec<&Container> {
        let mut above = Vec::new();
        let mut next = parent.and_then(|name| self.container(name));
        while let Some(container) = next {
            above.push(container);
            next = container.parent.as_ref().and_then(|name| self.container(name));
        }
        above
    }
}

impl Described {
    fn of(project: &Project) -> Self {
        let mut things = Vec::new();
        for asset in &project.resources {
            let numbers: Vec<Option<u32>> = match asset.count {
                None => vec![None],
                Some(count) => (0..count).map(Some).collect(),
            };
            for n in numbers {
                let fill = |text: &str| {
                    let text = text.replace("{project}", &project.id).replace("{number}", &project.number);
                    n.map_or(text.clone(), |n| expand(&text, n))
                };
                let name = fill(&asset.name);
                let location = asset
                    .location
                    .clone()
                    .or_else(|| told_place(&asset.data))
                    .or_else(|| location_in(&name))
                    .unwrap_or_else(|| "global".to_owned());
                let mut data = filled(&asset.data, &fill);
                say::complete(&asset.kind, &name, &project.number, &mut data);
                things.push(Thing { kind: asset.kind.clone(), name, location, data, iam: asset.iam.clone() });
            }
        }
        Self { project: project.clone(), things }
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Thing> {
        self.things.iter().filter(move |thing| thing.kind == kind)
    }
}

impl Thing {
    /// The inventory tells nothing of what was deleted.
    fn is_deleted(&self) -> bool {
        self.data.get("softDeleteTime").is_some() || self.data.get("deleteTime").is_some()
    }

    /// Nor of some sorts, nor of what the plain list of jobs leaves out.
    fn is_untold(&self) -> bool {
        self.data.get("replicationSpec").is_some()
            || matches!(
                self.kind.as_str(),
                "storage.googleapis.com/ManagedFolder"
                    | "networkmanagement.googleapis.com/VpcFlowLogsConfig"
                    | "spanner.googleapis.com/InstancePartition"
                    | "sqladmin.googleapis.com/Backup"
            )
    }
}

/// The place that is told of, where the name has none.
fn told_place(data: &Value) -> Option<String> {
    let told = data
        .get("location")
        .or_else(|| data.get("region"))
        .or_else(|| data.pointer("/storageLocations/0"))?;
    Some(told.as_str()?.rsplit('/').next()?.to_owned())
}

fn location_in(name: &str) -> Option<String> {
    let mut parts = name.split('/');
    parts.find(|part| matches!(*part, "locations" | "zones" | "regions"))?;
    parts.next().map(str::to_owned)
}

/// A value with its texts filled in.
fn filled(value: &Value, fill: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => fill(text).into(),
        Value::Array(items) => items.iter().map(|item| filled(item, fill)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (fill(key), filled(value, fill))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// A request that is understood.
struct Call<'a> {
    gcp: &'a Gcp,
    route: &'static Route,
    captured: Vec<String>,
    request: &'a Request,
}

impl Call<'_> {
    fn parameters(&self, name: &str) -> Vec<String> {
        pairs(&self.request.query.replace('+', "%20"))
            .into_iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value)
            .collect()
    }

    fn operation(&self) -> &'static str {
        let says = |name: &str, value: &str| self.parameters(name).iter().any(|told| told.contains(value));
        match self.route.name {
            "assets.list" if says("contentType", "IAM_POLICY") => POLICIES_LISTED,
            "buckets.list" if says("softDeleted", "true") => DELETED_LISTED,
            "transferJobs.list" if says("filter", "QUERY_REPLICATION_CONFIGS") => REPLICATIONS_LISTED,
            name => name,
        }
    }

    /// What it is about, for the record.
    fn about(&self) -> String {
        let assets = self.parameters("assetTypes");
        if assets.is_empty() { self.captured.join("/") } else { assets.join(" ") }
    }

    /// The project it is about.
    fn project(&self) -> Option<&Described> {
        let filtered = || {
            let filter: Value = serde_json::from_str(self.parameters("filter").first()?).ok()?;
            Some(filter.get("projectId")?.as_str()?.to_owned())
        };
        let named = self.request.parameter("project").or_else(filtered);
        let mut names = named.iter().chain(&self.captured);
        names.find_map(|name| self.gcp.project(name)).or_else(|| {
            // Buckets go by their names alone.
            let name = self.captured.first()?;
            let whose = |one: &&Described| {
                one.of_kind("storage.googleapis.com/Bucket").any(|thing| thing.name == *name)
            };
            self.gcp.projects.iter().find(whose)
        })
    }

    fn answer(&self, endless: bool) -> Result<Value, Refusal> {
        let nobody = || Refusal::not_found(&self.request.path);
        match self.route.serves {
            Serves::Container if self.route.name == "folders.get" => {
                let name = format!("folders/{}", self.captured[0]);
                let folder = self.gcp.container(&name).ok_or_else(nobody)?;
                return Ok(json!({"name": name, "parent": folder.parent, "state": "ACTIVE"}));
            }
            Serves::ContainerPolicy if self.route.name != "projects.getIamPolicy" => {
                let sort = if self.route.name.starts_with("folders") { "folders" } else { "organizations" };
                let name = format!("{sort}/{}", self.captured[0]);
                return Ok(say::policy(&self.gcp.container(&name).ok_or_else(nobody)?.iam));
            }
            Serves::Below(sort) => return self.below(sort, endless),
            Serves::SaidAbove(otherwise) => {
                let sort = self.route.name.split('.').next().unwrap_or_default();
                let name = format!("{sort}/{}", self.captured[0]);
                let answers = &self.gcp.container(&name).ok_or_else(nobody)?.answers;
                let method = format!("{}:{}", self.route.api, self.route.name);
                let own = answers.iter().find(|said| said.method == method);
                return Ok(own.map_or_else(
                    || serde_json::from_str(otherwise).unwrap_or_default(),
                    |said| said.says.clone(),
                ));
            }
            _ => {}
        }
        let described = self.project().ok_or_else(|| Refusal::denied(self.route.name))?;
        let project = &described.project;
        match self.route.serves {
            Serves::Container => Ok(say::project(project)),
            Serves::ContainerPolicy => Ok(say::policy(&project.iam)),
            Serves::Effective => {
                let constraint = self.captured.last().map_or("", String::as_str);
                let mut levels: Vec<_> =
                    self.gcp.above(project.parent.as_ref()).into_iter().map(|one| &one.policies).collect();
                levels.reverse();
                levels.push(&project.policies);
                Ok(policies::effective(constraint, &project.number, &levels))
            }
            Serves::List(kind, key) => {
                let things: Vec<&Thing> = described
                    .of_kind(kind)
                    .filter(|thing| self.is_below(thing) && self.is_asked(thing))
                    .collect();
                let said = |thing: &&Thing| match kind {
                    "bigquery.googleapis.com/Dataset" => say::listed_dataset(&thing.data),
                    _ => thing.data.clone(),
                };
                self.page(
                    things.len(),
                    endless,
                    |range| json!({key: things[range].iter().map(said).collect::<Vec<_>>()}),
                )
            }
            Serves::BelowBucket(kind, key) => {
                let own = |thing: &&Thing| {
                    thing.name.split('/').next() == self.captured.first().map(String::as_str)
                };
                let things: Vec<&Thing> = described.of_kind(kind).filter(own).collect();
                self.listed(key, &things, endless)
            }
            Serves::OfProject(kind, key) => {
                let things: Vec<&Thing> =
                    described.of_kind(kind).filter(|thing| self.is_asked(thing)).collect();
                self.listed(key, &things, endless)
            }
            Serves::Aggregated(kind, key) => {
                // Those of a region bear another name in the inventory.
                let regional = kind.replacen('/', "/Region", 1);
                let own = |thing: &&Thing| thing.kind == kind || thing.kind == regional;
                let things: Vec<&Thing> = described.things.iter().filter(own).collect();
                self.page(things.len(), endless, |range| {
                    let empty = json!({"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "There are no results."}});
                    let mut scopes = BTreeMap::from([("regions/africa-south1".to_owned(), empty)]);
                    for thing in &things[range] {
                        let scope: Vec<&str> = match thing.name.split('/').nth(2) {
                            Some("global") => vec!["global"],
                            _ => thing.name.split('/').skip(2).take(2).collect(),
                        };
                        let scope = scopes.entry(scope.join("/")).or_insert_with(|| json!({key: []}));
                        if let Some(members) = scope[key].as_array_mut() {
                            members.push(thing.data.clone());
                        }
                    }
                    json!({"kind": "compute#aggregatedList", "items": scopes})
                })
            }
            Serves::One(kind) => {
                let last = self.captured.last().map_or("", String::as_str);
                let thing = described.of_kind(kind).find(|thing| thing.name.rsplit('/').next() == Some(last));
                thing.map(|thing| thing.data.clone()).ok_or_else(nobody)
            }
            Serves::Policy(kind) => {
                let last = self.captured.last().map_or("", String::as_str);
                let whole = self.captured.join("/");
                let named =
                    |thing: &&Thing| thing.name == whole || thing.name.rsplit('/').next() == Some(last);
                let thing = described.of_kind(kind).find(named);
                Ok(say::policy(thing.ok_or_else(nobody)?.iam.as_ref().unwrap_or(&Value::Null)))
            }
            Serves::Above(key, depth) => {
                let host = format!("{}.googleapis.com/", self.route.api);
                let names = described
                    .things
                    .iter()
                    .filter(|thing| thing.kind.starts_with(&host) && self.is_within(thing, depth));
                let names: BTreeSet<String> = names
                    .map(|thing| thing.name.split('/').take(depth).collect::<Vec<_>>().join("/"))
                    .collect();
                let names: Vec<String> = names.into_iter().collect();
                self.page(names.len(), endless, |range| json!({key: names[range].iter().map(|name| say::named(name)).collect::<Vec<_>>()}))
            }
            Serves::Assets => self.assets(described, endless),
            Serves::Search => self.search(described, endless),
            Serves::Said(otherwise) => {
                let method = format!("{}:{}", self.route.api, self.route.name);
                let last = self.captured.last();
                let own = project.answers.iter().find(|said| {
                    said.method == method && (said.about.is_none() || said.about.as_ref() == last)
                });
                match own {
                    Some(said) => Ok(said.says.clone()),
                    None if otherwise.is_empty() => Err(nobody()),
                    None => Ok(serde_json::from_str(otherwise).unwrap_or_default()),
                }
            }
            Serves::AboveIn(key, depth) => {
                let host = format!("{}.googleapis.com/", self.route.api);
                let own = |thing: &&Thing| {
                    let given = self.given().count();
                    thing.kind.starts_with(&host)
                        && self.is_within(thing, given + 1)
                        && thing.name.split('/').nth(given - 1).is_some_and(|part| part == key)
                        && thing.name.split('/').count() > depth
                };
                let names = described.things.iter().filter(own);
                let names: BTreeSet<String> = names
                    .map(|thing| thing.name.split('/').take(depth).collect::<Vec<_>>().join("/"))
                    .collect();
                let names: Vec<String> = names.into_iter().collect();
                self.page(names.len(), endless, |range| json!({key: names[range].iter().map(|name| say::named(name)).collect::<Vec<_>>()}))
            }
            Serves::Below(_) | Serves::SaidAbove(_) => Err(nobody()),
        }
    }

    fn listed(&self, key: &str, things: &[&Thing], endless: bool) -> Result<Value, Refusal> {
        self.page(
            things.len(),
            endless,
            |range| json!({key: things[range].iter().map(|thing| thing.data.clone()).collect::<Vec<_>>()}),
        )
    }

    /// Whether a thing is of the sort that is asked for, where one list has two.
    fn is_asked(&self, thing: &Thing) -> bool {
        match self.route.name {
            "buckets.list" => thing.is_deleted() == (self.operation() == DELETED_LISTED),
            "transferJobs.list" => {
                thing.data.get("replicationSpec").is_some() == (self.operation() == REPLICATIONS_LISTED)
            }
            _ => true,
        }
    }

    /// Whether a thing is right below what the path names; `-` stands for any.
    fn is_below(&self, thing: &Thing) -> bool {
        // Buckets are asked for by project, wherever they are.
        self.route.api == "storage"
            || (self.is_within(thing, usize::MAX)
                && thing.name.split('/').count() == self.given().count() + 1)
    }

    /// The path's segments that names begin with.
    fn given(&self) -> impl Iterator<Item = String> {
        let version = if matches!(self.route.api, "compute" | "bigquery") { 2 } else { 1 };
        let mut captured = self.captured.iter();
        let parts = self.route.path.split('/').skip(version);
        let parts: Vec<String> = parts
            .map(|part| match part.starts_with('{') {
                true => captured.next().cloned().unwrap_or_default(),
                false => part.to_owned(),
            })
            .collect();
        parts.into_iter()
    }

    fn is_within(&self, thing: &Thing, depth: usize) -> bool {
        let given: Vec<String> = self.given().collect();
        let depth = depth.saturating_sub(1).min(given.len());
        let project = self.project().map(|one| [one.project.id.as_str(), one.project.number.as_str()]);
        let mut own = thing.name.split('/');
        given.iter().take(depth).enumerate().all(|(number, part)| {
            let own = own.next();
            part == "-"
                || own == Some(part.as_str())
                || (number == 1 && own.is_some_and(|own| project.is_some_and(|names| names.contains(&own))))
        })
    }

    fn assets(&self, described: &Described, endless: bool) -> Result<Value, Refusal> {
        let kinds = self.parameters("assetTypes");
        let policies = self.operation() == POLICIES_LISTED;
        let wanted = |thing: &&Thing| {
            !thing.is_deleted()
                && !thing.is_untold()
                && (kinds.is_empty() || kinds.contains(&thing.kind))
                && (!policies || thing.iam.is_some())
        };
        let things: Vec<&Thing> = described.things.iter().filter(wanted).collect();
        let mut ancestors = vec![format!("projects/{}", described.project.number)];
        ancestors.extend(
            self.gcp.above(described.project.parent.as_ref()).into_iter().map(|one| one.name.clone()),
        );
        let said = |thing: &&Thing| {
            let mut asset = json!({
                "name": say::full_name(&thing.kind, &thing.name),
                "assetType": thing.kind,
                "ancestors": ancestors,
                "updateTime": self.gcp.clock,
            });
            match policies {
                true => asset["iamPolicy"] = say::policy(thing.iam.as_ref().unwrap_or(&Value::Null)),
                false => {
                    let parent = format!("//cloudresourcemanager.googleapis.com/{}", ancestors[0]);
                    asset["resource"] = json!({"version": "v1", "parent": parent, "data": thing.data, "location": thing.location});
                }
            }
            asset
        };
        let mut page = self.page(
            things.len(),
            endless,
            |range| json!({"assets": things[range].iter().map(said).collect::<Vec<_>>()}),
        )?;
        page["readTime"] = self.gcp.clock.clone().into();
        Ok(page)
    }

    fn search(&self, described: &Described, endless: bool) -> Result<Value, Refusal> {
        let told = |thing: &&Thing| !thing.is_deleted() && !thing.is_untold();
        let things: Vec<&Thing> = described.things.iter().filter(told).collect();
        self.page(things.len(), endless, |range| {
            let said = |thing: &&Thing| {
                let mut result = json!({
                    "name": say::full_name(&thing.kind, &thing.name),
                    "assetType": thing.kind,
                    "project": format!("projects/{}", described.project.number),
                    "displayName": thing.name.rsplit('/').next(),
                    "location": thing.location.to_ascii_lowercase(),
                });
                if let Some(labels) = thing.data.get("labels") {
                    result["labels"] = labels.clone();
                }
                result
            };
            json!({"results": things[range].iter().map(said).collect::<Vec<_>>()})
        })
    }

    fn below(&self, sort: &str, endless: bool) -> Result<Value, Refusal> {
        let parent = self.request.parameter("parent");
        let members: Vec<Value> = match sort {
            "projects" => {
                let shown = self.request.parameter("showDeleted").as_deref() == Some("true");
                let listed = |one: &&Described| {
                    shown || one.project.state.as_deref().is_none_or(|state| state == "ACTIVE")
                };
                let own = self.gcp.projects.iter().filter(|one| one.project.parent == parent).filter(listed);
                own.map(|one| say::project(&one.project)).collect()
            }
            _ => {
                let own =
                    self.gcp.containers.iter().filter(|one| one.parent == parent && one.parent.is_some());
                own.map(|one| json!({"name": one.name, "parent": one.parent, "state": "ACTIVE"})).collect()
            }
        };
        self.page(members.len(), endless, |range| json!({sort: members[range]}))
    }

    /// A page of a list, with the token of the next one. What is empty is left out, as Google does.
    fn page(
        &self,
        length: usize,
        endless: bool,
        told: impl FnOnce(std::ops::Range<usize>) -> Value,
    ) -> Result<Value, Refusal> {
        let limit = ["pageSize", "maxResults"]
            .iter()
            .find_map(|name| self.request.parameter(name)?.parse().ok())
            .unwrap_or(100_usize);
        let token = self.request.parameter("pageToken").filter(|token| !token.is_empty());
        let start = match token {
            None => 0,
            Some(token) => token
                .strip_prefix("page-")
                .and_then(|number| number.parse::<usize>().ok())
                .filter(|start| endless || *start < length)
                .ok_or_else(Refusal::invalid)?,
        };
        let end = start.saturating_add(limit.max(1));
        let mut page = told(start.min(length)..end.min(length));
        if let Some(fields) = page.as_object_mut() {
            fields.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
            if endless || end < length {
                fields.insert("nextPageToken".to_owned(), format!("page-{end}").into());
            }
        }
        Ok(page)
    }
}
