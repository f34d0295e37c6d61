//! `/_sekisho/`: what the server saw, for other processes on this machine.

use http::Method;
use serde_json::json;

use crate::answer::Answer;
use crate::gate::Gate;
use crate::request::Request;

/// Paths that begin so are no cloud's.
pub(crate) const PREFIX: &str = "/_sekisho/";

/// How many recorded requests are written out at a time.
const CHUNK: usize = 4_096;

/// `GET health`, `GET requests` (a JSON object a line; `?from=N` skips so many), `POST reset`.
pub(crate) fn answer(request: &Request, gate: &Gate) -> Answer {
    match (&request.method, request.path.strip_prefix(PREFIX).unwrap_or_default()) {
        (&Method::GET, "health") => {
            let counts = gate.counts();
            let total: u64 = counts.values().sum();
            let health = json!({
                "status": "ok",
                "requests": total,
                "exceeded_quota": gate.exceeded(),
                "counts": counts,
            });
            Answer::new(200, "application/json", health.to_string())
        }
        (&Method::GET, "requests") => {
            let from = request.parameter("from").and_then(|text| text.parse().ok()).unwrap_or(0);
            Answer::new(200, "application/x-ndjson", lines(gate, from))
        }
        (&Method::POST, "reset") => {
            gate.reset();
            Answer::empty(204)
        }
        _ => Answer::new(404, "application/json", json!({"error": "no such path"}).to_string()),
    }
}

fn lines(gate: &Gate, mut from: usize) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let chunk = gate.requests(from, CHUNK);
        for request in &chunk {
            if serde_json::to_writer(&mut body, request).is_ok() {
                body.push(b'\n');
            }
        }
        if chunk.len() < CHUNK {
            return body;
        }
        from += chunk.len();
    }
}
