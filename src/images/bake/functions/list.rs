//! Functions on lists.

use super::super::number::Number;
use super::super::value::Value;
use super::{Outcome, exactly};

/// Longer lists are refused before they are made.
const LONGEST: usize = 10_000;

/// The value of a function; `None` where there is none of that name here.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Outcome> {
    Some(match name {
        "concat" => concat(arguments),
        "contains" => exactly::<2>(arguments)
            .and_then(|[list, item]| Ok(Value::Bool(list.to_list()?.contains(item)))),
        "compact" => filter(arguments, |_, item| item.to_text().is_ok_and(|it| !it.is_empty())),
        "distinct" => filter(arguments, |before, item| !before.contains(item)),
        "flatten" => exactly::<1>(arguments).and_then(|[list]| {
            let mut flat = Vec::new();
            flatten(list.to_list()?, &mut flat);
            Ok(Value::List(flat))
        }),
        "element" => element(arguments),
        "slice" => slice(arguments),
        "sort" => sort(arguments),
        "reverselist" => exactly::<1>(arguments)
            .and_then(|[list]| Ok(Value::List(list.to_list()?.iter().rev().cloned().collect()))),
        "range" => range(arguments),
        "setproduct" => product(arguments),
        "chunklist" => chunks(arguments),
        "indexof" => exactly::<2>(arguments).and_then(|[list, item]| {
            let place = list.to_list()?.iter().position(|it| it == item);
            count(place.ok_or("the item is not in the list: correct it")?)
        }),
        "coalescelist" => {
            let found = arguments.iter().find(|it| it.to_list().is_ok_and(|it| !it.is_empty()));
            found.cloned().ok_or_else(|| "all its lists are empty: give it one".to_owned())
        }
        _ => return None,
    })
}

/// A number of things.
pub(super) fn count(number: usize) -> Outcome {
    let number = i64::try_from(number).map_err(|error| error.to_string())?;
    Ok(Value::Number(Number::whole(number)))
}

fn concat(lists: &[Value]) -> Outcome {
    let mut all = Vec::new();
    for list in lists {
        all.extend_from_slice(list.to_list()?);
    }
    Ok(Value::List(all))
}

fn filter(arguments: &[Value], is_kept: impl Fn(&[Value], &Value) -> bool) -> Outcome {
    let [list] = exactly::<1>(arguments)?;
    let list = list.to_list()?;
    if list.len() > LONGEST {
        return Err("a list that is too long: make it shorter".to_owned());
    }
    let mut kept = Vec::new();
    for item in list {
        if is_kept(&kept, item) {
            kept.push(item.clone());
        }
    }
    Ok(Value::List(kept))
}

fn flatten(list: &[Value], flat: &mut Vec<Value>) {
    for item in list {
        match item {
            Value::List(inner) => flatten(inner, flat),
            other => flat.push(other.clone()),
        }
    }
}

fn element(arguments: &[Value]) -> Outcome {
    let [list, index] = exactly::<2>(arguments)?;
    let list = list.to_list()?;
    if list.is_empty() {
        return Err("the list is empty: give it items".to_owned());
    }
    Ok(list[index.to_index()? % list.len()].clone())
}

fn slice(arguments: &[Value]) -> Outcome {
    let [list, start, end] = exactly::<3>(arguments)?;
    let part = list.to_list()?.get(start.to_index()?..end.to_index()?);
    let part = part.ok_or("its places are not in the list: correct them")?;
    Ok(Value::List(part.to_vec()))
}

fn sort(arguments: &[Value]) -> Outcome {
    let [list] = exactly::<1>(arguments)?;
    let mut texts =
        list.to_list()?.iter().map(Value::to_text).collect::<Result<Vec<String>, String>>()?;
    texts.sort();
    Ok(Value::List(texts.into_iter().map(Value::Text).collect()))
}

fn range(arguments: &[Value]) -> Outcome {
    let whole = |value: &Value| {
        let number = value.to_number()?.as_whole();
        number.ok_or_else(|| "a number that is not whole: correct it".to_owned())
    };
    let numbers = arguments.iter().map(whole).collect::<Result<Vec<i64>, String>>()?;
    let (start, end, step) = match *numbers.as_slice() {
        [end] => (0, end, if end < 0 { -1 } else { 1 }),
        [start, end] => (start, end, if end < start { -1 } else { 1 }),
        [start, end, step] => (start, end, step),
        _ => return Err("it takes one to three numbers: correct it".to_owned()),
    };
    let goes_on = |at: i64| if step > 0 { at < end } else { at > end };
    if step == 0 || (goes_on(start) && (end > start) != (step > 0)) {
        return Err("its step leads away from its end: correct it".to_owned());
    }
    let mut list = Vec::new();
    let mut at = start;
    while goes_on(at) {
        if list.len() >= 1024 {
            return Err("more than 1024 numbers: make them fewer".to_owned());
        }
        list.push(Value::Number(Number::whole(at)));
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Ok(Value::List(list))
}

fn product(lists: &[Value]) -> Outcome {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in lists {
        let list = list.to_list()?;
        if rows.len().saturating_mul(list.len()) > LONGEST {
            return Err("too many combinations: make them fewer".to_owned());
        }
        rows = rows
            .iter()
            .flat_map(|row| list.iter().map(|item| [row.as_slice(), &[item.clone()]].concat()))
            .collect();
    }
    Ok(Value::List(rows.into_iter().map(Value::List).collect()))
}

fn chunks(arguments: &[Value]) -> Outcome {
    let [list, size] = exactly::<2>(arguments)?;
    let (list, size) = (list.to_list()?, size.to_index()?);
    let size = if size == 0 { list.len().max(1) } else { size };
    Ok(Value::List(list.chunks(size).map(|chunk| Value::List(chunk.to_vec())).collect()))
}
