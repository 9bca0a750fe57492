//! Functions on objects, and those that take a list as well.

use std::collections::BTreeMap;

use super::super::value::Value;
use super::list::count;
use super::{Outcome, exactly};

/// The value of a function; `None` where there is none of that name here.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Outcome> {
    Some(match name {
        "length" => exactly::<1>(arguments).and_then(|[it]| match it {
            Value::List(list) => count(list.len()),
            Value::Object(entries) => count(entries.len()),
            other => Err(format!("{} has no length: correct it", other.kind())),
        }),
        "keys" => exactly::<1>(arguments)
            .and_then(|[it]| Ok(Value::List(it.to_object()?.keys().map(Value::text).collect()))),
        "values" => exactly::<1>(arguments)
            .and_then(|[it]| Ok(Value::List(it.to_object()?.values().cloned().collect()))),
        "merge" => merge(arguments),
        "lookup" => lookup(arguments),
        "hasindex" => exactly::<2>(arguments).and_then(|[it, index]| match it {
            Value::Object(entries) => Ok(Value::Bool(entries.contains_key(&index.to_text()?))),
            Value::List(list) => {
                Ok(Value::Bool(index.to_index().is_ok_and(|place| place < list.len())))
            }
            other => Err(format!("{} has no parts: correct it", other.kind())),
        }),
        "zipmap" => exactly::<2>(arguments).and_then(|[keys, values]| {
            let (keys, values) = (keys.to_list()?, values.to_list()?);
            if keys.len() != values.len() {
                return Err("it needs as many values as keys: correct them".to_owned());
            }
            let pair = |(key, value): (&Value, &Value)| Ok((key.to_text()?, value.clone()));
            keys.iter().zip(values).map(pair).collect::<Result<_, _>>().map(Value::Object)
        }),
        // A text that is empty counts as nothing only where it is null.
        "coalesce" => {
            let found = arguments.iter().find(|it| **it != Value::Null);
            found.cloned().ok_or_else(|| "all its arguments are null: give it one".to_owned())
        }
        _ => return None,
    })
}

fn merge(objects: &[Value]) -> Outcome {
    let mut all = BTreeMap::new();
    for object in objects.iter().filter(|it| **it != Value::Null) {
        let entries = object.to_object()?.iter();
        all.extend(entries.map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok(Value::Object(all))
}

fn lookup(arguments: &[Value]) -> Outcome {
    let [object, key, default] = exactly::<3>(arguments)?;
    Ok(object.to_object()?.get(&key.to_text()?).unwrap_or(default).clone())
}
