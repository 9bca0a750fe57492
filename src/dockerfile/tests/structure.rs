//! Lines, continuation, comments, stages and what stands between.

use super::super::{Dockerfile, Span};
use super::{parse, run, shell};

fn texts(dockerfile: &Dockerfile) -> Vec<&str> {
    dockerfile.instructions().iter().map(|instruction| instruction.text.as_str()).collect()
}

#[test]
fn continuation_lines_join_without_comments_and_blank_lines() {
    let table = [
        ("RUN a \\\n  b", "a   b"),
        ("RUN a\\\nb", "ab"),
        ("RUN a \\\n# why\n  # indented too\n  b", "a   b"),
        ("RUN a \\\n\n   \t\n  b", "a   b"),
        ("RUN a \\  \t\n  b", "a   b"),
        ("RUN a \\\n  b \\", "a   b"),
        ("RUN a \\\n  b \\\n", "a   b"),
        ("RUN a \\\\\nRUN b", "b"),
        ("RUN   a  'b   c'  \t ", "a  'b   c'"),
        ("RUN a # not a comment", "a # not a comment"),
        ("RUN a && \\\r\n    b\r\n", "a &&     b"),
        ("\\\nRUN a", "a"),
        ("run a", "a"),
        ("RuN\ta", "a"),
    ];
    for (text, command) in table {
        assert_eq!(run(text), shell(command), "{text:?}");
    }
}

#[test]
fn the_text_is_the_joined_line_as_the_engine_shows_it() {
    let dockerfile =
        parse("  from a AS b  \nRUN  --network=none x \\\n  # c\n  y\nCOPY <<E /d\nx\nE\n");
    assert_eq!(texts(&dockerfile), ["from a AS b", "RUN  --network=none x   y", "COPY <<E /d"]);
}

#[test]
fn spans_and_lines_say_where_an_instruction_stands() {
    let text = "# c\n\n  FROM a\nRUN x \\\n  y\n\nCOPY <<E /d\nx\nE\nUSER u";
    let dockerfile = parse(text);
    let places: Vec<_> = dockerfile
        .instructions()
        .iter()
        .map(|i| (i.line, i.last_line, &text[i.span.start..i.span.end]))
        .collect();
    assert_eq!(
        places,
        [
            (3, 3, "FROM a"),
            (4, 5, "RUN x \\\n  y"),
            (7, 9, "COPY <<E /d\nx\nE"),
            (10, 10, "USER u"),
        ]
    );
    let Span { start, end } = dockerfile.instructions()[2].heredocs[0].span;
    assert_eq!(&text[start..end], "x\n");
}

#[test]
fn stages_begin_at_from_and_global_arguments_stand_before() {
    let dockerfile = parse("ARG A\nARG B=1\nFROM x\nRUN a\nFROM x AS Two\nFROM two\nRUN b\nRUN c");
    assert_eq!(dockerfile.global_args().len(), 2);
    let stages: Vec<_> = dockerfile
        .stages()
        .map(|stage| (stage.index, stage.name(), stage.instructions.len()))
        .collect();
    assert_eq!(stages, [(0, None, 1), (1, Some("Two"), 0), (2, None, 2)]);
}

#[test]
fn directives_stand_only_at_the_top() {
    let dockerfile = parse(
        "\u{feff}# Syntax = docker/dockerfile:1 \n#escape=`\r\n# check=skip=all\nFROM a\nRUN x `\n y\\\nUSER u",
    );
    let directives: Vec<_> = dockerfile
        .directives()
        .iter()
        .map(|directive| (directive.name.as_str(), directive.value.as_str()))
        .collect();
    assert_eq!(
        directives,
        [("syntax", "docker/dockerfile:1"), ("escape", "`"), ("check", "skip=all")]
    );
    assert_eq!(dockerfile.escape(), '`');
    assert_eq!(dockerfile.syntax(), Some("docker/dockerfile:1"));
    assert_eq!(texts(&dockerfile), ["FROM a", "RUN x  y\\", "USER u"]);
}

#[test]
fn what_is_not_a_directive_ends_them() {
    for text in
        ["# comment\n# escape=`\nFROM a", "\n# escape=`\nFROM a", "# other=1\n# escape=`\nFROM a"]
    {
        let dockerfile = parse(text);
        assert_eq!(dockerfile.directives(), [], "{text:?}");
        assert_eq!(dockerfile.escape(), '\\');
    }
}

#[test]
fn the_text_comes_back_byte_for_byte() {
    for text in [
        "FROM a",
        "\u{feff}# syntax=x\r\n\r\nFROM a\r\nRUN <<-E\r\n\tx\r\n\tE\r\n  # end\r\n\r\n",
        "ARG A\n\\\nFROM a\nRUN b \\\n",
    ] {
        assert_eq!(parse(text).to_string(), text);
    }
}
