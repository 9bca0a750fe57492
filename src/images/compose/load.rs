//! From files to services: documents, includes, extensions, and what later files lay over.

use std::collections::BTreeMap;

use super::super::Problem;
use super::super::finder::Finder;
use super::super::place::{below, shown};
use super::dotenv;
use super::include::{self, Include};
use super::marks;
use super::service::{Reading, Service};
use super::variables::Known;
use super::yaml::{self, Node, Value};
use crate::context::{ContextPath, Error};

/// How many files one compose file may bring in.
const FILE_LIMIT: usize = 200;

/// How long a chain of `extends` or `include` may be.
const CHAIN_LIMIT: usize = 64;

/// The keys of a compose file; others are a mistake.
const KEYS: &[&str] = &[
    "version", "name", "include", "services", "models", "networks", "volumes", "secrets", "configs",
];

/// Why a compose file gives nothing.
#[derive(Debug)]
pub(in super::super) enum Failure {
    /// Something that its author has to correct.
    Problem(Problem),
    /// The tree cannot be read.
    Tree(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Tree(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// The files that count as one, with the directory and the variables that they are read with.
pub(super) struct Project {
    pub(super) files: Vec<ContextPath>,
    pub(super) directory: ContextPath,
    pub(super) variables: Known,
}

/// The services of a document, each with what it was read from.
struct Parsed<'n> {
    file: ContextPath,
    /// The directory from which the paths of the document count.
    base: ContextPath,
    services: BTreeMap<String, (Service, &'n Node)>,
    /// Those that it includes.
    included: BTreeMap<String, Service>,
}

/// The services that are being extended, by their files and names.
type Chain = Vec<(ContextPath, String)>;

/// Reads the files of one compose project.
pub(super) struct Loader<'f, 'a> {
    pub(super) finder: &'f mut Finder<'a>,
    /// Files that another one includes, and that are no projects of their own.
    pub(super) included: Vec<ContextPath>,
    /// Files of which another one extends services.
    pub(super) extended: Vec<ContextPath>,
    loaded: usize,
}

impl<'f, 'a> Loader<'f, 'a> {
    pub(super) fn new(finder: &'f mut Finder<'a>) -> Self {
        Self { finder, included: Vec::new(), extended: Vec::new(), loaded: 0 }
    }

    /// The services of a project. `above` are the files that include this one.
    pub(super) fn services(
        &mut self,
        project: &Project,
        above: &[ContextPath],
    ) -> Result<BTreeMap<String, Service>, Failure> {
        let mut services: BTreeMap<String, Service> = BTreeMap::new();
        let mut is_empty = true;
        for file in &project.files {
            for document in self.documents(file)? {
                is_empty &= document.is_null();
                let included = self.includes(project, file, &document, above)?;
                let Some(node) = services_of(file, &document)? else {
                    merge_all(&mut services, included);
                    continue;
                };
                let parsed = Self::parse(project, &project.directory, file, node, included);
                services.retain(|name, _| !marks::is_void(node, name));
                for (name, service) in &mut services {
                    if let Some(over) = node.get(name) {
                        marks::apply(service, over);
                    }
                }
                let mut laid_over = parsed.included.clone();
                for name in parsed.services.keys().filter(|name| !is_reset(node, name)) {
                    let mut service = self.extended(project, &parsed, name, &mut Chain::new())?;
                    let is_known = services.contains_key(name) || laid_over.contains_key(name);
                    if !is_known && node.get(name).is_some_and(Node::is_null) {
                        service.problem = Some(says_nothing(&service, name));
                    }
                    match laid_over.get_mut(name) {
                        Some(base) => base.merge(service),
                        None => _ = laid_over.insert(name.clone(), service),
                    }
                }
                merge_all(&mut services, laid_over);
            }
        }
        match project.files.first() {
            Some(file) if is_empty && above.is_empty() => {
                let message = "it says nothing, so that compose refuses it: write `services:`";
                Err(Problem::of(file, message).into())
            }
            _ => Ok(services),
        }
    }

    /// The documents of a file.
    pub(super) fn documents(&mut self, file: &ContextPath) -> Result<Vec<Node>, Failure> {
        self.loaded += 1;
        if self.loaded > FILE_LIMIT {
            let message = "too many files are included or extended: bring them together";
            return Err(Problem::of(file, message).into());
        }
        let text = self.finder.text(file)?;
        let documents = yaml::read(&text).map_err(|fault| fault.of(file))?;
        for document in &documents {
            if document.is_null() {
                continue;
            }
            let Value::Mapping(entries) = &document.value else {
                return Err(Problem::at(file, document.line, "it is no mapping: write one").into());
            };
            for (key, value) in entries {
                if !KEYS.contains(&key.as_str()) && !key.starts_with("x-") {
                    let message = format!("a compose file has no `{key}`: correct it");
                    let problem = Problem::at(file, value.line, message);
                    // One that a newer compose knows takes nothing from the services.
                    if !entries.iter().any(|(key, _)| key == "services" || key == "include") {
                        return Err(problem.into());
                    }
                    self.finder.problems.insert(problem);
                }
            }
        }
        Ok(documents)
    }

    fn parse<'n>(
        project: &Project,
        base: &ContextPath,
        file: &ContextPath,
        services: &'n Node,
        included: BTreeMap<String, Service>,
    ) -> Parsed<'n> {
        let reading = Reading { file, base, variables: &project.variables };
        let entries = services.entries().iter();
        let services = entries
            .map(|(name, node)| (name.clone(), (reading.service(name, node), node)))
            .collect();
        Parsed { file: file.clone(), base: base.clone(), services, included }
    }

    /// A service with what it extends below it.
    fn extended(
        &mut self,
        project: &Project,
        parsed: &Parsed<'_>,
        name: &str,
        chain: &mut Chain,
    ) -> Result<Service, Failure> {
        let Some((service, node)) = parsed.services.get(name) else {
            return parsed.included.get(name).cloned().ok_or_else(|| missing(&parsed.file, name));
        };
        let mut service = service.clone();
        let Some(extends) = service.extends.take() else { return Ok(service) };
        let step = (parsed.file.clone(), name.to_owned());
        if chain.contains(&step) || chain.len() >= CHAIN_LIMIT {
            let message = format!(
                "service {name} extends itself, by way of others or at once: \
                                   break the circle"
            );
            return Err(Problem::at(&parsed.file, extends.line, message).into());
        }
        chain.push(step);
        let base = match &extends.file {
            None => self.extended(project, parsed, &extends.service, chain),
            Some(path) => self.extended_from(project, parsed, path, &extends.service, chain),
        };
        chain.pop();
        match base {
            Ok(mut base) => {
                marks::apply(&mut base, node);
                (base.file, base.line) = (service.file.clone(), service.line);
                base.merge(service);
                Ok(base)
            }
            Err(Failure::Problem(problem)) => {
                service.problem = Some(match problem.line {
                    Some(_) => problem,
                    None if problem.file == parsed.file => {
                        Problem::at(&parsed.file, extends.line, problem.message)
                    }
                    None => {
                        let message = format!("{}: {}", shown(&problem.file), problem.message);
                        Problem::at(&parsed.file, extends.line, message)
                    }
                });
                Ok(service)
            }
            Err(error) => Err(error),
        }
    }

    /// A service of another file, whose paths count from that file's directory.
    fn extended_from(
        &mut self,
        project: &Project,
        parsed: &Parsed<'_>,
        path: &str,
        name: &str,
        chain: &mut Chain,
    ) -> Result<Service, Failure> {
        let Some(file) = below(&parsed.base, path) else {
            let message = format!("`{path}` is outside of the repository: keep it in there");
            return Err(Problem::of(&parsed.file, message).into());
        };
        let base = file.parent().unwrap_or_default();
        self.extended.push(file.clone());
        let documents = self.documents(&file)?;
        let services = documents.iter().rev().find_map(|document| document.get("services"));
        let services = services.ok_or_else(|| missing(&file, name))?;
        let parsed = Self::parse(project, &base, &file, services, BTreeMap::new());
        self.extended(project, &parsed, name, chain)
    }

    /// The services that a document's `include` brings.
    fn includes(
        &mut self,
        project: &Project,
        file: &ContextPath,
        document: &Node,
        above: &[ContextPath],
    ) -> Result<BTreeMap<String, Service>, Failure> {
        let mut services = BTreeMap::new();
        let Some(node) = document.get("include") else { return Ok(services) };
        let look_up = |name: &str| project.variables.get(name);
        let includes = include::read(node, &look_up).map_err(|fault| fault.of(file))?;
        let mut above = above.to_vec();
        above.push(file.clone());
        for include in includes {
            let told_here = |failure| told_where_included(failure, project, file, &include);
            let inner = self.included_project(project, file, &include).map_err(told_here)?;
            let main = inner.files.first().cloned().unwrap_or_default();
            if above.contains(&main) || above.len() >= CHAIN_LIMIT {
                let message = format!("`{}` includes itself: break the circle", shown(&main));
                return Err(Problem::at(file, include.line, message).into());
            }
            self.included.extend(inner.files.iter().cloned());
            let found = self.services(&inner, &above).map_err(told_here)?;
            merge_all(&mut services, found);
        }
        Ok(services)
    }

    /// The files, the directory and the variables of an `include`.
    fn included_project(
        &mut self,
        project: &Project,
        file: &ContextPath,
        include: &Include,
    ) -> Result<Project, Failure> {
        let place = |text: &str| {
            below(&project.directory, text).ok_or_else(|| {
                let message = format!("`{text}` is outside of the repository: keep it in there");
                Problem::at(file, include.line_of(|path| path == text), message)
            })
        };
        let files: Vec<ContextPath> =
            include.paths.iter().map(|it| place(&it.path)).collect::<Result<_, _>>()?;
        let directory = match &include.directory {
            Some(text) => place(text)?,
            None => files.first().and_then(ContextPath::parent).unwrap_or_default(),
        };
        let mut env_files = Vec::new();
        for named in include.env_files.iter().filter(|it| it.path != "/dev/null") {
            env_files.push(place(&named.path)?);
        }
        if include.env_files.is_empty() {
            env_files.extend(self.usual_env_file(&directory)?);
        }
        let variables = self.variables(&project.variables, &env_files)?;
        Ok(Project { files, directory, variables })
    }

    /// The `.env` of a directory, where there is one.
    pub(super) fn usual_env_file(
        &self,
        directory: &ContextPath,
    ) -> Result<Option<ContextPath>, Error> {
        let file = directory.join(".env");
        Ok(self.finder.has(&file)?.then_some(file))
    }

    /// The variables with those of env files that are not among them.
    pub(super) fn variables(&self, outer: &Known, files: &[ContextPath]) -> Result<Known, Failure> {
        let mut known = Known::default();
        for file in files {
            let text = self.finder.text(file)?;
            dotenv::read(file, &text, outer, &mut known)
                .map_err(|(line, message)| Problem::at(file, line, message))?;
        }
        known.lay_over(outer);
        Ok(known)
    }
}

/// What a document has of services; `None` where that is nothing.
fn services_of<'n>(file: &ContextPath, document: &'n Node) -> Result<Option<&'n Node>, Failure> {
    let Some(node) = document.get("services") else { return Ok(None) };
    let is_mapping = matches!(node.value, Value::Mapping(_));
    if is_mapping || node.tag != yaml::Mark::None {
        return Ok(Some(node));
    }
    let message = "`services` is no mapping, so that compose refuses the file: write the services \
                   below it, indented";
    Err(Problem::at(file, node.line, message).into())
}

