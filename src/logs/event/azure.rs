//! Azure's activity and resource logs as they are exported to storage:
//! <https://learn.microsoft.com/azure/azure-monitor/essentials/activity-log-schema>, resource-logs-schema; and the
//! answers of the activity log's own API, in which a name is an object with `value`.

use super::{Action, Cursor, Event, Raw, Stop, needed_moment, set, text};
use std::borrow::Cow;

#[derive(Default)]
pub(super) struct Members<'a> {
    time: Option<Raw<'a>>,
    event_time: Option<Raw<'a>>,
    operation: Option<Raw<'a>>,
    category: Option<Raw<'a>>,
    resource: Option<Raw<'a>>,
    location: Option<Raw<'a>>,
    address: Option<Raw<'a>>,
    inner_address: Option<Raw<'a>>,
    who: Option<Raw<'a>>,
    claimed: Option<Raw<'a>>,
    fallback: Option<Raw<'a>>,
}

impl<'a> Members<'a> {
    #[inline]
    pub fn take(&mut self, key: &[u8], cursor: &mut Cursor<'a>) -> Result<bool, Stop> {
        match key {
            b"time" => set(&mut self.time, cursor)?,
            b"eventTimestamp" => set(&mut self.event_time, cursor)?,
            b"operationName" => set_value(&mut self.operation, cursor)?,
            b"category" => set_value(&mut self.category, cursor)?,
            b"resourceId" | b"ResourceId" => set(&mut self.resource, cursor)?,
            b"location" => set(&mut self.location, cursor)?,
            b"caller" => set(&mut self.who, cursor)?,
            b"claims" => claims(&mut self.claimed, &mut self.fallback, cursor, &mut self.inner_address)?,
            b"identity" => self.identity(cursor)?,
            b"properties" | b"httpRequest" => self.properties(cursor)?,
            _ if is_address(key) => set(&mut self.address, cursor)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn identity(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Stop> {
        if cursor.peek()? != b'{' {
            return set(&mut self.who, cursor);
        }
        let (claimed, fallback, inner) = (&mut self.claimed, &mut self.fallback, &mut self.inner_address);
        cursor.object(|key, cursor| match key {
            b"claims" | b"claim" | b"requester" => claims(claimed, fallback, cursor, inner),
            b"type" => set_last(fallback, cursor),
            _ => cursor.skip(),
        })
    }

    fn properties(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Stop> {
        // Some services write this part as a string.
        if cursor.peek()? != b'{' {
            return cursor.skip();
        }
        let (claimed, fallback, inner) = (&mut self.claimed, &mut self.fallback, &mut self.inner_address);
        cursor.object(|key, cursor| {
            if is_address(key) {
                return set(inner, cursor);
            }
            match key {
                b"userPrincipalName" => set_last(claimed, cursor),
                b"servicePrincipalId" | b"userId" => set_last(fallback, cursor),
                _ => cursor.skip(),
            }
        })
    }

    pub fn is_one(&self) -> bool {
        self.operation.is_some() && (self.time.is_some() || self.event_time.is_some())
    }

    pub fn event(self) -> Result<Event<'a>, Stop> {
        let operation = text(self.operation)?.unwrap_or_default();
        let category = text(self.category)?.unwrap_or_default();
        let resource = text(self.resource)?.unwrap_or_default();
        let action = action(&operation, &category);
        // The activity log of a subscription; resource logs tell of single things.
        let account =
            category.eq_ignore_ascii_case("Administrative").then(|| subscription(&resource)).flatten();
        Ok(Event {
            provider: "azure",
            // Of the two, `time` is when the event came about.
            time: needed_moment(self.time.or(self.event_time))?,
            principal: text(self.claimed.or(self.who).or(self.fallback))?.unwrap_or_default(),
            service: Cow::Owned(service(&resource, &operation)),
            action,
            address: text(self.address.or(self.inner_address))?,
            region: text(self.location)?.map(|place| Cow::Owned(place.to_lowercase().replace(' ', ""))),
            account: account.map(Cow::Owned),
        })
    }
}

/// The subscription in a resource's id, in small letters.
fn subscription(resource: &str) -> Option<String> {
    let mut parts = resource.trim_start_matches('/').split('/');
    parts.next().filter(|part| part.eq_ignore_ascii_case("subscriptions"))?;
    parts.next().map(str::to_lowercase)
}

/// `callerIpAddress`, `callerIPAddress`, `CallerIPAddress`, `clientIp`, `clientIpAddress`, `ipAddress`.
fn is_address(key: &[u8]) -> bool {
    ["callerIpAddress", "clientIp", "clientIpAddress", "client_Ip", "ipAddress"]
        .iter()
        .any(|name| key.eq_ignore_ascii_case(name.as_bytes()))
}

/// A string, or the `value` of an object.
fn set_value<'a>(place: &mut Option<Raw<'a>>, cursor: &mut Cursor<'a>) -> Result<(), Stop> {
    if cursor.peek()? != b'{' {
        return set(place, cursor);
    }
    cursor.object(|key, cursor| if key == b"value" { set(place, cursor) } else { cursor.skip() })
}

fn set_last<'a>(place: &mut Option<Raw<'a>>, cursor: &mut Cursor<'a>) -> Result<(), Stop> {
    *place = cursor.string_if_any()?.or(*place);
    Ok(())
}

/// The name a token claims; and, of what is no name, the object id or the application.
fn claims<'a>(
    name: &mut Option<Raw<'a>>,
    fallback: &mut Option<Raw<'a>>,
    cursor: &mut Cursor<'a>,
    address: &mut Option<Raw<'a>>,
) -> Result<(), Stop> {
    if cursor.peek()? != b'{' {
        return cursor.skip();
    }
    cursor.object(|key, cursor| {
        if key.ends_with(b"/upn") || key.ends_with(b"/name") || key == b"upn" || key == b"unique_name" {
            set_last(name, cursor)
        } else if key.ends_with(b"/objectidentifier")
            || matches!(key, b"oid" | b"objectId" | b"appid" | b"appId")
        {
            set_last(fallback, cursor)
        } else if key == b"ipaddr" && address.is_none() {
            set(address, cursor)
        } else {
            cursor.skip()
        }
    })
}

