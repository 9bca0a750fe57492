//! One project: built, changed, built again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::change::{self, Deed};
use crate::disk::{self, Salt};
use crate::draw::Draw;
use crate::found::Found;
use crate::options;
use crate::settings::{Features, Settings};
use crate::state::State;
use crate::tally::{Allowances, Tally, judge, unlike};
use crate::workshop::{TestEngine, Workshop, json};

/// How often a state is drawn anew that the program refuses to build.
const TRIES: usize = 5;

/// A project on its own base image.
pub struct Trial<'a> {
    settings: &'a Settings,
    engine: &'a TestEngine,
    features: Features,
    number: u64,
    shop: Workshop,
    salt: Salt,
    /// The variant of the base image that was made last.
    base: Option<usize>,
    /// Whether others may have built since the engine last forgot all: by what it knows an image
    /// then, nobody can tell, where it knows images by their manifests.
    has_others: bool,
    /// The variants of the base image that there were; of one alone nothing is doubted for others.
    bases: BTreeSet<usize>,
    found: Found,
    tally: Tally,
    wrong: Vec<String>,
}

/// What a build is made and judged by besides its state.
struct Chance<'a> {
    /// What `predict` said.
    predicted: &'a Output,
    /// Whether a directory has another mode than before some build of the project.
    has_other_modes: bool,
    /// Whether the build may be left out where nothing changed.
    may_leave_out: bool,
    /// Whether another client built just before.
    other_client: bool,
}

/// How a project went.
pub struct Result {
    pub tally: Tally,
    /// All disagreements, each with what is needed to run it again.
    pub wrong: Vec<String>,
}

impl<'a> Trial<'a> {
    pub fn new(settings: &'a Settings, engine: &'a TestEngine, number: u64) -> Self {
        let shop = Workshop::new(engine);
        let text = shop.salt().rsplit('-').next().unwrap_or_default().to_owned();
        let base = shop.image_name("base");
        shop.remove_at_the_end(&format!("{base}-image"));
        shop.remove_at_the_end(&format!("{base}-other"));
        Self {
            settings,
            engine,
            features: Features::of_project(&engine.version, number),
            number,
            salt: Salt { text, base },
            shop,
            base: None,
            has_others: false,
            bases: BTreeSet::new(),
            found: Found::default(),
            tally: Tally::default(),
            wrong: Vec::new(),
        }
    }

    pub fn run(mut self) -> Result {
        let mut draw = Draw::new(self.settings.seed, self.number);
        let mut on_disk = State::random(&mut draw, self.features).empty();
        if self.engine.version.ends_with("containerd") {
            self.has_others = true;
            if self.settings.may_prune {
                self.prepare(Deed::Prune, &on_disk);
            }
        }
        let mut history: Vec<State> = Vec::new();
        for round in 0..=self.settings.rounds {
            let deed = change::deed(&mut draw, self.settings);
            if !history.is_empty() {
                self.prepare(deed, &on_disk);
            }
            let mut tries = 0;
            let (state, told, words, predicted) = loop {
                let (state, told) = match history.last() {
                    None => (State::random(&mut draw, self.features), vec!["the beginning".into()]),
                    Some(_) => change::next(&mut draw, &history, self.features),
                };
                let once = options::once(&mut draw, state.recipe());
                let words = [state.options.words(state.recipe()), once].concat();
                let words: Vec<String> = words.iter().map(|word| self.salt.fill(word)).collect();
                disk::write(&self.shop.context(), &on_disk, &state, &self.salt);
                on_disk.clone_from(&state);
                self.make_base(&state);
                let predicted = self.program(&["predict", "--format", "json"], &words);
                // What is refused teaches nothing, and is rarely worth a build.
                tries += 1;
                if predicted.status.success() || tries == TRIES {
                    break (state, told, words, predicted);
                }
            };
            let told = format!("{}; {deed:?} before", told.join("; "));
            let may_leave_out = draw.percent(50);
            let before = history.last().unwrap_or(&state);
            let has_other_modes =
                history.iter().any(|old| old.tree.directory_modes_differ(&state.tree));
            let other_client =
                deed == Deed::OtherClient || (self.has_others && self.bases.len() > 1);
            let predicted = &predicted;
            let chance = Chance { predicted, has_other_modes, may_leave_out, other_client };
            let is_good = self.round(round, &state, before, &told, &words, &chance);
            // What cannot be built is mostly mended at once.
            if is_good || draw.percent(25) {
                history.push(state);
            }
        }
        Result { tally: self.tally, wrong: self.wrong }
    }

