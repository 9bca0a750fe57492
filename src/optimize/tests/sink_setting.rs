//! An ARG that is another one at every build, and the steps that it may pass.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::Seconds;
use crate::optimize::Risk;

const APT: &str = "RUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*";
const COMMIT: &str = "6a4ae219bc1d2e3f405162738495a6b7c8d9e0f1";

/// `FROM python`, these lines, with `app.py` and a `GIT_SHA` that is a commit's id.
fn shop(lines: &str) -> Project {
    project()
        .file("app.py", "1\n")
        .file("requirements.txt", "flask\n")
        .dockerfile(&format!("FROM python\n{lines}\n"))
        .argument("GIT_SHA", COMMIT)
        .took("COPY", 0.0)
        .took("RUN apt-get", 20.0)
        .took("RUN pip", 10.0)
        .took("RUN", 1.0)
        .past(&["app.py"])
}

#[track_caller]
fn assert_becomes(before: &str, after: &str) {
    let found = shop(before).optimize();
    assert_eq!(found.explain(), None, "of:\n{before}");
    assert_eq!(found.text, format!("FROM python\n{after}\n"), "of:\n{before}");
    // Programs ask for variables without a word of it.
    assert_eq!(risk(&found), Risk::Verify, "of:\n{before}");
    let again = shop("").dockerfile(&found.text).optimize();
    assert!(again.rewrites.is_empty(), "again:\n{}", again.patch);
}

#[test]
fn the_commit_that_is_built_moves_below_what_does_not_ask_for_it() {
    let found = project()
        .file("requirements.txt", "flask\n")
        .file("app.py", "1\n")
        .dockerfile(
            "FROM python\n\n# Which commit this is.\nARG GIT_SHA\nLABEL revision=$GIT_SHA\n\n\
             # A compiler.\nRUN apt-get update \\\n && apt-get install -y gcc\nWORKDIR /app\n\
             COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n\
             RUN make\nCMD [\"python\", \"app.py\"]\n",
        )
        .argument("GIT_SHA", COMMIT)
        .took("COPY", 0.0)
        .took("RUN apt-get", 20.0)
        .took("RUN pip", 10.0)
        .took("RUN make", 1.0)
        .past(&["app.py"])
        .past(&["requirements.txt"])
        .optimize();
    insta::assert_snapshot!(found.patch);
    let [rewrite] = &*found.rewrites else { panic!("{:?}", found.rewrites) };
    assert_eq!((rewrite.id, rewrite.line), ("sink-setting", 4));
    insta::assert_snapshot!(format!("{}\n{}", rewrite.title, rewrite.why));
    // Scripts of packages may ask for anything.
    assert_eq!(rewrite.risk, Risk::Verify);
    assert_eq!(found.before, Some(Seconds::new(31.05)));
    assert_eq!(found.after, Some(Seconds::new(f64::midpoint(1.0, 11.0))));
}

