//! A change of a file that no build has seen before and that changes nothing else.

use crate::context::ContextPath;

/// How a text is edited so that it still means what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// A last line that is a comment, between these marks.
    Comment(&'static str, &'static str),
    /// A first member of a JSON object.
    Member,
    /// A last line of prose.
    Prose,
}

/// Marks of comments, by the endings of names.
const COMMENTS: &[(&[&str], Edit)] = &[
    (&["py", "rb", "sh", "bash", "pl", "pm", "r", "jl", "ex", "exs"], Edit::Comment("# ", "")),
    (
        &[
            "rs", "go", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "c", "h", "cc",
            "cpp", "cxx", "hpp", "java", "kt", "scala", "swift", "cs", "dart", "groovy", "proto",
            "zig", "scss", "less",
        ],
        Edit::Comment("// ", ""),
    ),
    (&["css"], Edit::Comment("/* ", " */")),
    (&["sql", "lua", "hs", "elm"], Edit::Comment("-- ", "")),
    (&["html", "htm", "vue", "svelte"], Edit::Comment("<!-- ", " -->")),
    (&["erl", "tex"], Edit::Comment("% ", "")),
    (&["clj", "cljs", "lisp", "el"], Edit::Comment("; ", "")),
];

/// Endings of the names of documentation.
const DOCUMENTATION: &[(&[&str], Edit)] = &[
    (&["md", "markdown"], Edit::Comment("<!-- ", " -->")),
    (&["rst", "adoc", "asciidoc"], Edit::Prose),
];

/// Manifests, by their whole names: those whose tools take a comment or a member of their own.
const MANIFESTS: &[(&[&str], Edit)] = &[
    (&["package.json", "composer.json"], Edit::Member),
    (&["go.mod"], Edit::Comment("// ", "")),
    (
        &["pyproject.toml", "Cargo.toml", "Gemfile", "Pipfile", "environment.yml"],
        Edit::Comment("# ", ""),
    ),
];

impl Edit {
    /// How source code is edited; `None` where it is not known how a comment is written.
    pub fn of_source(path: &ContextPath) -> Option<Self> {
        by_ending(COMMENTS, path)
    }

    /// How documentation is edited; `None` where the name does not say that it is that.
    pub fn of_documentation(path: &ContextPath) -> Option<Self> {
        by_ending(DOCUMENTATION, path)
    }

    /// How a manifest of dependencies is edited.
    pub fn of_manifest(path: &ContextPath) -> Option<Self> {
        let name = name(path);
        let is_requirements =
            name.strip_suffix(".txt").is_some_and(|it| it.starts_with("requirements"));
        if is_requirements {
            return Some(Self::Comment("# ", ""));
        }
        let known = MANIFESTS.iter().find(|(names, _)| names.contains(&&*name));
        known.map(|(_, edit)| *edit)
    }

    /// The text with a change that bears `salt`, a word of letters, digits and dashes. `None` where
    /// it is not the kind of text that its name says.
    pub fn apply(self, text: &[u8], salt: &str) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(text).ok()?;
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let edited = match self {
            Self::Comment(open, close) => format!("{text}{end}{open}{salt}{close}\n"),
            Self::Prose => format!("{text}{end}\n{salt}\n"),
            Self::Member => {
                let object = text.trim_start().strip_prefix('{')?;
                let comma = if object.trim_start().starts_with('}') { "" } else { "," };
                let lead = &text[..text.len() - object.len()];
                format!("{lead}\n  \"x-smartbuild-bench\": \"{salt}\"{comma}{object}")
            }
        };
        Some(edited.into_bytes())
    }

    /// What it does to a file, for people.
    pub const fn said(self) -> &'static str {
        match self {
            Self::Comment(..) => "appends a comment to",
            Self::Member => "adds a member to",
            Self::Prose => "appends a line to",
        }
    }
}

fn by_ending(table: &[(&[&str], Edit)], path: &ContextPath) -> Option<Edit> {
    let name = name(path);
    let (_, ending) = name.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    table.iter().find(|(endings, _)| endings.contains(&&*ending)).map(|(_, edit)| *edit)
}

/// The last component.
pub(super) fn name(path: &ContextPath) -> String {
    let path = path.to_string();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn applied(edit: Option<Edit>, text: &str) -> String {
        String::from_utf8(edit.unwrap().apply(text.as_bytes(), "salt-1").unwrap()).unwrap()
    }

    #[test]
    fn a_source_gets_a_comment_in_its_own_language() {
        let source = |name: &str| Edit::of_source(&ContextPath::new(name));
        assert_eq!(applied(source("src/app.py"), "print(1)"), "print(1)\n# salt-1\n");
        assert_eq!(applied(source("src/main.RS"), "fn main() {}\n"), "fn main() {}\n// salt-1\n");
        assert_eq!(applied(source("a.css"), ""), "/* salt-1 */\n");
        assert_eq!(source("Makefile"), None);
        assert_eq!(source("logo.png"), None);
    }

    #[test]
    fn a_manifest_stays_one() {
        let manifest = |name: &str| Edit::of_manifest(&ContextPath::new(name));
        let package = applied(manifest("web/package.json"), "{ \"name\": \"shop\" }\n");
        let package: serde_json::Value = serde_json::from_str(&package).unwrap();
        assert_eq!(
            (&package["name"], &package["x-smartbuild-bench"]),
            (&"shop".into(), &"salt-1".into())
        );
        let empty: serde_json::Value =
            serde_json::from_str(&applied(manifest("package.json"), "\n{}")).unwrap();
        assert_eq!(empty["x-smartbuild-bench"], "salt-1");
        assert_eq!(Edit::Member.apply(b"[]", "salt"), None);
        assert_eq!(applied(manifest("requirements-dev.txt"), "flask"), "flask\n# salt-1\n");
        // A comment would make a lock file another one, or none.
        assert_eq!(manifest("package-lock.json"), None);
    }

    #[test]
    fn what_is_no_text_is_left_alone() {
        assert_eq!(Edit::Prose.apply(b"\xff\xfe", "salt"), None);
    }
}
