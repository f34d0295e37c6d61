//! Pages of lists.

use super::failure::Failure;

/// A page: which items, and the token of the next page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) items: std::ops::Range<usize>,
    pub(crate) next: Option<String>,
}

/// Whether a list ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endless {
    /// It does.
    No,
    /// It goes on with empty pages, each with a token of its own.
    New,
    /// Each page names the same next page.
    Same,
}

/// Beginning of our tokens; they are the number of the first item behind it.
const TOKEN: &str = "page-";

/// The page a token names, of a list of `length` items.
pub(crate) fn page(
    length: usize,
    token: Option<&str>,
    limit: usize,
    endless: Endless,
    invalid: impl FnOnce() -> Failure,
) -> Result<Page, Failure> {
    let start = match token.filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => token
            .strip_prefix(TOKEN)
            .and_then(|number| number.parse::<usize>().ok())
            .filter(|start| endless != Endless::No || *start < length)
            .ok_or_else(invalid)?,
    };
    let end = start.saturating_add(limit.max(1));
    let next = match endless {
        Endless::No => (end < length).then_some(end),
        Endless::New => Some(end),
        Endless::Same => Some(limit.max(1)),
    };
    let next = next.map(|first| format!("{TOKEN}{first}"));
    Ok(Page { items: start.min(length)..end.min(length), next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        let cases = [
            (5, None, 2, Endless::No, Some((0..2, Some("page-2")))),
            (5, Some("page-4"), 2, Endless::No, Some((4..5, None))),
            (4, Some("page-2"), 2, Endless::No, Some((2..4, None))),
            (0, None, 2, Endless::No, Some((0..0, None))),
            (5, Some("page-5"), 2, Endless::No, None),
            (5, Some("x"), 2, Endless::No, None),
            (1, Some("page-8"), 2, Endless::New, Some((1..1, Some("page-10")))),
            (5, Some("page-2"), 2, Endless::Same, Some((2..4, Some("page-2")))),
        ];
        for (length, token, limit, endless, expected) in cases {
            let page = page(length, token, limit, endless, || Failure::new(400, "Invalid", "")).ok();
            let found = page.map(|page| (page.items, page.next));
            let expected = expected.map(|(items, next)| (items, next.map(str::to_owned)));
            assert_eq!(found, expected, "{length} {token:?}");
        }
    }
}
