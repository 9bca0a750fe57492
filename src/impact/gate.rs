//! Whether the cost of a change is accepted.

/// What the gates say of an impact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gate {
    /// Why it is not accepted, each in a sentence; none where it is.
    pub reasons: Vec<String>,
}

impl Gate {
    /// Whether the cost is accepted.
    pub fn is_passed(&self) -> bool {
        self.reasons.is_empty()
    }
}
