//! What stands around the pattern stays as it is, whatever it is.

use proptest::prelude::*;

use super::flask;

/// A line that no install notices, in any style.
fn harmless_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("   ".to_owned()),
        "# [ -~é]{0,20}",
        "LABEL [a-z]{1,5}=[a-z]{1,5}",
        "label  a=\"[a-z ]{0,9}\"  ",
        Just("RUN true \\\n  && true".to_owned()),
        Just("ENV A=b \\\n# between\n\n  C=d".to_owned()),
        Just("EXPOSE 80".to_owned()),
    ]
}

fn lines() -> impl Strategy<Value = String> {
    proptest::collection::vec(harmless_line(), 0..6)
        .prop_map(|lines| lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_rest_is_the_same_byte_for_byte(
        above in lines(), below in lines(), crlf: bool,
        copy in prop_oneof![
            Just("COPY . ."), Just("  copy  ./   /app/  "), Just("COPY \\\n  . \\\n  # why\n  ."),
        ],
        run in prop_oneof![
            Just("RUN pip install -r requirements.txt"),
            Just("run   pip install \\\n# comment\n\n    -r   requirements.txt  "),
        ],
    ) {
        let newlines = |text: &str| if crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        // A separator, so that comments of `above` and `below` do not belong to the pattern.
        let head = newlines(&format!("FROM python\n{above}WORKDIR /app\n"));
        let tail = newlines(&format!("STOPSIGNAL 9\n{below}"));
        let (copy, run) = (newlines(&format!("{copy}\n")), newlines(&format!("{run}\n")));
        let before = format!("{head}{copy}{run}{tail}");
        let after = flask(&before).bettered();
        let middle = after.strip_prefix(&head).and_then(|rest| rest.strip_suffix(&tail));
        let middle = middle.expect("what is above and below is as it was");
        let added = middle.strip_suffix(&format!("{run}{copy}"));
        let added = added.expect("the install stands right above the COPY, both as they were");
        prop_assert_eq!(added.lines().count(), 1);
        prop_assert!(added.trim_start().starts_with("COPY requirements.txt "));
        prop_assert!(added.ends_with(&newlines("\n")));
    }
}
