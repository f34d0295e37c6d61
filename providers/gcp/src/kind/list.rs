//! Lists that are read to their end.

use crate::method::Ask;
use crate::session::Session;
use sekisho_contract::Shortfall;
use sekisho_contract::call::CallId;
use sekisho_contract::page::Pages;
use serde::de::DeserializeOwned;
use std::collections::HashSet;

/// One page of a list.
pub trait Page: DeserializeOwned {
    /// What is listed.
    type Item;

    /// The items, and the token of the next page.
    fn split(self) -> (Vec<Self::Item>, Option<String>);

    /// What tells an item from the others.
    fn name(item: &Self::Item) -> String;
}

/// A list as far as it goes, each item with the call that brought it; and why it broke off, if it did.
pub async fn pages<P: Page>(session: &Session, mut ask: Ask) -> (Vec<(P::Item, CallId)>, Option<Shortfall>) {
    let mut walk = Pages::of(&ask.method.operation);
    let mut known = HashSet::new();
    let mut all = Vec::new();
    loop {
        ask.page = walk.page();
        let heard = match session.told::<P>(&ask).await {
            Ok(heard) => heard,
            Err(shortfall) => return (all, Some(shortfall)),
        };
        let Some(page) = heard.told else { return (all, None) };
        let (mut items, token) = page.split();
        items.retain(|item| known.insert(P::name(item)));
        let new = items.len();
        all.extend(items.into_iter().map(|item| (item, heard.call)));
        match walk.next(new, token.filter(|token| !token.is_empty())) {
            Ok(Some(token)) => ask.set("pageToken", token),
            Ok(None) => return (all, None),
            Err(endless) => return (all, Some(Shortfall { call: Some(heard.call), ..endless })),
        }
    }
}
