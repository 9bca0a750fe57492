//! Random choices, the same for the same seed.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Stands in contents and paths for what no other run has; see [`Salt`](crate::disk::Salt).
pub const SALT: &str = "@SALT@";

/// The dice of one project, with a counter for what must be new.
pub struct Draw {
    random: StdRng,
    count: u64,
}

impl Draw {
    /// Those of the project with this number.
    pub fn new(seed: u64, number: u64) -> Self {
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(number);
        Self { random: StdRng::seed_from_u64(seed), count: 0 }
    }

    /// A number that was not given before.
    pub fn fresh(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.random.random_range(0..end)
    }

    pub fn between(&mut self, first: usize, last: usize) -> usize {
        self.random.random_range(first..=last)
    }

    /// True that often of a hundred.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    /// # Panics
    ///
    /// Of nothing, nothing can be picked.
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of.choose(&mut self.random).expect("something to pick from").clone()
    }

    /// One of these by its weight.
    pub fn weighted<T: Copy>(&mut self, of: &[(u32, T)]) -> T {
        let total: u32 = of.iter().map(|(weight, _)| weight).sum();
        let mut rest = self.random.random_range(0..total);
        for &(weight, value) in of {
            if rest < weight {
                return value;
            }
            rest -= weight;
        }
        of[0].1
    }
}
