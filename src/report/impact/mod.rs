//! What a change costs the build cache, in the formats that it is read in.

mod text;

pub use text::impact;
