//! The one integration binary; a file per boundary.

mod tenancy_file;
