//! Access keys: the long-term one and those of sessions, and who stands behind them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::failure::{Failure, Protocol};
use super::signature::{Authorization, SigningKey};
use crate::description::{Description, DescriptionError};
use crate::request::Request;

/// Signing keys kept; beyond that they are derived again.
const SIGNING_KEYS: usize = 8_192;

/// How far a request's time may be from ours.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// Who stands behind an access key.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
    pub(crate) user_id: String,
    secret: String,
    pub(crate) session_token: Option<String>,
    expires: Option<Timestamp>,
    /// Requests left; of a session that ends by them.
    left: Option<u64>,
}

/// Credentials of a session, as handed out.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) access_key: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) expires: Timestamp,
    pub(crate) arn: String,
    pub(crate) user_id: String,
}

/// All access keys.
#[derive(Debug)]
pub(crate) struct Identities {
    seed: u64,
    long_term: (String, String),
    session_seconds: Option<u32>,
    session_requests: Option<u64>,
    /// How far the clock is ahead of the real time.
    ahead: SignedDuration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    callers: HashMap<String, Caller>,
    issued: u64,
    signing_keys: HashMap<(String, String, String, String), SigningKey>,
}

impl Identities {
    pub(crate) fn new(description: &Description) -> Result<Self, DescriptionError> {
        let credentials = &description.credentials;
        let known = |id: &&crate::description::AccountId| {
            description.accounts.iter().any(|account| account.id == **id)
        };
        let contradiction = |place: &str, problem: &str| DescriptionError::Contradiction {
            place: place.into(),
            problem: problem.into(),
        };
        let account = match &credentials.account {
            Some(id) => Some(Some(id).filter(known).ok_or_else(|| {
                contradiction("credentials.account", &format!("`{id}` is none of the accounts"))
            })?),
            None => description.accounts.first().map(|account| &account.id),
        };
        // Where no account is described nobody can sign: another cloud is.
        let account = account.map_or_else(String::new, ToString::to_string);
        let caller = Caller {
            account: account.clone(),
            arn: format!("arn:aws:iam::{account}:user/{}", credentials.user),
            user_id: "AIDASIMULATOR0000000".into(),
            secret: credentials.secret_access_key.clone(),
            session_token: None,
            expires: None,
            left: None,
        };
        let callers = HashMap::from([(credentials.access_key_id.clone(), caller)]);
        Ok(Self {
            seed: description.seed,
            long_term: (credentials.access_key_id.clone(), credentials.secret_access_key.clone()),
            session_seconds: credentials.session_seconds,
            session_requests: credentials.session_requests,
            ahead: SignedDuration::from_secs(i64::from(description.clock_ahead_seconds)),
            state: Mutex::new(State { callers, issued: 0, signing_keys: HashMap::new() }),
        })
    }

    pub(crate) fn long_term(&self) -> (String, String) {
        self.long_term.clone()
    }

    /// Who signed the request; refuses unknown keys, wrong signatures, sessions that are over.
    pub(crate) fn authenticate(
        &self,
        request: &Request,
        authorization: &Authorization,
        protocol: Protocol,
    ) -> Result<Caller, Failure> {
        let now = self.now();
        let mut state = self.lock();
        let known = state.callers.get_mut(&authorization.access_key);
        let known = known.ok_or_else(|| protocol.unknown_access_key())?;
        if let Some(left) = &mut known.left {
            *left = left.checked_sub(1).ok_or_else(|| protocol.expired_token())?;
        }
        let caller = known.clone();
        let token = request.header("x-amz-security-token");
        if caller.session_token.as_deref().unwrap_or_default() != token {
            return Err(protocol.unknown_access_key());
        }
        if caller.expires.is_some_and(|expires| expires <= now) {
            return Err(protocol.expired_token());
        }
        let signed_at = request_time(request.header("x-amz-date"))
            .filter(|time| time.strftime("%Y%m%d").to_string() == authorization.date)
            .ok_or_else(|| protocol.wrong_signature())?;
        if now.duration_since(signed_at).abs() > SKEW {
            return Err(protocol.clock_skew());
        }
        if state.signing_keys.len() >= SIGNING_KEYS {
            state.signing_keys.clear();
        }
        let scope = (
            authorization.access_key.clone(),
            authorization.date.clone(),
            authorization.region.clone(),
            authorization.service.clone(),
        );
        let key =
            *state.signing_keys.entry(scope).or_insert_with(|| authorization.signing_key(&caller.secret));
        drop(state);
        authorization.verify(request, &key, protocol)?;
        Ok(caller)
    }

    /// Credentials for a role, for so many seconds.
    pub(crate) fn issue(&self, account: &str, role: &str, name: &str, seconds: u32) -> Session {
        let seconds = self.session_seconds.unwrap_or(seconds);
        // Told to the second, and so kept.
        let expires = self.now() + SignedDuration::from_secs(i64::from(seconds));
        let expires = Timestamp::from_second(expires.as_second()).unwrap_or(expires);
        let mut state = self.lock();
        state.issued += 1;
        let digest = |what: &str| {
            let text = format!("{} {} {account} {role} {name} {what}", self.seed, state.issued);
            hex::encode(Sha256::digest(text.as_bytes()))
        };
        let role_id = format!("AROA{}", digest("role")[..17].to_uppercase());
        let session = Session {
            access_key: format!("ASIA{}", digest("key")[..16].to_uppercase()),
            secret: digest("secret")[..40].to_owned(),
            token: format!("FwoGZXIvYXdzE{}{}", digest("token"), digest("token again")),
            expires,
            arn: format!("arn:aws:sts::{account}:assumed-role/{role}/{name}"),
            user_id: format!("{role_id}:{name}"),
        };
        let caller = Caller {
            account: account.to_owned(),
            arn: session.arn.clone(),
            user_id: session.user_id.clone(),
            secret: session.secret.clone(),
            session_token: Some(session.token.clone()),
            expires: Some(expires),
            left: self.session_requests,
        };
        state.callers.insert(session.access_key.clone(), caller);
        session
    }

    /// What the server's clock says.
    fn now(&self) -> Timestamp {
        Timestamp::now() + self.ahead
    }

    /// The date of an answer, where it is not the real one.
    pub(crate) fn date(&self) -> Option<String> {
        let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
        let date = || printer.timestamp_to_rfc9110_string(&self.now()).ok();
        (!self.ahead.is_zero()).then(date).flatten()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `20261101T000000Z`.
fn request_time(text: &str) -> Option<Timestamp> {
    let date = text.get(..8)?;
    let time = text.strip_prefix(date)?.strip_prefix('T')?.strip_suffix('Z')?;
    let part = |text: &str, from: usize, to: usize| text.get(from..to).map(str::to_owned);
    let (year, month, day) = (part(date, 0, 4)?, part(date, 4, 6)?, part(date, 6, 8)?);
    let (hour, minute, second) = (part(time, 0, 2)?, part(time, 2, 4)?, part(time, 4, 6)?);
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()
}
