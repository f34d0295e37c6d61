//! What a provider crate gives: its declarations, and sessions that turn accounts into facts.

use crate::door::Door;
use crate::fact::{AccountSetting, Cell, CellState, ClosedBy, Facet, Kind, Resource, SecondList};
use crate::gap::{Gap, GapReason, Shortfall};
use crate::log_store::{LogObject, TakeObject};
use crate::operation::Operation;
use crate::place::PlaceCatalogue;
use crate::portal::{PaperFilter, Portal, PortalPaper};
use async_trait::async_trait;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A cloud sekisho can ask.
#[async_trait]
pub trait Provider: Send + Sync {
    /// `aws`, `azure`, `gcp`.
    fn name(&self) -> &'static str;

    /// Every operation it may call, in a fixed order.
    fn operations(&self) -> &[&'static Operation];

    /// The services it sweeps and what each can hold, in a fixed order.
    fn services(&self) -> &[Service];

    /// The service in whose sweep an operation is asked; `None` for one that is asked of the account itself.
    fn swept_in(&self, operation: &Operation) -> Option<&Service> {
        self.services().iter().find(|service| service.name == operation.service)
    }

    /// What things of some services have not, of what things of their kind have.
    fn lacks(&self) -> &'static [Lack] {
        &[]
    }

    /// Whether a resource has what its kind has, or lacks what is declared that it may.
    fn is_complete(&self, resource: &Resource) -> bool {
        let of_some = resource.kind.facets_of_some();
        let lacking = |lacks: &[Facet]| {
            let mut of_all = resource.kind.facets().iter().filter(|facet| !of_some.contains(facet));
            of_all.all(|facet| resource.facets.contains(facet) != lacks.contains(facet))
        };
        let mut declared = self.lacks().iter();
        lacking(&[])
            || declared.any(|lack| {
                lack.service == resource.service && lack.kind == resource.kind && lacking(lack.facets)
            })
    }

    /// What its identifiers of places resolve to.
    fn places(&self) -> &PlaceCatalogue;

    /// The region that an identifier of this provider names, whether or not the thing was read.
    fn region_in(&self, id: &str) -> Option<String>;

    /// The name by which a thing of this provider is reached; `None` where no name answers for its bytes.
    fn endpoint(&self, thing: &Thing<'_>) -> Option<Endpoint> {
        let _ = thing;
        None
    }

    /// The operations by which it tells whoever asks, without credentials, in which region something is.
    fn tells_openly(&self) -> &[&'static Operation] {
        &[]
    }

    /// The region of a thing as it is told to whoever asks; `None` for things of which nothing is told so. No credentials are
    /// used, through a door that lets out nothing else.
    async fn ask_openly(
        &self,
        section: &AccountSection,
        thing: &Thing<'_>,
        door: Arc<Door>,
    ) -> Option<Result<String, Shortfall>> {
        let _ = (section, thing, door);
        None
    }

    /// Where it offers papers about itself, if it can be asked for them.
    fn portal(&self) -> Option<Portal> {
        None
    }

    /// Every operation that reading stored audit logs may call, those by which an account is entered included; none where
    /// it cannot read them. They are asked outside the sweep, and only where the tenancy file names such a store.
    fn log_operations(&self) -> &'static [&'static Operation] {
        &[]
    }

    /// The service whose cell tells how many other accounts an organization holds; `None` where no section can name others.
    fn lists_members_in(&self) -> Option<&'static str> {
        None
    }

    /// Whether an account's own list of regions names at least every region of the catalogue that nobody has to opt into.
    fn names_every_region(&self) -> bool {
        false
    }

    /// Checks an account's section without asking the cloud: the id's form, the regions' names.
    fn check(&self, section: &AccountSection) -> Result<(), SectionFault>;

    /// Opens an account: finds credentials, assumes the role, and makes sure it *is* the account named.
    async fn enter(
        &self,
        section: &AccountSection,
        door: Arc<Door>,
    ) -> Result<Arc<dyn AccountSession>, Shortfall>;
}

