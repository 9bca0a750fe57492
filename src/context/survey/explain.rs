//! Why one path is sent or not.

use crate::context::patterns::Visited;
use crate::context::{ContextPath, IgnoreRules};

/// What becomes of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is sent.
    Sent,
    /// It is left out, with all that is in it.
    Ignored,
    /// A directory that is left out for itself, and sent when something in it is taken back.
    OnlyForItsContents,
}

/// The rules about one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What becomes of it.
    pub fate: Fate,
    /// The place of the rule that decides; `None` where none touches the path.
    pub decides: Option<usize>,
    /// Every rule that matches the path or a directory above it, in the rules' order.
    pub touches: Vec<Touch>,
    /// The directory above the path that is never read, where there is one: no rule about what is
    /// in it is looked at.
    pub unread: Option<ContextPath>,
}

/// A rule that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The rule's place.
    pub rule: usize,
    /// What it matches: the path, or the directory above it that is nearest to the root.
    pub path: ContextPath,
}

/// Why a path is sent or not; it need not exist.
pub fn explain(rules: &IgnoreRules, path: &ContextPath, is_directory: bool) -> Explanation {
    let filter = rules.filter();
    let mut visited = Visited::default();
    let mut touches: Vec<Touch> = Vec::new();
    let mut fate = Fate::Sent;
    let mut unread = None;
    let mut decides = None;
    for (at, step) in lineage(path).into_iter().enumerate() {
        let is_last = at + 1 == path.components().count();
        let known = |place: usize| !touches.iter().any(|touch| touch.rule == place);
        let met: Vec<usize> = rules.matcher().meeting(step.as_bytes(), known).collect();
        touches.extend(met.into_iter().map(|rule| Touch { rule, path: step.clone() }));
        if unread.is_some() {
            continue;
        }
        if is_last && !is_directory {
            let kept = filter.keeps_leaf(step.as_bytes(), &visited);
            fate = if kept { Fate::Sent } else { Fate::Ignored };
        } else {
            let visit = filter.visit_directory(step.as_bytes(), &visited);
            fate = match (visit.kept, visit.descend) {
                (true, _) => Fate::Sent,
                (false, true) => Fate::OnlyForItsContents,
                (false, false) => Fate::Ignored,
            };
            if fate == Fate::Ignored && !is_last {
                unread = Some(step);
            }
            visited = visit.visited;
        }
        decides = deciding(rules, touches.iter().map(|touch| touch.rule), fate == Fate::Sent);
    }
    touches.sort_by_key(|touch| touch.rule);
    Explanation { fate, decides, touches, unread }
}

/// The last of these rules that says what became of a path: an exception where it is sent.
///
/// What is sent although a rule leaves it out has been taken back; what no rule leaves out, no
/// rule decides about.
pub(super) fn deciding(
    rules: &IgnoreRules,
    met: impl Iterator<Item = usize>,
    is_sent: bool,
) -> Option<usize> {
    let (mut excluding, mut taking_back) = (None, None);
    for place in met {
        let last = match rules.rules().get(place) {
            Some(rule) if rule.is_exception() => &mut taking_back,
            _ => &mut excluding,
        };
        *last = (*last).max(Some(place));
    }
    if is_sent { excluding.and(taking_back) } else { excluding }
}

/// The directories above the path, the one at the root first, and the path itself.
fn lineage(path: &ContextPath) -> Vec<ContextPath> {
    let mut above = Vec::new();
    let mut next = Some(path.clone());
    while let Some(path) = next.filter(|path| !path.is_root()) {
        next = path.parent();
        above.push(path);
    }
    above.reverse();
    above
}
