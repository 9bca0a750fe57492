//! `go.mod` and `go.work`: the lines that lead to other directories.

/// What a module file or a workspace file says of directories.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ModuleFile {
    /// Whether it names a module.
    pub(super) has_module: bool,
    /// The members of a workspace.
    pub(super) uses: Vec<String>,
    /// The directories that stand in for modules.
    pub(super) replacements: Vec<String>,
}

/// Reads a file; a line that is not understood comes back with its number.
pub(super) fn parse(text: &str) -> Result<ModuleFile, (usize, String)> {
    let mut file = ModuleFile::default();
    let mut block: Option<String> = None;
    for (index, line) in text.lines().enumerate() {
        let odd = || (index + 1, line.trim().to_owned());
        let tokens = tokens(line).ok_or_else(odd)?;
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        match (tokens.as_slice(), &block) {
            ([], _) => {}
            ([")"], Some(_)) => block = None,
            ([verb, "("], None) => block = Some((*verb).to_owned()),
            (words, Some(verb)) => directive(&mut file, verb, words).ok_or_else(odd)?,
            ([verb, words @ ..], None) => directive(&mut file, verb, words).ok_or_else(odd)?,
        }
    }
    if block.is_some() {
        return Err((text.lines().count(), "a block without an end".to_owned()));
    }
    Ok(file)
}

fn directive(file: &mut ModuleFile, verb: &str, words: &[&str]) -> Option<()> {
    match (verb, words) {
        ("module", [_]) => file.has_module = true,
        ("use", [path]) => file.uses.push((*path).to_owned()),
        ("replace", [_, "=>", path] | [_, _, "=>", path]) => {
            file.replacements.push((*path).to_owned());
        }
        // A module, by its version, stands in for a module.
        ("replace", [_, "=>", _, _] | [_, _, "=>", _, _])
        | (
            "require" | "exclude" | "retract" | "go" | "toolchain" | "godebug" | "tool" | "ignore",
            _,
        ) => {}
        _ => return None,
    }
    Some(())
}

/// The words of a line without its comment; `None` where a quote is not understood.
fn tokens(line: &str) -> Option<Vec<String>> {
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with("//") {
        let end = match rest.chars().next()? {
            quote @ ('"' | '`') => {
                let inner = &rest[1..];
                let end = inner.find(quote)?;
                if inner[..end].contains('\\') {
                    return None;
                }
                tokens.push(inner[..end].to_owned());
                end + 2
            }
            bracket @ ('(' | ')') => {
                tokens.push(bracket.to_string());
                1
            }
            _ => {
                let is_end = |c: char| c.is_whitespace() || "()\"`".contains(c);
                let word = rest.find(is_end).unwrap_or(rest.len());
                let end = rest[..word].find("//").unwrap_or(word);
                tokens.push(rest[..end].to_owned());
                end
            }
        };
        rest = rest.get(end..)?.trim_start();
    }
    (!rest.starts_with("/*")).then_some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_found_in_every_spelling() {
        let text = "module example.com/a // a comment\n\ngo 1.22\ntoolchain go1.22.1\n\n\
                    require (\n\tx.org/a v1.0.0 // indirect\n\tx.org/b v1.0.0\n)\n\
                    replace x.org/a => ./a\nreplace \"x.org/b\" v1.0.0 => `../b` // why\n\
                    replace (\n\tx.org/c => /c\n\tx.org/d v1 => y.org/d v2\n)\n\
                    retract [v1.0.0, v1.2.0]\n";
        let file = parse(text).unwrap();
        assert_eq!(file.replacements, ["./a", "../b", "/c"]);
        assert!(file.has_module);
        let work = parse("go 1.22\nuse ./a\nuse (\n\t.\n\t\"./b c\"\n)\n").unwrap();
        assert_eq!(work.uses, ["./a", ".", "./b c"]);
    }

    #[test]
    fn odd_lines_are_named() {
        for (text, line) in [
            ("module a\nreplace a => b => c\n", 2),
            ("module a\nreplace a ./b\n", 2),
            ("\nsurprise ./x\n", 2),
            ("use \"./a\n", 1),
            ("use (\n./a\n", 2),
            ("module \"a\\nb\"\n", 1),
        ] {
            assert_eq!(parse(text).map_err(|(line, _)| line), Err(line), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_content_makes_it_panic(
            text in "(module|replace|use|=>|[ -~é\n]| |\n|\\(|\\)|\"|`|//|\\./a){0,30}",
        ) {
            let _ = parse(&text);
        }
    }
}
