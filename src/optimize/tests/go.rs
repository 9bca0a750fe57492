//! Projects of the go command.

use super::{ALREADY_GOOD, Project, assert_refused, project};
use crate::optimize::Risk;

const MODULE: &str = "module example.com/app\n\ngo 1.22\n\nrequire x.org/a v1.0.0\n";

fn server(lines: &str) -> Project {
    project()
        .image("golang")
        .image_env("GOLANG_VERSION=1.22.1")
        .image_env("GOTOOLCHAIN=local")
        .image_env("GOPATH=/go")
        .file("go.mod", MODULE)
        .file("go.sum", "x.org/a v1.0.0 h1:x=\n")
        .file("main.go", "package main\n")
        .dockerfile(&format!("FROM golang\nWORKDIR /src\n{lines}\n"))
}

#[test]
fn a_service_that_copies_all_first() {
    let project = server(
        "COPY . .\nRUN go mod download && go mod verify\nRUN CGO_ENABLED=0 go build -o /app .",
    );
    let found = project.optimize();
    insta::assert_snapshot!(found.patch);
    // The download may complete go.sum, and the COPY then stands behind it.
    assert_eq!(found.rewrites[0].risk, Risk::Verify);
}

#[test]
fn a_workspace_with_members_and_a_replaced_module() {
    let project = server("COPY . .\nRUN go mod download -x\nRUN go build ./...")
        .file("go.work", "go 1.22\n\nuse (\n\t.\n\t./tools\n)\nreplace x.org/b => ./third/b\n")
        .file("go.work.sum", "x.org/b v1.0.0 h1:x=\n")
        .file("tools/go.mod", "module example.com/tools\nreplace x.org/c v1.0.0 => ../c\n")
        .file("tools/main.go", "package main\n")
        .file("third/b/go.mod", "module x.org/b\n")
        .file("third/b/b.go", "package b\n")
        .file("c/go.mod", "module x.org/c\n")
        .file("vendor/modules.txt", "# x\n");
    insta::assert_snapshot!(project.optimize().patch);
}

#[test]
fn a_member_finds_the_workspace_above_it() {
    let project = server("WORKDIR /src/tools\nCOPY . /src\nRUN go mod download")
        .file("go.work", "go 1.22\nuse ./tools\n")
        .file("tools/go.mod", "module example.com/tools\n");
    insta::assert_snapshot!(project.optimize().patch);
}

#[test]
fn the_working_directory_may_lie_below_gopath() {
    let text = "FROM golang\nWORKDIR /go/src/app\nCOPY . .\nRUN go mod download\nRUN go install\n";
    let bettered = server("").dockerfile(text).bettered();
    assert!(bettered.contains("COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\n"));
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build .",
        "COPY go.* ./\nRUN go mod download -x && go mod verify\nCOPY . .\nRUN go build .",
        "COPY . .\nRUN go build .",
        "COPY go.mod .\nRUN go mod download\nCOPY . .\nRUN go mod download\nRUN go build",
    ] {
        assert_eq!(server(lines).refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn commands_that_read_the_sources() {
    for (command, words) in [
        ("go mod tidy", "`go mod tidy` reads the project's own files"),
        ("go get -d -v ./...", "put `RUN go mod download` above the COPY"),
        ("go mod download; go build .", "`go build .` reads the project's own files"),
        ("go mod vendor", "`go mod vendor` reads the project's own files"),
        ("go mod download; make", "give the install a RUN of its own"),
        ("go mod download -modfile=other.mod", "go's option `-modfile=other.mod`"),
        ("go mod download x.org/a@latest", "has `x.org/a@latest`, which is not understood"),
        // The module is found from below, in a directory that is not there above the COPY.
        ("cd src && go mod download", "`cd src` is not an install"),
        ("GOFLAGS=-mod=vendor go mod download", "environment variable GOFLAGS"),
        ("GOFLAGS=-overlay=/src/o.json go mod download", "environment variable GOFLAGS"),
        ("GOPROXY=file:///src/proxy go mod download", "environment variable GOPROXY"),
        ("GOWORK=/src/other.work go mod download", "environment variable GOWORK"),
        ("GOENV=/src/env go mod download", "environment variable GOENV"),
        ("GOROOT=/src/go go mod download", "environment variable GOROOT"),
        ("GOPATH=go go mod download", "environment variable GOPATH"),
    ] {
        let project = server(&format!("COPY . .\nRUN {command}"));
        assert_refused(&project, words);
    }
}

#[test]
fn module_files_that_lead_astray() {
    let lines = "COPY . .\nRUN go mod download";
    let replaced = |path| server(lines).file("go.mod", &format!("{MODULE}replace a => {path}\n"));
    assert_refused(&replaced("./gone"), "`/src/gone/go.mod` is not among");
    let linked = replaced("./linked").file("real/go.mod", "module a\n").link("linked", "real");
    assert_refused(&linked, "`/src/linked/go.mod` is not among");
    let no_member = server(lines).file("go.work", "use ./gone\n");
    assert_refused(&no_member, "`/src/gone/go.mod` is not among");
    let ignored = server(lines).file(".dockerignore", "go.mod\n");
    assert_refused(&ignored, "`/src/go.mod` is not among");
    assert_refused(&server(lines).file("go.mod", "module a\nodd b\n"), "go.mod:2 has `odd b`");
    assert_refused(&server(lines).file("go.mod", "go 1.22\n"), "no `module` line");
    let sum = project().image("golang").file("go.mod", MODULE).file("a.go", "").file("s", "");
    let sum = sum.link("go.sum", "s").dockerfile(&format!("FROM golang\nWORKDIR /src\n{lines}\n"));
    assert_refused(&sum, "`go.sum` is no regular file");
}

#[test]
fn what_is_kept_between_builds() {
    let lines = "COPY . .\nRUN go mod download";
    for (variable, file) in
        [("GOMODCACHE=/src/cache", "cache/x"), ("GOPATH=/src/deps", "deps/pkg/mod/x")]
    {
        let project = server(&format!("ENV {variable}\n{lines}")).file(file, "x");
        assert_refused(&project, "to where go installs");
    }
    let copied = server(lines).file("go/pkg/mod/cache/x", "x");
    assert!(copied.bettered().contains("COPY go.mod go.sum ./\n"), "GOPATH is elsewhere");
    let by_default = server(&format!("ENV GOPATH=\n{lines}")).file("go/pkg/mod/cache/x", "x");
    assert_refused(&by_default, "to where go installs");
    assert_refused(&server(lines).file(".netrc", "x"), "`.netrc`, which go may read");
    let told = server(&format!("RUN go env -w GOFLAGS=-mod=vendor\n{lines}"));
    assert_refused(&told, "may tell go where to look");
    let shown = server("COPY . .\nRUN --mount=type=cache,target=/go/pkg/mod go mod download");
    assert!(shown.bettered().contains("COPY go.mod go.sum ./\nRUN --mount"));
}
