//! YAML as the same values as JSON, with every scalar a text.

use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};

/// How deep values may lie in each other, as in JSON here.
const DEPTH: usize = 100;

/// A list or a mapping that is not at its end yet, with the key that waits for its value.
enum Open {
    List(Vec<Value>),
    Mapping(Map<String, Value>, Option<String>),
}

/// Reads the one document of a text; `None` where it is none, or has anchors, tags or keys that
/// are no text. Nothing at all is an empty mapping.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.ok()?;
        let value = match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return None;
                }
                continue;
            }
            Event::Scalar(text, _, 0, None) => Value::String(text.into_owned()),
            Event::SequenceStart(0, None) if open.len() < DEPTH => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(0, None) if open.len() < DEPTH => {
                open.push(Open::Mapping(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop()? {
                Open::List(list) => Value::Array(list),
                Open::Mapping(mapping, None) => Value::Object(mapping),
                Open::Mapping(_, Some(_)) => return None,
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
            _ => return None,
        };
        match open.last_mut() {
            None => root = Some(value),
            Some(Open::List(list)) => list.push(value),
            Some(Open::Mapping(mapping, key)) => match (key.take(), value) {
                // A key twice is a fault to some readers and the last one to others.
                (None, Value::String(text)) if !mapping.contains_key(&text) => *key = Some(text),
                (Some(key), value) => _ = mapping.insert(key, value),
                (None, _) => return None,
            },
        }
    }
    match root {
        None => Some(Value::Object(Map::new())),
        Some(Value::String(text)) if text.is_empty() => Some(Value::Object(Map::new())),
        root => root,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_json() {
        let text = "packages:\n  - 'a/*'\n  - \"!b\"\n# c\nmap: {x: 1, y: [true]}\n";
        let expected = serde_json::json!({
            "packages": ["a/*", "!b"], "map": {"x": "1", "y": ["true"]},
        });
        assert_eq!(read(text), Some(expected));
        for empty in ["", "# nothing\n", "---\n"] {
            assert_eq!(read(empty), Some(serde_json::json!({})), "{empty:?}");
        }
    }

    #[test]
    fn what_may_mean_more_is_not_read() {
        let deep = "[".repeat(100_000);
        for text in [
            "a: &x 1\nb: *x\n",
            "a: !!js x\n",
            "a: 1\na: 2\n",
            "? [a]\n: b\n",
            "a: [",
            "---\na\n---\nb\n",
            &deep,
        ] {
            assert_eq!(read(text), None, "{text:.20}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([a-c:&*!'\"#|>?{}\\[\\], -]|\n|  |: |- ){0,40}") {
            let _ = read(&text);
        }
    }
}
