//! How an operation is declared, next to the code that asks it.

/// Declares a read-only operation.
#[macro_export]
macro_rules! operation {
    ($(#[$doc:meta])* $name:ident = $service:literal $op:literal, needs $permission:literal, quota $quota:expr,
     $per:expr, $wire:ident, facts $facts:literal $(, absent $absent:expr)?) => {
        $(#[$doc])*
        pub static $name: $crate::Operation = $crate::Operation {
            service: $service,
            name: $op,
            permission: $permission,
            quota: &$quota,
            per: $per,
            facts: $facts,
            absent: $crate::operation!(@absent $($absent)?),
            wire: $crate::operation::Wire::$wire,
        };
    };
    (@absent) => { &[] };
    (@absent $absent:expr) => { $absent };
}
