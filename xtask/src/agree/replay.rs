//! The commits of one repository, each image of them built and compared.

use std::{collections::BTreeSet, path::Path};

use anyhow::Result;

use super::{
    AgreeArgs,
    checkout::{Checkout, Pair},
    figures::{self, Tally},
    forecast::{Forecast, Image, Program, Said, Step, Told},
    foreseen,
    kept::Kept,
    reason, short,
    site::Site,
    trial::{Outcome, Trial},
};
use crate::ui;

/// One repository.
pub(super) struct Replay<'a> {
    /// What is asked for.
    pub(super) args: &'a AgreeArgs,
    /// What it is called.
    pub(super) name: &'a str,
    /// Where it is built.
    pub(super) site: &'a Site,
    /// What forecasts.
    pub(super) program: &'a Program<'a>,
    /// Its commits and files.
    pub(super) checkout: &'a Checkout,
    /// For what is written down between checkout and engine.
    pub(super) scratch: &'a Path,
}

impl Replay<'_> {
    /// Builds and compares all of it.
    ///
    /// # Errors
    ///
    /// When the engine cannot be talked to or files cannot be written.
    pub(super) fn run(&self, kept: &mut Kept) -> Result<Tally> {
        let pairs = self.checkout.pairs(&self.args.from, self.args.commits)?;
        let mut tally = Tally::default();
        let Some(newest) = pairs.last() else { return Ok(tally) };
        let repository = self.checkout.repository();
        let of_all = ask(&pairs, &mut tally, |pair| self.program.impact(repository, pair));
        let files = self.checkout.file_names(&newest.after)?;
        for told in self.images(newest, &mut tally)? {
            let image = &told.image;
            let foreseen = foreseen::of(told.names(), &files);
            let trial = Trial::new(self.site, self.checkout, self.scratch, foreseen);
            if image.is_plain() {
                self.build(image, trial, &of_all, kept, &mut tally)?;
            } else {
                let alone = |pair: &Pair| self.program.impact_alone(repository, pair, image);
                let alone = ask(&pairs, &mut tally, alone);
                self.build(image, trial, &alone, kept, &mut tally)?;
            }
        }
        tally.repositories = usize::from(tally.builds > 0);
        Ok(tally)
    }

    /// Builds and compares one image.
    fn build(
        &self,
        image: &Image,
        mut trial: Trial<'_>,
        forecasts: &[(&Pair, Forecast)],
        kept: &mut Kept,
        tally: &mut Tally,
    ) -> Result<()> {
        let builds_before = tally.builds;
        for (pair, forecast) in forecasts {
            let Some(steps) = verdicts(forecast, image, tally) else { continue };
            match kept.get_or(&self.key(pair, image), || trial.build(pair, image))? {
                Outcome::Built(done) => {
                    let (compared, faults) = figures::compare(steps.as_deref(), &done);
                    tally.builds += 1;
                    tally.unchanged += usize::from(steps.is_none());
                    tally.steps += compared;
                    tally.commits.insert(pair.after.clone());
                    let again = self.again(pair, image);
                    tally.wrong.extend(faults.into_iter().map(|it| format!("{it}\n    {again}")));
                }
                Outcome::NotBuilt(message) => {
                    tally.leave_out(&reason::of(&message));
                    let commit = short(&pair.after);
                    let line = format!("{} {commit} {}: {message}", self.name, image.name);
                    ui::note(ui::dim(line));
                }
            }
        }
        tally.images += usize::from(tally.builds > builds_before);
        Ok(())
    }

    /// The images that the newest commit has, as all are new beside a commit of no files; of those
    /// that are built alike here, one.
    fn images(&self, newest: &Pair, tally: &mut Tally) -> Result<Vec<Told>> {
        let whole = Pair { before: self.checkout.empty_commit()?, after: newest.after.clone() };
        let mut images = match self.program.impact(self.checkout.repository(), &whole) {
            Ok(forecast) => forecast.images,
            Err(error) => {
                tally.leave_out(&format!("impact fails on all files: {}", last_line(&error)));
                Vec::new()
            }
        };
        let wanted = self.args.dockerfile.as_ref();
        let mut seen = BTreeSet::new();
        images.retain(|told| {
            let (dockerfile, context, target) = told.image.recipe();
            let recipe = [dockerfile, context, target.unwrap_or_default()].map(str::to_owned);
            wanted.is_none_or(|wanted| wanted == dockerfile) && seen.insert(recipe)
        });
        Ok(images)
    }

    /// What tells a build from all others.
    fn key<'k>(&'k self, pair: &'k Pair, image: &'k Image) -> Vec<&'k str> {
        let (dockerfile, context, target) = image.recipe();
        let key = [self.name, &pair.before, &pair.after, dockerfile, context];
        key.into_iter().chain(target).collect()
    }

    /// What to add to the command to see it again.
    fn again(&self, pair: &Pair, image: &Image) -> String {
        format!(
            "--repository {} --from {} --commits 1 --dockerfile {}",
            self.name, pair.after, image.dockerfile
        )
    }
}

/// What the program says of each pair of which it says anything.
fn ask<'p>(
    pairs: &'p [Pair],
    tally: &mut Tally,
    impact: impl Fn(&Pair) -> Result<Forecast>,
) -> Vec<(&'p Pair, Forecast)> {
    let mut forecasts = Vec::new();
    for pair in pairs {
        match impact(pair) {
            Ok(forecast) => forecasts.push((pair, forecast)),
            Err(error) => tally.leave_out(&format!("impact fails: {}", last_line(&error))),
        }
    }
    forecasts
}

/// The verdicts of an image that both commits have; `Some(None)` where it is built as before.
#[allow(clippy::option_option, reason = "nothing to compare is not the same as nothing lost")]
fn verdicts(forecast: &Forecast, image: &Image, tally: &mut Tally) -> Option<Option<Vec<Step>>> {
    match forecast.of(image) {
        None => Some(None),
        Some(Said::Steps(steps)) => Some(Some(steps)),
        Some(Said::OneSided) => {
            tally.leave_out("only one of the commits has the image");
            None
        }
        Some(Said::Problem(message)) => {
            tally.leave_out(&format!("impact says: {message}"));
            None
        }
    }
}

fn last_line(error: &anyhow::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim().to_owned()
}
