//! Where audit logs lie in a cloud: stores of objects, listed and read piece by piece, outside the sweep.

use jiff::Timestamp;

/// One object of a store, as its list tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogObject {
    /// Its whole name in the store, with `/` between folders.
    pub key: String,
    /// Its size in bytes, as it is stored.
    pub bytes: u64,
    /// When it was last written, where the list says so.
    pub modified: Option<Timestamp>,
    /// What changes whenever its bytes do (an entity tag, a generation): pieces of another version are never mixed in.
    pub version: String,
}

/// Takes objects as the pages of a list come, in the provider's order.
pub type TakeObject<'t> = &'t mut (dyn FnMut(LogObject) + Send);

/// Most bytes that are asked for in one request. What carries answers takes none that is larger.
pub const PIECE: u64 = 8 << 20;
