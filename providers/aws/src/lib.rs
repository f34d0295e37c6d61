//! sekisho-aws
