//! What holds for every text.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::expand::{NoVariables, Options, expand, expand_words};
use super::super::{Dockerfile, parse_trigger};

/// Texts of a Dockerfile's own words, so that the odd corners are met often.
fn soup() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "FROM a",
        "RUN ",
        "COPY ",
        "ENV ",
        "ONBUILD ",
        "HEALTHCHECK ",
        "--mount=",
        "--from=",
        "--",
        "type=secret,id=",
        "<<E",
        "<<-'E'",
        "\nE\n",
        "E",
        "\n",
        "\r\n",
        "\\\n",
        "\\",
        "`",
        "# c\n",
        "# escape=`\n",
        "\u{feff}",
        " ",
        "\t",
        "\"",
        "'",
        "[\"a\"]",
        "[",
        "]",
        "=",
        "$",
        "${A",
        "}",
        "é",
        "à",
        "\u{85}",
        "\u{a0}",
        "\u{2161}",
        "A=1",
        "CMD ",
        "x",
        ",",
    ]);
    vec(words, 0..24).prop_map(|words| words.concat())
}

/// A Dockerfile that is right, with all the freedom that its lines have.
fn dockerfile() -> impl Strategy<Value = (String, usize)> {
    let instruction = prop::sample::select(vec![
        "FROM alpine AS Base",
        "run echo \\\n\n  # c\n  b",
        "COPY --from=a b c",
        "ENV A=1 \\\n B=2",
        "RUN <<E\n# body\nE",
        "COPY <<-A <<B /d\n\tx\n\tA\nB",
        "  LABEL a \"b c\"",
        "CMD [\"x\"]",
        "ONBUILD RUN x",
        "\tUSER u ",
        "HEALTHCHECK NONE",
        "ARG X",
    ]);
    let between = vec(prop::sample::select(vec!["", "# comment", "  \t", "#escape=x"]), 0..3);
    let head = prop::sample::select(vec!["", "\u{feff}", "# syntax=x\n", "\u{feff}#escape=\\\n\n"]);
    let tail = prop::sample::select(vec!["", "\n", "\n\n# end"]);
    let newline = prop::sample::select(vec!["\n", "\r\n"]);
    (head, vec((instruction, between), 0..8), tail, newline).prop_map(
        |(head, lines, tail, newline)| {
            let mut text = format!("{head}FROM first");
            for (instruction, between) in &lines {
                for line in between.iter().chain([instruction]) {
                    text.push('\n');
                    text.push_str(line);
                }
            }
            text.push_str(tail);
            (text.replace('\n', newline), lines.len() + 1)
        },
    )
}

proptest! {
    #[test]
    fn printing_gives_back_what_was_parsed((text, count) in dockerfile()) {
        let dockerfile = Dockerfile::parse("Dockerfile", &text).expect("it is right");
        prop_assert_eq!(dockerfile.to_string(), text);
        prop_assert_eq!(dockerfile.instructions().len(), count);
        let in_stages: usize =
            dockerfile.stages().map(|stage| stage.instructions.len() + 1).sum();
        prop_assert_eq!(in_stages + dockerfile.global_args().len(), count);
    }

    #[test]
    fn parsing_never_panics_and_places_are_in_the_text(text in prop_oneof![soup(), any::<String>()]) {
        for text in [text.clone(), format!("FROM a\n{text}")] {
            match Dockerfile::parse("Dockerfile", &text) {
                Ok(dockerfile) => {
                    prop_assert_eq!(dockerfile.to_string(), text.clone());
                    for instruction in dockerfile.instructions() {
                        prop_assert!(text.get(instruction.span.start..instruction.span.end).is_some());
                        prop_assert!(instruction.line <= instruction.last_line);
                    }
                }
                Err(error) => {
                    prop_assert!(text.get(error.span().start..error.span().end).is_some());
                    let report = format!("{:?}", miette::Report::new(error));
                    prop_assert!(!report.is_empty());
                }
            }
        }
        let _ = parse_trigger(&text);
    }

    #[test]
    fn expansion_never_panics(text in prop_oneof![soup(), any::<String>()], flags in any::<[bool; 4]>()) {
        let [raw_quotes, raw_escapes, skip_unset, skip_quotes] = flags;
        let options = Options { raw_quotes, raw_escapes, skip_unset, skip_quotes };
        let _ = expand(&text, '\\', &NoVariables, options);
        let _ = expand_words(&text, '`', &NoVariables, options);
    }

    #[test]
    fn words_without_marks_expand_to_themselves(word in "[a-z0-9/._=:-]{0,20}") {
        let expansion = expand(&word, '\\', &NoVariables, Options::default());
        prop_assert_eq!(expansion.map(|expansion| expansion.text), Ok(word));
    }
}
