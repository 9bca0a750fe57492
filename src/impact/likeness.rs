//! How alike two texts are, line by line, as git finds files that were renamed.

use std::collections::HashMap;

/// Of 100 lines of both this many are common where the one goes on as the other.
pub(super) const ALIKE: usize = 50;

/// The lines of a text, without blanks around them, and how often each is there.
pub(super) struct Lines {
    counts: HashMap<Vec<u8>, usize>,
    total: usize,
}

impl Lines {
    /// Those of the text.
    pub(super) fn of(text: &[u8]) -> Self {
        text.split(|byte| *byte == b'\n').collect()
    }

    /// Of 100 lines of both so many are common.
    pub(super) fn likeness(&self, other: &Self) -> usize {
        let common = |(line, count): (&Vec<u8>, &usize)| {
            other.counts.get(line).map_or(0, |others| *count.min(others))
        };
        let common: usize = self.counts.iter().map(common).sum();
        (200 * common).checked_div(self.total + other.total).unwrap_or(0)
    }
}

impl<'a> FromIterator<&'a [u8]> for Lines {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(lines: I) -> Self {
        let mut counts = HashMap::new();
        let mut total = 0;
        for line in lines.into_iter().map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
            *counts.entry(line.to_vec()).or_insert(0) += 1;
            total += 1;
        }
        Self { counts, total }
    }
}
