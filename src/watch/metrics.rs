//! Figures of a watch in Prometheus' text form (<https://prometheus.io/docs/instrumenting/exposition_formats/>), served to
//! this machine alone.

use crate::assess::Status;
use crate::drift::Counts;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// What a watch tells of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// When the last run ended, in seconds since 1970.
    pub last_run: Option<i64>,
    /// When the last run that came to its end did.
    pub last_success: Option<i64>,
    /// How long the last run took, in seconds.
    pub duration: Option<f64>,
    /// Whether it came to its end.
    pub succeeded: Option<bool>,
    /// Runs that came to their end, and that failed.
    pub runs: (u64, u64),
    /// The clauses' verdicts.
    pub clauses: Vec<(String, Status)>,
    /// Findings that violate, and that are unverified.
    pub findings: Option<(u64, u64)>,
    /// Requests of the last run.
    pub calls: Option<u64>,
    /// Gaps of the last run.
    pub gaps: Option<u64>,
    /// Changes against the baseline.
    pub drift: Option<Counts>,
    /// Notices that are still to be delivered.
    pub pending: u64,
}

/// Figures that are read while they change.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<Figures>>);

impl Board {
    /// Changes the figures.
    pub fn change(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The figures as they are.
    pub fn now(&self) -> Figures {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

const STATUSES: [(Status, &str); 5] = [
    (Status::Conforms, "conforms"),
    (Status::Violates, "violates"),
    (Status::Unverified, "unverified"),
    (Status::Attested, "attested"),
    (Status::NotApplicable, "not-applicable"),
];

/// The figures as text. What is not known yet is left out.
pub fn text(figures: &Figures) -> String {
    let mut out = Text::default();
    let one = |value: Option<String>| -> Vec<Sample> {
        value.map(|value| (Vec::new(), value)).into_iter().collect()
    };
    let whole = |value: Option<i64>| one(value.map(|value| value.to_string()));
    let count = |value: Option<u64>| one(value.map(|value| value.to_string()));
    let each = |name: &'static str, values: &[(&str, u64)]| -> Vec<Sample> {
        values.iter().map(|(label, value)| (vec![(name, (*label).to_owned())], value.to_string())).collect()
    };
    out.gauge("last_run_timestamp_seconds", "When the last run ended.", whole(figures.last_run));
    let help = "When the last run that came to its end did.";
    out.gauge("last_success_timestamp_seconds", help, whole(figures.last_success));
    let duration = one(figures.duration.map(|seconds| seconds.to_string()));
    out.gauge("last_run_duration_seconds", "How long the last run took.", duration);
    let help = "Whether the last run came to its end.";
    out.gauge("last_run_success", help, whole(figures.succeeded.map(i64::from)));
    let (ended, failed) = figures.runs;
    let runs = each("result", &[("ended", ended), ("failed", failed)]);
    out.family("runs_total", "counter", "Runs of this watch since it was started.", runs);
    let mut clauses = Vec::new();
    for (clause, is) in &figures.clauses {
        for (status, word) in STATUSES {
            let labels = vec![("clause", clause.clone()), ("status", word.to_owned())];
            clauses.push((labels, u8::from(*is == status).to_string()));
        }
    }
    out.gauge("clause_status", "The verdict of each clause: 1 for the one it has.", clauses);
    let findings = figures
        .findings
        .map(|(violates, unverified)| each("status", &[("violates", violates), ("unverified", unverified)]));
    out.gauge("findings", "Findings of the last run.", findings.into_iter().flatten().collect());
    let drift = figures.drift.map(|counts| {
        let counts = [("worse", counts.worse), ("neutral", counts.neutral), ("better", counts.better)];
        each("direction", &counts)
    });
    let help = "Changes against the baseline, by direction.";
    out.gauge("drift_changes", help, drift.into_iter().flatten().collect());
    out.gauge("calls", "Requests of the last run.", count(figures.calls));
    out.gauge("gaps", "What the last run did not see.", count(figures.gaps));
    out.gauge("notices_pending", "Notices that are still to be delivered.", count(Some(figures.pending)));
    out.0
}

/// Labels and a value.
type Sample = (Vec<(&'static str, String)>, String);

#[derive(Default)]
struct Text(String);

impl Text {
    fn gauge(&mut self, name: &str, help: &str, samples: Vec<Sample>) {
        self.family(name, "gauge", help, samples);
    }

    // Writing to a `String` cannot fail.
    #[allow(unused_must_use)]
    fn family(&mut self, name: &str, sort: &str, help: &str, samples: Vec<Sample>) {
        if samples.is_empty() {
            return;
        }
        writeln!(self.0, "# HELP sekisho_{name} {help}\n# TYPE sekisho_{name} {sort}");
        for (labels, value) in samples {
            let labels: Vec<String> =
                labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
            match labels.is_empty() {
                true => writeln!(self.0, "sekisho_{name} {value}"),
                false => writeln!(self.0, "sekisho_{name}{{{}}} {value}", labels.join(",")),
            };
        }
    }
}

/// A label's value as the form has it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Connections at once.
const CONNECTIONS: usize = 16;
/// How long a client may take to ask.
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens on this machine alone; another address is refused.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        let why = "the figures are served to this machine alone";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    TcpListener::bind(address).await
}

/// Serves the figures until it is dropped.
pub async fn serve(listener: TcpListener, board: Board) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(seat) = Arc::clone(&room).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, mostly: give the others time to close.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let board = board.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let board = board.clone();
                async move { Ok::<_, Infallible>(respond(&request, &board)) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), answer);
            // A client that went away is no concern of ours.
            let _gone = connection.await;
            drop(seat);
        });
    }
}

fn respond(request: &Request<Incoming>, board: &Board) -> Response<Full<Bytes>> {
    let (status, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, text(&board.now())),
        (&Method::GET, _) => (StatusCode::NOT_FOUND, "the figures are at /metrics\n".to_owned()),
        _ => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let form = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, form);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_with_their_help_and_what_is_not_known_is_left_out() {
        let empty = text(&Figures::default());
        assert!(
            !empty.contains("last_run_success") && empty.contains("sekisho_runs_total{result=\"failed\"} 0")
        );
        let told = text(&Figures {
            succeeded: Some(true),
            clauses: vec![("V-3\"\\\n".to_owned(), Status::Violates)],
            drift: Some(Counts { worse: 2, neutral: 1, better: 0 }),
            ..Figures::default()
        });
        for line in [
            "# TYPE sekisho_last_run_success gauge\nsekisho_last_run_success 1\n",
            "sekisho_clause_status{clause=\"V-3\\\"\\\\\\n\",status=\"violates\"} 1\n",
            "sekisho_drift_changes{direction=\"worse\"} 2\n",
        ] {
            assert!(told.contains(line), "{line}: {told}");
        }
    }

    #[test]
    fn only_this_machine_is_served() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let cases = [("127.0.0.1:0", true), ("[::1]:0", true), ("0.0.0.0:0", false), ("192.0.2.1:0", false)];
        for (address, served) in cases {
            let refused = |fault: io::Error| fault.kind() == io::ErrorKind::PermissionDenied;
            let listened = runtime.block_on(listen(address.parse().unwrap()));
            // A machine without IPv6 cannot listen there, which is no refusal.
            assert_eq!(!listened.is_err_and(refused), served, "{address}");
        }
    }
}
