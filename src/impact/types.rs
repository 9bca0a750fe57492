//! What comes out.

use super::Gate;
use crate::Seconds;
use crate::plan::StepIndex;
use crate::predict::{CauseKind, Forecast, StepForecast};

/// What a change costs the build cache.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Impact {
    /// What the older tree is called: `HEAD`, a revision, or an empty tree.
    pub base: String,
    /// What the newer tree is called: a revision, `the index`, `the working tree`.
    pub head: String,
    /// The images that are built otherwise, new or gone, by name.
    pub images: Vec<ImageImpact>,
    /// How many images are built as before.
    pub unchanged: usize,
    /// What could not be compared or read, each with the file that is wrong.
    pub problems: Vec<Problem>,
    /// The images of which nobody knows what they lose, by name.
    pub not_compared: Vec<NotCompared>,
    /// What neither tree tells of, by a name that something has for it: it breaks only limits of its
    /// own.
    pub untold: Vec<NotCompared>,
    /// The images of the newer tree that are left out by wish, by name.
    pub excluded: Vec<String>,
    /// What rests on less than was wished for, a sentence each.
    pub notices: Vec<String>,
    /// What would have cost less, the one that saves most first.
    pub advice: Vec<Advice>,
    /// Whether the cost is accepted.
    pub gate: Gate,
}

/// An image that one of the trees has, and of which the other does not tell what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCompared {
    /// Its name.
    pub image: String,
    /// Why; one of the [problems](Impact::problems).
    pub problem: Problem,
}

/// One image that the change is about.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageImpact {
    /// By what it is told from the others, and found in both trees.
    pub name: String,
    /// Its Dockerfile, from the repository's root; of a removed image where it was.
    pub dockerfile: String,
    /// Its context's directory, from the repository's root; `.` for the root itself.
    pub context: String,
    /// The stage that is built, where one is named.
    pub target: Option<String>,
    /// The file that names the image, from the repository's root: its Dockerfile, or a compose or
    /// bake file.
    pub origin: String,
    /// What happens to it.
    pub change: ImageChange,
    /// The image of the older tree that it goes on from, where that has another name.
    pub was_named: Option<String>,
    /// Another image of the newer tree that is built just so, so that this new one costs nothing.
    pub built_as: Option<String>,
    /// The steps of the newer plan in its order, each with its verdict; none of a removed image.
    pub steps: Vec<StepImpact>,
    /// Why steps run, each reason once, in the order of the steps where they begin.
    pub causes: Vec<RootCause>,
    /// Reasons for which steps would run that run for one of the causes already. They cost nothing,
    /// and are denied all the same.
    pub masked: Vec<RootCause>,
    /// Bytes of the context that COPY and ADD bring into the image more than before; negative where
    /// it is less. What other stages only pass on counts where their files are known.
    pub bytes_added: i64,
    /// A step of which nobody knows how many bytes it brings: it unpacks an archive that is not read.
    pub unknown_growth: Option<StepIndex>,
    /// What it adds up to.
    pub summary: ImpactSummary,
}

/// What happens to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageChange {
    /// It is built otherwise.
    Changed,
    /// The older tree does not have it.
    New,
    /// The newer tree does not have it.
    Removed,
}

/// One step of the newer plan.
#[derive(Debug, Clone, PartialEq)]
pub struct StepImpact {
    /// The step with its verdict, its cause and its seconds.
    pub forecast: StepForecast,
    /// Where its instruction stands.
    pub place: Place,
    /// Whether the seconds were measured on this machine; else they are typical of the command.
    pub is_measured: bool,
    /// Bytes of files that it brings more than its counterpart did.
    pub bytes_added: i64,
}

/// A reason why steps of an image run, and the steps that run for it.
#[derive(Debug, Clone, PartialEq)]
pub struct RootCause {
    /// The step where it lies.
    pub step: StepIndex,
    /// The reason. Files are named from the repository's root.
    pub kind: CauseKind,
    /// Whether another base image is the reason: by what it is, its name or its platform.
    pub is_base: bool,
    /// Where to look, the place at fault first: the files that changed, or the instruction's own
    /// lines; the instruction last.
    pub places: Vec<Place>,
    /// The steps that run for it, or may run, in order; FROM aside.
    pub lost: Vec<StepIndex>,
    /// What these take, each for itself, added up; what may run counts with its probability.
    pub seconds: Seconds,
}

/// A place in a file of the newer tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, from the repository's root.
    pub file: String,
    /// First and last line, counted from 1; `None` where the file is gone, is no text, or has no
    /// line of its own to blame.
    pub lines: Option<(u32, u32)>,
}