/// A thing that was found, as far as its name on the internet follows from it.
#[derive(Debug, Clone, Copy)]
pub struct Thing<'t> {
    /// The region it is administered in.
    pub region: &'t str,
    /// The service's short name.
    pub service: &'t str,
    /// What it is.
    pub kind: Kind,
    /// The provider's own identifier.
    pub id: &'t str,
    /// The name people know it by.
    pub name: &'t str,
}

/// A name on the internet at which the bytes of something can be had by whoever may have them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it speaks TLS from the first byte.
    pub tls: bool,
    /// Whether the name is answered from many places, whatever the place of the bytes: its addresses, certificates and
    /// times say nothing of theirs.
    pub everywhere: bool,
    /// Whether the provider tells whoever asks in which region such a thing is ([`Provider::ask_openly`]).
    pub told_openly: bool,
}

impl Endpoint {
    /// An endpoint that speaks TLS, where the bytes are.
    pub fn https(host: String) -> Self {
        Self { host, port: 443, tls: true, everywhere: false, told_openly: false }
    }
}

/// A service of a provider, as the sweep knows it.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// Its short name: the `service` of cells and resources.
    pub name: &'static str,
    /// Whether one list answers for all regions (one cell an account) or each region is asked.
    pub reach: Reach,
    /// The kinds it can hold. None for lists over services, which vouch for the others' answers and hold nothing
    /// themselves: what only they name is told as [`Kind::Other`].
    pub kinds: &'static [Kind],
}

/// A set of facets that things of a service may be without, all of them or none, though things of their kind have them.
#[derive(Debug, Clone, Copy)]
pub struct Lack {
    /// The service's short name.
    pub service: &'static str,
    /// What the things are.
    pub kind: Kind,
    /// What they have not.
    pub facets: &'static [Facet],
}

/// How far one list of a service reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// One list for all regions.
    Global,
    /// One list a region.
    Region,
}

/// One account, opened.
#[async_trait]
pub trait AccountSession: Send + Sync {
    /// Reads what holds for the whole account and finds the cells of the sweep.
    async fn survey(&self, sink: &dyn FactSink) -> Survey;

    /// Reads one cell whole. Never fails: what is not seen becomes gaps.
    async fn sweep(&self, cell: &CellKey, sink: &dyn FactSink) -> CellOutcome;

    /// Reads what the provider's [`Portal`] offers. The list must come to its end; particulars are asked, one request each,
    /// of the papers that `wanted` picks, and one whose particulars did not come says so in its state.
    async fn papers(&self, wanted: PaperFilter<'_>) -> Result<Vec<PortalPaper>, Shortfall> {
        let _ = wanted;
        Err(Shortfall::without_call(GapReason::Unsupported, "the provider has no portal that can be asked"))
    }

    /// Lists the objects of a store whose names begin with `prefix`, page by page; what was taken before a failure stands.
    async fn log_objects(&self, store: &str, prefix: &str, take: TakeObject<'_>) -> Result<(), Shortfall> {
        let _ = (store, prefix, take);
        Err(Shortfall::without_call(GapReason::Unsupported, NO_LOG_STORES))
    }

    /// Reads bytes of one listed object, at most [`crate::log_store::PIECE`] of them, and neither fewer than asked for nor
    /// of another version than was listed.
    async fn log_bytes(
        &self,
        store: &str,
        object: &LogObject,
        range: Range<u64>,
    ) -> Result<Bytes, Shortfall> {
        let _ = (store, object, range);
        Err(Shortfall::without_call(GapReason::Unsupported, NO_LOG_STORES))
    }
}

/// Why a provider's stores of logs are not read.
pub const NO_LOG_STORES: &str = "audit logs stored with this provider are not read by this version";

/// What an account's survey found.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The cells to sweep, in order.
    pub open: Vec<CellKey>,
    /// Cells that need no sweep, with their state (`closed`, `skipped`, `denied`…) and gaps.
    pub settled: Vec<Cell>,
    /// Gaps of the settled cells.
    pub gaps: Vec<Gap>,
    /// What holds for the whole account.
    pub setting: AccountSetting,
    /// The other accounts of its organization, where the section asks for them.
    pub members: Vec<Member>,
}

