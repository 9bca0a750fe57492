//! The commits of one repository, each image of them built and compared.

use std::{collections::BTreeSet, path::Path};

use anyhow::Result;

use super::{
    AgreeArgs,
    checkout::{Checkout, Pair},
    figures::{self, Tally},
    forecast::{Forecast, Image, Program, Said, Told},
    foreseen,
    kept::Kept,
    reason, short,
    trial::{Outcome, Trial},
};
use crate::{engine::Engine, ui};

/// One repository.
pub(super) struct Replay<'a> {
    /// What is asked for.
    pub(super) args: &'a AgreeArgs,
    /// What it is called.
    pub(super) name: &'a str,
    /// What builds.
    pub(super) engine: &'a Engine,
    /// What forecasts.
    pub(super) program: &'a Program<'a>,
    /// Its commits and files.
    pub(super) checkout: &'a Checkout,
    /// For what is written down between checkout and engine.
    pub(super) scratch: &'a Path,
}

impl Replay<'_> {
    /// Builds and compares all of it; what is wrong is added to the list.
    ///
    /// # Errors
    ///
    /// When the engine cannot be talked to or files cannot be written.
    pub(super) fn run(&self, kept: &mut Kept, wrong: &mut Vec<String>) -> Result<Tally> {
        let pairs = self.checkout.pairs(&self.args.from, self.args.commits)?;
        let mut tally = Tally::default();
        let mut forecasts = Vec::new();
        for pair in &pairs {
            match self.program.impact(self.checkout.repository(), pair) {
                Ok(forecast) => forecasts.push((pair, forecast)),
                Err(error) => tally.leave_out(&format!("impact fails: {}", last_line(&error))),
            }
        }
        let (mut images, mut commits) = (BTreeSet::new(), BTreeSet::new());
        let Some(newest) = pairs.last() else { return Ok(tally) };
        let names = self.checkout.file_names(&newest.after)?;
        for told in self.images(newest, &mut tally)? {
            let image = &told.image;
            let foreseen = foreseen::of(told.names(), &names);
            let mut trial = Trial::new(self.engine, self.checkout, self.scratch, foreseen);
            for (pair, forecast) in &forecasts {
                let Some(steps) = verdicts(forecast, image, &mut tally) else { continue };
                let key = [self.name, &pair.before, &pair.after, &image.dockerfile, &image.context];
                let done = kept.get_or(&key, || trial.build(pair, image))?;
                let done = match done {
                    Outcome::Built(done) => done,
                    Outcome::NotBuilt(message) => {
                        tally.leave_out(&reason::of(&message));
                        let commit = short(&pair.after);
                        let line = format!("{} {commit} {}: {message}", self.name, image.name);
                        ui::note(ui::dim(line));
                        continue;
                    }
                };
                let (compared, faults) = figures::compare(steps.as_deref(), &done);
                tally.builds += 1;
                tally.unchanged += usize::from(steps.is_none());
                tally.steps += compared;
                images.insert(image.clone());
                commits.insert(&pair.after);
                let again = self.again(pair, image);
                wrong.extend(faults.into_iter().map(|fault| format!("{fault}\n    {again}")));
            }
        }
        tally.repositories = usize::from(tally.builds > 0);
        (tally.images, tally.commits) = (images.len(), commits.len());
        Ok(tally)
    }

    /// The images that the newest commit has: all are new beside a commit of no files.
    fn images(&self, newest: &Pair, tally: &mut Tally) -> Result<Vec<Told>> {
        let whole = Pair { before: self.checkout.empty_commit()?, after: newest.after.clone() };
        match self.program.impact(self.checkout.repository(), &whole) {
            Ok(forecast) => {
                let wanted = self.args.dockerfile.as_ref();
                let is_wanted =
                    |it: &Told| wanted.is_none_or(|it_is| *it_is == it.image.dockerfile);
                Ok(forecast.images.into_iter().filter(is_wanted).collect())
            }
            Err(error) => {
                tally.leave_out(&format!("impact fails on all files: {}", last_line(&error)));
                Ok(Vec::new())
            }
        }
    }

    /// What to add to the command to see it again.
    fn again(&self, pair: &Pair, image: &Image) -> String {
        format!(
            "--repository {} --from {} --commits 1 --dockerfile {}",
            self.name, pair.after, image.dockerfile
        )
    }
}

/// The verdicts of an image that both commits have; `Some(None)` where it is built as before.
#[allow(clippy::option_option, reason = "nothing to compare is not the same as nothing lost")]
fn verdicts(
    forecast: &Forecast,
    image: &Image,
    tally: &mut Tally,
) -> Option<Option<Vec<(String, String)>>> {
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