    /// Builds and compares; gives whether the build succeeded.
    fn round(
        &mut self,
        round: usize,
        state: &State,
        before: &State,
        told: &str,
        words: &[String],
        chance: &Chance<'_>,
    ) -> bool {
        let report = self.shop.beside("report.json");
        drop(std::fs::remove_file(&report));
        let image = format!("{}-image", self.salt.base);
        let report_path = report.to_str().expect("a path in UTF-8").to_owned();
        let mut of_build =
            vec!["build", "--progress", "plain", "-t", &image, "--report", &report_path];
        if !chance.may_leave_out {
            of_build.push("--no-shortcut");
        }
        let built = self.program(&of_build, words);
        self.tally.builds += 1;
        if !built.status.success() {
            self.tally.failed += 1;
            if self.settings.tells_all {
                let said = String::from_utf8_lossy(&built.stderr);
                eprintln!("project {} round {round} fails: {said}", self.number);
            }
        }
        if report.exists() {
            let report = json(&report);
            if let Some(id) = report["image"].as_str() {
                self.shop.remove_at_the_end(id);
            }
            if self.settings.tells_all {
                let words = words.join(" ");
                eprintln!("project {} round {round}, {told}, {words}:", self.number);
                eprint!("{}", all_steps(&report));
            }
            // The engine's copies of named contexts are not followed that closely.
            let may_be_another = self.settings.jobs > 1 || self.features.has_context;
            let doubtful_directories =
                !self.features.is_new || (may_be_another && chance.has_other_modes);
            let other_modes = chance.has_other_modes;
            let secrets_mount_the_stage_below = self.features.secrets_mount_the_stage_below;
            let allowed = Allowances {
                doubtful_directories,
                other_modes,
                other_client: chance.other_client,
                secrets_mount_the_stage_below,
            };
            // Of a build that was left out the engine said nothing.
            let mut wrong = if report["shortcut"] == true {
                self.tally.left_out += 1;
                Vec::new()
            } else {
                judge(&report, state.recipe(), allowed, &self.found, &mut self.tally)
            };
            self.found.learn(&report);
            if let Ok(predicted) = serde_json::from_slice::<Value>(&chance.predicted.stdout) {
                wrong.extend(unlike(&predicted, &report, &mut self.tally));
            }
            if !wrong.is_empty() {
                self.tell(round, state, before, told, words, &wrong);
            }
        }
        built.status.success()
    }

    fn program(&self, command: &[&str], words: &[String]) -> Output {
        let mut program = self.shop.command();
        program.args(command).args(words).arg(".").stdin(Stdio::null());
        program.output().expect("the program runs")
    }

    /// Gives the base image's tag to the state's variant.
    fn make_base(&mut self, state: &State) {
        if self.base == Some(state.base) {
            return;
        }
        let place = self.shop.beside("base");
        std::fs::create_dir_all(&place).expect("a directory");
        std::fs::write(place.join("salt"), &self.salt.text).expect("a file");
        std::fs::write(place.join("Dockerfile"), state.base_text()).expect("a Dockerfile");
        let build = || {
            let mut program = self.shop.command();
            program.args(["build", "-q", "-t", &self.salt.base]).arg(&place).stdin(Stdio::null());
            program.output().expect("the program runs")
        };
        // With containerd's store what a prune left may be collected while a build puts its image
        // together, which then fails.
        let first = build();
        let made = if first.status.success() { first } else { build() };
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        self.shop.remove_at_the_end(String::from_utf8_lossy(&made.stdout).trim());
        self.base = Some(state.base);
        self.bases.insert(state.base);
    }

