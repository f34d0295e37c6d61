//! Puts together what is told of each resource.

use super::measure::{self, Window};
use super::record::{Achieved, Frame, Recoverability};
use super::schedule::configured;
use super::{Judged, Moment, Noted, Point, Sites, Subject};
use sekisho_contract::CallId;
use sekisho_contract::fact::{Consistency, CopyRole, Kind};
use sekisho_contract::gap::{GapReason, Sheet, Shortfall};
use sekisho_contract::observed::Observed;
use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 86_400;
/// Moments kept of each resource, for the picture.
const SHOWN: usize = 48;
/// Calls cited for the backups of one resource.
const CITED: usize = 24;

impl Noted {
    /// What is told of each resource, in the order of the facts. `unlisted` gives, for a provider, the cell in which
    /// backups may be that were not listed.
    pub fn conclude(
        self,
        frame: &Frame<'_>,
        sites: Sites<'_>,
        unlisted: &BTreeMap<String, String>,
    ) -> Vec<Recoverability> {
        let known: BTreeSet<(&str, &str)> =
            self.subjects.iter().map(|one| (one.provider.as_str(), one.id.as_str())).collect();
        // Whole machines that are backed up: their disks may be in those backups.
        let whole: BTreeSet<&str> = self
            .points
            .keys()
            .filter(|(provider, of)| !known.contains(&(provider.as_str(), of.as_str())))
            .map(|(provider, _)| provider.as_str())
            .collect();
        let none = Vec::new();
        let tell = |subject: &Subject| {
            let points = self.points.get(&(subject.provider.clone(), subject.id.clone())).unwrap_or(&none);
            let doubt = self.doubt(subject, unlisted, &whole);
            Telling { noted: &self, subject, points, frame, sites, doubt }.tell()
        };
        let mut told: Vec<Recoverability> = self.subjects.iter().map(tell).collect();
        told.sort_by(|one, other| one.order().cmp(&other.order()).then_with(|| one.tie().cmp(&other.tie())));
        told
    }

    /// Why there may be backups of a resource that are not among those noted.
    fn doubt(
        &self,
        subject: &Subject,
        unlisted: &BTreeMap<String, String>,
        whole: &BTreeSet<&str>,
    ) -> Option<Shortfall> {
        if let Some(cell) = unlisted.get(&subject.provider) {
            let detail = format!("{cell} was not listed, and backups may be in it");
            return Some(Shortfall::without_call(GapReason::Unresolved, detail));
        }
        let beside = [&subject.provider, &subject.account, &subject.service].map(Clone::clone);
        if self.orphans.contains(&beside) {
            let detail = "there are backups whose source is not stated";
            return Some(Shortfall::without_call(GapReason::Unresolved, detail));
        }
        if subject.kind == Kind::Disk && whole.contains(subject.provider.as_str()) {
            let detail = "there are backups of whole machines, and the disks they contain are not read";
            return Some(Shortfall::without_call(GapReason::NotRead, detail));
        }
        None
    }
}

/// One resource, while it is told of.
struct Telling<'t> {
    noted: &'t Noted,
    subject: &'t Subject,
    points: &'t [Point],
    frame: &'t Frame<'t>,
    sites: Sites<'t>,
    doubt: Option<Shortfall>,
}

