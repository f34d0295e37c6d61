//! AWS: a signed request goes to its service, through authentication, region, quotas and faults.

mod account;
mod ce;
mod cloudtrail;
mod config;
mod ec2;
mod failure;
mod identity;
mod json;
mod kms;
mod logs;
mod modelled;
mod names;
mod paging;
pub(crate) mod regions;
mod s3;
mod s3control;
mod signature;
mod sts;
mod tenancy;
mod xml;

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use self::failure::{Failure, Protocol};
use self::identity::{Caller, Identities};
use self::paging::Endless;
use self::signature::Authorization;
use self::tenancy::{AccountState, Tenancy};
use crate::answer::{Answer, Delivery, Outcome};
use crate::description::{Description, DescriptionError, FaultKind};
use crate::draw;
use crate::gate::Gate;
use crate::recorder::Seen;
use crate::request::Request;

/// Services that are answered by hand. Of several with the same name in signatures the first that takes the request has
/// it; what none of them knows is asked of those that are answered from their models.
const SERVICES: &[&dyn Service] = &[
    &account::Account,
    &cloudtrail::CloudTrail,
    &ce::CostExplorer,
    &config::Config,
    &ec2::Ec2,
    &kms::Kms,
    &logs::Logs,
    &s3control::S3Control,
    &s3::S3,
    &sts::Sts,
];

/// A service: knows its requests, and answers them from the description.
trait Service: Sync {
    /// Name in the record, in faults and in quotas.
    fn name(&self) -> &'static str;

    /// Name in the scope of signatures.
    fn signing_name(&self) -> &'static str {
        self.name()
    }

    /// How requests and errors look.
    fn protocol(&self) -> Protocol;

    /// Whether a request that is signed for this name is this service's.
    fn takes(&self, _request: &Request) -> bool {
        true
    }

    /// Every operation there is.
    fn operations(&self) -> Vec<&'static str>;

    /// What is asked; none when there is no such operation here.
    fn identify(&self, request: &Request) -> Option<Asked>;

    /// Whether a service control policy that closes a region leaves this service open there.
    fn is_global(&self) -> bool {
        false
    }

    /// The answer.
    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure>;
}

/// What a request asks.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    operation: &'static str,
    /// Name of the resource it is about; empty for lists.
    resource: String,
    /// Token of the page, for lists.
    page: String,
}

/// A request that may be answered.
struct Call<'a> {
    aws: &'a Aws,
    request: &'a Request,
    caller: &'a Caller,
    account: &'a AccountState,
    region: &'a str,
    operation: &'static str,
    resource: &'a str,
    /// Whether lists never end.
    endless: Endless,
    /// The described clock.
    now: Timestamp,
}

/// The whole of AWS.
#[derive(Debug)]
pub(crate) struct Aws {
    clock: Option<Timestamp>,
    seed: u64,
    tenancy: Tenancy,
    identities: Identities,
    answers: AtomicU64,
}

impl Aws {
    pub(crate) fn new(description: Description) -> Result<Self, DescriptionError> {
        Ok(Self {
            clock: description.clock.map(|time| time.0),
            seed: description.seed,
            identities: Identities::new(&description)?,
            tenancy: Tenancy::new(description)?,
            answers: AtomicU64::new(0),
        })
    }

    /// The long-term access key and its secret.
    pub(crate) fn credentials(&self) -> (String, String) {
        self.identities.long_term()
    }

    /// Answers a request and records it.
    pub(crate) fn handle(&self, request: &Request, gate: &Gate) -> Outcome {
        let at = gate.elapsed();
        let mut seen = Seen { operation: "Unknown", ..Seen::default() };
        let authorization = Authorization::parse(request.header("authorization"));
        let service = service_of(request, authorization.as_ref().ok());
        let protocol = service.protocol();
        seen.service = service.name();
        let result = self.process(request, service, authorization, gate, &mut seen);
        let mut delivery = Delivery::Whole;
        let answer = match (result, seen.fault) {
            (Ok(answer), Some(fault)) => distort(answer, fault, &mut delivery),
            (Ok(answer), None) => answer,
            (Err(failure), _) => failure.render(protocol, &self.request_id()),
        };
        let answer = self.with_request_ids(answer, protocol);
        seen.status = match delivery {
            Delivery::Whole | Delivery::Truncated => answer.status,
            Delivery::Reset | Delivery::Stall => 0,
        };
        let delay = gate.latencies.of(&seen);
        gate.record(at, seen);
        Outcome { answer, delivery, delay }
    }

