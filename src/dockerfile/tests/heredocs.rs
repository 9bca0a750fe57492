//! Here-documents.

use super::super::{Heredoc, HeredocMark, InstructionKind};
use super::{last, parse, run, shell};

/// Name, body, whether it expands, whether tabs go.
fn heredocs(text: &str) -> Vec<(String, String, bool, bool)> {
    let part =
        |heredoc: Heredoc| (heredoc.name, heredoc.content, heredoc.expand, heredoc.strip_tabs);
    last(text).heredocs.into_iter().map(part).collect()
}

#[test]
fn delimiters_are_read_as_the_engine_reads_them() {
    let table = [
        ("RUN <<E\nE", "E", "", true, false),
        ("RUN cat <<E >f\na\nE", "E", "a\n", true, false),
        ("RUN <<E\n\ta\n E\nE\n", "E", "\ta\n E\n", true, false),
        ("RUN <<-E\n\ta\n\t\tE\n", "E", "\ta\n", true, true),
        ("RUN <<'E'\n$a\nE", "E", "$a\n", false, false),
        ("RUN <<\"E\"\na\nE", "E", "a\n", false, false),
        ("RUN <<-\"E\"\na\nE", "E", "a\n", false, true),
        ("RUN <<e'o'f\na\neof", "eof", "a\n", false, false),
        ("RUN <<eo\\'f\na\neo'f", "eo'f", "a\n", true, false),
        ("RUN <<'one two'\na\none two", "one two", "a\n", false, false),
        ("RUN <<$E\n$E", "$E", "", true, false),
        ("RUN <<  E  > f\nE", "E", "", true, false),
        ("RUN <<E python3\n# no comment\n\nE", "E", "# no comment\n\n", true, false),
        ("RUN <<E\na \\\nE", "E", "a \\\n", true, false),
        ("RUN <<E\r\na\r\nE\r\n", "E", "a\r\n", true, false),
        ("COPY <<a.txt /d\nx\na.txt", "a.txt", "x\n", true, false),
        ("ADD <<E /d\nx\nE", "E", "x\n", true, false),
        ("RUN --mount=type=tmpfs,target=/t <<E\nx\nE", "E", "x\n", true, false),
        ("ONBUILD RUN <<E\nx\nE", "E", "x\n", true, false),
    ];
    for (text, name, content, expand, strip_tabs) in table {
        let expected = [(name.to_owned(), content.to_owned(), expand, strip_tabs)];
        assert_eq!(heredocs(text), expected, "{text:?}");
    }
}

#[test]
fn several_heredocs_follow_one_another() {
    let read = heredocs("COPY <<X <<Y /dest\nY\nX\nX\nY\n");
    let bodies: Vec<_> =
        read.iter().map(|(name, body, ..)| (name.as_str(), body.as_str())).collect();
    assert_eq!(bodies, [("X", "Y\n"), ("Y", "X\n")]);
    assert_eq!(last("RUN 3<<A cat <<B\na\nA\nb\nB").heredocs[0].file_descriptor, 3);
}

#[test]
fn what_looks_like_a_heredoc_and_is_none() {
    for text in [
        "RUN \"<<E\"",
        "RUN '<<E'",
        "RUN [\"<<E\"]",
        "RUN cat <<<E",
        "RUN echo $((1<<2)) # it's",
        "RUN <<- E",
        "CMD <<E",
        "ENV A=<<E",
    ] {
        assert_eq!(heredocs(text), [], "{text:?}");
    }
}

#[test]
fn heredocs_are_no_sources_and_no_part_of_the_command() {
    let copy = last("COPY <<E a.txt /d\nx\nE");
    let InstructionKind::Copy(transfer) = copy.kind else { panic!("not a COPY") };
    assert_eq!(transfer.sources, ["a.txt"]);
    assert_eq!(copy.heredocs.len(), 1);
    assert_eq!(run("RUN <<E cat\nx\nE"), shell("<<E cat"));
    assert_eq!(parse("FROM a\nRUN <<E\nRUN x\nE\nUSER u").instructions().len(), 3);
}

#[test]
fn a_whole_command_can_be_told_from_one_that_has_a_heredoc() {
    assert_eq!(HeredocMark::parse("<<E cat"), None);
    for command in ["<<E", "3<<-'E'", "<< E"] {
        assert_eq!(HeredocMark::parse(command).expect(command).name, "E");
    }
    for command in ["", "E", "<<", "<<-", "<E", "<<<E", "<<'E"] {
        assert_eq!(HeredocMark::parse(command), None, "{command:?}");
    }
}

#[test]
fn stripped_bodies_lose_leading_tabs_only() {
    let heredoc = &last("RUN <<-E\n\t\ta\tb\n \tc\n\n\tE").heredocs[0];
    assert_eq!(heredoc.body(), "a\tb\n \tc\n\n");
}
