//! COPY and ADD: what they say, and which files they read.

use serde_json::json;

use super::chmod::octal;
use super::convert::StageState;
use super::draft::Fetches;
use super::environment::Value;
use super::error::Problem;
use super::expansion::Words;
use super::owner::one_spelling;
use super::request::Dialect;
use super::secret;
use super::selection::Selector;
use crate::context::ContextPath;
use crate::dockerfile::{Instruction, Transfer};

/// An expanded COPY or ADD.
#[derive(Debug, Default)]
pub(super) struct ExpandedTransfer {
    /// What counts of the instruction itself, canonical.
    pub(super) value: String,
    /// The local sources, in order.
    pub(super) selectors: Vec<Selector>,
    /// The bodies of its heredocs, in order.
    pub(super) bodies: Vec<String>,
    /// Whether a source is a URL or a git repository.
    pub(super) remote: bool,
    /// Whether nobody but the engine can tell what one of these holds: those without a checksum.
    pub(super) is_open: bool,
    /// `value` with what it says of remote content left out, where there is any.
    pub(super) fetched: Option<String>,
    /// Where it writes, absolute; a trailing slash means a directory.
    pub(super) destination: String,
    /// `--chown`.
    pub(super) chown: Option<String>,
    /// Whether `--link` counts: the engine can merge layers, and does so where no `--chmod` stands
    /// beside it (`copy-link-chmod-left-out`).
    pub(super) merges: bool,
    /// `--chmod` where it counts, octal numbers without leading zeros.
    pub(super) chmod: Option<String>,
}

impl ExpandedTransfer {
    pub(super) fn fetches(&self) -> Option<Fetches> {
        let is_open = self.is_open;
        self.fetched.clone().map(|value| Fetches { value, is_open })
    }
}

/// Expands `transfer` in the stage's state.
///
/// Of a source only its base name counts, of the destination all (`copy-dest-change`,
/// `copy-source-renamed-same-content`); the number and the order of sources count too.
pub(super) fn expand(
    instruction: &Instruction,
    transfer: &Transfer,
    is_add: bool,
    state: &StageState,
    words: Words,
    dialect: Dialect,
) -> Result<ExpandedTransfer, Problem> {
    let word = |text: &String| words.expand(text, &state.environment);
    let optional = |text: &Option<String>| text.as_ref().map(word).transpose();
    let chown = optional(&transfer.chown)?.filter(|owner| !owner.is_empty());
    // A number counts as such: 0755 is 755.
    let written = optional(&transfer.chmod)?.filter(|mode| !mode.is_empty());
    let merges = transfer.link && dialect.merges && written.is_none();
    let chmod = written.and_then(|mode| match octal(&mode) {
        Some(bits) => Some(format!("{bits:o}")),
        None => Some(mode).filter(|_| dialect.symbolic_modes_count),
    });
    let checksum = optional(&transfer.checksum)?;
    let exclude = transfer.exclude.iter().map(word).collect::<Result<Vec<_>, _>>()?;
    let destination = absolute(&state.directory, &word(&transfer.destination)?);

    let mut expanded = ExpandedTransfer { destination, merges, ..ExpandedTransfer::default() };
    let mut actions = Vec::new();
    let mut fetched = Vec::new();
    for written in &transfer.sources {
        let Value { text: source, took_secret } = words.value(written, &state.environment)?;
        if is_add && is_remote(&source) {
            expanded.remote = true;
            let is_certain = checksum.is_some() && is_http(&source) && !may_be_git(&source);
            expanded.is_open |= !is_certain;
            let name = file_name(&source).unwrap_or_else(|| source.clone());
            // With a checksum the engine looks at nothing else but the name that the file gets
            // (`source/http`).
            let said = if is_certain { &name } else { &source };
            let kept = secret::counted(said, took_secret);
            // What is not asked for is the default of both.
            let unpack = transfer.unpack.filter(|&is_asked| is_asked);
            let keep_git_dir = transfer.keep_git_dir.filter(|&is_asked| is_asked);
            actions.push(leaving_out(
                json!({
                    "remote": kept, "checksum": checksum, "keep_git_dir": keep_git_dir,
                    "unpack": unpack,
                }),
                &exclude,
            ));
            let kept = secret::counted(&name, took_secret);
            fetched.push(leaving_out(json!({ "fetched": kept, "unpack": unpack }), &exclude));
            continue;
        }
        let (path, include) = if transfer.parents {
            let (pivot, pattern) = source.split_once("/./").unwrap_or(("", &source));
            // A pattern that names nothing of its own takes everything.
            (clean(pivot), Some(clean(pattern)).filter(|one| !one.is_empty()).into_iter().collect())
        } else {
            (clean(&source), Vec::new())
        };
        let base = path.rsplit('/').next().unwrap_or_default().to_owned();
        actions.push(json!({
            "source": base, "include": include, "exclude": exclude,
            "unpack": transfer.unpack.unwrap_or(is_add),
        }));
        expanded.selectors.push(Selector {
            path,
            wildcard: true,
            include,
            exclude: exclude.clone(),
            required: true,
            counts_base_names: dialect.patterns_count_base_names,
            follows_all_links: dialect.patterns_follow_all_links,
        });
    }
    for heredoc in &instruction.heredocs {
        let content = heredoc.body();
        let body = if heredoc.expand {
            Words::body(&content, &state.environment)?
        } else {
            Value::plain(&content)
        };
        let kept = secret::counted(&body.text, body.took_secret);
        let action = json!({ "heredoc": heredoc.name, "content": kept });
        actions.push(leaving_out(action, &exclude));
        expanded.bodies.push(body.text);
    }
    let said = |actions: &[serde_json::Value]| {
        json!({
            "actions": actions, "destination": expanded.destination,
            "chown": chown.as_deref().map(one_spelling),
            "chmod": chmod, "link": expanded.merges,
        })
        .to_string()
    };
    let value = said(&actions);
    let without_content = said(&[fetched, others(actions)].concat());
    expanded.fetched = expanded.remote.then_some(without_content);
    expanded.value = value;
    (expanded.chown, expanded.chmod) = (chown, chmod);
    Ok(expanded)
}