impl Telling<'_> {
    fn tell(self) -> Recoverability {
        let subject = self.subject;
        let mut sheet = Sheet::new(&subject.id);
        let declared = self.declared();
        let declared_s = match declared {
            Some(rpo_s) => Observed::Seen(rpo_s),
            None => sheet.unseen(
                "declared_s",
                &Shortfall::without_call(
                    GapReason::NotRead,
                    "no recovery point objective is declared for it",
                ),
            ),
        };
        let configured_s = match configured(&self.noted.plans, subject) {
            Observed::Unseen(_) => {
                let detail = "not all schedules that cover it, or their times, were seen";
                sheet.unseen("configured_s", &Shortfall::without_call(GapReason::NotRead, detail))
            }
            seen => seen,
        };
        let judged: Vec<(&Point, Option<Judged>)> =
            self.points.iter().map(|point| (point, self.judged(point))).collect();
        let all: Vec<&(&Point, Option<Judged>)> = judged.iter().collect();
        let achieved = self.achieved(&all, declared, &mut sheet);
        let home = self.home_sites();
        let far: Vec<&(&Point, Option<Judged>)> =
            judged.iter().filter(|(point, _)| self.is_far(point, &home)).collect();
        let distant = self.distant(&far, &home, declared, &mut sheet);
        let exists = self.exists(&judged, &mut sheet);
        let restored = self.restored(&mut sheet);
        let (sites, apart_km) = self.apart(&judged, &mut sheet);
        let jobs = self.noted.jobs.get(&(subject.provider.clone(), subject.id.clone()));
        let count = |of: fn(&sekisho_contract::fact::Jobs) -> u32| match jobs {
            Some(jobs) => jobs.map(|jobs| i64::from(of(&jobs))),
            None => Observed::default(),
        };
        let (jobs_failed, jobs_expired) = (count(|jobs| jobs.failed), count(|jobs| jobs.expired));
        let (gaps, _) = sheet.finish();
        Recoverability {
            id: subject.id.clone(),
            provider: subject.provider.clone(),
            account: subject.account.clone(),
            region: subject.region.clone(),
            service: subject.service.clone(),
            kind: subject.kind,
            name: subject.name.clone(),
            facets: subject.facets.clone(),
            confidential: subject.confidential,
            availability_critical: subject.availability_critical,
            declared_s,
            configured_s,
            exists,
            achieved,
            distant,
            restored,
            jobs_failed,
            jobs_expired,
            sites,
            apart_km,
            evidence: self.evidence(),
            gaps,
        }
    }

    /// What is declared for its system, its account or everything; of several the strictest.
    fn declared(&self) -> Option<i64> {
        let Subject { provider, account, tags, .. } = self.subject;
        let system = tags.seen().and_then(|tags| tags.get("system"));
        let own = format!("{provider}/{account}");
        let named = |name: &str| {
            let all = self.frame.declared.iter().filter(|declared| declared.system == name);
            all.map(|declared| declared.rpo_s).min()
        };
        system.and_then(|system| named(system)).or_else(|| named(&own)).or_else(|| named("*"))
    }

    fn judged(&self, point: &Point) -> Option<Judged> {
        let key = self.noted.key_usable(&self.subject.provider, &point.key);
        point.moment(key, self.frame.at.as_second())
    }

    fn window(&self, judged: &[&(&Point, Option<Judged>)]) -> (Window, Option<i64>) {
        let (seen, until) = (self.frame.began.as_second(), self.frame.at.as_second());
        let wanted = i64::from(self.frame.window_days) * DAY;
        // Of what is deleted after a while only the later part is left: before that nothing is known.
        let lives = judged.iter().filter(|(_, judged)| judged.is_some());
        let lives =
            lives.filter_map(|(point, _)| Some(point.expires.seen().copied().flatten()? - point.data?));
        let lives = lives.filter(|life| *life > 0);
        let own = self.subject.window_days.map(|days| i64::from(days) * DAY);
        let kept = lives.chain(own).min().filter(|kept| *kept < wanted);
        let from = until - kept.unwrap_or(wanted);
        (Window { from, seen, until }, kept.map(|kept| kept / DAY))
    }

    /// What backups would have saved, wherever they rest.
    fn achieved(
        &self,
        judged: &[&(&Point, Option<Judged>)],
        declared: Option<i64>,
        sheet: &mut Sheet,
    ) -> Achieved {
        let subject = self.subject;
        let mut told = self.measured(judged);
        let sample = self.sample();
        if subject.versions == Observed::Seen(true) {
            // Whatever is overwritten or deleted stays as a version, as long as versions do.
            let kept = subject.versions_days.map(|days| days.map(|days| i64::from(days) * DAY));
            told.window_s = kept.seen().copied().flatten().or(told.window_s);
            let long_enough =
                |kept: Option<i64>| kept.is_none_or(|kept| kept >= declared.unwrap_or(0).max(DAY));
            told.worst_s = match kept {
                Observed::Seen(kept) if long_enough(kept) => Observed::Seen(Some(0)),
                _ => {
                    let detail =
                        "versions are kept for less than the objective, or for how long was not seen";
                    sheet.unseen("achieved.worst_s", &Shortfall::without_call(GapReason::Unresolved, detail))
                }
            };
            return told;
        }
        told.sample_s = sample.filter(|_| subject.kind != Kind::ObjectStore);
        let lower = match (subject.continuous, told.sample_s) {
            // What keeps up continuously closes the gaps between points; only how far it is behind now is known.
            (Observed::Seen(true), sample) => self
                .lower(judged, true)
                .and_then(|points| {
                    let sample = sample?;
                    Some(points.map_or(sample, |points| points.min(sample)))
                })
                .map(Some),
            (Observed::Seen(false), _) => self.lower(judged, false),
            (Observed::Unseen(_), _) => None,
        };
        let lower = if subject.versions == Observed::Seen(false) { lower } else { None };
        told.worst_s = self.decided(&told, lower, declared, "achieved.worst_s", sheet);
        told
    }

    /// What would be left after the loss of its site.
    fn distant(
        &self,
        judged: &[&(&Point, Option<Judged>)],
        home: &Option<BTreeSet<String>>,
        declared: Option<i64>,
        sheet: &mut Sheet,
    ) -> Achieved {
        let mut told = self.measured(judged);
        let replica = |rest: &super::Rest| rest.role != CopyRole::Primary;
        let placed = self.subject.rests.iter().filter(|rest| replica(rest));
        // A copy that is kept in step far away, or may be: how far it is behind is read once, if at all.
        let mut kept_up = false;
        for rest in placed {
            kept_up |= match (&rest.site, home) {
                (Some(site), Some(home)) => self.is_far_home(site, rest.countries.as_deref(), home),
                _ => true,
            };
        }
        told.sample_s = if self.subject.kind == Kind::ObjectStore { self.sample() } else { None };
        let lower = if kept_up || home.is_none() || self.undecided_places() {
            None
        } else {
            self.lower(judged, false)
        };
        told.worst_s = self.decided(&told, lower, declared, "distant.worst_s", sheet);
        told
    }

    /// Whether some backup rests where its site was not seen.
    fn undecided_places(&self) -> bool {
        self.points.iter().any(|point| point.rests.iter().any(|rest| rest.site.is_none()))
    }

    /// How far what keeps up by itself is behind, by one reading.
    fn sample(&self) -> Option<i64> {
        let latest = self.subject.latest.seen()?.as_deref()?;
        Some((self.frame.began.as_second() - super::seconds(latest)?).max(0))
    }

    /// The least that a failure in the window cost, if nothing that may be there is left out; `None` where it may be less,
    /// `Some(None)` where nothing could be set back to at all.
    fn lower(&self, judged: &[&(&Point, Option<Judged>)], only_now: bool) -> Option<Option<i64>> {
        let undated = judged.iter().any(|(_, judged)| *judged == Some(Judged::Undated));
        if self.doubt.is_some() || undated {
            return None;
        }
        let moments = moments(judged);
        let (window, _) = self.window(judged);
        let from = if only_now { window.seen } else { window.from.min(window.seen) };
        if moments.is_empty() {
            return Some(None);
        }
        // What was made since the gathering began says nothing of the time before.
        measure::at_least(&moments, Window { from, ..window }).map(|worst| Some(worst.loss))
    }

    /// The figure that decides, where one does.
    fn decided(
        &self,
        told: &Achieved,
        lower: Option<Option<i64>>,
        declared: Option<i64>,
        path: &str,
        sheet: &mut Sheet,
    ) -> Observed<Option<i64>> {
        let why = match (told.bound_s, lower, declared) {
            // As long as it was watched for no longer than what is allowed, nothing could have cost more.
            (Some(bound), _, Some(declared)) if bound <= declared => {
                if told.window_s.is_some_and(|window| window >= declared) {
                    return Observed::Seen(Some(bound));
                }
                "its backups go back less far than the objective"
            }
            (_, Some(Some(least)), Some(declared)) if least > declared => return Observed::Seen(Some(least)),
            (_, Some(None), _) => return Observed::Seen(None),
            (Some(bound), _, None) => return Observed::Seen(Some(bound)),
            _ if self.subject.continuous == Observed::Seen(true) => {
                "the lag of the continuous backup is read once: that is a sample, not the worst case"
            }
            _ if told.delays_unseen > 0 => "when its backups became usable is not stated",
            _ => "what was seen of its backups is not conclusive",
        };
        let why = match &self.doubt {
            Some(doubt) => doubt.clone(),
            None => Shortfall::without_call(GapReason::NotRead, why),
        };
        sheet.unseen(path, &why)
    }

    fn measured(&self, judged: &[&(&Point, Option<Judged>)]) -> Achieved {
        let moments = moments(judged);
        let (window, kept_days) = self.window(judged);
        let certain = || moments.iter().filter(|moment| moment.certain);
        let worst = measure::at_most(&moments, window);
        let gaps = measure::gaps(&moments, window.from);
        let newest = certain().map(|moment| moment.data).max();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let mut shown: Vec<i64> = certain().map(|moment| moment.data).collect();
        shown.sort_unstable();
        shown.dedup();
        let crash = judged
            .iter()
            .filter(|(point, judged)| judged.is_some() && point.consistency == Some(Consistency::Crash));
        Achieved {
            worst_s: Observed::default(),
            bound_s: worst.map(|worst| worst.loss),
            points: count(certain().count()),
            left_out: count(judged.len()) - count(certain().count()),
            crash_consistent: count(crash.count()),
            delays_unseen: count(certain().filter(|moment| moment.ready.is_none()).count()),
            median_s: measure::percentile(&gaps, 50),
            p95_s: measure::percentile(&gaps, 95),
            exposure_s: newest.map(|newest| window.until - newest),
            sample_s: None,
            window_s: worst.map(|worst| window.until - worst.from),
            kept_days,
            moments: shown.split_off(shown.len().saturating_sub(SHOWN)),
        }
    }

    fn exists(&self, judged: &[(&Point, Option<Judged>)], sheet: &mut Sheet) -> Observed<bool> {
        let subject = self.subject;
        let certain =
            |judged: &Option<Judged>| matches!(judged, Some(Judged::Dated(moment)) if moment.certain);
        let some = judged.iter().any(|(_, judged)| certain(judged));
        let keeps = [subject.continuous, subject.versions];
        if some || keeps.contains(&Observed::Seen(true)) {
            return Observed::Seen(true);
        }
        let possible = judged.iter().any(|(_, judged)| judged.is_some());
        let why = match &self.doubt {
            Some(doubt) => doubt.clone(),
            None if possible => {
                Shortfall::without_call(GapReason::Unresolved, "whether its backups can be used was not seen")
            }
            None if keeps.iter().any(Observed::is_unseen) => Shortfall::without_call(
                GapReason::Unresolved,
                "whether it keeps versions or backups of its own was not seen",
            ),
            None => return Observed::Seen(false),
        };
        sheet.unseen("exists", &why)
    }

    fn restored(&self, sheet: &mut Sheet) -> Observed<Option<String>> {
        let tested = self.points.iter().filter_map(|point| point.restored.seen()).flatten().max();
        if let Some(tested) = tested {
            return Observed::Seen(Some(tested.clone()));
        }
        let why = match (&self.doubt, self.points.iter().any(|point| point.restored.is_unseen())) {
            (Some(doubt), _) => doubt.clone(),
            (None, true) => Shortfall::without_call(
                GapReason::Unresolved,
                "which of its backups were restored was not seen",
            ),
            (None, false) => return Observed::Seen(None),
        };
        sheet.unseen("restored", &why)
    }

    /// The sites its data rest in; `None` where one was not seen.
    fn home_sites(&self) -> Option<BTreeSet<String>> {
        let own = self.subject.rests.iter().filter(|rest| rest.role == CopyRole::Primary);
        let sites: Option<BTreeSet<String>> = own.map(|rest| rest.site.clone()).collect();
        sites.filter(|sites| !sites.is_empty())
    }

    fn is_far(&self, point: &Point, home: &Option<BTreeSet<String>>) -> bool {
        let Some(home) = home else { return false };
        let far = |rest: &super::Rest| {
            rest.site.as_deref().is_some_and(|site| self.is_far_home(site, rest.countries.as_deref(), home))
        };
        point.rests.iter().any(far)
    }

    fn is_far_home(&self, site: &str, countries: Option<&[String]>, home: &BTreeSet<String>) -> bool {
        let at_home = countries
            .is_some_and(|all| !all.is_empty() && all.iter().all(|one| self.frame.home.contains(one)));
        at_home && self.sites.is_far(site, home, self.frame.distance_km)
    }

    /// The sites at home that hold its data or what it can be set back from, and how far apart they lie.
    fn apart(&self, judged: &[(&Point, Option<Judged>)], sheet: &mut Sheet) -> (Vec<String>, Observed<i64>) {
        let certain =
            |judged: &Option<Judged>| matches!(judged, Some(Judged::Dated(moment)) if moment.certain);
        // A backup that may not be usable, or a copy that may be somewhere, leaves it open.
        let mut open = self.doubt.is_some();
        let mut sites = BTreeSet::new();
        // What is older than the time looked back on protects nothing of today.
        let since = self.frame.at.as_second() - i64::from(self.frame.window_days) * DAY;
        let current = |point: &Point| point.data.is_none_or(|data| data >= since);
        let of_points = judged.iter().filter(|(point, judged)| judged.is_some() && current(point));
        let of_points =
            of_points.flat_map(|(point, judged)| point.rests.iter().map(move |rest| (rest, certain(judged))));
        let own = self.subject.rests.iter().map(|rest| (rest, true));
        for (rest, certain) in own.chain(of_points) {
            match (&rest.site, &rest.countries) {
                (_, Some(countries)) if !countries.iter().any(|one| self.frame.home.contains(one)) => {}
                (Some(site), Some(countries))
                    if certain && countries.iter().all(|one| self.frame.home.contains(one)) =>
                {
                    sites.insert(site.clone());
                }
                _ => open = true,
            }
        }
        let farthest = self.sites.farthest(&sites);
        let enough = farthest.is_some_and(|km| km >= i64::from(self.frame.distance_km));
        let apart = match farthest {
            Some(km) if enough || !open => Observed::Seen(km),
            _ => {
                let why = match &self.doubt {
                    Some(doubt) => doubt.clone(),
                    None => Shortfall::without_call(
                        GapReason::Unresolved,
                        "the site of a copy or backup was not seen",
                    ),
                };
                sheet.unseen("apart_km", &why)
            }
        };
        (sites.into_iter().collect(), apart)
    }

    fn evidence(&self) -> BTreeMap<String, Vec<CallId>> {
        let mut evidence = BTreeMap::new();
        let own: BTreeSet<CallId> = self
            .subject
            .evidence
            .iter()
            .filter(|(part, _)| *part != "tags")
            .flat_map(|(_, calls)| calls.iter().copied())
            .collect();
        let of_points: BTreeSet<CallId> =
            self.points.iter().flat_map(|point| point.calls.iter().copied()).collect();
        let all: Vec<CallId> = own.into_iter().chain(of_points.into_iter().take(CITED)).collect();
        for part in ["achieved", "distant", "exists", "restored", "apart_km"] {
            evidence.insert(part.to_owned(), all.clone());
        }
        if let Some(tags) = self.subject.evidence.get("tags") {
            evidence.insert("tags".to_owned(), tags.clone());
        }
        evidence
    }
}

fn moments(judged: &[&(&Point, Option<Judged>)]) -> Vec<Moment> {
    let dated = |(_, judged): &&(&Point, Option<Judged>)| match judged {
        Some(Judged::Dated(moment)) => Some(*moment),
        Some(Judged::Undated) | None => None,
    };
    judged.iter().filter_map(dated).collect()
}
