//! A comment on a pull request: a table of the images, and all else in a part that opens.
//!
//! Words of files and Dockerfiles stand between backticks, where nothing has a meaning, or have
//! every character escaped that could make a link, a mention or a tag of them.

use super::super::{cause, escape, units};
use super::finding::place_of;
use super::text::by_hand;
use super::{not_compared, reason};
use crate::Seconds;
use crate::impact::{Advice, ImageChange, ImageImpact, Impact, RootCause};
use crate::predict::Verdict;

/// By which a comment is found again, to be replaced by the next one.
const MARK: &str = "<!-- smartbuild impact -->";

/// GitHub takes comments of 65,536 characters; what would go past this is only counted.
const LONGEST: usize = 48_000;

/// What stands before a time that was not measured.
const TYPICAL: char = '≈';

/// The most rows of the table.
const ROWS: usize = 100;

/// The comment, which ends with a line end.
pub fn markdown(impact: &Impact) -> String {
    let mut out = format!("{MARK}\n### {}\n\n", title(impact));
    push_table(&mut out, impact);
    let has_typical = out.contains(TYPICAL);
    push!(out, "{}\n", rest(impact, has_typical));
    push_gate(&mut out, impact);
    push_details(&mut out, impact);
    out
}

fn title(impact: &Impact) -> String {
    let steps = impact.steps_lost();
    if steps == 0 {
        let otherwise = not_compared(impact).unwrap_or_else(|| "no step is lost".to_owned());
        return format!("Build cache: {otherwise}");
    }
    let losing = impact.images.iter().filter(|image| image.steps_lost() > 0).count();
    let (images, verb) = if losing == 1 { ("image", "loses") } else { ("images", "lose") };
    let seconds = impact.seconds_lost();
    let about = if units::is_worth_saying(seconds) {
        format!(", about {}", units::seconds(seconds))
    } else {
        String::new()
    };
    let steps = units::counted(steps as u64, "step", "steps");
    format!("Build cache: {} {images} {verb} {steps}{about}", units::count(losing as u64))
}

fn push_table(out: &mut String, impact: &Impact) {
    if impact.images.is_empty() {
        return;
    }
    out.push_str("| image | steps lost | next build | why |\n| --- | --: | --: | --- |\n");
    for image in impact.images.iter().take(ROWS) {
        let (steps, time) = match image.change {
            ImageChange::Changed => {
                (image.steps_lost().to_string(), signed("+", image.summary.seconds_lost, image))
            }
            ImageChange::New if image.built_as.is_some() => ("new".to_owned(), "0 s".to_owned()),
            ImageChange::New => ("new".to_owned(), signed("", image.summary.seconds_full, image)),
            ImageChange::Removed => {
                ("removed".to_owned(), signed("−", image.summary.seconds_gained, image))
            }
        };
        let mut why: Vec<String> =
            image.causes.iter().take(2).map(|root| plain(&cause::brief_kind(&root.kind))).collect();
        if image.causes.len() > 2 {
            why.push(format!("{} more", image.causes.len() - 2));
        }
        let gained = image.summary.seconds_gained;
        if image.change == ImageChange::Changed && units::is_worth_saying(gained) {
            why.push(format!("{} less without cache", signed("", gained, image)));
        }
        if let Some(was) = &image.was_named {
            why.push(format!("was named {}", cell(&code(was))));
        }
        if let Some(other) = &image.built_as {
            why.push(format!("built as {}", cell(&code(other))));
        }
        let name = cell(&code(&image.name));
        push!(out, "| {name} | {steps} | {time} | {} |\n", why.join(", "));
    }
    out.push('\n');
}

/// A duration with its sign; of typical times with a sign for that.
fn signed(sign: &str, seconds: Seconds, image: &ImageImpact) -> String {
    if !units::is_worth_saying(seconds) {
        return "0 s".to_owned();
    }
    let seconds = units::seconds(seconds);
    if image.summary.is_measured {
        format!("{sign}{seconds}")
    } else {
        format!("{TYPICAL} {sign}{seconds}")
    }
}

/// What the table leaves out, and what its signs mean.
fn rest(impact: &Impact, has_typical: bool) -> String {
    let mut rest = Vec::new();
    if impact.images.len() > ROWS {
        rest.push(format!("{} more images are not shown.", impact.images.len() - ROWS));
    }
    match impact.unchanged {
        0 => {}
        1 => rest.push("1 image is built as before.".to_owned()),
        number => {
            rest.push(format!("{} images are built as before.", units::count(number as u64)));
        }
    }
    rest.extend(not_compared(impact).filter(|_| impact.steps_lost() > 0).map(|it| it + "."));
    if has_typical {
        rest.push("Times with ≈ are typical ones: nothing was measured here.".to_owned());
    }
    rest.join(" ")
}

fn push_gate(out: &mut String, impact: &Impact) {
    let gate = &impact.gate;
    if gate.reasons.is_empty() {
        return;
    }
    let verdict = match &gate.accepted_by {
        Some(trailer) => format!(
            "**Accepted** by {} of {}:",
            code(&format!("{}: {}", trailer.name, trailer.value)),
            code(&trailer.commit)
        ),
        None => "**Not accepted:**".to_owned(),
    };
    push!(out, "\n{verdict}\n\n");
    for reason in gate.reasons.iter().take(ROWS) {
        push!(out, "- {}\n", plain(&reason::reason(reason)));
    }
    if gate.reasons.len() > ROWS {
        push!(out, "- and {} more\n", gate.reasons.len() - ROWS);
    }
}

