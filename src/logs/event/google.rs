//! Google's audit logs as they are exported: `LogEntry` with an `AuditLog` in `protoPayload`.
//! <https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog>

use super::{Action, Cursor, Event, Raw, Stop, needed_moment, set, text};
use std::borrow::Cow;

#[derive(Default)]
pub(super) struct Members<'a> {
    audit: bool,
    timestamp: Option<Raw<'a>>,
    log: Option<Raw<'a>>,
    service: Option<Raw<'a>>,
    method: Option<Raw<'a>>,
    email: Option<Raw<'a>>,
    subject: Option<Raw<'a>>,
    address: Option<Raw<'a>>,
    location: Option<Raw<'a>>,
}

impl<'a> Members<'a> {
    #[inline]
    pub fn take(&mut self, key: &[u8], cursor: &mut Cursor<'a>) -> Result<bool, Stop> {
        match key {
            b"timestamp" => set(&mut self.timestamp, cursor)?,
            b"logName" => set(&mut self.log, cursor)?,
            b"protoPayload" => self.payload(cursor)?,
            b"resource" => self.resource(cursor)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn payload(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Stop> {
        if std::mem::replace(&mut self.audit, true) {
            return Err(Stop::Malformed("a member stands twice"));
        }
        cursor.object(|key, cursor| match key {
            b"serviceName" => set(&mut self.service, cursor),
            b"methodName" => set(&mut self.method, cursor),
            b"authenticationInfo" => cursor.object(|key, cursor| match key {
                b"principalEmail" => set(&mut self.email, cursor),
                b"principalSubject" => set(&mut self.subject, cursor),
                _ => cursor.skip(),
            }),
            b"requestMetadata" => cursor.object(|key, cursor| match key {
                b"callerIp" => set(&mut self.address, cursor),
                _ => cursor.skip(),
            }),
            _ => cursor.skip(),
        })
    }

    fn resource(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Stop> {
        if cursor.peek()? != b'{' {
            return cursor.skip();
        }
        cursor.object(|key, cursor| {
            if key != b"labels" || cursor.peek()? != b'{' {
                return cursor.skip();
            }
            cursor.object(|key, cursor| match key {
                b"location" => set(&mut self.location, cursor),
                _ => cursor.skip(),
            })
        })
    }

    pub fn is_one(&self) -> bool {
        self.audit && self.service.is_some()
    }

    pub fn event(self) -> Result<Event<'a>, Stop> {
        let (method, log) = (text(self.method)?.unwrap_or_default(), text(self.log)?.unwrap_or_default());
        let service = text(self.service)?.unwrap_or_default();
        let principal = text(self.email.filter(|email| !email.bytes.is_empty()).or(self.subject))?;
        // What an administrator did is in every project's log; accesses to data tell of single things.
        let project = log.strip_prefix("projects/").and_then(|rest| rest.split_once("/logs/"));
        let project =
            project.filter(|(_, log)| log.ends_with("%2Factivity")).map(|(project, _)| project.to_owned());
        Ok(Event {
            provider: "gcp",
            time: needed_moment(self.timestamp)?,
            principal: principal.unwrap_or_default(),
            action: action(&service, &method, log.contains("data_access")),
            service,
            address: text(self.address)?,
            region: text(self.location)?,
            account: project.map(Cow::Owned),
        })
    }
}

fn action(service: &str, method: &str, data: bool) -> Action {
    if service == "login.googleapis.com" || method.ends_with("GenerateAccessToken") {
        return Action::Login;
    }
    let verb = method.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| verb.starts_with(word));
    if starts(&["get", "list", "aggregatedlist", "read", "query", "search", "watch", "export", "testiam"]) {
        Action::Read
    } else if method.is_empty() {
        Action::Other
    } else if data {
        Action::Write
    } else {
        Action::Manage
    }
}
