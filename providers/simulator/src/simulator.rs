//! Starting and stopping.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::aws::Aws;
use crate::azure::Azure;
use crate::description::{Description, DescriptionError};
use crate::gate::Gate;
use crate::gcp::Gcp;
use crate::recorder::RecordedRequest;
use crate::server::{self, Clouds};

/// A running simulator, on a thread of its own; it stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    clouds: Arc<Clouds>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The description makes no sense.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// The port could not be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The loopback address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// No thread or event loop could be had.
    #[error("cannot start the server: {0}")]
    Server(std::io::Error),
}

impl Simulator {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When the description contradicts itself or no port can be had.
    pub fn start(description: Description) -> Result<Self, SimulatorError> {
        Self::start_on(description, 0)
    }

    /// Starts on a port of 127.0.0.1; 0 takes a free one. No other address can be listened on.
    ///
    /// # Errors
    /// As [`Simulator::start`].
    pub fn start_on(description: Description, port: u16) -> Result<Self, SimulatorError> {
        description.check()?;
        let gate = Gate::new(&description);
        let azure = Azure::new(&description)?;
        let gcp = Gcp::new(&description);
        let clouds = Arc::new(Clouds { aws: Aws::new(description)?, azure, gcp, gate });
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listen = |source| SimulatorError::Listen { address: wanted, source };
        let listener = TcpListener::bind(wanted).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(SimulatorError::Server)?;
        let (stop, stopped) = watch::channel(false);
        let served = clouds.clone();
        let thread = std::thread::Builder::new()
            .name("sekisho-simulator".into())
            .spawn(move || runtime.block_on(server::serve(listener, served, stopped)))
            .map_err(SimulatorError::Server)?;
        Ok(Self { address, clouds, stop, thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Access key id and secret access key that callers start from.
    pub fn credentials(&self) -> (String, String) {
        self.clouds.aws.credentials()
    }

    /// Every request so far, in the order they were read. Empty when only counts are kept.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.clouds.gate.requests(0, usize::MAX)
    }

    /// Waits until it has seen so many requests; `false` when that takes longer than `most`.
    pub fn wait_for_requests(&self, requests: u64, most: Duration) -> bool {
        self.clouds.gate.wait(requests, most)
    }

    /// How many requests so far, by `service:Operation`.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.clouds.gate.counts()
    }

    /// How many requests exceeded a quota, by the server's own count.
    pub fn exceeded_quota(&self) -> u64 {
        self.clouds.gate.exceeded()
    }

    /// Forgets requests, attempts and what was taken from the quotas.
    pub fn reset(&self) {
        self.clouds.gate.reset();
    }

    /// Stops: answers under way are finished if that takes no longer than a moment. What was recorded stays readable.
    pub fn stop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the simulator's thread had panicked");
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop();
    }
}
