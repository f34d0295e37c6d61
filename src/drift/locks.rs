//! What stands in the way of deletion, before and after.

use super::change::Direction;
use super::what::What;
use crate::text::Text;
use crate::words::{Word, word};
use sekisho_contract::fact::{Facet, LiftedBy, Obstacle, ObstacleKind, Resource};
use std::collections::BTreeMap;

/// One sort of obstacle that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct LockChange {
    /// A lock, or the switch against deletion.
    pub what: What,
    /// Which way it goes.
    pub direction: Direction,
    /// The sort of obstacle.
    pub kind: ObstacleKind,
    /// Before.
    pub before: Option<Text>,
    /// After.
    pub after: Option<Text>,
}

/// Holds the obstacles of a resource against those it had. One whose sort was not seen is told by its gap.
pub fn changes(old: &Resource, new: &Resource) -> Vec<LockChange> {
    let (Some(before), Some(after)) = (&old.erasure, &new.erasure) else { return Vec::new() };
    let versioned = new.facets.contains(&Facet::Versioning);
    let (mut before, mut after) = (by_kind(&before.obstacles), by_kind(&after.obstacles));
    let kinds: Vec<ObstacleKind> = before.keys().chain(after.keys()).copied().collect();
    let mut changes = Vec::new();
    for kind in kinds {
        // Told as versioning, or as the state of the key.
        let elsewhere = match kind {
            ObstacleKind::Versions | ObstacleKind::MfaDelete => versioned,
            ObstacleKind::KeyDeletionWait => new.facets.contains(&Facet::Key),
            _ => false,
        };
        let (one, other) =
            (before.remove(&kind).unwrap_or_default(), after.remove(&kind).unwrap_or_default());
        if elsewhere || one == other {
            continue;
        }
        let (what, direction) = match kind {
            ObstacleKind::DeletionProtection => (What::DeletionProtection, way(&one, &other)),
            // What was deleted, or written over, by mistake; that it lives on binds nobody.
            ObstacleKind::SoftDelete | ObstacleKind::Versions => (What::Lock, Direction::Neutral),
            // One that got longer may hold beyond the contract's end: whether it does is told by the finding.
            _ if way(&one, &other) == Direction::Better => (What::Lock, Direction::Neutral),
            _ => (What::Lock, way(&one, &other)),
        };
        changes.push(LockChange {
            what,
            direction,
            kind,
            before: told(kind, &one),
            after: told(kind, &other),
        });
    }
    changes
}

/// How long, until when and against whom; what was not seen counts as nothing here.
type Hold = (u64, Option<String>, u8);

/// What got shorter no longer holds what it held.
fn way(one: &[Hold], other: &[Hold]) -> Direction {
    let weakest = |all: &[Hold]| all.iter().max().cloned();
    match weakest(other).cmp(&weakest(one)) {
        std::cmp::Ordering::Less => Direction::Worse,
        std::cmp::Ordering::Equal => Direction::Neutral,
        std::cmp::Ordering::Greater => Direction::Better,
    }
}

fn by_kind(obstacles: &[Obstacle]) -> BTreeMap<ObstacleKind, Vec<Hold>> {
    let mut kinds: BTreeMap<ObstacleKind, Vec<Hold>> = BTreeMap::new();
    for obstacle in obstacles {
        let Some(kind) = obstacle.kind.seen() else { continue };
        let days = match obstacle.days.seen() {
            Some(Some(days)) => u64::from(*days),
            Some(None) if obstacle.until.seen().is_none_or(Option::is_none) => u64::MAX,
            _ => 0,
        };
        let until = obstacle.until.seen().cloned().flatten();
        let strength = match obstacle.lifted_by.seen() {
            Some(LiftedBy::Nobody) => 3,
            Some(LiftedBy::PrivilegedUser) => 2,
            Some(LiftedBy::User) => 1,
            None => 0,
        };
        kinds.entry(*kind).or_default().push((days, until, strength));
    }
    kinds.values_mut().for_each(|holds| holds.sort());
    kinds
}

