//! One project, opened.

use crate::caller::GoogleCaller;
use crate::credentials::Credentials;
use crate::endpoint::Endpoints;
use crate::hierarchy::{self, Hierarchy};
use crate::method::{Ask, read_json};
use crate::{NAME, approval, guardrail, kind, organization, quota};
use async_trait::async_trait;
use sekisho_contract::CallId;
use sekisho_contract::door::{Answer, Door, Heard, Malformed, Question};
use sekisho_contract::draft::state_of;
use sekisho_contract::fact::{AccountSetting, CellState, PublicAccessBlock, RegionState, UsableRegion};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{AccountSection, AccountSession, CellKey, CellOutcome, FactSink, Survey};
use sekisho_contract::{GapReason, Observed, Sheet, Shortfall};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, OnceLock};
use tokio::sync::OnceCell;

operation!(
    /// The project itself.
    GET_PROJECT = "cloudresourcemanager" "projects.get", at "v3/{+name}", needs "resourcemanager.projects.get",
    quota quota::RESOURCE_MANAGER, Per::Account, Get, facts "the project's number, state and parent"
);
operation!(
    /// A policy of the organization as it holds for the project, whatever folders and projects change of it.
    GET_EFFECTIVE_POLICY = "orgpolicy" "projects.policies.getEffectivePolicy", at "v2/{+name}:getEffectivePolicy",
    needs "orgpolicy.policy.get", quota quota::ORG_POLICY, Per::Account, Get,
    facts "where resources may be placed, and whether public access is prevented, as inherited and overridden",
    absent &["NOT_FOUND"]
);

/// What every cell is called by: one list answers for all locations.
pub const EVERYWHERE: &str = "global";

/// One project: its endpoints, its credentials, the door.
pub struct Session {
    /// Its id.
    pub(crate) project: String,
    /// Its number: some names carry it in place of the id.
    pub(crate) number: String,
    /// The folder or organization it lies in.
    pub(crate) parent: Option<String>,
    pub(crate) door: Arc<Door>,
    caller: GoogleCaller,
    endpoints: Endpoints,
    section: AccountSection,
    /// Whether an organization policy keeps every bucket from the public.
    pub(crate) public_access_prevented: OnceLock<Result<bool, Shortfall>>,
    /// Whether an organization policy refuses plain http to every bucket.
    pub(crate) encrypted_transport: OnceLock<Result<bool, Shortfall>>,
    hierarchy: OnceCell<Hierarchy>,
}

impl Session {
    /// Finds credentials, and makes sure the project is the one named.
    pub async fn enter(section: &AccountSection, door: Arc<Door>) -> Result<Self, Shortfall> {
        let credentials = Arc::new(Credentials::of(section));
        let mut session = Self {
            project: section.id.clone(),
            number: String::new(),
            parent: None,
            door,
            caller: GoogleCaller { credentials },
            endpoints: Endpoints::of(section)?,
            section: section.clone(),
            public_access_prevented: OnceLock::new(),
            encrypted_transport: OnceLock::new(),
            hierarchy: OnceCell::new(),
        };
        let ask = Ask::of(&GET_PROJECT, [("name", format!("projects/{}", section.id))]);
        let heard: Heard<Project> = session.told(&ask).await?;
        let wrong = |detail: String| {
            Shortfall::of(&GET_PROJECT.operation, GapReason::Credentials, Some(heard.call), detail)
        };
        let project = heard.told.as_ref().ok_or_else(|| wrong("there is no such project".to_owned()))?;
        if project.project_id != section.id {
            return Err(wrong(format!("the answer is about {}, not {}", project.project_id, section.id)));
        }
        session.number = project.name.strip_prefix("projects/").unwrap_or_default().to_owned();
        session.parent = project.parent.clone().filter(|parent| !parent.is_empty());
        Ok(session)
    }

    /// The call by which the project was entered. Ids are digests of the question.
    pub(crate) fn entry(&self) -> CallId {
        CallId::of(crate::NAME, &self.project, EVERYWHERE, &GET_PROJECT.operation.full_name(), "", 0)
    }

    /// Passes a question through the door.
    pub(crate) async fn told<T: DeserializeOwned>(&self, ask: &Ask) -> Result<Heard<T>, Shortfall> {
        self.told_by(ask, read_json).await
    }

    /// The same, read in a way of its own.
    pub(crate) async fn told_by<T>(
        &self,
        ask: &Ask,
        read: impl Fn(&Answer) -> Result<T, Malformed> + Send + Sync,
    ) -> Result<Heard<T>, Shortfall> {
        let operation = &ask.method.operation;
        let failed = |detail| Shortfall::of(operation, GapReason::Failed, None, detail);
        let request = ask.request(self.endpoints.root(operation.service)?).map_err(failed)?;
        let (account, target) = (self.project.as_str(), ask.target.as_str());
        let question = Question { operation, account, region: EVERYWHERE, target, page: ask.page, request };
        self.door.ask(question, &self.caller, read).await
    }

    /// A name with the project's id where it has its number.
    pub(crate) fn own_name(&self, name: &str) -> String {
        if self.number.is_empty() {
            return name.to_owned();
        }
        let by_number = format!("projects/{}/", self.number);
        match name.find(&by_number) {
            Some(at) if at == 0 || name[..at].ends_with('/') => {
                format!("{}projects/{}/{}", &name[..at], self.project, &name[at + by_number.len()..])
            }
            _ => name.to_owned(),
        }
    }

