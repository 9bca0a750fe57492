//! What people see where a Dockerfile is wrong.

use miette::{GraphicalReportHandler, GraphicalTheme};

use super::super::expand::{NoVariables, Options, expand};
use super::super::{Dockerfile, Error, InstructionKind};

fn error(text: &str) -> Error {
    match Dockerfile::parse("Dockerfile", text) {
        Ok(_) => panic!("it was accepted: {text}"),
        Err(error) => error,
    }
}

fn render(text: &str) -> String {
    let mut page = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(90)
        .render_report(&mut page, &error(text))
        .expect("a String takes everything");
    page
}

#[test]
fn errors_name_the_line_and_what_is_wrong() {
    let table = [
        ("", "Dockerfile:1: the file has no instructions"),
        ("# only\n", "Dockerfile:1: the file has no instructions"),
        ("FROM a\n# \0\nRUN x\0y", "Dockerfile:3: the instruction has a null byte"),
        ("\0\0", "Dockerfile:1: the instruction has a null byte"),
        ("ARG A\n", "Dockerfile:1: the file has no FROM, so there is no stage to build"),
        ("ARG A\nRUN x\n", "Dockerfile:2: RUN before the first FROM"),
        ("# escape=x\nFROM a", "Dockerfile:1: `x` cannot be the escape character"),
        ("#check=a\n#Check=b\nFROM a", "Dockerfile:2: only one check parser directive can be used"),
        ("FROM a\nCOPY --form=b c d", "Dockerfile:2: COPY has no flag `--form`"),
        ("FROM a\nUSER --x y", "Dockerfile:2: USER has no flag `--x`"),
        ("FROM a\nCOPY --from b c", "Dockerfile:2: `--from` needs a value"),
        ("FROM a\nCOPY --from=a --from=b c d", "Dockerfile:2: `--from` is given twice"),
        ("FROM a\nADD --link=maybe c d", "Dockerfile:2: `maybe` is not a value for `--link`"),
        ("FROM a\nADD --link= c d", "Dockerfile:2: `` is not a value for `--link`"),
        ("FROM a\nRUN --network=x y", "Dockerfile:2: `x` is not a value for `--network`"),
        ("FROM a\nRUN --security=x y", "Dockerfile:2: `x` is not a value for `--security`"),
        ("FROM a\nRUN --device=a,b y", "Dockerfile:2: `b` must be a key=value pair"),
        (
            "FROM a\nCOPY b",
            "Dockerfile:2: COPY requires at least two arguments, a source and the destination",
        ),
        ("FROM a\nWORKDIR", "Dockerfile:2: WORKDIR requires exactly one argument"),
        ("FROM a\nEXPOSE", "Dockerfile:2: EXPOSE requires at least one argument"),
        ("FROM a b", "Dockerfile:1: FROM requires either one argument or three, `IMAGE AS NAME`"),
        ("FROM a AS 1b", "Dockerfile:1: `1b` cannot be a stage's name"),
        ("FROM a\nRUN [1]", "Dockerfile:2: the JSON array of RUN has something other than strings"),
        ("FROM a\nSHELL sh -c", "Dockerfile:2: SHELL requires its arguments as a JSON array"),
        ("FROM a\nSHELL []", "Dockerfile:2: SHELL requires at least one argument"),
        ("FROM a\nENV A=1 \\\n  B", "Dockerfile:3: `B` has no `=`"),
        ("FROM a\nENV A", "Dockerfile:2: ENV must have two arguments, a name and a value"),
        ("FROM a\nLABEL =1", "Dockerfile:2: LABEL has a name that is blank"),
        ("FROM a\nVOLUME [\"\"]", "Dockerfile:2: VOLUME has a path that is empty"),
        ("FROM a\nCOPY a <<E\nE", "Dockerfile:2: COPY cannot have a heredoc as its destination"),
        ("FROM a\nHEALTHCHECK X y", "Dockerfile:2: HEALTHCHECK has no form `X`"),
        ("FROM a\nHEALTHCHECK NONE x", "Dockerfile:2: HEALTHCHECK NONE takes no arguments"),
        ("FROM a\nHEALTHCHECK CMD", "Dockerfile:2: HEALTHCHECK CMD has no command"),
        (
            "FROM a\nHEALTHCHECK --interval=1ns CMD x",
            "Dockerfile:2: `1ns` is not a value for `--interval`",
        ),
        (
            "FROM a\nHEALTHCHECK --retries=-1 CMD x",
            "Dockerfile:2: `-1` is not a value for `--retries`",
        ),
        ("FROM a\nONBUILD FROM b", "Dockerfile:2: FROM isn't allowed as an ONBUILD trigger"),
        (
            "FROM a\nONBUILD ONBUILD RUN x",
            "Dockerfile:2: ONBUILD isn't allowed as an ONBUILD trigger",
        ),
        (
            "FROM a\nONBUILD COPY b",
            "Dockerfile:2: COPY requires at least two arguments, a source and the destination",
        ),
        (
            "FROM a\nRUN --mount=type=cash,target=/x y",
            "Dockerfile:2: unsupported mount type `cash`",
        ),
        (
            "FROM a\nRUN --mount=from=$A y",
            "Dockerfile:2: `from` of a mount doesn't support variables",
        ),
        (
            "FROM a\nRUN --mount=type=cache,required y",
            "Dockerfile:2: unexpected key `required` for a mount of type `cache`",
        ),
        (
            "FROM a\nRUN --mount=type=bind,mode=1 y",
            "Dockerfile:2: unexpected key `mode` for a mount of type `bind`",
        ),
        (
            "FROM a\nRUN --mount=type=secret y",
            "Dockerfile:2: a secret mount needs one of id, source or target",
        ),
        ("FROM a\nRUN --mount=type=cache,uid=me y", "Dockerfile:2: invalid value `me` for `uid`"),
        (
            "FROM a\nRUN --mount=a\\\"b y",
            "Dockerfile:2: `a\"b` is not a line of comma-separated values",
        ),
    ];
    for (text, message) in table {
        assert_eq!(error(text).to_string(), message, "{text:?}");
    }
    let long = format!("FROM a\nRUN {}", "x".repeat(65532));
    assert_eq!(error(&long).to_string(), "Dockerfile:2: the line is longer than 65535 bytes");
    // The line itself is not shown.
    assert!(miette::Diagnostic::source_code(&error(&long)).is_none());
}

