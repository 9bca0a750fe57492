//! How often the files of a context, and the arguments, change from build to build.
//!
//! In: what builds changed, from git's commits and from the store ([`Observed`]), or the times of
//! files where there is neither. Out: [`Frequencies`], for every path and directory. Pure: the
//! histories are read elsewhere.

mod arguments;
mod frequency;
mod observed;
#[cfg(test)]
mod tests;

pub use arguments::changing_arguments;
pub use frequency::{Frequencies, HALF_LIFE};
pub use observed::Observed;
