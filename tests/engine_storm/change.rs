//! One change at random, as people make them between two builds.

use crate::draw::Draw;
use crate::settings::{Features, Settings};
use crate::state::{BASES, IGNORE_FILES, State, ignore_line};
use crate::tree::{self, ARCHIVE, Node};

/// What is done beside the files before a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Nothing.
    None,
    /// The engine's own client builds the state that was built last.
    OtherClient,
    /// The engine's cache is emptied.
    Prune,
}

#[derive(Clone, Copy)]
enum Kind {
    Edit,
    EditUnseen,
    Append,
    Touch,
    Rename,
    Delete,
    Add,
    Mode,
    Retarget,
    Retype,
    Ignore,
    Recipe,
    Options,
    OtherRecipe,
    Base,
    Back,
    Nothing,
}

/// A state that comes after `history`'s last, with what was changed in words.
///
/// # Panics
///
/// Without any history.
pub fn next(draw: &mut Draw, history: &[State], features: Features) -> (State, Vec<String>) {
    let mut state = history.last().expect("a state to begin with").clone();
    let mut told = Vec::new();
    for _ in 0..draw.weighted(&[(5, 1), (3, 2), (1, 3)]) {
        told.push(change(draw, &mut state, history, features));
    }
    (state, told)
}

/// What is done before a change.
pub fn deed(draw: &mut Draw, settings: &Settings) -> Deed {
    match draw.below(100) {
        0 | 1 => Deed::OtherClient,
        2..=4 if settings.may_prune => Deed::Prune,
        _ => Deed::None,
    }
}

fn change(draw: &mut Draw, state: &mut State, history: &[State], features: Features) -> String {
    let kinds = [
        (10, Kind::Edit),
        (5, Kind::EditUnseen),
        (2, Kind::Append),
        (4, Kind::Touch),
        (5, Kind::Rename),
        (4, Kind::Delete),
        (5, Kind::Add),
        (7, Kind::Mode),
        (3, Kind::Retarget),
        (1, Kind::Retype),
        (5, Kind::Ignore),
        (25, Kind::Recipe),
        (10, Kind::Options),
        (4, Kind::OtherRecipe),
        (3, Kind::Base),
        (8, Kind::Back),
        (2, Kind::Nothing),
    ];
    match draw.weighted(&kinds) {
        Kind::Recipe => {
            let index = state.options.recipe;
            let mut recipe = state.recipes[index].clone();
            let told = crate::rewrite::rewrite(draw, &mut recipe, &state.tree, features);
            state.recipes[index] = recipe;
            told
        }
        Kind::Options => {
            let recipe = state.recipe().clone();
            state.options.change(draw, &recipe)
        }
        Kind::OtherRecipe => {
            state.options.recipe = 1 - state.options.recipe;
            "the other Dockerfile".to_owned()
        }
        Kind::Base => {
            state.base = draw.below(BASES);
            format!("base image {}", state.base)
        }
        Kind::Ignore => ignore(draw, state),
        Kind::Back => back(draw, state, history),
        Kind::Nothing => "nothing".to_owned(),
        kind => files(draw, state, kind),
    }
}

fn ignore(draw: &mut Draw, state: &mut State) -> String {
    let which = usize::from(draw.percent(15));
    let (name, lines) = (IGNORE_FILES[which], &mut state.ignore[which]);
    if !lines.is_empty() && draw.percent(45) {
        let place = draw.below(lines.len());
        return format!("no more `{}` in {name}", lines.remove(place));
    }
    let line = ignore_line(draw);
    let told = format!("`{line}` in {name}");
    let place = draw.between(0, lines.len());
    lines.insert(place, line);
    told
}

/// An older state: all of it, as another branch has it, or its files or Dockerfiles alone. A
/// checkout gives files the time of day; an archive unpacked over them the old one.
fn back(draw: &mut Draw, state: &mut State, history: &[State]) -> String {
    let number = draw.below(history.len());
    let older = &history[number];
    let restored = draw.percent(35);
    let mut files = older.tree.clone();
    if !restored {
        for (path, node) in &mut files.0 {
            if let Node::File { modified, .. } = node
                && state.tree.0.get(path) != older.tree.0.get(path)
            {
                *modified = tree::time(draw);
            }
        }
    }
    let what = draw.pick(&["all", "all", "files", "Dockerfiles"]);
    match what {
        "files" => state.tree = files,
        "Dockerfiles" => state.recipes.clone_from(&older.recipes),
        _ => *state = State { tree: files, ..older.clone() },
    }
    let times = if restored { ", with its times" } else { "" };
    format!("{what} back to state {number}{times}")
}

fn files(draw: &mut Draw, state: &mut State, kind: Kind) -> String {
    let nothing = "nothing".to_owned();
    let tree = &mut state.tree;
    match kind {
        Kind::Edit | Kind::EditUnseen | Kind::Append | Kind::Touch => {
            let archive = tree.0.contains_key(ARCHIVE) && draw.percent(15);
            let path = if archive { Some(ARCHIVE.to_owned()) } else { tree.file(draw) };
            let Some(path) = path else { return nothing };
            let Some(Node::File { content, modified, .. }) = tree.0.get_mut(&path) else {
                return nothing;
            };
            let word = match kind {
                Kind::Touch => "touched",
                Kind::Append => {
                    content.push_str("more\n");
                    "longer"
                }
                Kind::EditUnseen => {
                    // As long as before, whatever was appended.
                    let new = tree::content(draw);
                    content.replace_range(..new.len(), &new);
                    return format!("{path} edited, size and time kept");
                }
                _ => {
                    *content = tree::content(draw);
                    "edited"
                }
            };
            *modified = tree::time(draw);
            format!("{path} {word}")
        }
        Kind::Rename => {
            let Some(path) = tree.any(draw) else { return nothing };
            let to = tree::other_name(draw, tree, &path);
            tree.rename(&path, &to);
            format!("{path} renamed to {to}")
        }
        Kind::Delete => {
            let Some(path) = tree.any(draw) else { return nothing };
            tree.remove(&path);
            format!("{path} removed")
        }
        Kind::Mode => {
            let path = if draw.percent(50) { tree.directory(draw) } else { tree.file(draw) };
            let Some(path) = path else { return nothing };
            if let Some(node) = tree.0.get_mut(&path) {
                tree::mode(draw, node);
            }
            format!("mode of {path}")
        }
        Kind::Retarget => {
            let Some(path) = tree.link(draw) else { return nothing };
            let target = tree.target(draw);
            tree.0.insert(path.clone(), Node::Link { target: target.clone() });
            format!("{path} points to {target}")
        }
        Kind::Retype => {
            let Some(path) = tree.file(draw) else { return nothing };
            let target = tree.target(draw);
            let nodes = [Node::Directory { mode: 0o755 }, Node::Link { target }];
            tree.0.insert(path.clone(), draw.pick(&nodes));
            tree.settle();
            format!("{path} became something else")
        }
        _ => {
            tree.add(draw);
            "something added".to_owned()
        }
    }
}
