//! Following a list to its end, and knowing when it has none.

use crate::gap::{GapReason, Shortfall};
use crate::operation::{Operation, Per};
use std::collections::HashSet;

/// Pages in a row that may bring nothing new before a list counts as endless.
const BARREN_LIMIT: u32 = 20;
/// Items any list of a cell may have, by the size of its pages.
const ITEM_LIMIT: u32 = 2_000_000;
/// Pages a list about one resource may have.
const FEW_PAGES: u32 = 100;

/// Guards the walk along a list's pages.
///
/// A token that comes twice, a long row of pages without anything new, or too many pages end the walk
/// with a gap: an emulator, a proxy or a fault can make a list that never ends.
#[derive(Debug)]
pub struct Pages {
    operation: &'static Operation,
    tokens: HashSet<u64>,
    page: u32,
    barren: u32,
    most: u32,
}

impl Pages {
    /// A walk along the pages of `operation`.
    pub fn of(operation: &'static Operation) -> Self {
        let most = match operation.per {
            Per::Page(items) | Per::SomePages(items) => (ITEM_LIMIT / items.max(1)).max(FEW_PAGES),
            Per::Account | Per::Resource | Per::Sometimes => FEW_PAGES,
        };
        Self { operation, tokens: HashSet::new(), page: 0, barren: 0, most }
    }

    /// A walk of at most this many pages, where a list is known to be longer than others.
    pub fn up_to(operation: &'static Operation, most: u32) -> Self {
        Self { most, ..Self::of(operation) }
    }

    /// The number of the page to ask for, from 0.
    pub const fn page(&self) -> u32 {
        self.page
    }

    /// Notes a page that brought `new` things not seen on earlier pages, and the token of the next page.
    /// Returns the token to go on with, or `None` at the list's end.
    pub fn next(&mut self, new: usize, token: Option<String>) -> Result<Option<String>, Shortfall> {
        let Some(token) = token else { return Ok(None) };
        if token.is_empty() {
            let detail = "the list says it goes on, but not from where";
            return Err(Shortfall::of(self.operation, GapReason::Malformed, None, detail));
        }
        self.page += 1;
        self.barren = if new == 0 { self.barren + 1 } else { 0 };
        let again = !self.tokens.insert(hash(&token));
        if again || self.barren >= BARREN_LIMIT || self.page >= self.most {
            let why = if again {
                "a page token came twice"
            } else if self.barren >= BARREN_LIMIT {
                "page after page brought nothing new"
            } else {
                "too many pages"
            };
            let detail = format!("the list did not end after {} pages: {why}", self.page);
            return Err(Shortfall::of(self.operation, GapReason::EndlessPages, None, detail));
        }
        Ok(Some(token))
    }
}

fn hash(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Quota, Wire};

    static QUOTA: Quota = Quota { name: "q", rate: 1, burst: 1, source: "" };

    const fn list(per: Per) -> Operation {
        let (service, name, permission, facts) = ("s", "L", "", "");
        Operation { service, name, permission, quota: &QUOTA, per, facts, absent: &[], wire: Wire::Get }
    }
    static LIST: Operation = list(Per::Page(50));
    static LABELS: Operation = list(Per::Resource);

    fn reason(walk: Result<Option<String>, Shortfall>) -> Option<GapReason> {
        walk.err().map(|shortfall| shortfall.reason)
    }

    #[test]
    fn a_list_ends_or_is_called_endless() {
        let next = |pages: &mut Pages, new, token: u32| pages.next(new, Some(token.to_string()));
        let mut pages = Pages::of(&LIST);
        assert_eq!(pages.next(3, None), Ok(None));
        assert_eq!(next(&mut pages, 3, 1), Ok(Some("1".into())));
        assert_eq!(pages.page(), 1);
        assert_eq!(reason(next(&mut pages, 3, 1)), Some(GapReason::EndlessPages), "a token twice");
        assert_eq!(reason(pages.next(3, Some(String::new()))), Some(GapReason::Malformed), "no token");

        let barren = |new| {
            let mut pages = Pages::of(&LIST);
            (0..1_000).position(|token| next(&mut pages, new, token).is_err())
        };
        assert_eq!((barren(0), barren(1)), (Some(19), None));
        let mut pages = Pages::of(&LABELS);
        assert_eq!((0..1_000).position(|token| next(&mut pages, 1, token).is_err()), Some(99));
    }
}
