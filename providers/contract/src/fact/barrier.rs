//! Barriers against access from abroad that stand before a whole account: who may sign in from where, and whom of the
//! provider's own people the customer has to let in.

use crate::observed::Observed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A directory whose people sign in to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Directory {
    /// Its identifier, in the provider's word.
    pub id: String,
    /// Every policy in force that refuses people by the place they sign in from; empty where none does. A member
    /// without `countries` stands for one that may do so.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub policies: Observed<Vec<LocationPolicy>>,
}

/// A policy that refuses everybody for everything from everywhere but named places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LocationPolicy {
    /// Its name, bounded.
    pub name: String,
    /// The countries from which people pass.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub countries: Observed<Vec<String>>,
    /// Address ranges from which people pass, wherever they are.
    pub addresses: Vec<String>,
    /// Whether these are as good as all there are.
    pub open: bool,
    /// Whether those pass whose country the provider cannot tell.
    pub unknown_places: bool,
    /// Whom, and what, it leaves out.
    pub exempt: Vec<String>,
}

impl LocationPolicy {
    /// A policy that may refuse people by their place: the gap beside it says why that was not seen.
    pub fn perhaps(name: String) -> Self {
        Self {
            name,
            countries: Observed::default(),
            addresses: Vec::new(),
            open: false,
            unknown_places: false,
            exempt: Vec::new(),
        }
    }
}

/// What the provider's own people have to be let in for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderAccess {
    /// The scope it holds for, in the provider's word.
    pub scope: String,
    /// The products for whose data the customer has to let them in; `all` for all; empty for none.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub approved: Observed<Vec<String>>,
    /// Whether some are let in beforehand all the same.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub beforehand: Observed<bool>,
}
