//! What an instruction takes and a tree does not have: what git ignores, which something makes beside
//! the build, and what is wrong.

use std::sync::Arc;

use super::absent::{self, Absent};
use super::side::{Context, Files, ignore_file};
use super::types::Problem;
use crate::Digest;
use crate::context::{
    ContextPath, Entry, EntryKind, IgnoreRules, ModifiedTime, Snapshot, Source as _, glob,
};
use crate::images::Image;
use crate::plan;
use crate::predict::file_table;

/// So many files that git ignores are followed in one image.
pub(super) const MOST: usize = 32;

/// So many names are looked at for a rule that leaves out a source.
const LISTED: usize = 1_000;

impl Files<'_> {
    /// What an instruction takes that git ignores: a checkout has it only once something made it.
    pub(super) fn outside(
        &self,
        image: &Image,
        error: &plan::Error,
        rules: &IgnoreRules,
    ) -> Option<ContextPath> {
        let plan::Problem::MissingSource { source_path, link: None, context: None } =
            &error.problem
        else {
            return None;
        };
        // Any file that a pattern may select.
        let path = ContextPath::new(source_path.replace(['*', '?'], "x"));
        let in_tree = image.context.join(path.as_bytes());
        let is_there = self.tree.find(&in_tree).map_or(true, |found| found.is_some());
        let is_left_out = rules.excludes(&path, false);
        (!is_there && !is_left_out && self.tree.ignores(&in_tree)).then_some(path)
    }

    /// Why an image cannot be planned.
    pub(super) fn refused(
        &self,
        image: &Image,
        error: &plan::Error,
        rules: &IgnoreRules,
        absent: &Absent,
    ) -> Problem {
        let line = (error.line > 0).then_some(error.line);
        let help = match &error.problem {
            plan::Problem::MissingSource { source_path, link, context: None } => {
                if let Some(rule) = self.rule_against(image, rules, source_path) {
                    let taken = self.problem(image, line, "");
                    let place = taken.line.map(|line| format!(":{line}")).unwrap_or_default();
                    let message = format!(
                        "{}: this rule leaves it out, and {}{place} takes it",
                        error.problem, taken.file
                    );
                    let file = ignore_file(image, rules).to_string();
                    return Problem { file, line: Some(rule), message, ..taken };
                }
                let help = absent::of_source(source_path, absent);
                let usual = match link {
                    Some(_) => "commit what the link leads to, or mend it",
                    None => "commit it, or correct the path",
                };
                help.or_else(|| Some(usual.to_owned()))
            }
            plan::Problem::MissingSource { .. } => {
                Some("commit it, or look what .dockerignore leaves out".to_owned())
            }
            problem => problem.help(),
        };
        let help = help.map(|help| format!("; {help}")).unwrap_or_default();
        let message = format!("{}{help}", error.problem);
        let asked = image.written.settings.get("target").and_then(|lines| lines.first());
        if let (plan::Problem::NoTarget { .. }, Some(origin)) = (&error.problem, asked) {
            let (file, line) = (origin.file.to_string(), u32::try_from(origin.line).ok());
            return Problem { file, line, ..self.problem(image, None, &message) };
        }
        self.problem(image, line, &message)
    }

    /// The line of the rule that leaves out what is there by this path or pattern.
    fn rule_against(&self, image: &Image, rules: &IgnoreRules, source: &str) -> Option<u32> {
        let path = ContextPath::new(source);
        let names = |directory: &ContextPath| -> Vec<ContextPath> {
            let names = self.tree.list(&image.context.join(directory.as_bytes()));
            let names = names.unwrap_or_default().into_iter().take(LISTED);
            names.map(|named| directory.join(&named.name)).collect()
        };
        let is_there = |path: &ContextPath| {
            let found = self.tree.find(&image.context.join(path.as_bytes()));
            found.is_ok_and(|found| found.is_some())
        };
        let mut ahead = if glob::has_wildcards(path.as_bytes()) {
            let mut all = names(&path.parent().unwrap_or_default());
            let is_it = |at: &ContextPath| glob::matches(path.as_bytes(), at.as_bytes());
            all.retain(|at| is_it(at).unwrap_or(false));
            all
        } else {
            vec![path]
        };
        ahead.retain(is_there);
        for _ in 0..LISTED {
            let at = ahead.pop()?;
            match rules.deciding(&at) {
                Some((rule, true)) => return u32::try_from(rule.line).ok(),
                _ => ahead.extend(names(&at)),
            }
        }
        None
    }
}

impl Context {
    /// With a file that no tree has, whatever it has in it.
    pub(super) fn with(&self, file: &ContextPath) -> Self {
        let entry = |path: &ContextPath, kind, mode, digest| Entry {
            path: path.clone(),
            kind,
            mode,
            size: 0,
            modified: ModifiedTime::default(),
            digest,
            target: None,
        };
        let digest = Some(Digest::of(b"nobody knows"));
        let mut entries = self.snapshot.entries().to_vec();
        entries.push(entry(file, EntryKind::File, 0o644, digest));
        let above = std::iter::successors(file.parent(), ContextPath::parent);
        for directory in above.filter(|it| !it.is_root() && self.snapshot.get(it).is_none()) {
            entries.push(entry(&directory, EntryKind::Directory, 0o755, None));
        }
        let snapshot = Snapshot::new(entries, 0);
        let table = file_table(&snapshot);
        Self { snapshot: Arc::new(snapshot), table, absent: self.absent.clone() }
    }
}
