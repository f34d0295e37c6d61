//! Lists over services against the sweep: whether what they say is in use was found, and what nothing reads.

use super::ground::Why;
use super::sheet::LinkSheet;
use super::{Index, countries};
use sekisho_contract::fact::{AccountSetting, Cell, SecondList, Signal, Use, UseRead};
use sekisho_contract::gap::{Gap, GapReason, Shortfall, shorten};
use sekisho_contract::observed::Observed;
use sekisho_contract::place::PlaceCatalogue;
use std::collections::BTreeSet;

/// The region of what has none.
const NOWHERE: &str = "global";

/// What an account's lists over services are held against.
pub(super) struct Swept<'a> {
    pub(super) index: &'a Index,
    /// The account's cells.
    pub(super) cells: &'a [&'a Cell],
    pub(super) catalogue: Option<&'a PlaceCatalogue>,
}

impl Swept<'_> {
    /// Fills in what an account's lists say, and names what nothing reads.
    pub(super) fn link(
        &self,
        setting: &mut AccountSetting,
        lists: &[(String, SecondList)],
        sheet: &mut LinkSheet,
    ) -> Vec<Gap> {
        let own = lists.iter().filter(|(account, _)| *account == setting.id).map(|(_, list)| list.clone());
        let mut own = whole(own.collect());
        let mut gaps = Vec::new();
        for list in &mut own {
            list.uses.sort_by(|a, b| (&a.region, &a.what, &a.extent).cmp(&(&b.region, &b.what, &b.extent)));
            sheet.cite("second_lists", &list.calls);
            let first = list.calls.first().copied();
            for one in &mut list.uses {
                one.countries = match one.region.as_str() {
                    NOWHERE => Observed::Seen(Vec::new()),
                    region => countries(region, self.catalogue, "second_lists.uses.countries", sheet),
                };
                one.accounted = self.accounted(setting, one, sheet);
                if one.read == UseRead::Unread {
                    let detail = format!("{} ({}) is in use, and is not read", one.what, one.extent);
                    let unread = Shortfall::without_call(GapReason::NotRead, detail);
                    let subject = format!("{}/{}/{}", setting.id, shorten(&one.region), shorten(&one.what));
                    gaps.push(Gap { call: first, ..unread.gap(&subject, "resources") });
                }
            }
        }
        setting.second_lists = own;
        gaps
    }

    /// Whether something was found that the use can be of. Where the region was not listed it may be there.
    fn accounted(&self, setting: &AccountSetting, one: &Use, sheet: &mut LinkSheet) -> Observed<bool> {
        match one.read {
            UseRead::WithoutData => return Observed::Seen(true),
            UseRead::Unread => return Observed::Seen(false),
            UseRead::Swept => {}
        }
        let found = |service: &String| {
            let region = (one.region != NOWHERE).then_some(one.region.as_str());
            self.index.holds(&setting.provider, &setting.account, service, region)
        };
        if one.services.iter().any(found) {
            return Observed::Seen(true);
        }
        let of_it = |cell: &&&Cell| {
            one.services.contains(&cell.service)
                && (cell.region == one.region || cell.region == NOWHERE || one.region == NOWHERE)
        };
        match self.cells.iter().filter(of_it).find(|cell| !cell.state.is_accounted_for()) {
            Some(open) => {
                let detail =
                    format!("whether {} was found is not known: {} was not listed", one.what, open.id());
                sheet.unseen("second_lists.uses.accounted", Why::unknown(detail))
            }
            None => Observed::Seen(false),
        }
    }
}

/// One list a witness, of those of the regions.
fn whole(mut lists: Vec<SecondList>) -> Vec<SecondList> {
    lists.sort_by_key(|list| list.witness);
    let mut whole: Vec<SecondList> = Vec::new();
    for list in lists {
        match whole.last_mut().filter(|last| last.witness == list.witness) {
            Some(last) => {
                last.read &= list.read;
                last.exhaustive &= list.exhaustive;
                last.uses.extend(list.uses);
                last.calls.extend(list.calls);
            }
            None => whole.push(list),
        }
    }
    whole.iter_mut().for_each(|list| list.calls.sort());
    whole
}

/// What each list says of the sweep as a whole: it supports it where everything it names was found.
pub(super) fn signals(settings: &[AccountSetting]) -> Vec<Signal> {
    let of = |setting: &AccountSetting| -> Vec<Signal> {
        setting.second_lists.iter().map(|list| signal(&setting.id, list)).collect()
    };
    settings.iter().flat_map(of).collect()
}

fn signal(subject: &str, list: &SecondList) -> Signal {
    let missing: BTreeSet<String> = list
        .uses
        .iter()
        .filter(|one| one.read == UseRead::Swept && one.accounted == Observed::Seen(false))
        .map(|one| format!("{} in {}", one.what, one.region))
        .collect();
    let open = list.uses.iter().any(|one| one.accounted.is_unseen());
    let unread = list.uses.iter().filter(|one| one.read == UseRead::Unread).count();
    let named = list.uses.len();
    let (supports, statement) = if !missing.is_empty() {
        let missing: Vec<String> = missing.into_iter().collect();
        (Some(false), format!("it names what was not found: {}", missing.join(", ")))
    } else if !list.read {
        (None, "it was not read to its end".to_owned())
    } else if unread > 0 || open {
        (None, format!("of {named} uses it names, {unread} are of services that are not read"))
    } else {
        (Some(true), format!("all {named} uses it names were found"))
    };
    let statement = shorten(&statement);
    Signal {
        subject: subject.to_owned(),
        witness: list.witness,
        supports,
        statement,
        calls: list.calls.clone(),
    }
}
