//! What a project has: from Cloud Asset Inventory, which tells whole resources of every location in pages of a
//! thousand, as each API itself would tell them; where the inventory is refused, from each API's own lists.
//!
//! An API that is switched off is no ground to call its part of the project empty: what was made before rests on,
//! and the inventory tells of it all the same.

use super::list::{Page, pages};
use crate::method::{Ask, Method};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::page::Pages;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet, VecDeque};

operation!(
    /// Resources of given types, whole, in every location.
    LIST_ASSETS = "cloudasset" "assets.list", at "v1/{+parent}/assets", needs "cloudasset.assets.listResource",
    quota quota::ASSET_LIST, Per::Page(1000), Get, facts "resources of every location, as their APIs tell them"
);
operation!(
    /// The policies on resources of given types.
    LIST_POLICIES = "cloudasset" "assets.list.iamPolicy", at "v1/{+parent}/assets", needs "cloudasset.assets.listIamPolicy",
    quota quota::ASSET_LIST, Per::Page(1000), Get, facts "who is let in to buckets, keys, snapshots and images"
);

/// How an API lists its own things, from the project down: each step below every item of the one before.
pub struct Own {
    /// The type of what the last step lists.
    pub asset: &'static str,
    /// The steps.
    pub steps: &'static [Step],
}

/// One list of an API.
pub struct Step {
    /// The method.
    pub method: &'static Method,
    /// Its parameters; `{project}` and `{above}` (the name of an item of the step before) stand for what they say.
    pub at: &'static [(&'static str, &'static str)],
    /// Where the items stand in a page: a member, or one inside every member of an aggregated list (`items/*/disks`);
    /// empty where the answer is the one item itself.
    pub items: &'static str,
    /// The item's name: in full for the last step, else as the next one wants it.
    pub name: fn(&Value, &str) -> Option<String>,
}

/// Something that was found.
#[derive(Debug)]
pub struct Found {
    /// Its type.
    pub asset: String,
    /// Its full name, with the project's id.
    pub name: String,
    /// What its API says of it.
    pub data: Value,
    /// The list that told of it.
    pub operation: &'static Operation,
    /// The call that brought it.
    pub call: CallId,
}

/// The things of some types, page by page.
pub struct Listing<'s> {
    session: &'s Session,
    assets: &'static [&'static str],
    own: &'static [&'static Own],
    stage: Stage,
    known: HashSet<String>,
    /// What the APIs' own lists leave out.
    lacks: Option<&'static str>,
}

enum Stage {
    Inventory(Box<(Ask, Pages)>),
    Own(VecDeque<Job>),
    Ended,
}

struct Job {
    own: &'static Own,
    depth: usize,
    above: String,
    walk: Option<(Ask, Pages)>,
}

