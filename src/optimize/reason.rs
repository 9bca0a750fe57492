//! Why a rewrite is refused, in words for the author of the Dockerfile.

use crate::context::ContextPath;

/// Why an install is left where it is. Every message says what is in the way, and what to do
/// about it where something can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// A rewrite that builds the same and would have made past builds slower.
    #[error(
        "`{title}` is left out, as it builds the same and would make builds no quicker: over \
         {past} a build takes {before} s without it, and {after} s with it"
    )]
    Slower {
        /// What the rewrite does.
        title: String,
        /// The builds that were made again.
        past: String,
        /// Seconds a build without it.
        before: String,
        /// Seconds a build with it.
        after: String,
    },
    /// A `# syntax=` line names another frontend than Docker's own.
    #[error("`# syntax={0}` brings a frontend whose rules are not known here, so nothing is moved")]
    ForeignSyntax(String),
    /// An instruction stands between the COPY and the install.
    #[error(
        "{keyword} stands between the COPY on line {copy} and the install on line {install} and \
         may matter to it; move it above the COPY or below the install"
    )]
    Between {
        /// The instruction's keyword.
        keyword: &'static str,
        /// The COPY's line.
        copy: u32,
        /// The install's line.
        install: u32,
    },
    /// A part of the command is not an install that is understood.
    #[error(
        "`{0}` is not an install that is understood here and may read the copied files; give the \
         install a RUN of its own"
    )]
    Command(String),
    /// An option that reads or writes files, or is not known.
    #[error("{tool}'s option `{text}` may read or write other files, so the install stays")]
    Option {
        /// The tool.
        tool: &'static str,
        /// The option with its value.
        text: String,
    },
    /// The install needs the project's sources.
    #[error(
        "{place} has `{text}`, which installs from the project's own files, so the install needs \
         them; keep it in a second install after the COPY"
    )]
    NeedsSources {
        /// `the command`, or a manifest with its line.
        place: String,
        /// What is written there.
        text: String,
    },
    /// A script of the project or of a package that the tool runs as it installs.
    #[error(
        "{tool} runs `{script}` of {place} as it installs, which may read the copied files, so \
         the install needs them; run it in a step of its own after the COPY"
    )]
    Script {
        /// The tool.
        tool: &'static str,
        /// The manifest or the package that has the script.
        place: String,
        /// Which.
        script: String,
    },
    /// The manifests lie in more directories than there may be lines for.
    #[error(
        "the install reads manifests in {0} directories, which are too many for a COPY line each; \
         bring them with `COPY --parents`"
    )]
    Scattered(usize),
    /// The install builds the project itself besides its packages.
    #[error(
        "`{said}` also installs the project itself from its sources ({place}); install its packages \
         alone first, with `{option}`, and the project after the COPY"
    )]
    Project {
        /// The command, for people.
        said: &'static str,
        /// The manifest that says so.
        place: String,
        /// The option that leaves the project out.
        option: &'static str,
    },
    /// A command, or something that it is told to do, that works on the project itself.
    #[error(
        "`{text}` reads the project's own files, so it cannot stand above their COPY; {instead}"
    )]
    ReadsProject {
        /// What is written.
        text: String,
        /// What to do instead.
        instead: &'static str,
    },
    /// A line of a manifest, or an argument, that is not understood.
    #[error("{place} has `{text}`, which is not understood, so the install stays")]
    NotUnderstood {
        /// `the command`, or a manifest with its line.
        place: String,
        /// What is written there.
        text: String,
    },
    /// The COPY does not bring a manifest.
    #[error(
        "the manifest `{file}` is not among what the COPY on line {copy} brings: it is \
         missing, ignored, or made by an earlier step"
    )]
    MissingManifest {
        /// Where the install expects it in the image.
        file: String,
        /// The COPY's line.
        copy: u32,
    },
    /// A manifest is a symbolic link or something else that is no regular file.
    #[error("the manifest `{0}` is no regular file; copy the file itself")]
    IrregularManifest(ContextPath),
    /// A manifest cannot be read.
    #[error("cannot read the manifest `{file}`: {reason}")]
    UnreadableManifest {
        /// Which.
        file: ContextPath,
        /// What the system says.
        reason: String,
    },
    /// A manifest has a name that COPY would read as something else.
    #[error(
        "the manifest `{0}` has a name that a COPY line cannot say plainly; rename it \
         without blanks, quotes and wildcards"
    )]
    ManifestName(ContextPath),
    /// Several sources of the COPY bring a file to the same place.
    #[error("several sources of the COPY write `/{0}`, so it is not plain which one is installed")]
    WrittenTwice(ContextPath),
    /// A source of the COPY that is not understood.
    #[error("the source `{0}` is not followed here; name files and directories of the context")]
    Source(String),
    /// A flag of the COPY that changes what it brings.
    #[error("the flag `{0}` changes what is copied in a way that is not followed here")]
    Flag(String),
    /// The destination of the COPY as written cannot be said again.
    #[error("the destination `{0}` cannot be written plainly; write it without blanks and quotes")]
    DestinationText(String),
    /// The COPY writes where the install reads or writes.
    #[error(
        "the COPY on line {copy} writes to `{place}`, where {tool} itself may read or write; copy \
         the project into a directory of its own, such as /app"
    )]
    Destination {
        /// The tool.
        tool: &'static str,
        /// The COPY's line.
        copy: u32,
        /// Where.
        place: String,
    },
    /// A copied file that the tool reads.
    #[error("the COPY brings `{file}`, which {tool} may read or write; keep it out of the context")]
    Reads {
        /// The tool.
        tool: &'static str,
        /// The file, as the context has it.
        file: ContextPath,
    },
    /// A copied file that lies where the install writes.
    #[error(
        "the COPY brings `{file}` to where {tool} installs, so what is there in the end depends \
         on their order; keep it out of the context"
    )]
    Written {
        /// The tool.
        tool: &'static str,
        /// The file, as the context has it.
        file: ContextPath,
    },
    /// A variable of the environment leads the tool to the copied files.
    #[error(
        "the environment variable {name} leads to the copied files or changes what {tool} does, \
         so the install may depend on them"
    )]
    Environment {
        /// The tool.
        tool: &'static str,
        /// Which.
        name: String,
    },
    /// An earlier step may have told the tool to look at the copied files.
    #[error(
        "`{text}` may tell {tool} where to look for files, so it is not plain what the install \
         reads; give such settings as options of the install"
    )]
    Configured {
        /// The tool.
        tool: &'static str,
        /// The earlier instruction.
        text: String,
    },
    /// `python -m pip` with modules in the working directory.
    #[error(
        "`python -m pip` also imports from the working directory, into which the COPY brings \
         `{0}`; call `pip install` instead"
    )]
    Interpreter(ContextPath),
    /// A mount of the RUN that reads the context or lies over the copied files.
    #[error("the mount `{0}` may show the install other files, so it stays")]
    Mount(String),
    /// The working directory is not known.
    #[error(
        "the base image's working directory is not known here; set WORKDIR to an absolute path, \
         or build once so that the image is known"
    )]
    UnknownDirectory,
    /// Two steps touch the same place.
    #[error(
        "the step on line {step} reads or writes `{place}`, as the {keyword} on line {other} does, \
         so they keep their order"
    )]
    Meets {
        /// The later step's line.
        step: u32,
        /// The earlier one's keyword.
        keyword: &'static str,
        /// The earlier one's line.
        other: u32,
        /// Where.
        place: String,
    },
    /// A step may read a variable of its environment.
    #[error(
        "`{text}` may read the variable {name}, so its ARG stays above; if it does not, move the ARG \
         below it"
    )]
    MayRead {
        /// The step.
        text: String,
        /// The variable.
        name: String,
    },
    /// An ARG without a value, so that nobody knows what another value does.
    #[error(
        "{name} has no value here, and with one every RUN below its ARG runs again for each new value; \
         give `--build-arg {name}=…` to have it moved down where that changes nothing"
    )]
    NotGiven {
        /// The argument.
        name: String,
    },
    /// The command is run by a shell that is not known.
    #[error("`{0}` is not a shell that is understood here, so the install stays")]
    Shell(String),
    /// The first commands of a RUN leave something in the shell for those behind them.
    #[error(
        "the commands of this RUN share the state of one shell (`{0}`), so they are not taken apart; \
         give the install a RUN of its own"
    )]
    ShellState(String),
    /// The last commands of a RUN take away what the first ones leave.
    #[error(
        "the RUN cleans up behind its install (`{0}`), and what it takes away would stay in the \
         image if the install had a RUN of its own; install in an earlier stage and copy from it"
    )]
    CleansUp(String),
    /// A cache that the image, or a later step, has today.
    #[error(
        "{tool} leaves its cache in {place}, which the image or a later step has today; a cache mount \
         would be quicker when packages change, and take it away from there, so it is not added"
    )]
    KeptCache {
        /// The tool.
        tool: &'static str,
        /// Where.
        place: String,
    },
    /// A step may compare the times of files that one COPY brings today.
    #[error(
        "`{text}` may compare the times of the files that line {copy} copies; with a COPY each they \
         could have them from two builds, so they stay together"
    )]
    ComparesTimes {
        /// The step.
        text: String,
        /// The COPY's line.
        copy: u32,
    },
    /// The plan of the result is not as it must be.
    #[error("the rewritten order did not keep its promise when it was planned, so it is dropped")]
    NotProven,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_says_what_is_in_the_way() {
        let path = || ContextPath::new("requirements.txt");
        let reasons = [
            Reason::Slower {
                title: "Copy a.txt first".into(),
                past: "the last 50 commits".into(),
                before: "4.0".into(),
                after: "4.1".into(),
            },
            Reason::ForeignSyntax("example.com/frontend".into()),
            Reason::Between { keyword: "ENV", copy: 3, install: 5 },
            Reason::Command("ls".into()),
            Reason::Option { tool: "pip", text: "--target lib".into() },
            Reason::NeedsSources { place: "requirements.txt:2".into(), text: "-e .".into() },
            Reason::Script {
                tool: "npm",
                place: "package.json".into(),
                script: "postinstall".into(),
            },
            Reason::Scattered(60),
            Reason::Project {
                said: "poetry install",
                place: "pyproject.toml".into(),
                option: "--no-root",
            },
            Reason::ReadsProject { text: "go get ./...".into(), instead: "run it below" },
            Reason::NotUnderstood { place: "the command".into(), text: "a b".into() },
            Reason::MissingManifest { file: "/app/requirements.txt".into(), copy: 3 },
            Reason::IrregularManifest(path()),
            Reason::UnreadableManifest { file: path(), reason: "permission denied".into() },
            Reason::ManifestName(ContextPath::new("my file.txt")),
            Reason::WrittenTwice(ContextPath::new("app/requirements.txt")),
            Reason::Source("$SOURCE".into()),
            Reason::Flag("--exclude".into()),
            Reason::DestinationText("/app/a b/".into()),
            Reason::Destination { tool: "pip", copy: 3, place: "/etc".into() },
            Reason::Reads { tool: "pip", file: ContextPath::new("pip.conf") },
            Reason::Written { tool: "npm", file: ContextPath::new("node_modules/a/index.js") },
            Reason::Environment { tool: "pip", name: "PYTHONPATH".into() },
            Reason::Configured { tool: "pip", text: "RUN pip config set a b".into() },
            Reason::Interpreter(ContextPath::new("app.py")),
            Reason::Mount("type=bind,target=/x".into()),
            Reason::UnknownDirectory,
            Reason::Meets { step: 5, keyword: "COPY", other: 3, place: "/etc".into() },
            Reason::MayRead { text: "RUN make".into(), name: "GIT_SHA".into() },
            Reason::NotGiven { name: "GIT_SHA".into() },
            Reason::Shell("pwsh -c".into()),
            Reason::ShellState("umask 7".into()),
            Reason::CleansUp("rm".into()),
            Reason::KeptCache { tool: "pip", place: "/root/.cache/pip".into() },
            Reason::ComparesTimes { text: "RUN make".into(), copy: 3 },
            Reason::NotProven,
        ];
        let said: Vec<_> = reasons.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(said.join("\n"));
    }
}