#[test]
fn the_line_is_the_one_with_the_words() {
    let error = error(
        "FROM a\n\nRUN --mount=type=cache,target=/c \\\n    --mount=type=cache,tagret=/d \\\n    x\n",
    );
    assert_eq!(error.line(), 4);
    assert_eq!(error.name(), "Dockerfile");
}

#[test]
fn whole_words_are_pointed_at_before_parts_of_others() {
    let text = "FROM a\nENV AB=B1 B";
    let span = error(text).span();
    assert_eq!((&text[span.start..span.end], span.start), ("B", text.len() - 1));
}

#[test]
fn errors_that_show_later_stand_in_the_file_too() {
    let dockerfile = Dockerfile::parse("ci/Dockerfile", "FROM a\nCOPY b \\\n  ${DIR:?tell}\n")
        .expect("it is right");
    let copy = &dockerfile.instructions()[1];
    let InstructionKind::Copy(transfer) = &copy.kind else { panic!("not a COPY") };
    let unset = expand(&transfer.destination, '\\', &NoVariables, Options::default())
        .expect_err("DIR is not set");
    let error = dockerfile.error_in(copy, unset, &transfer.destination);
    assert_eq!(error.to_string(), "ci/Dockerfile:3: DIR: tell");
    assert_eq!(error.line(), 3);
}

#[test]
fn a_misspelt_instruction() {
    insta::assert_snapshot!(render("FROM alpine\nRUN true\nCOYP . /app\n"));
}

#[test]
fn an_unknown_flag() {
    insta::assert_snapshot!(render("FROM alpine\nCOPY --form=build \\\n    a b\n"));
}

#[test]
fn a_heredoc_that_does_not_end() {
    insta::assert_snapshot!(render("FROM alpine\nRUN <<EOF\nset -e\n  EOF\n"));
}

#[test]
fn an_instruction_before_from() {
    insta::assert_snapshot!(render("ARG VERSION=3\nRUN echo $VERSION\nFROM alpine:$VERSION\n"));
}

#[test]
fn a_mount_with_a_misspelt_key() {
    insta::assert_snapshot!(render(
        "FROM alpine\nRUN --mount=type=cache,tagret=/root/.cache \\\n    make\n"
    ));
}

#[test]
fn a_trigger_that_is_wrong() {
    insta::assert_snapshot!(render("FROM alpine\nONBUILD \\\n  RUN --mont=type=ssh git clone\n"));
}
