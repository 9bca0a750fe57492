//! What a change costs the build cache, in the formats that it is read in.

mod reason;
mod text;

pub use reason::reason;
pub use text::impact;
