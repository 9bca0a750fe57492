//! The directories that the frontend asks for by name, and what it wants of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::{io, path};

use bytes::Bytes;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::root::Root;
use super::tree::{Selection, Tree};
use crate::context::patterns::PathFilter;
use crate::context::{
    ContextPath, Contexts, IgnoreRules, ModifiedTime, follow, in_named, named_root,
};
use crate::engine::types::{BuildRequest, RequestedContext, SourceFile};

/// The name of the ignore file that the frontend looks for in the context.
const IGNORE_FILE: &str = ".dockerignore";

/// What the engine asks for in the metadata of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wanted {
    /// Which directory.
    pub(super) directory: String,
    /// What it takes of it; nothing given takes everything.
    pub(super) include: Vec<Vec<u8>>,
    /// What it leaves of that.
    pub(super) exclude: Vec<Vec<u8>>,
    /// Paths to take with whatever the links on the way to them lead to.
    pub(super) follow: Vec<Vec<u8>>,
}

/// The directories of one build.
#[derive(Debug)]
pub(super) struct Locals {
    dockerfile: Tree,
    /// The rules, where there are any that the frontend looks for in the context.
    ignore_file: Option<Tree>,
    context: Tree,
    /// The named contexts by their directories' names, each with its rules.
    named: BTreeMap<String, (Tree, Option<Tree>)>,
}

impl Locals {
    /// What `request` serves. The context's directory is opened here.
    pub(super) fn new(request: &BuildRequest) -> io::Result<Self> {
        let content = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
        let mut beside = vec![(dockerfile_name(request), content(&request.dockerfile.content))];
        let mut alone = None;
        if let Some(file) = &request.ignore_file {
            beside.push((base_name(&file.name).to_owned(), content(&file.content)));
            alone = rules(file);
        }
        let root = Arc::new(Root::open(&request.root)?);
        let contexts = Contexts::of(&request.snapshot);
        let own = match &contexts.own {
            Cow::Borrowed(_) => Arc::clone(&request.snapshot),
            Cow::Owned(own) => Arc::new(own.clone()),
        };
        Ok(Self {
            dockerfile: Tree::in_memory(beside),
            ignore_file: alone,
            context: Tree::on_disk(own, root)
                .announcing(announced(request, None))
                .holding(request.held.clone()),
            named: named(request, &contexts)?,
        })
    }

    /// The entries that the engine wants, in order.
    pub(super) fn select(&self, wanted: &Wanted) -> Result<Selection, Status> {
        let tree = match wanted.directory.as_str() {
            "dockerfile" => &self.dockerfile,
            // The rules of this build are in memory and, as a rule, not in the snapshot, which
            // was made by them.
            "context" if wanted.asks_for_rules() => {
                self.ignore_file.as_ref().unwrap_or(&self.context)
            }
            "context" => &self.context,
            other => match self.named.get(other) {
                Some((_, Some(ignore_file))) if wanted.asks_for_rules() => ignore_file,
                Some((context, _)) => context,
                None => {
                    let message = format!("the build serves no directory `{other}`");
                    return Err(Status::not_found(message));
                }
            },
        };
        select(tree, wanted)
    }
}

/// The directories of `--build-context`, opened.
fn named(
    request: &BuildRequest,
    contexts: &Contexts<'_>,
) -> io::Result<BTreeMap<String, (Tree, Option<Tree>)>> {
    let mut named = BTreeMap::new();
    for (name, context) in &request.contexts {
        let RequestedContext::Directory { root, ignore_file } = context else { continue };
        let root = Arc::new(Root::open(root)?);
        let files = Arc::new(contexts.named(name).into_owned());
        let tree = Tree::on_disk(files, root)
            .announcing(announced(request, Some(name)))
            .at(named_root(name));
        named.insert(local_name(name), (tree, ignore_file.as_ref().and_then(rules)));
    }
    Ok(named)
}

/// The ignore file that the frontend looks for in a context, where it is that one which rules and it
/// leaves anything out: a COPY of one without rules asks in the same words.
fn rules(file: &SourceFile) -> Option<Tree> {
    let has_rules = IgnoreRules::parse(&file.content).is_ok_and(|rules| !rules.rules().is_empty());
    let is_common = base_name(&file.name) == IGNORE_FILE;
    let content = || Bytes::copy_from_slice(&file.content);
    (is_common && has_rules).then(|| Tree::in_memory([(IGNORE_FILE.to_owned(), content())]))
}

