//! Credentials: Google's own chain (application default credentials, workload identity, a service account to
//! impersonate). Emulators on this machine get none.

use google_cloud_auth::credentials::{Builder, CacheableResource, Credentials as Google, impersonated};
use http::Extensions;
use sekisho_contract::door::Outgoing;
use sekisho_contract::provider::AccountSection;
use sekisho_contract::{GapReason, Shortfall};
use sekisho_wire::is_loopback;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Reads of configuration, in every API; what may be read is decided by the roles of whoever asks.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Credentials made this short a time ago are the answer to every request that ran out together.
const JUST_NOW: Duration = Duration::from_secs(10);

/// The credentials of one project, found when the first request needs them.
#[derive(Debug)]
pub struct Credentials {
    /// The service account to impersonate.
    service_account: Option<String>,
    held: Mutex<Option<(Google, Instant)>>,
}

impl Credentials {
    /// What a section asks for.
    pub fn of(section: &AccountSection) -> Self {
        Self { service_account: section.service_account.clone(), held: Mutex::new(None) }
    }

    /// Signs a request. One to this machine goes out bare: an emulator asks for no secret, and none is shown to it.
    pub async fn sign(&self, request: &mut Outgoing) -> Result<(), Shortfall> {
        if is_loopback(&request.url) {
            return Ok(());
        }
        let google = self.get().await?;
        let resource = google.headers(Extensions::new()).await.map_err(|error| missing(&error))?;
        let CacheableResource::New { data, .. } = resource else {
            return Err(missing(&"the credentials gave no token"));
        };
        for (name, mut value) in data {
            let Some(name) = name else { continue };
            value.set_sensitive(true);
            request.headers.insert(name, value);
        }
        Ok(())
    }

    /// Finds the credentials anew.
    pub async fn renew(&self) -> bool {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|(_, since)| since.elapsed() < JUST_NOW) {
            return false;
        }
        match self.find() {
            Ok(found) => {
                *held = Some((found, Instant::now()));
                true
            }
            Err(_) => false,
        }
    }

    async fn get(&self) -> Result<Google, Shortfall> {
        let mut held = self.held.lock().await;
        if let Some((google, _)) = &*held {
            return Ok(google.clone());
        }
        let found = self.find()?;
        *held = Some((found.clone(), Instant::now()));
        Ok(found)
    }

    fn find(&self) -> Result<Google, Shortfall> {
        let own = Builder::default().with_scopes([SCOPE]).build().map_err(|error| missing(&error))?;
        let Some(account) = &self.service_account else { return Ok(own) };
        impersonated::Builder::from_source_credentials(own)
            .with_target_principal(account)
            .with_scopes([SCOPE])
            .build()
            .map_err(|error| missing(&error))
    }
}

fn missing(error: &dyn std::fmt::Display) -> Shortfall {
    let detail = format!(
        "no Google credentials; run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS: {error}"
    );
    Shortfall::without_call(GapReason::Credentials, detail)
}