const fn name(kind: ObstacleKind) -> Word {
    match kind {
        ObstacleKind::LockCompliance => word("誰にも解除できない保持", "a lock nobody can lift"),
        ObstacleKind::LockGovernance => word("特権で解除できる保持", "a lock a privileged user can lift"),
        ObstacleKind::LegalHold => word("無期限の保持", "an indefinite hold"),
        ObstacleKind::Versions => word("旧版の保持", "kept versions"),
        ObstacleKind::MfaDelete => word("多要素認証による削除", "MFA for deletion"),
        ObstacleKind::KeyDeletionWait => word("鍵の破棄の待機", "the waiting period for a key's destruction"),
        ObstacleKind::DeletionProtection => word("削除の保護", "deletion protection"),
        ObstacleKind::SoftDelete => word("削除後の保持", "retention after deletion"),
        ObstacleKind::MinimumRetention => word("最短の保持", "a minimum retention"),
    }
}

fn told(kind: ObstacleKind, holds: &[Hold]) -> Option<Text> {
    let name = name(kind);
    let (days, until, _) = holds.iter().max()?;
    let (ja, en) = match (until, *days) {
        (Some(until), _) => (format!("（{until}まで）"), format!(" (until {until})")),
        (None, 0 | u64::MAX) => (String::new(), String::new()),
        (None, days) => (format!("（{days}日）"), format!(" ({days} days)")),
    };
    Some(Text { ja: format!("{}{ja}", name.ja), en: format!("{}{en}", name.en) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_contract::fact::{Erasure, Kind, Starts};
    use sekisho_contract::observed::Observed;

    fn with(kind: Kind, obstacles: &[(ObstacleKind, Option<u32>)]) -> Resource {
        let mut resource = Resource::new(kind, "aws", "1", "r", "s", "a".into(), "a".into());
        let obstacles = obstacles.iter().map(|(kind, days)| Obstacle {
            kind: Observed::Seen(*kind),
            starts: Observed::Seen(Starts::AtWrite),
            days: Observed::Seen(*days),
            until: Observed::Seen(None),
            lifted_by: Observed::Seen(LiftedBy::Nobody),
        });
        resource.erasure = Some(Erasure { obstacles: obstacles.collect() });
        resource
    }

    #[test]
    fn locks_come_go_and_change_their_length() {
        use Direction::{Better, Neutral, Worse};
        use ObstacleKind::{DeletionProtection, LockCompliance, SoftDelete, Versions};
        #[rustfmt::skip]
        type Holds = &'static [(ObstacleKind, Option<u32>)];
        type Case = (Kind, Holds, Holds, Option<(What, Direction)>);
        let cases: &[Case] = &[
            (
                Kind::BackupVault,
                &[(LockCompliance, Some(30))],
                &[(LockCompliance, Some(7))],
                Some((What::Lock, Worse)),
            ),
            (
                Kind::BackupVault,
                &[(LockCompliance, Some(7))],
                &[(LockCompliance, Some(30))],
                Some((What::Lock, Neutral)),
            ),
            (Kind::BackupVault, &[(LockCompliance, Some(7))], &[], Some((What::Lock, Worse))),
            (Kind::Database, &[(DeletionProtection, None)], &[], Some((What::DeletionProtection, Worse))),
            (Kind::Database, &[], &[(DeletionProtection, None)], Some((What::DeletionProtection, Better))),
            (Kind::Secret, &[(SoftDelete, Some(30))], &[(SoftDelete, Some(7))], Some((What::Lock, Neutral))),
            (Kind::ObjectStore, &[(Versions, None)], &[], None),
            (Kind::Database, &[(DeletionProtection, None)], &[(DeletionProtection, None)], None),
        ];
        for (kind, old, new, expected) in cases {
            let found = changes(&with(*kind, old), &with(*kind, new));
            let found: Vec<_> = found.iter().map(|one| (one.what, one.direction)).collect();
            assert_eq!(found, expected.iter().copied().collect::<Vec<_>>(), "{old:?} {new:?}");
        }
    }
}