/// An account of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// How it is entered.
    pub section: AccountSection,
    /// Why it cannot be entered now, in the provider's word (`SUSPENDED`); `None` where it can.
    pub inactive: Option<String>,
}

/// How the sweep of a cell ended.
#[derive(Debug, Clone)]
pub struct CellOutcome {
    /// Its state.
    pub state: CellState,
    /// How many resources were listed.
    pub resources: u64,
    /// Why it was not listed whole: the first is the ground of its state. Each is recorded as a gap of the cell.
    pub shortfalls: Vec<Shortfall>,
}

/// The name of a cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellKey {
    /// The provider.
    pub provider: String,
    /// The account.
    pub account: String,
    /// The region, or `global`.
    pub region: String,
    /// The service.
    pub service: String,
}

impl CellKey {
    /// `provider/account/region/service`.
    pub fn id(&self) -> String {
        format!("{}/{}/{}/{}", self.provider, self.account, self.region, self.service)
    }

    /// The cell, closed to the account by this.
    pub fn closed(&self, by: ClosedBy) -> Cell {
        Cell { closed_by: Some(by), ..self.cell(CellState::Closed, 0) }
    }

    /// The cell in this state.
    pub fn cell(&self, state: CellState, resources: u64) -> Cell {
        Cell {
            provider: self.provider.clone(),
            account: self.account.clone(),
            region: self.region.clone(),
            service: self.service.clone(),
            state,
            closed_by: None,
            resources,
        }
    }
}

/// Where facts go as soon as they are read.
pub trait FactSink: Send + Sync {
    /// Takes a finished resource and its gaps.
    fn resource(&self, resource: Resource, gaps: Vec<Gap>);

    /// Takes what a list over services says of the account.
    fn second_list(&self, list: SecondList);
}

/// One `[[account]]` of the tenancy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountSection {
    /// The provider's name.
    pub provider: String,
    /// The account's id.
    pub id: String,
    /// Which regions to look at; `None` for every region the account can use.
    pub regions: Option<Vec<String>>,
    /// A role to assume.
    pub role_arn: Option<String>,
    /// The external id the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The role to assume in every other account of the organization, if those are to be read too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_role: Option<String>,
    /// The directory (tenant) its credentials are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The management group whose every other subscription is to be read too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_group: Option<String>,
    /// The organization whose other accounts are read too, where accounts are found below one (its number).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The folder of an organization, in its place (its number).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// A service account to act as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// The profile of the SDK's configuration to take credentials from.
    pub profile: Option<String>,
    /// An emulator for every service; loopback only.
    pub endpoint: Option<String>,
    /// An emulator for one service; loopback only.
    pub endpoints: BTreeMap<String, String>,
}

impl AccountSection {
    /// A section that says nothing but which account it is.
    pub fn of(provider: &str, id: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            id: id.to_owned(),
            regions: None,
            role_arn: None,
            external_id: None,
            organization_role: None,
            tenant: None,
            management_group: None,
            organization: None,
            folder: None,
            service_account: None,
            profile: None,
            endpoint: None,
            endpoints: BTreeMap::new(),
        }
    }

    /// The fault of a key that only other providers' accounts have; `own` are those that mean something here.
    pub fn foreign(&self, own: &[&str], whose: &str, help: &str) -> Option<SectionFault> {
        let keys = [
            ("role_arn", &self.role_arn),
            ("external_id", &self.external_id),
            ("role", &self.organization_role),
            ("tenant", &self.tenant),
            ("management_group", &self.management_group),
            ("organization", &self.organization),
            ("folder", &self.folder),
            ("service_account", &self.service_account),
            ("profile", &self.profile),
        ];
        keys.into_iter().filter(|(key, _)| !own.contains(key)).find_map(|(key, value)| {
            Some(SectionFault {
                key,
                value: Some(value.clone()?),
                message: format!("`{key}` is not a key of {whose}"),
                help: help.to_owned(),
            })
        })
    }
}

/// What is wrong with an account's section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SectionFault {
    /// The key that is wrong.
    pub key: &'static str,
    /// The value that is wrong, when the key holds a list.
    pub value: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}
