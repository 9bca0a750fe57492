//! Lists of packages that are fetched in a RUN of their own.

use super::{ALREADY_GOOD, project, risk};
use crate::optimize::Risk;

fn on_debian(lines: &str) -> super::Project {
    project().file("a.txt", "a\n").dockerfile(&format!("FROM python\n{lines}\n"))
}

#[test]
fn the_lists_are_fetched_where_they_are_used() {
    let project = on_debian(
        "# lists\nRUN apt-get update\n\n# tools\nRUN apt-get install -y \\\n    curl \\\n    git \
         && rm -rf /var/lib/apt/lists/*\nRUN true",
    );
    let found = project.optimize();
    insta::assert_snapshot!(found.patch);
    assert_eq!(risk(&found), Risk::Verify);
    let flags = on_debian(
        "RUN --network=host apt-get -qq update\nrun --network=host  X=1 apt-get install -y curl",
    );
    let end =
        "FROM python\nrun --network=host  apt-get -qq update && X=1 apt-get install -y curl\n";
    assert_eq!(flags.bettered(), end);
}

#[test]
fn what_stands_around_it_stays_as_it_is() {
    let indented = on_debian("\tRUN apt-get update\n\t# y\n\tRUN apt-get install -y curl");
    let end = "FROM python\n\t# y\n\tRUN apt-get update && apt-get install -y curl\n";
    assert_eq!(indented.bettered(), end);
}

#[test]
fn what_is_measured_of_two_is_that_of_both_joined() {
    let project =
        on_debian("COPY a.txt /etc/apt/sources.list\nRUN apt-get update\nrun apt-get install -y a")
            .past(&["a.txt"])
            .took("RUN apt-get update", 1.0)
            .took("run apt-get install", 2.0);
    let found = project.optimize();
    assert_eq!(found.explain(), None);
    assert_eq!(found.before, found.after);
}

#[test]
fn a_joined_one_is_left_alone() {
    let project = on_debian("RUN apt-get update && apt-get install -y curl");
    assert_eq!(project.refused(), ALREADY_GOOD);
}

#[test]
fn what_would_do_something_else_stays() {
    for lines in [
        // A failed update would be passed over.
        "RUN apt-get update\nRUN apt-get install -y a; true",
        "RUN apt-get update\nRUN set -e; apt-get install -y a",
        "RUN apt-get update\nRUN apt-get install -y a || true",
        // It runs with other files, variables, users or mounts.
        "RUN apt-get update\nCOPY a.txt /etc/apt/sources.list\nRUN apt-get install -y a",
        "RUN apt-get update\nENV http_proxy=x\nRUN apt-get install -y a",
        "RUN apt-get update\nUSER root\nRUN apt-get install -y a",
        "RUN apt-get update\nRUN --mount=type=tmpfs,target=/var/lib/apt apt-get install -y a",
        "RUN --network=none apt-get update\nRUN apt-get install -y a",
        // The second one begins without what the first one left there.
        "RUN --mount=type=tmpfs,target=/a apt-get update\n\
         RUN --mount=type=tmpfs,target=/a apt-get install -y a",
        "RUN --mount=type=bind,rw,target=/a apt-get update\n\
         RUN --mount=type=bind,rw,target=/a apt-get install -y a",
        "ARG T=tmpfs\nRUN --mount=type=$T,target=/a apt-get update\n\
         RUN --mount=type=$T,target=/a apt-get install -y a",
        // The comment inside would be lost.
        "RUN apt-get \\\n# inner\n update\nRUN apt-get install -y a",
        // It does more than to fetch, or is none of a shell.
        "RUN apt-get update && apt-get upgrade\nRUN apt-get install -y a",
        "RUN [\"apt-get\", \"update\"]\nRUN apt-get install -y a",
        "RUN apt-get update\nRUN [\"apt-get\", \"install\", \"a\"]",
        "RUN apt-get update\nRUN <<E\napt-get install -y a\nE",
        "RUN apt-get update\nRUN --network=default \\\n --mount=type=cache,target=/x apt-get install a",
        // Another stage starts in between.
        "RUN apt-get update\nFROM python\nRUN apt-get install -y a",
    ] {
        let found = on_debian(lines).optimize();
        assert!(found.rewrites.is_empty(), "{lines}:\n{}", found.patch);
    }
}
