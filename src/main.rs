//! The `smartbuild` program.

fn main() {}