/// The times that are told of the files of the build's own context, or of a named one.
fn announced(request: &BuildRequest, name: Option<&str>) -> BTreeMap<ContextPath, ModifiedTime> {
    let times = request.announced.iter().filter_map(|(path, &time)| match in_named(path) {
        Some((of, path)) => (Some(&*of) == name).then_some((path, time)),
        None => name.is_none().then(|| (path.clone(), time)),
    });
    times.collect()
}

/// What the directory of a named context is called on the wire: docker's client has the same names.
pub(in crate::engine) fn local_name(context: &str) -> String {
    let is_taken = matches!(context, "context" | "dockerfile");
    format!("{}{context}", if is_taken { "_" } else { "" })
}

fn select(tree: &Tree, wanted: &Wanted) -> Result<Selection, Status> {
    let include = follow::include_patterns(tree.snapshot(), &wanted.include, &wanted.follow);
    if include.is_empty() && wanted.exclude.is_empty() {
        return Ok(tree.clone().all());
    }
    // The snapshot was made by the same ignore rules, and they are applied again all the same:
    // whatever the engine does not want must not reach it.
    let filter = PathFilter::new(&include, &wanted.exclude)
        .map_err(|error| Status::invalid_argument(error.to_string()))?;
    let mut taken = filter.select(tree.snapshot()).into_iter().peekable();
    let entries = tree.snapshot().entries().iter();
    let places = (0_u32..).zip(entries).filter_map(|(place, entry)| {
        taken.next_if(|taken| std::ptr::eq(*taken, entry)).map(|_| place)
    });
    Ok(tree.clone().places(places.collect()))
}

/// The name that the frontend is told of the Dockerfile: without its directory.
pub(in crate::engine) fn dockerfile_name(request: &BuildRequest) -> String {
    match base_name(&request.dockerfile.name) {
        // Read from standard input.
        "" | "-" => "Dockerfile".to_owned(),
        name => name.to_owned(),
    }
}

fn base_name(name: &str) -> &str {
    path::Path::new(name).file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

impl Wanted {
    /// Whether this is the frontend's question for the rules of a context: a COPY of the file asks
    /// with these rules.
    fn asks_for_rules(&self) -> bool {
        self.follow == [IGNORE_FILE.as_bytes()] && self.exclude.is_empty()
    }

    /// Whether this asks for files of a context, and not only for the Dockerfile or the rules.
    pub(super) fn asks_for_context(&self) -> bool {
        self.directory != "dockerfile" && !self.asks_for_rules()
    }

    /// Reads what the engine asks for.
    pub(super) fn from_metadata(metadata: &MetadataMap) -> Result<Self, Status> {
        let directory = values(metadata, "dir-name")?.pop().unwrap_or_default();
        Ok(Self {
            directory: String::from_utf8_lossy(&directory).into_owned(),
            include: values(metadata, "include-patterns")?,
            exclude: values(metadata, "exclude-patterns")?,
            follow: values(metadata, "followpaths")?,
        })
    }
}

/// All values of a key, unescaped where the engine says that they are escaped: headers hold
/// ASCII only.
fn values(metadata: &MetadataMap, key: &'static str) -> Result<Vec<Vec<u8>>, Status> {
    let is_encoded = metadata
        .get(format!("{key}-encoded"))
        .is_some_and(|value| matches!(value.as_bytes(), b"1" | b"t" | b"T" | b"true"));
    metadata
        .get_all(key)
        .iter()
        .map(|value| {
            let bytes = value.as_bytes();
            if is_encoded {
                unescape(bytes)
                    .map(Cow::into_owned)
                    .ok_or_else(|| Status::invalid_argument(format!("{key} is badly escaped")))
            } else {
                Ok(bytes.to_vec())
            }
        })
        .collect()
}

/// Undoes the escaping of a URL's query: `+` is a space, `%2B` a plus.
fn unescape(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Some(Cow::Borrowed(text));
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => plain.push(b' '),
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                let mut byte = [0];
                hex::decode_to_slice(digits, &mut byte).ok()?;
                plain.push(byte[0]);
                rest = after;
            }
            other => plain.push(other),
        }
    }
    Some(Cow::Owned(plain))
}

