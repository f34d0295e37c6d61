//! Tokens: from the official library's credentials, in a fixed order; a fixed one for a simulator on this machine.

use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientSecretCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use sekisho_contract::gap::shorten;
use sekisho_contract::{GapReason, Shortfall};
use std::sync::Arc;
use tokio::sync::Mutex;

/// What tokens for Resource Manager are for.
const SCOPE: &str = "https://management.azure.com/.default";

/// What tokens for the directory are for.
const DIRECTORY: &str = "https://graph.microsoft.com/.default";

/// What is sent to a simulator on this machine, and to nobody else.
const EMULATOR: &str = "emulator";

/// Tokens are renewed this many seconds before they expire.
const EARLY: i64 = 120;

/// The tokens of one account, kept fresh.
pub struct Tokens {
    source: Source,
    scope: &'static str,
    held: Mutex<Option<Held>>,
}

#[derive(Clone)]
enum Source {
    Fixed,
    Credentials(Vec<(&'static str, Arc<dyn TokenCredential>)>),
}

struct Held {
    token: Secret,
    until: i64,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// The token a simulator on this machine takes. No authority is asked.
    pub fn of_emulator() -> Arc<Self> {
        Arc::new(Self { source: Source::Fixed, scope: SCOPE, held: Mutex::default() })
    }

    /// Tokens of the same credentials for the directory. One for Resource Manager is worth nothing there, and the other way round.
    pub fn for_directory(&self) -> Arc<Self> {
        Arc::new(Self { source: self.source.clone(), scope: DIRECTORY, held: Mutex::default() })
    }

    /// Tokens of the first credentials that bring one: the environment's application, the workload's identity, the
    /// Azure CLI's user, the machine's identity. The last is asked last: away from Azure it only times out.
    #[allow(
        clippy::disallowed_methods,
        reason = "where credentials are found, as the official chain finds them"
    )]
    pub fn of_chain(tenant: Option<&str>) -> Result<Arc<Self>, Shortfall> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let tenant = tenant.map(str::to_owned).or_else(|| variable("AZURE_TENANT_ID"));
        let client = variable("AZURE_CLIENT_ID");
        let mut chain: Vec<(&'static str, Arc<dyn TokenCredential>)> = Vec::new();
        if let (Some(tenant), Some(client), Some(secret)) =
            (&tenant, &client, variable("AZURE_CLIENT_SECRET"))
        {
            let credential = ClientSecretCredential::new(tenant, client.clone(), Secret::new(secret), None);
            chain.push(("the environment's application", credential.map_err(unusable)?));
        }
        if variable("AZURE_FEDERATED_TOKEN_FILE").is_some() {
            let options = WorkloadIdentityCredentialOptions {
                tenant_id: tenant.clone(),
                client_id: client.clone(),
                ..Default::default()
            };
            let credential = WorkloadIdentityCredential::new(Some(options));
            chain.push(("the workload's identity", credential.map_err(unusable)?));
        }
        if let Ok(credential) = AzureCliCredential::new(Some(AzureCliCredentialOptions {
            tenant_id: tenant,
            ..Default::default()
        })) {
            chain.push(("the Azure CLI", credential));
        }
        let user_assigned_id = client.map(UserAssignedId::ClientId);
        let options = ManagedIdentityCredentialOptions { user_assigned_id, ..Default::default() };
        if let Ok(credential) = ManagedIdentityCredential::new(Some(options)) {
            chain.push(("the machine's identity", credential));
        }
        let source = Source::Credentials(chain);
        Ok(Arc::new(Self { source, scope: SCOPE, held: Mutex::default() }))
    }

    /// A token that will last for a while yet.
    pub async fn get(&self) -> Result<String, Shortfall> {
        let Source::Credentials(chain) = &self.source else { return Ok(EMULATOR.to_owned()) };
        let mut held = self.held.lock().await;
        let now = jiff::Timestamp::now().as_second();
        if let Some(held) = held.as_ref().filter(|held| held.until > now + EARLY) {
            return Ok(held.token.secret().to_owned());
        }
        let fresh = fetch(chain, self.scope).await?;
        Ok(held.insert(fresh).token.secret().to_owned())
    }

    /// Throws the present token away and fetches another; `false` when it does not differ.
    pub async fn renew(&self) -> bool {
        let Source::Credentials(chain) = &self.source else { return false };
        let mut held = self.held.lock().await;
        let Ok(fresh) = fetch(chain, self.scope).await else { return false };
        let differs = held.as_ref().is_none_or(|held| held.token != fresh.token);
        *held = Some(fresh);
        differs
    }
}

async fn fetch(
    chain: &[(&'static str, Arc<dyn TokenCredential>)],
    scope: &'static str,
) -> Result<Held, Shortfall> {
    let mut said = Vec::new();
    for (name, credential) in chain {
        match credential.get_token(&[scope], None).await {
            Ok(token) => return Ok(Held { token: token.token, until: token.expires_on.unix_timestamp() }),
            Err(error) => said.push(format!("{name}: {}", shorten(&error.to_string()))),
        }
    }
    let said = said.join("; ");
    let detail = format!(
        "no Azure credentials; sign in with the Azure CLI, or give the environment variables: {said}"
    );
    Err(Shortfall::without_call(GapReason::Credentials, detail))
}

fn unusable(error: azure_core::Error) -> Shortfall {
    let detail = format!("the credentials in the environment cannot be used: {error}");
    Shortfall::without_call(GapReason::Credentials, detail)
}