#[test]
fn what_is_made_of_it_goes_along() {
    for (before, after) in [
        (format!("ARG GIT_SHA\n{APT}\nRUN make"), format!("{APT}\nARG GIT_SHA\nRUN make")),
        (
            format!("ARG GIT_SHA\nENV GIT_SHA=$GIT_SHA\nLABEL a=b\n{APT}\nRUN make"),
            format!("LABEL a=b\n{APT}\nARG GIT_SHA\nENV GIT_SHA=$GIT_SHA\nRUN make"),
        ),
        // The image keeps the order of its variables.
        (
            format!("ARG GIT_SHA\nENV COMMIT=$GIT_SHA\nENV BUILD_DATE=1\n{APT}"),
            format!("{APT}\nARG GIT_SHA\nENV COMMIT=$GIT_SHA\nENV BUILD_DATE=1"),
        ),
        // Of two labels the last one counts.
        (
            format!("ARG GIT_SHA\nLABEL a=$GIT_SHA\nLABEL a=b\n{APT}"),
            format!("{APT}\nARG GIT_SHA\nLABEL a=$GIT_SHA\nLABEL a=b"),
        ),
        // A later RUN has the same variables in another order.
        (
            format!("ARG GIT_SHA\nENV A=1\n{APT}\nRUN make"),
            format!("ENV A=1\n{APT}\nARG GIT_SHA\nRUN make"),
        ),
        (
            format!("ARG GIT_SHA\nENV A=1\n{APT}\nUSER 1000\nEXPOSE 80\nCMD a"),
            format!("ENV A=1\n{APT}\nARG GIT_SHA\nUSER 1000\nEXPOSE 80\nCMD a"),
        ),
        // Scripts of packages may ask for anything.
        (
            "ARG GIT_SHA\nRUN pip install flask\nRUN make".to_owned(),
            "RUN pip install flask\nARG GIT_SHA\nRUN make".to_owned(),
        ),
    ] {
        assert_becomes(&before, &after);
    }
    // What stands for the system's programs may have been brought.
    for above in ["COPY requirements.txt /usr/local/bin/apt-get", "RUN ./setup"] {
        let found = shop(&format!("{above}\nARG GIT_SHA\n{APT}\nRUN make")).optimize();
        let expected = format!("FROM python\n{above}\n{APT}\nARG GIT_SHA\nRUN make\n");
        assert_eq!((&*found.text, risk(&found)), (&*expected, Risk::Verify), "{above}");
    }
    let text = format!("FROM python AS a\nRUN ./setup\nFROM a\nARG GIT_SHA\n{APT}\nRUN make\n");
    assert_eq!(risk(&shop("").dockerfile(&text).optimize()), Risk::Verify);
    // A name that says nothing of it may be asked for.
    let found = shop(&format!("ARG VERSION\n{APT}\nRUN make")).changing("VERSION", "7").optimize();
    assert_eq!(found.text, format!("FROM python\n{APT}\nARG VERSION\nRUN make\n"));
    assert_eq!(risk(&found), Risk::Verify);
}

#[test]
fn only_what_changes_is_moved() {
    let text = format!("FROM python\nARG VERSION=1\nARG LEVEL\n{APT}\nRUN make\n");
    for value in ["7", "1.2.3", "2026-11-27", "abc1234"] {
        let project = shop("").dockerfile(&text).argument("VERSION", value);
        assert_eq!(project.refused(), ALREADY_GOOD, "{value}");
    }
    for value in ["2026-11-27T05:16:02Z", COMMIT] {
        assert_eq!(
            shop("").dockerfile(&text).argument("VERSION", value).optimize().rewrites.len(),
            1
        );
    }
    let none =
        project().file("app.py", "").dockerfile(&format!("FROM python\nARG GIT_SHA\n{APT}\n"));
    assert_refused(&none, "line 2: GIT_SHA has no value here, and with one every RUN below");
    let late = project().dockerfile(&format!("FROM python\n{APT}\nARG GIT_SHA\nRUN make\n"));
    assert_eq!(late.refused(), ALREADY_GOOD);
}