#[cfg(test)]
mod tests {
    use tonic::metadata::MetadataValue;

    use super::*;

    fn tree(names: &[&str]) -> Tree {
        Tree::in_memory(names.iter().map(|name| ((*name).to_owned(), Bytes::new())))
    }

    fn locals() -> Locals {
        Locals {
            dockerfile: tree(&["Dockerfile", "Dockerfile.dockerignore"]),
            ignore_file: Some(tree(&[IGNORE_FILE])),
            context: tree(&["a.txt", "b.md", "c.txt"]),
            named: [("lib".to_owned(), (tree(&["d.txt"]), None))].into(),
        }
    }

    fn names(selection: &Selection) -> Vec<String> {
        let entries = (0..).map_while(|id| selection.entry(id));
        entries.map(|entry| entry.path.to_string()).collect()
    }

    fn wanted(directory: &str, follow: &[&str]) -> Wanted {
        Wanted {
            directory: directory.to_owned(),
            follow: follow.iter().map(|path| path.as_bytes().to_vec()).collect(),
            ..Wanted::default()
        }
    }

    #[test]
    fn the_frontend_gets_what_it_asks_for() {
        let got = |wanted: &Wanted| names(&locals().select(wanted).unwrap());
        assert_eq!(got(&wanted("dockerfile", &["Dockerfile"])), ["Dockerfile"]);
        assert_eq!(got(&wanted("context", &[IGNORE_FILE])), [IGNORE_FILE]);
        assert_eq!(got(&wanted("context", &["c.txt", "none"])), ["c.txt"]);
        assert_eq!(got(&wanted("lib", &[])), ["d.txt"]);
        assert!(got(&wanted("lib", &[IGNORE_FILE])).is_empty());
        let mut filtered = wanted("context", &[]);
        filtered.exclude = vec![b"*.txt".to_vec(), b"!c.txt".to_vec()];
        assert_eq!(got(&filtered), ["b.md", "c.txt"]);
    }

    #[test]
    fn neither_the_dockerfile_nor_the_rules_are_files_of_a_context() {
        let asks = |directory, follow: &[&str]| wanted(directory, follow).asks_for_context();
        assert!(!asks("dockerfile", &["Dockerfile"]));
        assert!(!asks("context", &[IGNORE_FILE]) && !asks("lib", &[IGNORE_FILE]));
        assert!(asks("context", &["a.txt"]) && asks("context", &[]) && asks("lib", &[]));
        // A COPY of the rules asks with what they leave out.
        let mut copied = wanted("context", &[IGNORE_FILE]);
        copied.exclude = vec![b"*.md".to_vec()];
        assert!(copied.asks_for_context());
    }

    #[test]
    fn other_directories_and_bad_patterns_are_refused() {
        let refused = |wanted: &Wanted| locals().select(wanted).unwrap_err().code();
        assert_eq!(refused(&wanted("etc", &[])), tonic::Code::NotFound);
        let mut bad = wanted("context", &[]);
        bad.exclude = vec![b"[".to_vec()];
        assert_eq!(refused(&bad), tonic::Code::InvalidArgument);
    }

    #[test]
    fn escaped_values_are_unescaped_and_others_left_alone() {
        let mut metadata = MetadataMap::new();
        metadata.append("dir-name", MetadataValue::from_static("context"));
        metadata.append("followpaths", MetadataValue::from_static("gr%C3%BCn+blau%2B"));
        metadata.append("include-patterns", MetadataValue::from_static("a+b%20"));
        let plain = Wanted::from_metadata(&metadata).unwrap();
        assert_eq!(plain.follow, [b"gr%C3%BCn+blau%2B"]);
        metadata.append("followpaths-encoded", MetadataValue::from_static("1"));
        let escaped = Wanted::from_metadata(&metadata).unwrap();
        assert_eq!(escaped.directory, "context");
        assert_eq!(escaped.follow, ["grün blau+".as_bytes()]);
        assert_eq!(escaped.include, [b"a+b%20"]);
        metadata.append("followpaths", MetadataValue::from_static("%G0"));
        assert!(Wanted::from_metadata(&metadata).is_err());
    }
}
