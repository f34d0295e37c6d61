//! Loopback clouds that speak the providers' real wire protocols, from a YAML description of a tenancy.
//!
//! ```
//! use sekisho_simulator::{Description, Simulator};
//!
//! let description = Description::parse(
//!     r#"
//! accounts:
//!   - id: "111122223333"
//!     buckets:
//!       - {name: records-tokyo, region: ap-northeast-1, versioning: enabled}
//! "#,
//! )?;
//! let simulator = Simulator::start(description)?;
//! assert!(simulator.endpoint().starts_with("http://127.0.0.1:"));
//! assert!(simulator.requests().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A request goes through: routing (which service, operation, resource) → authentication (SigV4, verified) → region (opted in, closed) →
//! quotas → faults → the service's answer → latency. Every request is recorded at the server, whatever became of it.
//!
//! A service of AWS is one file in `src/aws` and a line in its list; what the YAML says about it is one file in `src/description`.
#![forbid(unsafe_code)]

mod admin;
mod answer;
mod aws;
mod azure;
mod dated;
pub mod description;
mod draw;
mod fault;
mod gate;
mod gcp;
mod latency;
pub mod published;
mod quota;
mod recorder;
mod request;
mod server;
mod simulator;

pub use dated::dated;
pub use description::{Description, DescriptionError};
pub use recorder::RecordedRequest;
pub use simulator::{Simulator, SimulatorError};
