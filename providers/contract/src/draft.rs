//! A fact while it is being read: what is the same whichever cloud it is of.
//!
//! A provider's own draft stands on it, and adds how its cloud names places, keys and holders.

use crate::fact::{
    CellState, Copy, CopyRole, Erasure, Facet, LiftedBy, Network, Obstacle, ObstacleKind, Point, Recovery,
    Redundancy, Resource, Sharing, Starts,
};
use crate::gap::shorten;
use crate::{CallId, Gap, GapReason, Observed, Sheet, Shortfall};

/// A finished fact and its gaps.
pub type Fact = (Resource, Vec<Gap>);

/// A fact while it is being read.
#[derive(Debug)]
pub struct Draft {
    /// Which calls showed what, and what was not seen.
    pub sheet: Sheet,
    /// What was seen.
    pub resource: Resource,
}

impl Draft {
    /// What a call showed: it shows every part until another is named.
    pub fn new(mut resource: Resource, call: &CallId) -> Self {
        let mut sheet = Sheet::new(&resource.id);
        for facet in &resource.facets {
            sheet.shown(facet.as_str(), call);
        }
        if resource.facets.contains(&Facet::Erasure) {
            resource.erasure = Some(Erasure { obstacles: Vec::new() });
        }
        Self { sheet, resource }
    }

    /// Notes a copy that may be there.
    pub fn perhaps_copied(&mut self, role: CopyRole, shortfall: &Shortfall) {
        let location = self.sheet.unseen("copies", shortfall);
        self.resource.copies.push(Copy::new(role, None, location));
    }

    /// Notes what stands in the way of erasing it.
    pub fn hindered(&mut self, obstacle: Obstacle) {
        self.resource.erasure.get_or_insert(Erasure { obstacles: Vec::new() }).obstacles.push(obstacle);
    }

    /// The same: from when, for how many days, and who can lift it.
    pub fn obstacle(&mut self, kind: ObstacleKind, starts: Starts, days: Option<u32>, lifted_by: LiftedBy) {
        self.hindered(Obstacle {
            kind: Observed::Seen(kind),
            starts: Observed::Seen(starts),
            days: Observed::Seen(days),
            until: Observed::Seen(None),
            lifted_by: Observed::Seen(lifted_by),
        });
    }

    /// The same, until a fixed day (RFC 3339).
    pub fn obstacle_until(&mut self, kind: ObstacleKind, until: &str, lifted_by: LiftedBy) {
        self.hindered(Obstacle {
            kind: Observed::Seen(kind),
            starts: Observed::Seen(Starts::Fixed),
            days: Observed::Seen(None),
            until: Observed::Seen(Some(shorten(until))),
            lifted_by: Observed::Seen(lifted_by),
        });
    }

    /// Notes an obstacle that may be there.
    pub fn perhaps_hindered(&mut self, shortfall: &Shortfall) {
        let kind = self.sheet.unseen("erasure.obstacles", shortfall);
        self.hindered(Obstacle {
            kind,
            starts: Observed::default(),
            days: Observed::default(),
            until: Observed::default(),
            lifted_by: Observed::default(),
        });
    }

    /// Notes a switch that must be turned off before it can be deleted.
    pub fn protected(&mut self, protected: Option<bool>) {
        if protected == Some(true) {
            self.obstacle(ObstacleKind::DeletionProtection, Starts::AtRequest, Some(0), LiftedBy::User);
        }
    }

    /// Sharing that was not seen.
    pub fn perhaps_shared(&mut self, shortfall: &Shortfall) {
        self.resource.sharing = Some(Sharing {
            public: self.sheet.unseen("sharing.public", shortfall),
            principals: self.sheet.unseen("sharing.principals", shortfall),
        });
    }

    /// Whether it goes on in another zone, which it does by itself.
    pub fn redundant(&mut self, multi_zone: Observed<bool>) {
        self.resource.redundancy = Some(Redundancy { multi_zone, failover: multi_zone });
    }

    /// The window its own service can set it back in: its days, none for no window, and the latest moment where it is told.
    pub fn recoverable(&mut self, days: Option<u32>, latest: Option<&str>) {
        self.resource.recovery = Some(Recovery {
            continuous: Observed::Seen(days.is_some_and(|days| days > 0)),
            window_days: Observed::Seen(days.filter(|days| *days > 0)),
            latest: Observed::Seen(latest.map(shorten)),
        });
    }

    /// What could not be seen of that.
    pub fn perhaps_recoverable(&mut self, shortfall: &Shortfall) {
        self.resource.recovery = Some(Recovery {
            continuous: self.sheet.unseen("recovery.continuous", shortfall),
            window_days: self.sheet.unseen("recovery.window_days", shortfall),
            latest: self.sheet.unseen("recovery.latest", shortfall),
        });
    }

    /// The moment its data are of, when it was complete where that is told, whether it can be used, and when it goes by
    /// itself.
    pub fn point(
        &mut self,
        data_time: Option<&str>,
        completed: Option<&str>,
        usable: Observed<bool>,
        expires: Option<&str>,
    ) {
        self.resource.point = Some(Point {
            data_time: Observed::Seen(data_time.map(shorten)),
            completed: Observed::Seen(completed.map(shorten)),
            usable,
            expires: Observed::Seen(expires.map(shorten)),
            // Who lists what was set back, or in what order data are, says so afterwards.
            restored: Observed::Seen(None),
            consistency: Observed::Seen(None),
        });
    }

    /// Whether it has an address on the internet.
    pub fn addressed(&mut self, public: Observed<bool>) {
        self.resource.network = Some(Network { public_address: public });
    }

    /// Things of this sort do not have these parts, others of their kind do.
    pub fn without(&mut self, facets: &[Facet]) {
        self.resource.facets.retain(|facet| !facets.contains(facet));
        if facets.contains(&Facet::Erasure) {
            self.resource.erasure = None;
        }
    }

    /// The finished fact.
    pub fn finish(mut self) -> Fact {
        let (gaps, evidence) = self.sheet.finish();
        self.resource.evidence = evidence;
        (self.resource, gaps)
    }
}

/// What a fact points to and linking has to resolve.
pub fn unresolved(what: &str) -> Shortfall {
    let detail = format!("{what} was not among the resources that were read");
    Shortfall::without_call(GapReason::Unresolved, detail)
}

/// A part that this version does not read.
pub fn not_read(detail: &str) -> Shortfall {
    Shortfall::without_call(GapReason::NotRead, detail)
}

/// How a cell ended whose list broke off for this reason.
pub const fn state_of(shortfall: &Shortfall) -> CellState {
    match shortfall.reason {
        GapReason::Denied | GapReason::Credentials => CellState::Denied,
        GapReason::Cancelled | GapReason::BudgetSpent | GapReason::Skipped => CellState::Skipped,
        _ => CellState::Failed,
    }
}
