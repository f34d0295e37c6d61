//! What stands behind something that could not be linked: the gap of what it points to.
//!
//! A finding about a store must name the call that failed, even when that call was about the store's key or
//! about the trail that may record it.

use super::sheet::covers;
use sekisho_contract::fact::{Cell, Resource};
use sekisho_contract::gap::{Gap, GapReason, Shortfall};
use std::collections::BTreeMap;

/// Why something could not be linked.
pub(super) struct Why(Shortfall);

impl Why {
    /// What could not be linked, and the gap behind it where there is one.
    pub(super) fn new(detail: impl Into<String>, ground: Option<&Gap>) -> Self {
        let detail = detail.into();
        Self(match ground {
            None => Shortfall::without_call(GapReason::Unresolved, detail),
            Some(ground) => Shortfall {
                reason: ground.reason,
                operation: ground.operation.clone(),
                permission: ground.permission.clone(),
                call: ground.call,
                ..match ground.detail.as_str() {
                    "" => Shortfall::without_call(ground.reason, detail),
                    said => Shortfall::without_call(ground.reason, format!("{detail}: {said}")),
                }
            },
        })
    }

    /// Something this version does not know.
    pub(super) fn unknown(detail: String) -> Self {
        Self(Shortfall::without_call(GapReason::Unknown, detail))
    }

    pub(super) const fn shortfall(&self) -> &Shortfall {
        &self.0
    }
}

impl Why {
    /// Something this version does not read.
    pub(super) fn not_read(detail: String) -> Self {
        Self(Shortfall::without_call(GapReason::NotRead, detail))
    }
}

impl From<String> for Why {
    fn from(detail: String) -> Self {
        Self::new(detail, None)
    }
}

impl From<&str> for Why {
    fn from(detail: &str) -> Self {
        Self::new(detail, None)
    }
}

/// The first gap that explains one of the paths, the first path before the others.
pub(super) fn explaining<'g>(gaps: &'g [Gap], paths: &[&str]) -> Option<&'g Gap> {
    paths.iter().find_map(|path| gaps.iter().find(|gap| covers(&gap.facet, path)))
}

/// The gaps of resources that others point to, by provider and identifier, and then by the account that read
/// them: an organization's trail goes by one identifier in every account, and each reads it for itself.
#[derive(Default)]
pub(super) struct Grounds(BTreeMap<(String, String), BTreeMap<String, Vec<Gap>>>);

impl Grounds {
    pub(super) fn note(&mut self, resource: &Resource, id: &str, gaps: &[Gap]) {
        if !gaps.is_empty() {
            let readers = self.0.entry((resource.provider.clone(), id.to_owned())).or_default();
            readers.entry(resource.account.clone()).or_default().extend_from_slice(gaps);
        }
    }

    /// Why a property of the resource was not seen, whoever read it.
    pub(super) fn of(&self, provider: &str, id: &str, paths: &[&str]) -> Option<&Gap> {
        let readers = self.0.get(&(provider.to_owned(), id.to_owned()))?;
        readers.values().find_map(|gaps| explaining(gaps, paths))
    }

    /// Why an account did not see a property of the resource.
    pub(super) fn in_account(&self, provider: &str, account: &str, id: &str, paths: &[&str]) -> Option<&Gap> {
        explaining(self.0.get(&(provider.to_owned(), id.to_owned()))?.get(account)?, paths)
    }
}

/// A cell in which something may hide, and why it was not listed.
pub(super) struct Hidden {
    pub(super) cell: Cell,
    pub(super) gap: Option<Gap>,
}

impl Hidden {
    pub(super) fn why(&self, what: &str) -> Why {
        Why::new(format!("{what} may be in {}, which was not listed", self.cell.id()), self.gap.as_ref())
    }
}