/// What the verdicts of an image add up to.
///
/// A build of the newer tree comes after one of the older tree on the same engine, and nothing
/// else was built there. All seconds are those of the longest path through the steps that run, as
/// branches run side by side.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ImpactSummary {
    /// Steps that are reused. FROM is not counted here and below.
    pub cached: usize,
    /// Steps that run again.
    pub rebuild: usize,
    /// Steps that run again or not by the output of another step.
    pub depends: usize,
    /// What the next build takes for the steps that are lost: 0 for a new image, which had none,
    /// and for a removed one. `depends` counts with its probability.
    pub seconds_lost: Seconds,
    /// How much less a build without any cache takes than before; all of it where the image is
    /// removed; 0 where it takes more.
    pub seconds_gained: Seconds,
    /// What a build of the newer tree takes without any cache; 0 for a removed image.
    pub seconds_full: Seconds,
    /// What a build of the older tree takes without any cache; 0 for a new image.
    pub seconds_full_before: Seconds,
    /// Whether all of the seconds that count were measured; else some are typical ones.
    pub is_measured: bool,
}

/// Which of the two trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TreeSide {
    /// The older one.
    Base,
    /// The newer one.
    Head,
}

/// Something that could not be read or planned. The other images are reported all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// In which tree.
    pub side: TreeSide,
    /// The file that is wrong, from the repository's root.
    pub file: String,
    /// Its line, where one is wrong.
    pub line: Option<u32>,
    /// The image that is not compared for it, where it is one.
    pub image: Option<String>,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
    /// Whether nothing is wrong with the file, and only a value is not at hand here that it asks
    /// for.
    pub lacks_value: bool,
}

/// How the same change could cost less.
#[derive(Debug, Clone, PartialEq)]
pub enum Advice {
    /// No command reads this changed file, and steps are lost for it: leave it out of the context.
    Exclude {
        /// The file, from the repository's root.
        file: String,
        /// The images that lose steps for it, by name.
        images: Vec<String>,
        /// The ignore files to write it into, from the repository's root; they may not be there
        /// yet.
        ignore_files: Vec<String>,
        /// The line to add to each.
        line: String,
        /// What the images lose for it, and for other such files that changed with it, added up.
        seconds: Seconds,
    },
    /// A rewrite of `smartbuild optimize` with which the change would have lost less.
    Rewrite {
        /// The images of the Dockerfile that lose less with it, by name; at least one.
        images: Vec<String>,
        /// The file with their instructions, from the repository's root.
        dockerfile: String,
        /// The line at which the rewrite begins.
        line: u32,
        /// The rewrite's id, such as `hoist-manifests`.
        id: &'static str,
        /// What it does, in a few words.
        title: String,
        /// What to write.
        patch: Patch,
        /// What this change would have lost less, in all of them.
        seconds: Seconds,
    },
}

/// A change of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patch {
    /// Unified diff of a file from the repository's root, for `git apply` or `patch -p1`.
    OfFile(String),
    /// Hunks of a Dockerfile whose lines are not those of the file that it stands in: they are to be
    /// written there by hand.
    ByHand(String),
}

impl Patch {
    /// The lines, as people read them.
    pub fn text(&self) -> &str {
        match self {
            Self::OfFile(text) | Self::ByHand(text) => text,
        }
    }
}

impl Impact {
    /// Keeps that an image cannot be compared, and why.
    pub(super) fn not_compared(&mut self, image: &str, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem.clone());
        }
        self.not_compared.push(NotCompared { image: image.to_owned(), problem });
    }

    /// What the next builds of all images take for the steps that are lost, added up.
    pub fn seconds_lost(&self) -> Seconds {
        self.images.iter().map(|image| image.summary.seconds_lost).sum()
    }

    /// Whether all seconds of the images that lose steps were measured.
    pub fn is_measured(&self) -> bool {
        self.images.iter().all(|image| !image.is_losing() || image.summary.is_measured)
    }

    /// How many steps run again for certain, in all images.
    pub fn steps_lost(&self) -> usize {
        self.images.iter().map(ImageImpact::steps_lost).sum()
    }
}

impl ImageImpact {
    /// How many steps run again for certain; none of a new image, which had none.
    pub fn steps_lost(&self) -> usize {
        if self.change == ImageChange::New { 0 } else { self.summary.rebuild }
    }

    /// Whether steps that were there before run again, or may.
    pub fn is_losing(&self) -> bool {
        self.change == ImageChange::Changed && self.summary.rebuild + self.summary.depends > 0
    }

    /// The steps as a forecast, as other commands report them.
    pub fn forecast(&self) -> Forecast {
        let steps = self.steps.iter().map(|step| step.forecast.clone()).collect();
        let is_guessed = |step: &&StepImpact| {
            !step.is_measured && step.forecast.verdict.share_that_runs() >= 0.5
        };
        let summary = crate::predict::Summary {
            untimed: self.steps.iter().filter(is_guessed).count(),
            cached: self.summary.cached,
            rebuild: self.summary.rebuild,
            depends: self.summary.depends,
            unknown: 0,
            seconds: self.summary.seconds_lost,
            seconds_full: self.summary.seconds_full,
            seconds_saved: self.summary.seconds_full.saturating_sub(self.summary.seconds_lost),
        };
        Forecast { steps, summary }
    }
}
