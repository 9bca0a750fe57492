//! Functions that compute and compare.

use std::cmp::Ordering;

use super::super::number::Number;
use super::super::value::Value;
use super::{Outcome, exactly};

/// The value of a function; `None` where there is none of that name here.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Outcome> {
    use Ordering::{Equal, Greater, Less};
    Some(match name {
        "add" => two(arguments, Number::add),
        "subtract" => two(arguments, |a, b| a.add(b.negate())),
        "multiply" => two(arguments, Number::multiply),
        "divide" => two(arguments, Number::divide),
        "modulo" => two(arguments, Number::modulo),
        "negate" => one(arguments, Number::negate),
        "floor" => one(arguments, Number::floor),
        "ceil" => one(arguments, |it| it.negate().floor().negate()),
        "absolute" => one(arguments, |it| {
            if it.compare(Number::whole(0)) == Some(Less) { it.negate() } else { it }
        }),
        "int" => one(arguments, |it| {
            let is_below = it.compare(Number::whole(0)) == Some(Less);
            if is_below { it.negate().floor().negate() } else { it.floor() }
        }),
        "min" => best(arguments, Less),
        "max" => best(arguments, Greater),
        "parseint" => exactly::<2>(arguments).and_then(|[text, base]| {
            let base = u32::try_from(base.to_index()?).map_err(|error| error.to_string())?;
            if !(2..=36).contains(&base) {
                return Err("a base that is not from 2 to 36: correct it".to_owned());
            }
            let number = i64::from_str_radix(&text.to_text()?, base);
            let number = number.map_err(|_| "a text that is no number: correct it".to_owned())?;
            Ok(Value::Number(Number::whole(number)))
        }),
        "equal" => exactly::<2>(arguments).map(|[a, b]| Value::Bool(a == b)),
        "notequal" => exactly::<2>(arguments).map(|[a, b]| Value::Bool(a != b)),
        "lessthan" => order(arguments, &[Less]),
        "lessthanorequalto" => order(arguments, &[Less, Equal]),
        "greaterthan" => order(arguments, &[Greater]),
        "greaterthanorequalto" => order(arguments, &[Greater, Equal]),
        "and" => {
            exactly::<2>(arguments).and_then(|[a, b]| Ok(Value::Bool(a.to_bool()? & b.to_bool()?)))
        }
        "or" => {
            exactly::<2>(arguments).and_then(|[a, b]| Ok(Value::Bool(a.to_bool()? | b.to_bool()?)))
        }
        "not" => exactly::<1>(arguments).and_then(|[it]| Ok(Value::Bool(!it.to_bool()?))),
        _ => return None,
    })
}

fn inexact() -> String {
    "a result that is infinite, has no end or is too large: round it".to_owned()
}

fn one(arguments: &[Value], compute: impl Fn(Number) -> Number) -> Outcome {
    let [number] = exactly::<1>(arguments)?;
    Ok(Value::Number(compute(number.to_number()?)))
}

fn two(arguments: &[Value], compute: impl Fn(Number, Number) -> Option<Number>) -> Outcome {
    let [a, b] = exactly::<2>(arguments)?;
    compute(a.to_number()?, b.to_number()?).map(Value::Number).ok_or_else(inexact)
}

fn order(arguments: &[Value], wanted: &[Ordering]) -> Outcome {
    let [a, b] = exactly::<2>(arguments)?;
    let order = a.to_number()?.compare(b.to_number()?).ok_or_else(inexact)?;
    Ok(Value::Bool(wanted.contains(&order)))
}

fn best(arguments: &[Value], wanted: Ordering) -> Outcome {
    let mut numbers = arguments.iter().map(Value::to_number);
    let mut best = numbers.next().ok_or("it needs a number: give it one")??;
    for number in numbers {
        let number = number?;
        if number.compare(best).ok_or_else(inexact)? == wanted {
            best = number;
        }
    }
    Ok(Value::Number(best))
}
