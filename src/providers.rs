//! The clouds of this build. The only file that names a provider crate.

use sekisho_contract::Provider;
use std::sync::Arc;

/// Every provider of this build, in a fixed order.
pub fn all() -> Vec<Arc<dyn Provider>> {
    vec![
        #[cfg(feature = "aws")]
        Arc::new(sekisho_aws::Aws),
    ]
}
