//! Flags that docker has and smartbuild does not honour yet.
//!
//! They are known, so that they are refused by name with a reason instead of with a guess at a
//! misspelling; and refused, because a flag that is ignored silently builds something else.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

/// Name, whether it takes a value, and what to do instead.
const FLAGS: &[(&str, bool, &str)] = &[
    ("allow", true, DOCKER),
    ("annotation", true, DOCKER),
    ("attest", true, DOCKER),
    ("builder", true, "smartbuild builds with the engine itself; use `docker buildx build`"),
    ("cache-to", true, DOCKER),
    ("call", true, DOCKER),
    ("check", false, DOCKER),
    ("cpu-period", true, CLASSIC),
    ("cpu-quota", true, CLASSIC),
    ("cpu-shares", true, CLASSIC),
    ("cpuset-cpus", true, CLASSIC),
    ("cpuset-mems", true, CLASSIC),
    ("disable-content-trust", false, CLASSIC),
    ("isolation", true, CLASSIC),
    ("memory", true, CLASSIC),
    ("memory-swap", true, CLASSIC),
    ("metadata-file", true, "--iidfile and --report write what was built"),
    ("output", true, "the image is stored in the engine; use `docker build --output`"),
    ("policy", true, DOCKER),
    ("provenance", true, DOCKER),
    ("push", false, "build first, then use `docker push`"),
    ("sbom", true, DOCKER),
    ("security-opt", true, CLASSIC),
    ("squash", false, CLASSIC),
    ("ssh", true, DOCKER),
];

/// What docker takes and `BuildKit` has no use for: there are no containers to remove, and nothing
/// to compress.
const WITHOUT_EFFECT: [&str; 3] = ["compress", "force-rm", "rm"];

const DOCKER: &str = "use `docker build` for builds that need it";
const CLASSIC: &str = "only the classic builder has it; use `DOCKER_BUILDKIT=0 docker build`";

/// Docker's one-letter names of the flags above.
const fn short(name: &str) -> Option<char> {
    match name.as_bytes() {
        b"output" => Some('o'),
        b"memory" => Some('m'),
        b"cpu-shares" => Some('c'),
        _ => None,
    }
}

/// Defines the flags, hidden, on every command that takes docker's.
pub(super) fn define(command: Command) -> Command {
    command.mut_subcommands(|command| {
        let hidden = |name| Arg::new(name).long(name).short(short(name)).hide(true);
        // `--rm=false` is as good docker as `--rm`.
        let switch = |name| {
            hidden(name)
                .action(ArgAction::Append)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
        };
        let refused = FLAGS.iter().map(|&(name, takes_value, _)| {
            if takes_value { hidden(name).action(ArgAction::Append) } else { switch(name) }
        });
        command.args(refused).args(WITHOUT_EFFECT.map(switch))
    })
}

/// The refusal of the first of them that was given.
pub(super) fn given(matches: &ArgMatches) -> Option<String> {
    let (name, _, instead) = FLAGS.iter().find(|(name, ..)| {
        matches.try_contains_id(name).is_ok_and(|known| known)
            && matches.value_source(name) == Some(ValueSource::CommandLine)
    })?;
    Some(format!("smartbuild does not support `--{name}` yet: {instead}"))
}
