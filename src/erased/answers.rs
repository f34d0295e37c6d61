//! The answers of the run that looked again, as far as they show that something is gone.

use super::kinds::Catalogue;
use super::result::{Answer, List};
use crate::run_folder::ReadFault;
use sekisho_contract::CallId;
use sekisho_contract::call::{Call, CallOutcome};
use std::collections::BTreeMap;

/// Every call to an operation that the catalogue names.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// By provider, account and operation.
    calls: BTreeMap<[String; 3], BTreeMap<CallId, Last>>,
    numbers: BTreeMap<Wanted, u32>,
    lists: Vec<List>,
}

/// The last attempt of a call.
#[derive(Debug)]
struct Last {
    answer: Answer,
    came: bool,
}

/// A list that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    pub provider: String,
    pub account: String,
    /// `None` where one list answers for all regions.
    pub region: Option<String>,
    pub operation: String,
    /// What it is asked of, where it is asked of one thing.
    pub target: Option<String>,
}

/// Why a list does not show anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Missing {
    /// It was not asked.
    NotAsked,
    /// An answer did not come.
    Failed(CallId),
    /// An answer is not in the ledger, though later ones are.
    Lost,
}

impl Answers {
    /// Reads the ledger.
    pub fn of(
        calls: impl Iterator<Item = Result<Call, ReadFault>>,
        catalogue: &Catalogue,
    ) -> Result<Self, ReadFault> {
        let named = catalogue.operations();
        let mut all = Self::default();
        for call in calls {
            let call = call?;
            if !named.get(call.provider.as_str()).is_some_and(|named| named.contains(call.operation.as_str()))
            {
                continue;
            }
            let last = Last {
                came: matches!(call.outcome, CallOutcome::Answered | CallOutcome::Absent),
                answer: Answer {
                    call: call.id,
                    region: call.region,
                    target: call.target,
                    page: call.page,
                    at: call.at.0,
                    status: call.status,
                    request_id: call.request_id,
                    sha256: call.sha256,
                },
            };
            // The ledger is in order of time: the last attempt counts.
            all.calls.entry([call.provider, call.account, call.operation]).or_default().insert(call.id, last);
        }
        Ok(all)
    }

    /// The number of a list that came whole: asked at least once, every page of it answered.
    pub fn whole(&mut self, wanted: Wanted) -> Result<u32, Missing> {
        if let Some(number) = self.numbers.get(&wanted) {
            return Ok(*number);
        }
        let mut answers: Vec<Answer> = Vec::new();
        for last in self.matching(&wanted) {
            match last.came {
                true => answers.push(last.answer.clone()),
                false => return Err(Missing::Failed(last.answer.call)),
            }
        }
        if answers.is_empty() {
            return Err(Missing::NotAsked);
        }
        answers.sort_by(|a, b| {
            (&a.region, &a.target, a.page, a.call).cmp(&(&b.region, &b.target, b.page, b.call))
        });
        if has_holes(&answers) {
            return Err(Missing::Lost);
        }
        let number = u32::try_from(self.lists.len() + 1).unwrap_or(u32::MAX);
        self.numbers.insert(wanted.clone(), number);
        let Wanted { provider, account, operation, .. } = wanted;
        self.lists.push(List { number, provider, account, operation, answers });
        Ok(number)
    }

    /// A call of a list that did not come, where it was asked at all.
    pub fn failed(&self, wanted: &Wanted) -> Option<CallId> {
        self.matching(wanted).find(|last| !last.came).map(|last| last.answer.call)
    }

    /// The lists that were used, in the order of their numbers.
    pub fn into_lists(self) -> Vec<List> {
        self.lists
    }

    fn matching<'a>(&'a self, wanted: &'a Wanted) -> impl Iterator<Item = &'a Last> {
        let key = [wanted.provider.clone(), wanted.account.clone(), wanted.operation.clone()];
        let calls = self.calls.get(&key).into_iter().flat_map(BTreeMap::values);
        calls.filter(|last| {
            wanted.region.as_ref().is_none_or(|region| *region == last.answer.region)
                && wanted.target.as_ref().is_none_or(|target| *target == last.answer.target)
        })
    }
}

/// Whether a page is missing before another one of the same list.
fn has_holes(sorted: &[Answer]) -> bool {
    let mut next: Option<(&str, &str, u32)> = None;
    for answer in sorted {
        let page = match next {
            Some((region, target, page)) if region == answer.region && target == answer.target => page,
            _ => 0,
        };
        // The same page asked anew, as after a resume, is no hole.
        if answer.page > page {
            return true;
        }
        next = Some((&answer.region, &answer.target, answer.page + 1));
    }
    false
}
