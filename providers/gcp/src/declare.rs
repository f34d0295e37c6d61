//! How a method is declared, next to the code that asks it.

/// Declares a read-only method of an API: its name and path as the API's discovery document has them.
macro_rules! operation {
    ($(#[$doc:meta])* $name:ident = $service:literal $op:literal, at $path:literal, needs $permission:literal,
     quota $quota:expr, $per:expr, $wire:ident, facts $facts:literal $(, absent $absent:expr)?) => {
        $(#[$doc])*
        pub static $name: crate::method::Method = crate::method::Method {
            operation: sekisho_contract::Operation {
                service: $service,
                name: $op,
                permission: $permission,
                quota: &$quota,
                per: $per,
                facts: $facts,
                absent: operation!(@absent $($absent)?),
                wire: sekisho_contract::operation::Wire::$wire,
            },
            path: $path,
        };
    };
    (@absent) => { &[] };
    (@absent $absent:expr) => { $absent };
}
