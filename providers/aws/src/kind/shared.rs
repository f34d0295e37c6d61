//! What several kinds share: asking lists, and what a fact points to.

use crate::api::Ask;
use crate::session::{Session, Voice};
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
pub use sekisho_contract::draft::unresolved;
use sekisho_contract::fact::{Encryption, KeyManager, Obstacle};
use sekisho_contract::gap::shorten;
use sekisho_contract::page::Pages;
use sekisho_contract::{GapReason, Observed, Sheet, Shortfall};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::marker::PhantomData;

/// What came of a question.
pub type Asked<T> = Result<Heard<T>, Shortfall>;

/// One page of a list.
pub trait Page: DeserializeOwned {
    /// What is listed.
    type Item;
    /// What the request calls the token of the next page.
    const TOKEN: &'static str;

    /// The items, the token of the next page, and whether the list says it goes on.
    fn split(self) -> (Vec<Self::Item>, Option<String>, Option<bool>);

    /// What tells an item from the others.
    fn name(item: &Self::Item) -> String;

    /// The item's ARN, where the list tells it: it must be of the region and account that was asked.
    fn arn(_: &Self::Item) -> Option<&str> {
        None
    }
}

/// Says how a list's pages are read: the members, the token of the next page, and what tells members from each other.
macro_rules! page {
    ($page:tt: $item:tt in $items:ident, $token:literal from $next:ident, by $name:expr $(, own $arn:expr)?) => {
        page!(@of $page: $item in $items, $token from $next, |_: &$page| None, by $name $(, own $arn)?);
    };
    // A list that says besides whether it goes on.
    (@goes_on $page:tt: $item:tt in $items:ident, $token:literal from $next:ident, by $name:expr) => {
        page!(@of $page: $item in $items, $token from $next, |page: &$page| page.goes_on, by $name);
    };
    (@of $page:tt: $item:tt in $items:ident, $token:literal from $next:ident, $goes_on:expr,
     by $name:expr $(, own $arn:expr)?) => {
        impl Page for $page {
            type Item = $item;
            const TOKEN: &'static str = $token;

            fn split(self) -> (Vec<$item>, Option<String>, Option<bool>) {
                let goes_on: fn(&$page) -> Option<bool> = $goes_on;
                let goes_on = goes_on(&self);
                (self.$items, self.$next.filter(|token| !token.is_empty()), goes_on)
            }
            fn name(item: &$item) -> String {
                let name: fn(&$item) -> String = $name;
                name(item)
            }
            $(fn arn(item: &$item) -> Option<&str> {
                let arn: fn(&$item) -> Option<&str> = $arn;
                arn(item)
            })?
        }
    };
}
pub(crate) use page;

/// A list, asked page by page until it ends. An item that came before does not come again.
pub struct List<'s, P> {
    session: &'s Voice,
    ask: Ask<'s>,
    pages: Pages,
    known: HashSet<String>,
    /// What the next call says: that the list has ended, or why it did not.
    ended: Option<Result<(), Shortfall>>,
    page: PhantomData<fn() -> P>,
}

impl<'s, P: Page> List<'s, P> {
    /// The list that is asked for.
    pub fn of(session: &'s Voice, ask: Ask<'s>) -> Self {
        let (pages, known, page) = (Pages::of(ask.operation), HashSet::new(), PhantomData);
        Self { session, ask, pages, known, ended: None, page }
    }