/// `Microsoft.Storage` of the resource, else of the operation.
fn service(resource: &str, operation: &str) -> String {
    let lower = resource.to_ascii_lowercase();
    let named = lower
        .rsplit_once("/providers/")
        .map(|(_, rest)| rest)
        .unwrap_or_else(|| if operation.contains('/') { operation } else { "" });
    let name = named.split('/').next().unwrap_or_default().to_ascii_lowercase();
    if name.is_empty() { "azure".to_owned() } else { name }
}

fn action(operation: &str, category: &str) -> Action {
    let operation = operation.to_ascii_lowercase();
    if category.to_ascii_lowercase().contains("signin") || operation.starts_with("sign-in") {
        return Action::Login;
    }
    if let Some((_, verb)) = operation.rsplit_once('/') {
        return match verb {
            "read" => Action::Read,
            "write" | "delete" | "action" => Action::Manage,
            _ => Action::Other,
        };
    }
    match category.to_ascii_lowercase().as_str() {
        "storageread" => Action::Read,
        "storagewrite" | "storagedelete" => Action::Write,
        _ if ["get", "list", "secretget", "secretlist", "keyget", "keylist", "vaultget"]
            .iter()
            .any(|start| operation.starts_with(start)) =>
        {
            Action::Read
        }
        _ if ["put", "delete", "create", "set", "append", "copy"]
            .iter()
            .any(|start| operation.starts_with(start)) =>
        {
            Action::Write
        }
        _ => Action::Other,
    }
}