/// Whether ADD fetches this source from elsewhere: http, https, or git in its several spellings.
fn is_remote(source: &str) -> bool {
    ["http://", "https://", "git://", "ssh://", "git@"]
        .iter()
        .any(|scheme| source.starts_with(scheme))
        || source.starts_with("github.com/")
}

/// The actions that fetch nothing.
fn others(mut actions: Vec<serde_json::Value>) -> Vec<serde_json::Value> {
    actions.retain(|action| action.get("remote").is_none());
    actions
}

fn is_http(source: &str) -> bool {
    source.starts_with("http://") || source.starts_with("https://")
}

/// An action that copies no tree: what `--exclude` says counts for it all the same
/// (`copy-heredoc-exclude-changed`).
fn leaving_out(mut action: serde_json::Value, exclude: &[String]) -> serde_json::Value {
    if !exclude.is_empty() {
        action["exclude"] = json!(exclude);
    }
    action
}

/// Whether newer engines clone what this URL names: what it says beside its path counts then.
fn may_be_git(source: &str) -> bool {
    let path = source.split(['?', '#']).next().unwrap_or_default();
    decoded(path).is_none_or(|path| path.to_lowercase().ends_with(".git"))
}

/// The name that the engine gives to what a URL holds: the last part of its path, as it is once
/// read. `None` for a URL of which that is not plain to see.
fn file_name(source: &str) -> Option<String> {
    let (_, rest) = source.split_once("://").filter(|_| is_http(source))?;
    let (_, path) = rest.split(['?', '#']).next()?.split_once('/')?;
    let name = decoded(path.rsplit('/').next()?)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~+".contains(&byte);
    let is_name = !name.is_empty() && name != "." && name != ".." && name.bytes().all(is_plain);
    is_name.then_some(name)
}

/// `text` with its `%67` as the bytes that they stand for; `None` where it cannot be read.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|two| two.bytes().all(|it| it.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

/// `path` below the working directory, cleaned; its trailing slash or `/.` stays, as it says that
/// a directory is meant.
fn absolute(directory: &str, path: &str) -> String {
    let path = if matches!(path, "" | ".") { "./" } else { path };
    let joined =
        if path.starts_with('/') { path.to_owned() } else { format!("{directory}/{path}") };
    let mut absolute = format!("/{}", clean(&joined));
    if path.ends_with("/.") {
        absolute.push_str("/.");
    } else if path.ends_with('/') && absolute != "/" {
        absolute.push('/');
    }
    absolute
}

/// Relative to the context's root, without `.`, `..` and doubled slashes.
pub(super) fn clean(path: &str) -> String {
    ContextPath::new(path).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_made_absolute_and_keep_their_slash() {
        assert_eq!(absolute("/app", "x"), "/app/x");
        assert_eq!(absolute("/app", "."), "/app/");
        assert_eq!(absolute("/app", "../y/"), "/y/");
        assert_eq!(absolute("/", "/a/./b"), "/a/b");
        assert_eq!(absolute("/", "./"), "/");
    }

    #[test]
    fn remote_sources_are_known_by_their_scheme() {
        assert!(is_remote("https://example.com/a.tar"));
        assert!(is_remote("git@example.com:a/b.git"));
        assert!(!is_remote("httpd.conf"));
    }

    #[test]
    fn repositories_are_told_from_files() {
        for url in ["https://host/a.git", "https://host/a.git#main:b", "https://host/a%2egit?x=1"] {
            assert!(may_be_git(url), "{url}");
        }
        for url in ["https://host/a.git/b", "https://host/git", "https://host/b?x=a.git"] {
            assert!(!may_be_git(url), "{url}");
        }
    }

    #[test]
    fn a_url_gives_its_file_the_last_name_of_its_path() {
        for url in ["https://host/a/f.txt", "http://host:80/f.txt?x=/y", "https://u:p@h/b/f.txt#z"]
        {
            assert_eq!(file_name(url).as_deref(), Some("f.txt"), "{url}");
        }
        assert_eq!(file_name("https://host/%66.t%78t").as_deref(), Some("f.txt"));
        for url in [
            "https://host",
            "https://host/",
            "https://host/a%2Fb",
            "https://host/a%2",
            "https://host/a%+1",
            "git@host:a/b.git",
        ] {
            assert_eq!(file_name(url), None, "{url}");
        }
    }
}
