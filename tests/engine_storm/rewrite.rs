//! Edits of a Dockerfile.

use crate::draw::Draw;
use crate::recipe::{Base, Recipe};
use crate::settings::Features;
use crate::tree::Tree;

/// Edits one thing and says what.
pub fn rewrite(draw: &mut Draw, recipe: &mut Recipe, tree: &Tree, features: Features) -> String {
    match draw.below(20) {
        0..=3 => insert(draw, recipe, tree, features),
        4..=6 => delete(draw, recipe),
        7..=9 => swap(draw, recipe),
        10 | 11 => replace(draw, recipe, tree, features),
        12 | 13 => respell(draw, recipe),
        14 | 15 => default_value(draw, recipe),
        16 => {
            recipe.rename_stage(draw);
            "a stage renamed".to_owned()
        }
        17 => {
            recipe.add_stage(draw, tree, features);
            "a stage added".to_owned()
        }
        18 if recipe.stages.len() > 1 => {
            recipe.stages.pop();
            "the last stage removed".to_owned()
        }
        _ => rebase(draw, recipe),
    }
}

fn insert(draw: &mut Draw, recipe: &mut Recipe, tree: &Tree, features: Features) -> String {
    let stage = draw.below(recipe.stages.len());
    let line = recipe.line(draw, stage, tree, features);
    let first = usize::from(recipe.stages[stage].base == Base::Scratch);
    let place = draw.between(first, recipe.stages[stage].lines.len());
    let told = format!("`{line}` inserted");
    recipe.stages[stage].lines.insert(place, line);
    told
}

fn delete(draw: &mut Draw, recipe: &mut Recipe) -> String {
    let Some((stage, place)) = recipe.place(draw) else { return "nothing".to_owned() };
    format!("`{}` deleted", recipe.stages[stage].lines.remove(place))
}

fn swap(draw: &mut Draw, recipe: &mut Recipe) -> String {
    let Some((stage, place)) = recipe.place(draw) else { return "nothing".to_owned() };
    let lines = &mut recipe.stages[stage].lines;
    if place + 1 < lines.len() {
        lines.swap(place, place + 1);
    }
    format!("`{}` moved", lines[place])
}

fn replace(draw: &mut Draw, recipe: &mut Recipe, tree: &Tree, features: Features) -> String {
    let Some((stage, place)) = recipe.place(draw) else { return "nothing".to_owned() };
    let line = recipe.line(draw, stage, tree, features);
    let told = format!("`{line}` in place of `{}`", recipe.stages[stage].lines[place]);
    recipe.stages[stage].lines[place] = line;
    told
}

/// The same instruction in other letters.
fn respell(draw: &mut Draw, recipe: &mut Recipe) -> String {
    let Some((stage, place)) = recipe.place(draw) else { return "nothing".to_owned() };
    let lines = &mut recipe.stages[stage].lines;
    let line = lines[place].clone();
    let is_heredoc = line.contains("<<");
    match draw.below(5) {
        0 => lines.insert(place, draw.pick(&["# another comment", "", "  # indented"]).to_owned()),
        1 => {
            if let Some((keyword, rest)) = line.split_once(' ')
                && keyword.bytes().all(|byte| byte.is_ascii_uppercase())
            {
                lines[place] = format!("{} {rest}", keyword.to_lowercase());
            }
        }
        2 if !is_heredoc && !line.is_empty() => lines[place] = format!("  {line}  "),
        3 if line.contains("\n    #") => lines[place] = line.replace("\n    # ", "\n    # re"),
        4 if line.contains("\\\n") => lines[place] = line.replace("    echo", "  echo"),
        _ => {
            if let Some((keyword, rest)) = line.split_once(' ') {
                lines[place] = format!("{keyword}   {rest}");
            }
        }
    }
    format!("`{line}` respelt as `{}`", lines[place])
}

fn default_value(draw: &mut Draw, recipe: &mut Recipe) -> String {
    let value = draw.below(4);
    if !recipe.head.is_empty() && draw.percent(30) {
        let place = draw.below(recipe.head.len());
        let name = recipe.head[place].split('=').next().unwrap_or_default().to_owned();
        if name != "ARG IMAGE" {
            recipe.head[place] = format!("{name}={value}");
        }
        return format!("{} in the head", recipe.head[place]);
    }
    let mut lines = recipe.stages.iter_mut().flat_map(|stage| &mut stage.lines);
    let found = lines.find(|line| {
        (line.starts_with("ARG ") || line.starts_with("ENV ")) && line.matches('=').count() == 1
    });
    let Some(line) = found else { return "nothing".to_owned() };
    let name = line.split('=').next().unwrap_or_default().to_owned();
    *line = format!("{name}={value}");
    line.clone()
}

fn rebase(draw: &mut Draw, recipe: &mut Recipe) -> String {
    let stage = draw.below(recipe.stages.len());
    if matches!(recipe.stages[stage].base, Base::Scratch | Base::Context) {
        return "nothing".to_owned();
    }
    let named: Vec<usize> = (0..stage).filter(|&it| recipe.stages[it].name.is_some()).collect();
    let is_image = named.is_empty() || draw.percent(40);
    let base = if is_image { Base::Image } else { Base::Stage(draw.pick(&named)) };
    recipe.stages[stage].base = base;
    recipe.stages[stage].platform = None;
    format!("{} stands on {base:?}", recipe.label(stage))
}
