//! Azure: Resource Manager and Resource Graph. Paths are resources or lists of them, whatever the service; what each service adds to that
//! is told by tables.

mod answers;
mod failure;
mod locations;
mod operations;
mod tenancy;

use std::sync::atomic::{AtomicU64, Ordering};

use self::answers::Endless;
use self::failure::Failure;
pub(crate) use self::operations::operations;
use self::tenancy::Tenancy;
use crate::answer::{Answer, Delivery, Outcome};
use crate::description::{Description, DescriptionError, FaultKind};
use crate::draw;
use crate::gate::Gate;
use crate::recorder::Seen;
use crate::request::Request;

/// The whole of Azure.
#[derive(Debug)]
pub(crate) struct Azure {
    seed: u64,
    tenancy: Tenancy,
    answers: AtomicU64,
}

/// The one token that is taken; it is no secret.
const TOKEN: &str = "Bearer emulator";

impl Azure {
    /// The Azure a description tells of; none where it tells of none.
    pub(crate) fn new(description: &Description) -> Result<Option<Self>, DescriptionError> {
        let Some(azure) = &description.azure else { return Ok(None) };
        let tenancy = Tenancy::new(azure)?;
        Ok(Some(Self { seed: description.seed, tenancy, answers: AtomicU64::new(0) }))
    }

    /// Whether a request is for Resource Manager.
    pub(crate) fn takes(request: &Request) -> bool {
        let below = |root: &str| {
            let path = request.path.get(..root.len());
            path.is_some_and(|path| path.eq_ignore_ascii_case(root))
        };
        let bearer = request.header("authorization").starts_with("Bearer ");
        let directory = bearer && below("/v1.0/identity/");
        directory
            || (bearer || request.header("authorization").is_empty() && !request.query.is_empty())
                && (below("/subscriptions") || below("/providers/"))
    }

    /// Answers a request and records it.
    pub(crate) fn handle(&self, request: &Request, gate: &Gate) -> Outcome {
        let at = gate.elapsed();
        let mut seen =
            Seen { operation: "Unknown", service: "azure", region: "global".into(), ..Seen::default() };
        let mut delivery = Delivery::Whole;
        let result = self.process(request, gate, &mut seen);
        let answer = match (result, seen.fault) {
            (Ok(answer), Some(fault)) => distort(answer, fault, &mut delivery),
            (Ok(answer), None) => answer,
            (Err(failure), _) => failure.render(),
        };
        let answer = self.with_headers(answer, &seen);
        seen.status = match delivery {
            Delivery::Whole | Delivery::Truncated => answer.status,
            Delivery::Reset | Delivery::Stall => 0,
        };
        let delay = gate.latencies.of(&seen);
        gate.record(at, seen);
        Outcome { answer, delivery, delay }
    }

    fn process(&self, request: &Request, gate: &Gate, seen: &mut Seen) -> Result<Answer, Failure> {
        let segments = request.segments();
        let asked = operations::identify(request, &segments);
        match &asked {
            Some(asked) => {
                (seen.service, seen.operation) = (asked.service, asked.operation);
                seen.resource = asked.resource.clone();
                seen.page = answers::page_token(request).unwrap_or_default();
            }
            None => seen.resource = format!("{} {}", request.method, request.path),
        }
        seen.account = answers::subscription(request, &segments).unwrap_or_default();
        if request.header("authorization") != TOKEN {
            return Err(failure::unauthenticated());
        }
        seen.access_key = "emulator".into();
        gate.pass(gate.elapsed(), seen);
        if seen.quota_exceeded {
            return Err(failure::throttled("1"));
        }
        let asked = asked.ok_or_else(|| failure::unknown_operation(request))?;
        match seen.fault {
            Some(FaultKind::Denied) => return Err(failure::denied(asked.operation, &request.path)),
            Some(FaultKind::Throttled) => return Err(failure::throttled("0")),
            Some(FaultKind::InternalError) => return Err(failure::internal_error()),
            Some(FaultKind::Unavailable) => return Err(failure::unavailable()),
            Some(FaultKind::NotOptedIn) => return Err(failure::not_registered()),
            Some(FaultKind::ExpiredToken) => return Err(failure::expired_token()),
            Some(FaultKind::Suspended) => return Err(failure::disabled()),
            _ => {}
        }
        if request.parameter("api-version").is_none() && asked.service != "graph" {
            return Err(failure::no_version());
        }
        let endless = match seen.fault {
            Some(FaultKind::EndlessPages) => Endless::New,
            Some(FaultKind::SamePage) => Endless::Same,
            _ => Endless::No,
        };
        match (answers::answer(&self.tenancy, request, &segments, endless), seen.fault) {
            // A fault of the connection strikes errors too.
            (Err(failure), Some(_)) => Ok(failure.render()),
            (result, _) => result,
        }
    }

    fn with_headers(&self, answer: Answer, seen: &Seen) -> Answer {
        let number = self.answers.fetch_add(1, Ordering::Relaxed).to_string();
        let id = format!("{:016x}", draw::number(&["azure request", &number], self.seed));
        let answer = answer.with("x-ms-request-id", &id).with("x-ms-correlation-request-id", &id);
        if seen.service == "resourcegraph" {
            return answer
                .with("x-ms-user-quota-remaining", "14")
                .with("x-ms-user-quota-resets-after", "00:00:05");
        }
        answer.with("x-ms-ratelimit-remaining-subscription-reads", "249")
    }
}

/// Makes of a right answer what the fault would have it.
fn distort(answer: Answer, fault: FaultKind, delivery: &mut Delivery) -> Answer {
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
