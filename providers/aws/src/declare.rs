//! How an operation is declared, next to the code that asks it.

/// Declares a read-only operation.
macro_rules! operation {
    ($(#[$doc:meta])* $name:ident = $service:literal $op:literal, needs $permission:literal, quota $quota:expr,
     $per:expr, $wire:ident, facts $facts:literal $(, absent $absent:expr)?) => {
        $(#[$doc])*
        pub static $name: sekisho_contract::Operation = sekisho_contract::Operation {
            service: $service,
            name: $op,
            permission: $permission,
            quota: &$quota,
            per: $per,
            facts: $facts,
            absent: operation!(@absent $($absent)?),
            wire: sekisho_contract::operation::Wire::$wire,
        };
    };
    (@absent) => { &[] };
    (@absent $absent:expr) => { $absent };
}
