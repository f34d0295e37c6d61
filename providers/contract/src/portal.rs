//! What a provider's own portal offers: papers about the provider, such as reports of its auditors.
//!
//! Only what the portal says of them: the papers themselves are obtained by people, who accept the terms they are under.

use crate::call::CallId;
use crate::gap::Shortfall;
use crate::operation::Operation;
use jiff::civil::Date;

/// A portal that can be asked what it offers. It is no part of the sweep.
#[derive(Debug, Clone, Copy)]
pub struct Portal {
    /// What people call it.
    pub name: &'static str,
    /// Every operation that asking it may call, those by which an account is entered included.
    pub operations: &'static [&'static Operation],
}

/// Picks the papers whose particulars are asked for.
pub type PaperFilter<'f> = &'f (dyn Fn(&PortalPaper) -> bool + Send + Sync);

/// One paper, as the portal tells of it. Texts are bounded, and otherwise as they came.
#[derive(Debug, Clone, PartialEq)]
pub struct PortalPaper {
    /// The portal's id: letters, digits and hyphens; empty where it has no such id.
    pub id: String,
    /// The portal's version of it.
    pub version: Option<u64>,
    /// What the portal calls it.
    pub title: String,
    /// Whose paper it is, in the portal's words.
    pub company: Option<String>,
    /// Whether that is the provider; `None` where the portal does not say whose it is.
    pub own: Option<bool>,
    /// The product it is about.
    pub product: Option<String>,
    /// The series it belongs to.
    pub series: Option<String>,
    /// The category it belongs to.
    pub category: Option<String>,
    /// The first day it is about, as a day of UTC.
    pub period_start: Option<Date>,
    /// The last day it is about, as a day of UTC.
    pub period_end: Option<Date>,
    /// Whether it can be had.
    pub state: PaperState,
    /// The calls that told of it.
    pub calls: Vec<CallId>,
}

/// Whether a paper can be had.
#[derive(Debug, Clone, PartialEq)]
pub enum PaperState {
    /// It is offered.
    Offered,
    /// It was withdrawn.
    Withdrawn,
    /// It is not there yet.
    Unready,
    /// What the portal says of it makes no sense: why.
    Unclear(String),
    /// Its particulars did not come.
    Unread(Shortfall),
}
