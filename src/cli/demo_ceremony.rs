//! The ceremony of the demo: an officer's request, its answer sealed, and what the officer sees of it.

use super::engine;
use super::files::Fresh;
use super::problem::Problem;
use super::screen::Screen;
use super::verify::page;
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use sekisho::bundle::verify::{Mark, Order as Held, Verification, verify};
use sekisho::bundle::{OpenRun, Order, seal};
use sekisho::documents::Handling;
use sekisho::envelope::{Key, Trusted, sign};
use sekisho::request::{Asked, NONCE, PAYLOAD_TYPE, Request, SCHEMA, Signed};
use sekisho::tenancy::Tenancy;
use sekisho::text::Language;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

/// The bundle in the demo's folder.
pub const BUNDLE: &str = "answer.zip";

/// An officer and a contractor who meet once.
pub struct Ceremony {
    contractor: Key,
    trusted: Vec<Trusted>,
    /// What the officer asks for, and its envelope.
    pub request: (Signed, Vec<u8>),
}

impl Ceremony {
    /// The officer writes a request for a tenancy. Public keys and the request are left in a folder.
    pub fn begin(tenancy: &Tenancy, folder: &Path, now: Timestamp) -> Result<Self, Problem> {
        let keys = Key::ephemeral().and_then(|officer| Ok((officer, Key::ephemeral()?)));
        let (officer, contractor) = keys.map_err(|fault| broken(&fault))?;
        let mut nonce = [0; NONCE];
        SystemRandom::new().fill(&mut nonce).map_err(|_| broken(&"the system gives no random numbers"))?;
        let (clauses, digest) = engine::clauses(&tenancy.profile)?;
        let request = Request {
            schema: SCHEMA.to_owned(),
            body: "〇〇機構（デモ）".to_owned(),
            person: Some("情報システム課".to_owned()),
            contract: tenancy.name.clone(),
            profile: tenancy.profile.clone(),
            profile_digest: Some(digest),
            clauses,
            accounts: tenancy
                .accounts
                .iter()
                .map(|one| Asked { provider: one.provider.clone(), id: one.id.clone(), members: false })
                .collect(),
            nonce: hex::encode(nonce),
            issued_at: now,
            expires_at: now.checked_add(SignedDuration::from_hours(24 * 14)).unwrap_or(Timestamp::MAX),
            max_calls: Some(50_000),
            handling: Some(Handling {
                confidentiality: 2,
                integrity: None,
                availability: None,
                restrictions: vec!["複製禁止".to_owned()],
            }),
            public_key: officer.public_pem(),
            recipients: Vec::new(),
        };
        let payload = serde_json::to_vec(&request).map_err(|cause| broken(&cause))?;
        let envelope = sign(PAYLOAD_TYPE, &payload, &officer).map_err(|fault| broken(&fault))?;
        let signed = Signed::parse(&envelope, &[]).map_err(|fault| broken(&fault))?;
        let trusted =
            vec![Trusted::parse(contractor.public_pem().as_bytes()).map_err(|fault| broken(&fault))?];
        let left = fs::create_dir_all(folder)
            .and_then(|()| fs::write(folder.join("request.json"), &envelope))
            .and_then(|()| fs::write(folder.join("officer.pub.pem"), officer.public_pem()))
            .and_then(|()| fs::write(folder.join("contractor.pub.pem"), contractor.public_pem()));
        let next = "name another folder with --out";
        left.map_err(|cause| Problem::file(folder, "the demo's request cannot be written", &cause, next))?;
        Ok(Self { contractor, trusted, request: (signed, envelope) })
    }

    /// The contractor seals the run in a folder, and the officer verifies it. What the officer sees is printed.
    pub fn end(&self, run: &Path, language: Language, screen: &Screen) -> Result<Verification, Problem> {
        let bundle = run.join(BUNDLE);
        // An earlier demo's, whose run this one has replaced.
        drop(fs::remove_file(&bundle));
        let open = OpenRun::at(run).map_err(engine::open_problem)?;
        let (_, digest) = engine::clauses(&open.run.profile)?;
        let order = Order {
            folder: &open.folder,
            run: &open.run,
            profile_digest: &digest,
            redaction: None,
            sign: &|payload_type, payload| {
                sign(payload_type, payload, &self.contractor).map_err(|fault| fault.to_string())
            },
            stamp: None,
            now: Timestamp::now(),
        };
        let mut out = Fresh::create(&bundle)?;
        seal(&order, out.file()).map_err(|fault| broken(&fault))?;
        out.finish()?;
        let file = File::open(&bundle).map_err(|cause| broken(&cause))?;
        let found = verify(
            BufReader::new(file),
            &Held {
                trusted: &self.trusted,
                request: Some(&self.request.0),
                stamped: None,
                max_age: None,
                providers: sekisho::providers::all(),
                now: Timestamp::now(),
            },
        );
        screen.message(&format!(
            "The contractor has sealed the run in {}. What an officer sees who verifies it (sekisho verify):",
            bundle.display()
        ));
        screen.result(&format!("\n{}", page(&found, language)))?;
        match found.mark {
            Mark::Refuted => Err(broken(&"the demo's own bundle is refuted")),
            Mark::Verified | Mark::Unverified => Ok(found),
        }
    }
}

fn broken(cause: &dyn std::fmt::Display) -> Problem {
    Problem::failed(cause.to_string(), "this build is broken: report it")
}