/// Images, advice and problems, as far as there is room.
fn push_details(out: &mut String, impact: &Impact) {
    let images = impact.images.iter().filter(|image| !image.causes.is_empty()).map(of_image);
    let advice = impact.advice.iter().map(of_advice);
    let problems = impact.problems.iter().map(|problem| {
        let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
        let file = code(&format!("{}{line}", problem.file));
        format!("- Not compared: {file}: {}\n", plain(&problem.message))
    });
    let notices = impact.notices.iter().map(|notice| format!("- {}\n", plain(notice)));
    let parts: Vec<String> = images.chain(advice).chain(problems).chain(notices).collect();
    if parts.is_empty() {
        return;
    }
    out.push_str("\n<details>\n<summary>Steps, causes and advice</summary>\n\n");
    let mut left_out = 0;
    for part in &parts {
        if out.len() + part.len() > LONGEST {
            left_out += 1;
        } else {
            out.push_str(part);
        }
    }
    if left_out > 0 {
        push!(out, "\n{left_out} more parts are too long for a comment.\n");
    }
    out.push_str("\n</details>\n");
}

fn of_image(image: &ImageImpact) -> String {
    let mut out = format!("**{}**\n\n", code(&image.name));
    for root in &image.causes {
        push!(out, "- {}", plain(&cause::brief_kind(&root.kind)));
        push!(out, " at {}", code(&lines_of(image, root)));
        if units::is_worth_saying(root.seconds) {
            push!(out, ", about {}", units::seconds(root.seconds));
        }
        out.push_str(":\n");
        for lost in &root.lost {
            let Some(step) = image.steps.get(lost.0) else { continue };
            let name = escape::fit(&step.forecast.step.name, 200).into_owned();
            push!(out, "  - {}", code(&name));
            if let Verdict::Depends { probability, .. } = &step.forecast.verdict {
                push!(out, " perhaps, {:.0} %", probability.get() * 100.0);
            }
            out.push('\n');
        }
    }
    out.push('\n');
    out
}

fn lines_of(image: &ImageImpact, root: &RootCause) -> String {
    let place = place_of(image, root);
    match place.lines {
        Some((first, last)) if last > first => format!("{}:{first}-{last}", place.file),
        Some((first, _)) => format!("{}:{first}", place.file),
        None => place.file,
    }
}

fn of_advice(advice: &Advice) -> String {
    match advice {
        Advice::Exclude { file, images, ignore_files, line, seconds } => {
            let files: Vec<String> = ignore_files.iter().map(|file| code(file)).collect();
            format!(
                "- {} is in the context of {} and no instruction or script names it: if no program \
                 reads it, add {} to {}, which saves about {}\n",
                code(file),
                units::counted(images.len() as u64, "image", "images"),
                code(line),
                files.join(" and "),
                units::seconds(*seconds)
            )
        }
        Advice::Rewrite { images, dockerfile, line, id, title, patch, seconds } => {
            let (note, patch) = (by_hand(patch), patch.text());
            let images: Vec<String> = images.iter().map(|image| code(image)).collect();
            let fence = "`".repeat(longest_run(patch).max(2) + 1);
            let patch: Vec<_> = patch.lines().map(|line| escape::text(line)).collect();
            format!(
                "- {}, {}: {} ({}) would have saved about {} of this change{note}\n\n{fence}diff\n{}\n{fence}\n\n",
                images.join(" and "),
                code(&format!("{dockerfile}:{line}")),
                plain(title),
                code(id),
                units::seconds(*seconds),
                patch.join("\n")
            )
        }
    }
}

/// Foreign words as a piece of code, in which nothing has a meaning.
pub(in crate::report) fn code(raw: &str) -> String {
    let safe = escape::text(raw);
    let fence = "`".repeat(longest_run(&safe) + 1);
    // A blank on both sides is not shown, and keeps backticks of the text apart from the fence.
    let blank =
        if safe.is_empty() || safe.contains('`') || safe.starts_with(' ') { " " } else { "" };
    format!("{fence}{blank}{safe}{blank}{fence}")
}

/// A piece of code in a cell of a table, which a bar would end even there.
pub(in crate::report) fn cell(code: &str) -> String {
    code.replace('|', "\\|")
}

/// The longest row of backticks.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`').map(str::len);
    runs.max().unwrap_or(0)
}

/// Foreign words in a sentence, with everything escaped that has a meaning.
fn plain(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len() + 16);
    for character in escape::text(raw).chars() {
        match character {
            // A mention is looked for in what is shown, so that a backslash does not help.
            '@' => safe.push_str("@\u{200b}"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            ' ' | ',' | ';' | '/' | '%' | '?' | '\'' | '"' | '=' => safe.push(character),
            // `www.` begins a link, and a number with a full stop a list.
            '.' if safe.ends_with("www") || safe.chars().all(|it| it.is_ascii_digit()) => {
                safe.push_str("\\.");
            }
            '.' | '(' | ')' | '-' if !safe.is_empty() => safe.push(character),
            other if other.is_ascii_punctuation() => {
                safe.push('\\');
                safe.push(other);
            }
            other => safe.push(other),
        }
    }
    safe
}
