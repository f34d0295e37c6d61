//! What only the whole description can show to be wrong about quotas, latencies and faults: names that nothing bears.

use super::{Description, DescriptionError, Glob};
use crate::{aws, azure, gcp};

impl Description {
    /// Refuses quotas, latencies and faults that can never apply.
    pub(crate) fn check(&self) -> Result<(), DescriptionError> {
        if self.accounts.is_empty() && self.azure.is_none() && self.gcp.is_none() {
            return Err(contradiction("accounts", "at least one account, subscription or project is wanted"));
        }
        for (index, quota) in self.quotas.iter().enumerate() {
            let place = format!("quotas[{index}]");
            applies(&place, quota.service.as_ref(), quota.operation.as_ref())?;
            let burst = quota.burst.unwrap_or(1.0);
            if !(quota.rate.is_finite() && quota.rate >= 0.0 && burst.is_finite() && burst >= 0.0) {
                return Err(contradiction(&place, "`rate` and `burst` are numbers from 0"));
            }
        }
        for (index, latency) in self.latencies.iter().enumerate() {
            let place = format!("latencies[{index}]");
            applies(&place, latency.service.as_ref(), latency.operation.as_ref())?;
        }
        for (index, fault) in self.faults.iter().enumerate() {
            let place = format!("faults[{index}]");
            applies(&place, fault.service.as_ref(), fault.operation.as_ref())?;
            if let Some(id) = &fault.account
                && !self.accounts.iter().any(|account| account.id == *id)
            {
                return Err(contradiction(&place, &format!("`{id}` is none of the accounts")));
            }
        }
        Ok(())
    }
}

fn applies(place: &str, service: Option<&Glob>, operation: Option<&Glob>) -> Result<(), DescriptionError> {
    let matches = |glob: Option<&Glob>, name: &str| glob.is_none_or(|glob| glob.matches(name));
    if aws::operations()
        .chain(azure::operations())
        .chain(gcp::operations())
        .any(|(of, name)| matches(service, of) && matches(operation, name))
    {
        return Ok(());
    }
    let name = |glob: Option<&Glob>| glob.map_or("*", Glob::as_str).to_owned();
    let problem = format!("no service has an operation like `{}:{}`", name(service), name(operation));
    Err(contradiction(place, &problem))
}

fn contradiction(place: &str, problem: &str) -> DescriptionError {
    DescriptionError::Contradiction { place: place.into(), problem: problem.into() }
}