    fn process(
        &self,
        request: &Request,
        service: &dyn Service,
        authorization: Result<Authorization, Failure>,
        gate: &Gate,
        seen: &mut Seen,
    ) -> Result<Answer, Failure> {
        let asked = service.identify(request);
        match &asked {
            Some(asked) => {
                seen.operation = asked.operation;
                seen.resource.clone_from(&asked.resource);
                seen.page.clone_from(&asked.page);
            }
            None => seen.resource = format!("{} {}", request.method, request.path),
        }
        let authorization = match authorization {
            Ok(authorization) => authorization,
            Err(failure) => return Err(s3::anonymous(self, request, seen).unwrap_or(failure)),
        };
        seen.access_key.clone_from(&authorization.access_key);
        seen.region.clone_from(&authorization.region);
        let protocol = service.protocol();
        let caller = self.identities.authenticate(request, &authorization, protocol)?;
        seen.account.clone_from(&caller.account);
        let account = self.tenancy.account(&caller.account).ok_or_else(|| protocol.unknown_access_key())?;
        self.admit_region(account, &authorization, service, &caller, seen)?;

        gate.pass(gate.elapsed(), seen);
        if seen.quota_exceeded {
            return Err(protocol.throttled());
        }
        let asked = asked.ok_or_else(|| protocol.unknown_operation(request))?;
        let refused = match seen.fault {
            Some(FaultKind::Denied) => {
                Some(protocol.denied(&caller.arn, service.name(), asked.operation, &asked.resource))
            }
            Some(FaultKind::Throttled) => Some(protocol.throttled()),
            Some(FaultKind::InternalError) => Some(protocol.internal_error()),
            Some(FaultKind::Unavailable) => Some(protocol.unavailable()),
            Some(FaultKind::NotOptedIn) => Some(protocol.opt_in_required()),
            Some(FaultKind::ExpiredToken) => Some(protocol.expired_token()),
            Some(FaultKind::Suspended) => Some(protocol.suspended()),
            _ => None,
        };
        if let Some(failure) = refused {
            return Err(failure);
        }
        let call = Call {
            aws: self,
            request,
            caller: &caller,
            account,
            region: &authorization.region,
            operation: asked.operation,
            resource: &asked.resource,
            endless: match seen.fault {
                Some(FaultKind::EndlessPages) => Endless::New,
                Some(FaultKind::SamePage) => Endless::Same,
                _ => Endless::No,
            },
            now: self.now(),
        };
        match (service.answer(&call), seen.fault) {
            // A fault of the connection strikes errors too.
            (Err(failure), Some(_)) => Ok(failure.render(protocol, &self.request_id())),
            (result, _) => result,
        }
    }

    /// Refuses regions that are not opted in, or closed by a service control policy.
    fn admit_region(
        &self,
        account: &AccountState,
        authorization: &Authorization,
        service: &dyn Service,
        caller: &Caller,
        seen: &Seen,
    ) -> Result<(), Failure> {
        let protocol = service.protocol();
        let home = service.is_global() && matches!(authorization.region.as_str(), "us-east-1" | "us-west-2");
        if !home && !self.tenancy.is_enabled(account, &authorization.region) {
            return Err(protocol.region_not_enabled(caller.session_token.is_some()));
        }
        let closed = &account.description.regions.closed;
        if !service.is_global() && closed.iter().any(|region| region.as_str() == authorization.region) {
            let denied = protocol.denied(&caller.arn, service.name(), seen.operation, &seen.resource);
            return Err(denied.because("with an explicit deny in a service control policy"));
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.clock.unwrap_or_else(Timestamp::now)
    }

    fn request_id(&self) -> String {
        let number = self.answers.fetch_add(1, Ordering::Relaxed).to_string();
        let (high, low) =
            (draw::number(&["request", &number], self.seed), draw::number(&["id", &number], self.seed));
        uuid(high, low)
    }

    fn with_request_ids(&self, answer: Answer, protocol: Protocol) -> Answer {
        let id = self.request_id();
        let answer = match self.identities.date() {
            Some(date) => answer.with("date", &date),
            None => answer,
        };
        match protocol {
            Protocol::S3 | Protocol::S3Control => {
                let short = id.replace('-', "").to_uppercase();
                answer.with("x-amz-request-id", &short[..16]).with("x-amz-id-2", &short)
            }
            _ => answer.with("x-amzn-requestid", &id),
        }
    }
}

/// Service and name of every operation there is.
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    services().flat_map(|service| service.operations().into_iter().map(|name| (service.name(), name)))
}

/// A UUID of these bits.
fn uuid(high: u64, low: u64) -> String {
    let text = format!("{high:016x}{low:016x}");
    format!("{}-{}-4{}-8{}-{}", &text[..8], &text[8..12], &text[13..16], &text[17..20], &text[20..])
}

/// Every service there is.
fn services() -> impl Iterator<Item = &'static dyn Service> {
    SERVICES.iter().copied().chain(modelled::services())
}

/// The service a request is for: as signed, else as it looks.
fn service_of(request: &Request, authorization: Option<&Authorization>) -> &'static dyn Service {
    let signed = authorization.map(|authorization| authorization.service.as_str());
    let of_that_name =
        || services().filter(|service| signed == Some(service.signing_name()) && service.takes(request));
    of_that_name()
        .find(|service| service.identify(request).is_some())
        .or_else(|| of_that_name().next())
        .or_else(|| services().find(|service| service.takes(request) && service.identify(request).is_some()))
        .unwrap_or(&s3::S3)
}

/// Makes of a right answer what the fault would have it.
pub(crate) fn distort(answer: Answer, fault: FaultKind, delivery: &mut Delivery) -> Answer {
    match fault {
        FaultKind::Reset => *delivery = Delivery::Reset,
        FaultKind::Stall => *delivery = Delivery::Stall,
        FaultKind::Truncated => *delivery = Delivery::Truncated,
        FaultKind::Malformed => return answer.halved(),
        FaultKind::Html500 => return Answer::html(500, "Internal Server Error"),
        FaultKind::WrongContent => return Answer::html(200, "Welcome"),
        _ => {}
    }
    answer
}