#[test]
fn what_may_ask_for_it_is_not_passed() {
    for (lines, words) in [
        // A program of the project, or one that nobody knows.
        ("ARG GIT_SHA\nRUN make && npm ci", "line 3: `RUN make && npm ci` may read the variable"),
        ("ARG GIT_SHA\nRUN ./x; apt-get install -y a", "may read the variable GIT_SHA"),
        ("ARG GIT_SHA\nRUN env > /env && apt-get install -y a", "may read the variable GIT_SHA"),
        ("ARG GIT_SHA\nRUN set > /env && apt-get install -y a", "may read the variable GIT_SHA"),
        ("ARG GIT_SHA\nRUN export > /e && apt-get install -y a", "may read the variable GIT_SHA"),
        ("ARG GIT_SHA\nRUN <<E\napt-get install -y a\nE", ALREADY_GOOD),
        ("ARG GIT_SHA\nRUN --mount=target=/c apt-get install -y a", "may read the variable"),
        // It speaks of it.
        ("ARG GIT_SHA\nRUN echo $GIT_SHA > /sha && apt-get install -y a", ALREADY_GOOD),
        ("ARG GIT_SHA\nRUN apt-get install -y a${GIT_SHA:+b}", ALREADY_GOOD),
        // A setting that it is made of has to stay above what asks for that.
        ("ARG GIT_SHA\nENV X=$GIT_SHA\nRUN echo $X && apt-get install -y a", ALREADY_GOOD),
        // A variable that every program reads.
        ("ARG GIT_SHA\nENV PATH=/$GIT_SHA:$PATH\nRUN apt-get install -y a", ALREADY_GOOD),
        // It chooses what is built.
        ("ARG GIT_SHA\nCOPY app.py /$GIT_SHA/\nRUN apt-get install -y a", ALREADY_GOOD),
        ("ARG GIT_SHA\nWORKDIR /$GIT_SHA\nRUN apt-get install -y a", ALREADY_GOOD),
        ("ARG GIT_SHA\nONBUILD RUN a\nRUN apt-get install -y a", ALREADY_GOOD),
        // What it is made of comes only later.
        ("ARG GIT_SHA=$B\nARG B=1\nRUN apt-get install -y a", ALREADY_GOOD),
        ("ARG GIT_SHA\nLABEL a=$GIT_SHA$B\nENV B=1\nRUN apt-get install -y a", ALREADY_GOOD),
    ] {
        let project = shop(lines);
        let reason = project.refused();
        if words == ALREADY_GOOD {
            assert!(!reason.contains("may read"), "{reason}\n{lines}");
        } else {
            assert!(reason.contains(words), "`{words}` is not in: {reason}\n{lines}");
        }
    }
    // The tool's own variables.
    let own = shop("ARG PIP_SHA\nRUN pip install flask").changing("PIP_SHA", "1");
    assert_refused(&own, "line 3: `RUN pip install flask` may read the variable PIP_SHA");
    // It is not known what a package does with a value that nobody gave.
    let mut open = shop("ARG VERSION\nRUN pip install flask").changing("VERSION", "1");
    open.arguments.clear();
    assert_refused(&open, "line 3: VERSION has no value here");
}

#[test]
fn a_variable_that_is_set_twice_keeps_both_places() {
    let lines = format!("ARG GIT_SHA\nENV GIT_SHA=1\n{APT}\nARG GIT_SHA=2\nRUN make");
    let found = shop(&lines).optimize();
    for rewrite in &found.rewrites {
        assert_eq!(rewrite.id, "none", "{}", found.patch);
    }
}

#[test]
fn an_install_that_is_hoisted_too_is_worth_it_only_with_both() {
    let lines = "WORKDIR /app\nARG GIT_SHA\nCOPY . .\nRUN pip install -r requirements.txt\n\
                 RUN echo $GIT_SHA > sha";
    let found = shop(lines).optimize();
    let expected = "FROM python\nWORKDIR /app\nCOPY requirements.txt .\n\
                    RUN pip install -r requirements.txt\nCOPY . .\nARG GIT_SHA\n\
                    RUN echo $GIT_SHA > sha\n";
    assert_eq!(found.text, expected, "{:?}", found.explain());
    assert_eq!((found.before, found.after), (Some(Seconds::new(11.0)), Some(Seconds::new(1.0))));
}

#[test]
fn a_stage_on_this_one_keeps_its_variables() {
    let lines = format!(
        "ARG GIT_SHA\nENV COMMIT=$GIT_SHA\n{APT}\nFROM python AS other\nFROM other\nRUN make"
    );
    let project = shop("").dockerfile(&format!("FROM python AS base\n{lines}\n"));
    assert_eq!(project.refused(), ALREADY_GOOD);
    let lines = format!("ARG GIT_SHA\nENV COMMIT=$GIT_SHA\n{APT}\nFROM base\nRUN make");
    let project = shop("").dockerfile(&format!("FROM python AS base\n{lines}\n"));
    let expected = format!(
        "FROM python AS base\n{APT}\nARG GIT_SHA\nENV COMMIT=$GIT_SHA\nFROM base\nRUN make\n"
    );
    assert_eq!(project.bettered(), expected);
}