    fn prepare(&mut self, deed: Deed, state: &State) {
        let context = self.shop.context();
        let context = context.to_str().expect("a path in UTF-8");
        match deed {
            Deed::None => {}
            Deed::OtherClient => {
                let image = format!("{}-other", self.salt.base);
                let mut words = vec!["build".into(), "-q".into(), "-t".into(), image];
                let options = state.options.words(state.recipe());
                words.extend(options.iter().map(|word| self.salt.fill(word)));
                let place = words.iter().position(|word| word == "-f").map(|it| it + 1);
                if let Some(place) = place {
                    words[place] = format!("{context}/{}", words[place]);
                }
                words.push(context.to_owned());
                // It may fail as ours did.
                drop(self.docker(&words));
                self.has_others = self.engine.version.ends_with("containerd");
            }
            Deed::Prune => {
                let pruned = self.docker(&["builder".into(), "prune".into(), "-af".into()]);
                assert!(pruned.status.success(), "{pruned:?}");
                self.has_others = false;
            }
        }
    }

    /// The engine's own client.
    fn docker(&self, words: &[String]) -> Output {
        let xtask = Path::new(env!("CARGO_BIN_EXE_smartbuild")).with_file_name("xtask");
        let mut command = Command::new(&xtask);
        command.args(["engine", "cli", &self.engine.version, "-H", &self.engine.host]).args(words);
        command.env("DOCKER_BUILDKIT", "1").stdin(Stdio::null());
        command.current_dir(self.shop.context());
        command.output().unwrap_or_else(|error| panic!("{}: {error}", xtask.display()))
    }

    /// Keeps a disagreement with all that is needed to see it again.
    fn tell(
        &mut self,
        round: usize,
        state: &State,
        before: &State,
        told: &str,
        words: &[String],
        wrong: &[String],
    ) {
        let mut text = String::new();
        let Settings { seed, keep, .. } = self.settings;
        let (engine, number) = (&self.engine.version, self.number);
        writeln!(text, "engine {engine}, seed {seed}, project {number}, round {round}")
            .expect("text");
        for line in wrong {
            writeln!(text, "  {line}").expect("text");
        }
        writeln!(text, "  changed: {told}").expect("text");
        writeln!(text, "  built with: {}", words.join(" ")).expect("text");
        let recipes = [("before", before), ("after", state)];
        for (word, state) in recipes {
            let recipe = &state.recipes[state.options.recipe.min(1)];
            writeln!(text, "  {word}, {}:", recipe.name).expect("text");
            for line in recipe.text().lines() {
                writeln!(text, "    | {line}").expect("text");
            }
            writeln!(text, "    .dockerignore {:?}, base {}", state.ignore, state.base)
                .expect("text");
        }
        writeln!(
            text,
            "  again: cargo xtask storm --engine {engine} --seed {seed} --project {number}"
        )
        .expect("text");
        if let Some(keep) = keep {
            let place = keep.join(format!("{engine}-{seed}-{number}-{round}"));
            self.leave(&place, before, state, &text);
            writeln!(text, "  states: {}", place.display()).expect("text");
        }
        eprint!("{text}");
        self.wrong.push(text);
    }

    fn leave(&self, place: &PathBuf, before: &State, after: &State, text: &str) {
        drop(std::fs::remove_dir_all(place));
        for (word, state) in [("before", before), ("after", after)] {
            let root = place.join(word);
            std::fs::create_dir_all(&root).expect("a directory to keep it in");
            disk::write(&root, &state.empty(), state, &self.salt);
        }
        std::fs::write(place.join("told"), text).expect("a file");
    }
}

/// Every step with what was said and what happened.
fn all_steps(report: &Value) -> String {
    let steps = report["steps"].as_array().into_iter().flatten();
    let line = |step: &Value| {
        let [name, verdict, actual] = ["name", "verdict", "actual"].map(|field| &step[field]);
        format!("  {name} {verdict} {actual} {}\n", step["cause"])
    };
    steps.map(line).collect()
}
