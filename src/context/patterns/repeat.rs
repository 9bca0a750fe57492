//! Counts such as `{2}`, `{2,}` and `{2,5}`, as Go's `regexp` reads and applies them.

use super::class::Class;
use super::expression::{Item, Unreadable};

/// Go refuses to repeat anything more often.
const LIMIT: u32 = 1000;

/// How often the item before it stands: at least, and at most unless there is no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    least: u32,
    most: Option<u32>,
}

/// The count that the source starts with, and what follows it. What only looks like one is
/// `None`: text that stands for itself.
pub(super) fn read(source: &[char]) -> Result<Option<(Count, &[char])>, Unreadable> {
    let Some((count, after)) = well_formed(source) else { return Ok(None) };
    let most = count.most.unwrap_or(count.least);
    if most > LIMIT || count.least > most {
        return Err(Unreadable);
    }
    Ok(Some((count, after)))
}

fn well_formed(source: &[char]) -> Option<(Count, &[char])> {
    let (least, after) = number(source.strip_prefix(&['{'])?)?;
    let (most, after) = match after.strip_prefix(&[',']) {
        None => (Some(least), after),
        Some(after) if after.first() == Some(&'}') => (None, after),
        Some(after) => number(after).map(|(most, after)| (Some(most), after))?,
    };
    Some((Count { least, most }, after.strip_prefix(&['}'])?))
}

/// A number without leading zeros.
fn number(source: &[char]) -> Option<(u32, &[char])> {
    let length = source.iter().take_while(|it| it.is_ascii_digit()).count();
    let (digits, after) = source.split_at(length);
    if digits.is_empty() || (digits.len() > 1 && digits[0] == '0') {
        return None;
    }
    let text: String = digits.iter().collect();
    // What no number holds is above every limit.
    Some((text.parse().unwrap_or(u32::MAX), after))
}

/// Repeats the last item.
pub(super) fn apply(items: &mut Vec<Item>, count: Count) -> Result<(), Unreadable> {
    let class = match items.pop().ok_or(Unreadable)? {
        Item::One(class) => class,
        Item::Literal(mut run) => {
            let text = String::from_utf8(std::mem::take(&mut run)).map_err(|_| Unreadable)?;
            let mut text = text.chars();
            let last = text.next_back().ok_or(Unreadable)?;
            if !text.as_str().is_empty() {
                items.push(Item::Literal(text.as_str().into()));
            }
            Class::of(last)
        }
        // A place repeated is the same place; never asked for, it is nothing.
        place @ Item::Place(_) => {
            if count.least > 0 {
                items.push(place);
            }
            return Ok(());
        }
        Item::Maybe(_) | Item::Many(_) | Item::Directories => return Err(Unreadable),
    };
    items.extend((0..count.least).map(|_| Item::One(class.clone())));
    match count.most {
        Some(most) => items.extend((count.least..most).map(|_| Item::Maybe(class.clone()))),
        None => items.push(Item::Many(class)),
    }
    Ok(())
}
