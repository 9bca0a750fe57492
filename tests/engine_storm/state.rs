//! Everything about a project that a build sees.

use crate::draw::Draw;
use crate::options::Options;
use crate::recipe::Recipe;
use crate::settings::Features;
use crate::tree::Tree;

/// Variants of the base image; each is the one before with a line more, or has other layers.
pub const BASES: usize = 6;

/// The files, the Dockerfiles, the base image and the options that stay from build to build.
#[derive(Debug, Clone)]
pub struct State {
    pub tree: Tree,
    /// Of the same context.
    pub recipes: [Recipe; 2],
    /// Lines of each ignore file; none where there is no such file.
    pub ignore: [Vec<String>; 2],
    /// Which variant of the base image its tag names.
    pub base: usize,
    pub options: Options,
}

/// That of the context, and that of the second Dockerfile alone.
pub const IGNORE_FILES: [&str; 2] = [".dockerignore", "other.Dockerfile.dockerignore"];

const PATTERNS: &[&str] = &[
    "*.txt",
    "src",
    "**/a",
    "!src/a",
    "!b.txt",
    "*",
    "!src",
    "!lib/**",
    "**/*.py",
    "a*",
    "lib/*",
    "# a comment",
    "",
    "Dockerfile",
    ".dockerignore",
    "!**/.hidden",
    "/x-y",
    "*/b.txt",
];

impl State {
    pub fn random(draw: &mut Draw, features: Features) -> Self {
        let tree = Tree::random(draw);
        let recipes = ["Dockerfile", "other.Dockerfile"]
            .map(|name| Recipe::random(draw, name, &tree, features));
        let ignore = [40, 10].map(|percent| {
            let lines = if draw.percent(percent) { draw.between(1, 3) } else { 0 };
            (0..lines).map(|_| ignore_line(draw)).collect()
        });
        let base = draw.weighted(&[(6, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]);
        let options = Options::random(draw, features);
        Self { tree, recipes, ignore, base, options }
    }

    /// Nothing at all, as a new directory has it.
    pub fn empty(&self) -> Self {
        let no_recipe = |recipe: &Recipe| Recipe {
            name: recipe.name.clone(),
            head: Vec::new(),
            stages: Vec::new(),
        };
        Self {
            tree: Tree::default(),
            recipes: [no_recipe(&self.recipes[0]), no_recipe(&self.recipes[1])],
            ignore: [Vec::new(), Vec::new()],
            ..self.clone()
        }
    }

    /// Each ignore file by its name, where it is there.
    pub fn ignore_texts(&self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        let text = |lines: &Vec<String>| (!lines.is_empty()).then(|| lines.join("\n") + "\n");
        IGNORE_FILES.into_iter().zip(&self.ignore).map(move |(name, lines)| (name, text(lines)))
    }

    pub fn recipe(&self) -> &Recipe {
        &self.recipes[self.options.recipe]
    }

    /// The base image's Dockerfile, on a file `salt`.
    pub fn base_text(&self) -> String {
        let mut text = "FROM busybox:local\nCOPY salt /salt\nRUN mkdir -p /d /out && \
                        for f in f1 f2 f3; do echo $f > /out/$f; echo $f > /d/$f; done; \
                        ln -s f1 /out/link; chmod -R 777 /d /out\n"
            .to_owned();
        text.push_str(match self.base {
            1 => "LABEL variant=1\n",
            2 => "ENV BASE=2 A=7\nWORKDIR /d\nUSER 0\n",
            3 => "RUN echo another layer > /out/layer\n",
            4 => "ONBUILD RUN echo triggered\nONBUILD COPY . /triggered/\n",
            5 => "SHELL [\"/bin/sh\", \"-ec\"]\nENV BASE=5\n",
            _ => "",
        });
        text
    }
}

pub fn ignore_line(draw: &mut Draw) -> String {
    draw.pick(PATTERNS).to_owned()
}
