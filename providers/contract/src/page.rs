//! Following a list to its end, and knowing when it has none.

use crate::gap::{GapReason, Shortfall};
use crate::operation::Operation;
use std::collections::HashSet;

/// Pages in a row that may bring nothing new before a list counts as endless.
const BARREN_LIMIT: u32 = 20;
/// Pages any list may have. At 50 items a page this is five million.
const PAGE_LIMIT: u32 = 100_000;

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
}

impl Pages {
    /// A walk along the pages of `operation`.
    pub fn of(operation: &'static Operation) -> Self {
        Self { operation, tokens: HashSet::new(), page: 0, barren: 0 }
    }

    /// The number of the page to ask for, from 0.
    pub const fn page(&self) -> u32 {
        self.page
    }

    /// Notes a page that brought `new` things not seen on earlier pages, and the token of the next page.
    /// Returns the token to go on with, or `None` at the list's end.
    pub fn next(&mut self, new: usize, token: Option<String>) -> Result<Option<String>, Shortfall> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        self.page += 1;
        self.barren = if new == 0 { self.barren + 1 } else { 0 };
        let again = !self.tokens.insert(hash(&token));
        if again || self.barren >= BARREN_LIMIT || self.page >= PAGE_LIMIT {
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