impl<'s> Listing<'s> {
    /// The things of these types.
    pub fn of(session: &'s Session, assets: &'static [&'static str], own: &'static [&'static Own]) -> Self {
        let ask = ask_assets(session, &LIST_ASSETS, "RESOURCE", assets);
        let stage = Stage::Inventory(Box::new((ask, Pages::of(&LIST_ASSETS.operation))));
        Self { session, assets, own, stage, known: HashSet::new(), lacks: None }
    }

    /// The things of APIs' own lists alone: of sorts the inventory does not tell of.
    pub fn by_own_lists(session: &'s Session, own: &'static [&'static Own]) -> Self {
        Self { session, assets: &[], own, stage: Stage::Own(jobs(own)), known: HashSet::new(), lacks: None }
    }

    /// Names what the APIs' own lists leave out: where they are asked, the list is not whole.
    pub fn lacking(self, what: &'static str) -> Self {
        Self { lacks: Some(what), ..self }
    }

    /// The next page's things and what keeps the list from being whole; `None` at its end.
    pub async fn next(&mut self) -> Option<(Vec<Found>, Vec<Shortfall>)> {
        match std::mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Ended => None,
            Stage::Inventory(walk) => {
                let (mut ask, mut pages) = *walk;
                ask.page = pages.page();
                let heard = match self.session.told::<ListAssetsResponse>(&ask).await {
                    Ok(heard) => heard,
                    // Nothing was told yet: the APIs themselves are asked.
                    Err(shortfall) if ask.page == 0 && may_be_asked_elsewhere(&shortfall) => {
                        if self.own.is_empty() {
                            return Some((Vec::new(), vec![shortfall]));
                        }
                        self.stage = Stage::Own(jobs(self.own));
                        let mut first = Box::pin(self.next()).await;
                        if let (Some((_, missing)), Some(what)) = (&mut first, self.lacks) {
                            missing.push(Shortfall::without_call(GapReason::NotRead, what));
                        }
                        return first;
                    }
                    Err(shortfall) => return Some((Vec::new(), vec![shortfall])),
                };
                let call = heard.call;
                let (mut found, token, broken) = self.read(heard);
                found.retain(|found| self.known.insert(found.name.clone()));
                if let Some(broken) = broken {
                    return Some((found, vec![broken]));
                }
                match pages.next(found.len(), token) {
                    Ok(Some(token)) => {
                        ask.set("pageToken", token);
                        self.stage = Stage::Inventory(Box::new((ask, pages)));
                    }
                    Ok(None) => {}
                    Err(endless) => return Some((found, vec![Shortfall { call: Some(call), ..endless }])),
                }
                Some((found, Vec::new()))
            }
            Stage::Own(mut jobs) => {
                let job = jobs.pop_front()?;
                let told = self.own_page(job, &mut jobs).await;
                self.stage = Stage::Own(jobs);
                Some(told)
            }
        }
    }

    /// What a page of the inventory holds. Something of another project or type makes all of it doubtful.
    fn read(&self, heard: Heard<ListAssetsResponse>) -> (Vec<Found>, Option<String>, Option<Shortfall>) {
        let call = heard.call;
        let Some(page) = heard.told else { return (Vec::new(), None, None) };
        let wrong = |detail: String| {
            let operation = &LIST_ASSETS.operation;
            Some(Shortfall::of(operation, GapReason::Malformed, Some(call), detail))
        };
        let project = format!("projects/{}", self.session.number);
        let mut found = Vec::new();
        for asset in page.assets {
            if asset.ancestors.first() != Some(&project) || !self.assets.contains(&asset.asset_type.as_str())
            {
                let detail = format!(
                    "the list holds {} ({}), which is not of this project and these types",
                    shorten(&asset.name),
                    shorten(&asset.asset_type)
                );
                return (found, None, wrong(detail));
            }
            let Some(data) = asset.resource.and_then(|resource| resource.data) else {
                return (
                    found,
                    None,
                    wrong(format!("the inventory says nothing about {}", shorten(&asset.name))),
                );
            };
            found.push(Found {
                asset: asset.asset_type,
                name: self.session.own_name(&asset.name),
                data,
                operation: &LIST_ASSETS.operation,
                call,
            });
        }
        (found, page.next_page_token.filter(|token| !token.is_empty()), None)
    }

    /// One page of an API's own list.
    async fn own_page(&mut self, job: Job, jobs: &mut VecDeque<Job>) -> (Vec<Found>, Vec<Shortfall>) {
        let Job { own, depth, above, walk } = job;
        let Some(step) = own.steps.get(depth) else { return (Vec::new(), Vec::new()) };
        let operation = &step.method.operation;
        let (mut ask, mut pages) = walk.unwrap_or_else(|| {
            let fill =
                |text: &str| text.replace("{project}", &self.session.project).replace("{above}", &above);
            let parameters: Vec<(&'static str, String)> =
                step.at.iter().map(|(name, value)| (*name, fill(value))).collect();
            (Ask::of(step.method, parameters).about(&above), Pages::of(operation))
        });
        ask.page = pages.page();
        let page: Heard<Value> = match self.session.told(&ask).await {
            Ok(heard) => heard,
            Err(shortfall) => return (Vec::new(), vec![shortfall]),
        };
        let call = page.call;
        let broken = |reason, detail: String| Shortfall::of(operation, reason, Some(call), detail);
        let Some(page) = page.told else { return (Vec::new(), Vec::new()) };
        if !page.is_object() {
            return (Vec::new(), vec![broken(GapReason::Malformed, "the answer is no list".to_owned())]);
        }
        // Places that did not answer are named beside those that did.
        let mut missing: Vec<Shortfall> = unreachable(&page)
            .map(|place| {
                broken(GapReason::Failed, format!("the list leaves out {place}, which could not be reached"))
            })
            .collect();
        let mut items = Vec::new();
        if let Err(detail) = members(&page, step.items, &mut items) {
            missing.push(broken(GapReason::Malformed, detail));
        }
        let last = depth + 1 == own.steps.len();
        let (mut found, mut new) = (Vec::new(), 0);
        for item in items {
            let Some(name) = (step.name)(&item, &self.session.project) else {
                missing
                    .push(broken(GapReason::Malformed, "the list holds something without a name".to_owned()));
                continue;
            };
            let name = self.session.own_name(&name);
            if !self.known.insert(format!("{} {name}", operation.name)) {
                continue;
            }
            new += 1;
            if last {
                let asset = own.asset.to_owned();
                found.push(Found { asset, name, data: item, operation, call });
            } else {
                jobs.push_back(Job { own, depth: depth + 1, above: name, walk: None });
            }
        }
        let token = page.get("nextPageToken").and_then(Value::as_str).filter(|token| !token.is_empty());
        match pages.next(new, token.map(str::to_owned)) {
            Ok(Some(token)) => {
                ask.set("pageToken", token);
                jobs.push_front(Job { own, depth, above, walk: Some((ask, pages)) });
            }
            Ok(None) => {}
            Err(endless) => missing.push(Shortfall { call: Some(call), ..endless }),
        }
        (found, missing)
    }
}

/// Every own list, from its first step.
fn jobs(own: &'static [&'static Own]) -> VecDeque<Job> {
    own.iter().map(|own| Job { own, depth: 0, above: String::new(), walk: None }).collect()
}

/// Whether another way to the same answer is worth a try.
fn may_be_asked_elsewhere(shortfall: &Shortfall) -> bool {
    !matches!(shortfall.reason, GapReason::Cancelled | GapReason::BudgetSpent | GapReason::Credentials)
}

fn ask_assets(
    session: &Session,
    method: &'static Method,
    content: &'static str,
    assets: &'static [&'static str],
) -> Ask {
    let parameters = [("parent", format!("projects/{}", session.project)), ("pageSize", "1000".to_owned())];
    let mut ask = Ask::of(method, parameters).about(&assets.join(" "));
    ask.parameters.push(("contentType", content.to_owned()));
    ask.parameters.extend(assets.iter().map(|asset| ("assetTypes", (*asset).to_owned())));
    ask
}

/// The items of a page. A member that is left out is an empty list, as in all of Google's JSON.
fn members(page: &Value, path: &str, into: &mut Vec<Value>) -> Result<(), String> {
    match path.split_once("/*/") {
        None if path.is_empty() => {
            into.push(page.clone());
            Ok(())
        }
        None => match page.get(path) {
            None => Ok(()),
            Some(Value::Array(items)) => {
                into.extend(items.iter().cloned());
                Ok(())
            }
            Some(_) => Err(format!("`{path}` is no list")),
        },
        Some((outer, inner)) => match page.get(outer) {
            None => Ok(()),
            Some(Value::Object(scopes)) => scopes.values().try_for_each(|scope| members(scope, inner, into)),
            Some(_) => Err(format!("`{outer}` is no map")),
        },
    }
}

/// The places a page says it could not reach, in any of the words APIs have for that.
fn unreachable(page: &Value) -> impl Iterator<Item = String> {
    let named = ["unreachable", "unreachables", "missingZones", "failedLocations"].into_iter();
    let named = named.filter_map(|key| page.get(key)?.as_array()).flatten();
    let warned = page.get("warnings").and_then(Value::as_array).into_iter().flatten();
    let scopes = page.get("items").and_then(Value::as_object).into_iter().flatten();
    let scopes = scopes.filter_map(|(place, scope)| Some((place, scope.get("warning")?)));
    // An empty scope of an aggregated list carries a warning of its own.
    let scopes =
        scopes.filter(|(_, warning)| warning.get("code") != Some(&Value::from("NO_RESULTS_ON_PAGE")));
    let text =
        |value: &Value| shorten(value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_str());
    let all: Vec<String> =
        named.map(text).chain(warned.map(text)).chain(scopes.map(|(place, _)| shorten(place))).collect();
    all.into_iter()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListAssetsResponse {
    #[serde(default)]
    assets: Vec<Asset>,
    /// Every answer has it: one without is not an empty list, but something else.
    #[serde(rename = "readTime")]
    _read_time: String,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asset {
    name: String,
    asset_type: String,
    resource: Option<AssetResource>,
    iam_policy: Option<Policy>,
    #[serde(default)]
    ancestors: Vec<String>,
}

#[derive(Deserialize)]
struct AssetResource {
    data: Option<Value>,
}

/// Who is let in to something.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Policy {
    /// Roles, and who has each.
    #[serde(default)]
    pub bindings: Vec<Binding>,
}

/// Who has a role: which one makes no difference to who is let in.
#[derive(Debug, Clone, Deserialize)]
pub struct Binding {
    /// Who has it.
    #[serde(default)]
    pub members: Vec<String>,
}

impl Page for ListAssetsResponse {
    type Item = Asset;
    fn split(self) -> (Vec<Asset>, Option<String>) {
        (self.assets, self.next_page_token)
    }
    fn name(item: &Asset) -> String {
        item.name.clone()
    }
}

/// The policies on things of some types. Things that are not among them have none.
pub struct Policies {
    by_name: HashMap<String, (Policy, CallId)>,
    /// The calls that listed them.
    calls: Vec<CallId>,
    missing: Option<Shortfall>,
}

impl Policies {
    /// All of them, by one list.
    pub async fn of(session: &Session, assets: &'static [&'static str]) -> Self {
        let ask = ask_assets(session, &LIST_POLICIES, "IAM_POLICY", assets);
        let (listed, missing) = pages::<ListAssetsResponse>(session, ask).await;
        let mut calls: Vec<CallId> = listed.iter().map(|(_, call)| *call).collect();
        calls.dedup();
        let told = listed
            .into_iter()
            .filter_map(|(asset, call)| Some((session.own_name(&asset.name), (asset.iam_policy?, call))));
        Self { by_name: told.collect(), calls, missing }
    }

    /// Why they are not all known, if so.
    pub fn missing(&self) -> Option<&Shortfall> {
        self.missing.as_ref()
    }

    /// The policy on something, and the calls that show it; or why that is not known.
    pub fn on(&self, name: &str) -> Result<(Policy, Vec<CallId>), &Shortfall> {
        match (self.by_name.get(name), &self.missing) {
            (Some((policy, call)), _) => Ok((policy.clone(), vec![*call])),
            (None, Some(missing)) => Err(missing),
            (None, None) => Ok((Policy::default(), self.calls.first().copied().into_iter().collect())),
        }
    }

    /// The same, of something and all that is in it: whoever is let in to any of it.
    pub fn within(&self, name: &str) -> Result<(Policy, Vec<CallId>), &Shortfall> {
        let (mut policy, mut calls) = self.on(name)?;
        if let Some(missing) = &self.missing {
            return Err(missing);
        }
        let below = format!("{name}/");
        let mut inside: Vec<_> = self.by_name.iter().filter(|(known, _)| known.starts_with(&below)).collect();
        inside.sort_by_key(|(known, _)| *known);
        for (_, (own, call)) in inside {
            policy.bindings.extend(own.bindings.iter().cloned());
            calls.extend((!calls.contains(call)).then_some(*call));
        }
        Ok((policy, calls))
    }
}
