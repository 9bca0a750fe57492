//! The optimizer: rewrites of a Dockerfile that rebuild less and build the same.
