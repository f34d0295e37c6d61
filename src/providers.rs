//! The clouds of this build. The only file that names a provider crate.

use sekisho_contract::Provider;

/// Every provider of this build, in a fixed order.
pub fn all() -> &'static [&'static dyn Provider] {
    &[
        #[cfg(feature = "aws")]
        &sekisho_aws::Aws,
    ]
}