    /// The next page's new items, with the call that brought them; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<(Vec<P::Item>, CallId)>, Shortfall> {
        if let Some(ended) = self.ended.take() {
            self.ended = Some(Ok(()));
            return ended.map(|()| None);
        }
        let operation = self.ask.operation;
        self.ask.page = self.pages.page();
        let heard: Heard<P> = self.session.told(self.ask.clone()).await?;
        let Some(page) = heard.told else {
            self.ended = Some(Ok(()));
            return Ok(None);
        };
        let (mut items, token, goes_on) = page.split();
        let astray = |arn: &&str| !self.session.is_own(arn, self.ask.region);
        if let Some(astray) = items.iter().filter_map(P::arn).find(astray) {
            let detail =
                format!("the list holds {}, which is not of this region and account", shorten(astray));
            return Err(Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail));
        }
        items.retain(|item| self.known.insert(P::name(item)));
        match self.pages.next(items.len(), token) {
            Ok(Some(token)) => self.ask.body[P::TOKEN] = json!(token),
            Ok(None) if goes_on == Some(true) => {
                let detail = "the list says it goes on, but not from where";
                let call = Some(heard.call);
                self.ended = Some(Err(Shortfall::of(operation, GapReason::Malformed, call, detail)));
            }
            Ok(None) => self.ended = Some(Ok(())),
            Err(endless) => self.ended = Some(Err(Shortfall { call: Some(heard.call), ..endless })),
        }
        Ok(Some((items, heard.call)))
    }
}

/// What was told, or `none` where there is none of it; a gap at `facet` where it was not seen.
pub fn told<T>(sheet: &mut Sheet, facet: &str, asked: Asked<T>, none: impl FnOnce() -> T) -> Observed<T> {
    match asked {
        Ok(heard) => {
            sheet.shown(facet, &heard.call);
            Observed::Seen(heard.told.unwrap_or_else(none))
        }
        Err(shortfall) => sheet.unseen(facet, &shortfall),
    }
}

/// A key's ARN from the forms S3 and others accept: ARN, id, alias.
pub fn key_arn(session: &Session, region: &str, key: &str) -> String {
    match key {
        arn if arn.starts_with("arn:") => arn.to_owned(),
        alias if alias.starts_with("alias/") => session.arn("kms", region, alias),
        id => session.arn("kms", region, &format!("key/{id}")),
    }
}

/// A time in seconds since 1970, as the others are written.
#[allow(clippy::cast_possible_truncation, reason = "seconds since 1970 fit, and fractions do not matter")]
pub fn moment(seconds: f64) -> Option<String> {
    let whole = Some(seconds).filter(|seconds| *seconds > 0.0)? as i64;
    jiff::Timestamp::from_second(whole).ok().map(|date| date.to_string())
}

/// The region of a bucket that data or logs go to.
pub async fn region_of_target(
    session: &Session,
    sheet: &mut Sheet,
    facet: &str,
    arn: &str,
    homes: &BTreeMap<&str, &str>,
) -> Observed<String> {
    let name = arn.strip_prefix("arn:aws:s3:::").unwrap_or(arn);
    if let Some(region) = homes.get(name) {
        return Observed::Seen((*region).to_owned());
    }
    match session.region_of_bucket(name).await {
        Ok(heard) => {
            sheet.shown(facet, &heard.call);
            match heard.told {
                Some(region) => Observed::Seen(region),
                None => sheet.unseen(facet, &unresolved(arn)),
            }
        }
        Err(shortfall) => {
            let detail = format!("the region of {arn} is not known: {}", shortfall.detail);
            let reason = match shortfall.reason {
                GapReason::Vanished => GapReason::Vanished,
                _ => GapReason::Unresolved,
            };
            sheet.unseen(facet, &Shortfall { reason, detail, ..shortfall })
        }
    }
}

/// Encryption that a service always does: under a key that is named, or one of its own.
pub fn always_encrypted(session: &Session, sheet: &mut Sheet, region: &str, key: Option<&str>) -> Encryption {
    let key = key.filter(|key| !key.is_empty()).map(|key| key_arn(session, region, &shorten(key)));
    let key_manager = match &key {
        None => Observed::Seen(KeyManager::Provider),
        Some(key) => sheet.unseen("encryption.key_manager", &unresolved(key)),
    };
    let algorithm = if key.is_some() { "aws:kms" } else { "AES256" };
    Encryption {
        enabled: Observed::Seen(true),
        algorithm: Observed::Seen(algorithm.to_owned()),
        key: Observed::Seen(key),
        key_manager,
    }
}

/// An obstacle that may be there.
pub fn unknown_obstacle() -> Obstacle {
    Obstacle {
        kind: Observed::default(),
        starts: Observed::default(),
        days: Observed::default(),
        until: Observed::default(),
        lifted_by: Observed::default(),
    }
}