/// What is wrong with a service that no other file or service says more of.
fn says_nothing(service: &Service, name: &str) -> Problem {
    let message = format!("service {name} says nothing: give it a `build` or an `image`");
    Problem::at(&service.file, service.line, message)
}

/// What is wrong with a file as a whole, told on the line of `file` that includes it.
fn told_where_included(
    failure: Failure,
    project: &Project,
    file: &ContextPath,
    include: &Include,
) -> Failure {
    match failure {
        Failure::Problem(problem) if problem.line.is_none() && problem.file != *file => {
            let is_it =
                |path: &str| below(&project.directory, path).as_ref() == Some(&problem.file);
            let message = format!("{}: {}", shown(&problem.file), problem.message);
            Problem::at(file, include.line_of(is_it), message).into()
        }
        failure => failure,
    }
}

fn missing(file: &ContextPath, name: &str) -> Failure {
    let message = format!("there is no service {name} to extend: add it or correct the name");
    Problem::of(file, message).into()
}

fn is_reset(services: &Node, name: &str) -> bool {
    let is = |node: &Node| node.tag == yaml::Mark::Reset;
    is(services) || services.get(name).is_some_and(is)
}

fn merge_all(services: &mut BTreeMap<String, Service>, over: BTreeMap<String, Service>) {
    for (name, service) in over {
        match services.get_mut(&name) {
            Some(base) => base.merge(service),
            None => _ = services.insert(name, service),
        }
    }
}
