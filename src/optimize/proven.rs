//! What may be written: what a rule proves, and what was built and compared.

use super::{Error, Optimization, Proof, Rewrite, Risk};
use crate::dockerfile::{Dockerfile, edit};

impl Rewrite {
    /// Whether nothing may go wrong with it.
    pub fn is_proven(&self) -> bool {
        self.risk == Risk::None
    }
}

impl Optimization {
    /// The rewrites that are proven.
    pub fn proven(&self) -> impl Iterator<Item = &Rewrite> {
        self.rewrites.iter().filter(|rewrite| rewrite.is_proven())
    }

    /// Whether every rewrite is proven, so that it may be applied without building both images.
    pub fn is_proven(&self) -> bool {
        self.rewrites.iter().all(Rewrite::is_proven)
    }

    /// All rewrites, now that the text with all of them was built and is the same.
    #[must_use]
    pub fn verified(mut self) -> Self {
        for rewrite in &mut self.rewrites {
            rewrite.proof = Proof::Verified;
            rewrite.risk = Risk::None;
        }
        self
    }

    /// The whole Dockerfile with the rewrites that are proven, and with no other.
    ///
    /// # Errors
    ///
    /// Where the edits are not of this Dockerfile.
    pub fn proven_text(&self, dockerfile: &Dockerfile) -> Result<String, Error> {
        let edits: Vec<_> = self.proven().flat_map(|rewrite| rewrite.edits.clone()).collect();
        Ok(edit::apply(dockerfile, &edits)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seconds;
    use crate::dockerfile::edit::Edit;
    use crate::optimize::Saves;

    fn rewrite(dockerfile: &Dockerfile, number: usize, risk: Risk) -> Rewrite {
        let instruction = &dockerfile.instructions()[number];
        Rewrite {
            id: "test",
            line: 1,
            title: String::new(),
            why: String::new(),
            proof: Proof::Rule,
            risk,
            saves: Saves { seconds_per_build: Seconds::ZERO, builds_helped: 0.0, commits: 0 },
            edits: vec![Edit::remove(instruction)],
            patch: String::new(),
        }
    }

    #[test]
    fn only_what_is_proven_is_written_until_all_is_verified() {
        let text = "FROM base\nRUN one\nRUN two\n";
        let dockerfile = Dockerfile::parse("Dockerfile", text).unwrap();
        let found = Optimization {
            rewrites: vec![
                rewrite(&dockerfile, 1, Risk::Verify),
                rewrite(&dockerfile, 2, Risk::None),
            ],
            refusals: Vec::new(),
            before: None,
            after: None,
            basis: None,
            text: "FROM base\n".to_owned(),
            patch: String::new(),
        };
        assert!(!found.is_proven());
        assert_eq!(found.proven_text(&dockerfile).unwrap(), "FROM base\nRUN one\n");
        let found = found.verified();
        assert!(found.is_proven());
        assert!(found.rewrites.iter().all(|rewrite| rewrite.proof == Proof::Verified));
        assert_eq!(found.proven_text(&dockerfile).unwrap(), found.text);
    }
}
