//! The clouds of this build. The only file that names a provider crate.

use sekisho_contract::Provider;
use std::sync::{Arc, LazyLock};

/// Every provider of this build, in a fixed order.
pub fn all() -> &'static [Arc<dyn Provider>] {
    static ALL: LazyLock<Vec<Arc<dyn Provider>>> = LazyLock::new(|| {
        vec![
            #[cfg(feature = "aws")]
            Arc::new(sekisho_aws::Aws::default()),
            #[cfg(feature = "azure")]
            Arc::new(sekisho_azure::Azure::default()),
            #[cfg(feature = "gcp")]
            Arc::new(sekisho_gcp::Gcp),
        ]
    });
    &ALL
}

/// The same, under the credentials of a simulator: they are no secret, and the SDKs' chains are not asked.
#[cfg_attr(not(feature = "aws"), allow(unused_variables, reason = "no provider takes them"))]
pub fn simulated(access_key_id: &str, secret_access_key: &str) -> Vec<Arc<dyn Provider>> {
    vec![
        #[cfg(feature = "aws")]
        Arc::new(sekisho_aws::Aws::with_credentials(access_key_id, secret_access_key)),
        // On this machine it sends a fixed token, which is no secret either.
        #[cfg(feature = "azure")]
        Arc::new(sekisho_azure::Azure::default()),
        // Loopback gets no credentials at all.
        #[cfg(feature = "gcp")]
        Arc::new(sekisho_gcp::Gcp),
    ]
}
