//! `sekisho simulate`: loopback clouds from a description, until Ctrl-C.

use super::assess::runtime;
use super::problem::Problem;
use super::screen::Screen;
use super::{exit, interrupt};
use sekisho_simulator::{Description, Simulator, SimulatorError};
use std::path::PathBuf;

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The description of the clouds.
    #[arg(long, value_name = "FILE")]
    pub cloud: PathBuf,
    /// The port of 127.0.0.1 to listen on; a free one when left out.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
}

/// Serves until Ctrl-C.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let shown = arguments.cloud.display();
    let description = Description::read(&arguments.cloud).map_err(|cause| {
        Problem::usage(format!("{shown} cannot be used: {cause}"), "correct the description")
    })?;
    let mut simulator = Simulator::start_on(description, arguments.port).map_err(|cause| match cause {
        SimulatorError::Description(cause) => {
            Problem::usage(format!("{shown} cannot be used: {cause}"), "correct the description")
        }
        SimulatorError::Listen { .. } => {
            Problem::usage(cause.to_string(), "choose another --port, or leave it out")
        }
        SimulatorError::Server(_) => {
            Problem::failed(cause.to_string(), "free memory, or raise the limit on threads")
        }
    })?;
    let (id, secret) = simulator.credentials();
    screen.result(&simulator.endpoint())?;
    screen.message(&format!(
        "Made-up credentials: AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY={secret}\nCtrl-C stops."
    ));
    runtime()?.block_on(interrupt::asked_to_stop());
    simulator.stop();
    let requests: u64 = simulator.counts().values().sum();
    screen.message(&format!("Stopped after {requests} requests."));
    Ok(exit::CONFORMS)
}
