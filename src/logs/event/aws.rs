//! CloudTrail records: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use super::{Action, Cursor, Event, Raw, Stop, needed_moment, set, text};
use std::borrow::Cow;

#[derive(Default)]
pub(super) struct Members<'a> {
    time: Option<Raw<'a>>,
    source: Option<Raw<'a>>,
    name: Option<Raw<'a>>,
    region: Option<Raw<'a>>,
    address: Option<Raw<'a>>,
    read_only: Option<bool>,
    management: Option<bool>,
    recipient: Option<Raw<'a>>,
    identity: Identity<'a>,
}

#[derive(Default)]
struct Identity<'a> {
    seen: bool,
    sort: Option<Raw<'a>>,
    arn: Option<Raw<'a>>,
    principal_id: Option<Raw<'a>>,
    account: Option<Raw<'a>>,
    user: Option<Raw<'a>>,
    invoked_by: Option<Raw<'a>>,
}

impl<'a> Members<'a> {
    #[inline]
    pub fn take(&mut self, key: &[u8], cursor: &mut Cursor<'a>) -> Result<bool, Stop> {
        match key {
            b"eventTime" => set(&mut self.time, cursor)?,
            b"eventSource" => set(&mut self.source, cursor)?,
            b"eventName" => set(&mut self.name, cursor)?,
            b"awsRegion" => set(&mut self.region, cursor)?,
            b"sourceIPAddress" => set(&mut self.address, cursor)?,
            b"readOnly" => self.read_only = cursor.boolean_if_any()?,
            b"recipientAccountId" => set(&mut self.recipient, cursor)?,
            b"managementEvent" => self.management = cursor.boolean_if_any()?,
            b"userIdentity" => self.identity.read(cursor)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub fn is_one(&self) -> bool {
        self.source.is_some() && self.name.is_some()
    }

    pub fn event(self) -> Result<Event<'a>, Stop> {
        let name = text(self.name)?.unwrap_or_default();
        let service = text(self.source)?.unwrap_or_default();
        Ok(Event {
            provider: "aws",
            time: needed_moment(self.time)?,
            principal: self.identity.principal()?,
            action: action(&service, &name, self.read_only, self.management),
            service,
            address: text(self.address)?,
            region: text(self.region)?,
            account: if self.management == Some(false) { None } else { text(self.recipient)? },
        })
    }
}

impl<'a> Identity<'a> {
    fn read(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Stop> {
        if cursor.peek()? != b'{' {
            return cursor.skip();
        }
        if std::mem::replace(&mut self.seen, true) {
            return Err(Stop::Malformed("a member stands twice"));
        }
        cursor.object(|key, cursor| match key {
            b"type" => set(&mut self.sort, cursor),
            b"arn" => set(&mut self.arn, cursor),
            b"principalId" => set(&mut self.principal_id, cursor),
            b"accountId" => set(&mut self.account, cursor),
            b"userName" => set(&mut self.user, cursor),
            b"invokedBy" => set(&mut self.invoked_by, cursor),
            _ => cursor.skip(),
        })
    }

    /// The ARN; else the service that acted; else whatever names it.
    fn principal(self) -> Result<Cow<'a, str>, Stop> {
        if let Some(named) = self.arn.or(self.invoked_by) {
            return named.text();
        }
        let name = text(self.user.or(self.principal_id).or(self.account))?;
        let sort = text(self.sort)?;
        Ok(match (sort, name) {
            (Some(sort), Some(name)) => Cow::Owned(format!("{sort}:{name}")),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => Cow::Borrowed(""),
        })
    }
}

/// `readOnly` and `managementEvent` say it; where they are not there (older records), the name's first word does.
fn action(service: &str, name: &str, read_only: Option<bool>, management: Option<bool>) -> Action {
    let taken_on = [
        "ConsoleLogin",
        "AssumeRole",
        "GetSessionToken",
        "GetFederationToken",
        "SwitchRole",
        "UserAuthentication",
    ];
    if taken_on.iter().any(|start| name.starts_with(start)) || service == "signin.amazonaws.com" {
        return Action::Login;
    }
    match (read_only, management) {
        (Some(true), _) => Action::Read,
        (Some(false), Some(false)) => Action::Write,
        (Some(false), Some(true)) => Action::Manage,
        (Some(false), None) => {
            if name.ends_with("Object") || name.ends_with("Item") {
                Action::Write
            } else {
                Action::Manage
            }
        }
        (None, _) => {
            let starts = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
            if starts(&["Get", "List", "Describe", "Head", "Lookup", "Query", "Scan", "BatchGet", "Select"]) {
                Action::Read
            } else if name.ends_with("Object") || name.ends_with("Objects") || name.ends_with("Item") {
                Action::Write
            } else if starts(&[
                "Create",
                "Put",
                "Delete",
                "Update",
                "Modify",
                "Attach",
                "Detach",
                "Start",
                "Stop",
                "Run",
                "Terminate",
                "Add",
                "Remove",
                "Set",
                "Enable",
                "Disable",
                "Tag",
                "Untag",
                "Register",
                "Deregister",
            ]) {
                Action::Manage
            } else {
                Action::Other
            }
        }
    }
}