    /// The full name of a key that something names.
    pub(crate) fn key_name(&self, key: &str) -> String {
        // A version of a key is at the place of the key.
        let key = key.split("/cryptoKeyVersions/").next().unwrap_or(key);
        let key = key.trim_start_matches("//cloudkms.googleapis.com/");
        format!("//cloudkms.googleapis.com/{}", self.own_name(key))
    }

    /// The project and what lies above it, read once.
    pub(crate) async fn hierarchy(&self) -> &Hierarchy {
        self.hierarchy.get_or_init(|| hierarchy::read(self)).await
    }

    /// An organization policy as it holds for the project; `None` where there is none.
    async fn effective<T: DeserializeOwned>(&self, constraint: &str) -> Result<Heard<T>, Shortfall> {
        let name = format!("projects/{}/policies/{constraint}", self.project);
        self.told(&Ask::of(&GET_EFFECTIVE_POLICY, [("name", name)]).about(constraint)).await
    }

    fn key(&self, service: &str) -> CellKey {
        CellKey {
            provider: NAME.to_owned(),
            account: self.project.clone(),
            region: EVERYWHERE.to_owned(),
            service: service.to_owned(),
        }
    }

    /// The other projects of the organization or folder; a cell tells whether the list came to its end.
    async fn read_members(&self, root: &str, survey: &mut Survey) {
        let (members, shortfall) = organization::members(self, &self.section, root).await;
        let key = self.key(organization::SERVICE);
        let state = shortfall.as_ref().map_or(CellState::Listed, state_of);
        survey.gaps.extend(shortfall.iter().map(|shortfall| shortfall.gap(&key.id(), "resources")));
        survey.settled.push(key.cell(state, members.len() as u64));
        survey.members = members;
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Project {
    /// `projects/NUMBER`.
    #[serde(default)]
    name: String,
    #[serde(default)]
    project_id: String,
    parent: Option<String>,
}

#[async_trait]
impl AccountSession for Session {
    async fn survey(&self, _sink: &dyn FactSink) -> Survey {
        let mut sheet = Sheet::new(format!("{NAME}/{}", self.project));
        let mut setting = AccountSetting::new(NAME, &self.project);
        // Every list answers for all locations at once, those that are to come included: there is one place to look at.
        setting.regions =
            Observed::Seen(vec![UsableRegion { id: EVERYWHERE.to_owned(), state: RegionState::Open }]);
        let mut of_approval = Sheet::new(sheet.subject());
        let (placed, prevented, encrypted, access) = futures::join!(
            self.effective::<guardrail::Policy>(guardrail::LOCATIONS),
            self.effective::<guardrail::Policy>(guardrail::PUBLIC_ACCESS),
            self.effective::<guardrail::Policy>(guardrail::ENCRYPTED_TRANSPORT),
            approval::read(self, &mut of_approval)
        );
        setting.provider_access = vec![access];
        setting.guardrail = match placed.and_then(|heard| guardrail::locations(&self.project, heard)) {
            Ok((call, guardrail)) => {
                sheet.shown("guardrail", &call);
                Observed::Seen(guardrail)
            }
            Err(shortfall) => sheet.unseen("guardrail", &shortfall),
        };
        let prevented = prevented.and_then(guardrail::enforced);
        setting.public_access_block = match &prevented {
            Ok((call, prevented)) => {
                sheet.shown("public_access_block", call);
                let all = *prevented;
                Observed::Seen(PublicAccessBlock {
                    block_public_acls: all,
                    ignore_public_acls: all,
                    block_public_policy: all,
                    restrict_public_buckets: all,
                })
            }
            Err(shortfall) => sheet.unseen("public_access_block", shortfall),
        };
        // Set once: a session is surveyed once.
        let _ = self.public_access_prevented.set(prevented.map(|(_, prevented)| prevented));
        let encrypted = encrypted.and_then(guardrail::enforced).map(|(_, enforced)| enforced);
        let _ = self.encrypted_transport.set(encrypted);
        let (mut gaps, evidence) = sheet.finish();
        setting.evidence = evidence;
        let (others, evidence) = of_approval.finish();
        gaps.extend(others);
        setting.evidence.extend(evidence);
        let mut survey = Survey { open: Vec::new(), settled: Vec::new(), gaps, setting, members: Vec::new() };
        let root = match (&self.section.folder, &self.section.organization) {
            (Some(folder), _) => Some(format!("folders/{folder}")),
            (None, Some(organization)) => Some(format!("organizations/{organization}")),
            (None, None) => None,
        };
        if let Some(root) = root {
            self.read_members(&root, &mut survey).await;
        }
        survey.open = kind::SERVICES.iter().map(|service| self.key(service.name)).collect();
        survey
    }

    async fn sweep(&self, cell: &CellKey, sink: &dyn FactSink) -> CellOutcome {
        match kind::ENTRIES.iter().find(|entry| entry.service.name == cell.service) {
            Some(entry) => (entry.sweep)(self, sink).await,
            None => {
                let detail = format!("no kind reads {}", cell.service);
                let shortfall = Shortfall::without_call(GapReason::Unsupported, detail);
                CellOutcome { state: state_of(&shortfall), resources: 0, shortfalls: vec![shortfall] }
            }
        }
    }
}
