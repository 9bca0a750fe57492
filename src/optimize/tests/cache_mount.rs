//! Caches of package managers that the engine keeps.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::optimize::Risk;

/// `# syntax=…` of mounts, `FROM python AS one`, `WORKDIR /app`, then these lines.
fn with_mounts(lines: &str) -> Project {
    plain(&format!("# syntax=docker/dockerfile:1\nFROM python AS one\nWORKDIR /app\n{lines}\n"))
}

fn plain(dockerfile: &str) -> Project {
    project()
        .file("requirements.txt", "flask==3.1.3\n")
        .file("package.json", "{}\n")
        .file("package-lock.json", "{\"lockfileVersion\": 3, \"packages\": {}}\n")
        .file("app.py", "print(1)\n")
        .dockerfile(dockerfile)
}

const PIP: &str = "COPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n\
                   COPY . .";

#[test]
fn a_cache_that_is_in_no_layer_is_kept_on_the_engine() {
    let found = with_mounts(PIP).optimize();
    insta::assert_snapshot!(found.patch);
    // What is built anew may differ from what the cache has.
    assert_eq!(risk(&found), Risk::Verify);
    assert!(found.rewrites[0].why.contains("`--no-cache-dir` goes"), "{}", found.rewrites[0].why);
    let before = found.before.unwrap().get();
    assert!(found.after.unwrap().get() < before, "{found:?}");
    let removed = with_mounts(
        "COPY requirements.txt .\nRUN pip install -r requirements.txt \\\n    && rm -rf /root/.cache\n\
         COPY . .",
    );
    let line = "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n";
    assert!(removed.bettered().contains(line), "{}", removed.bettered());
}

#[test]
fn the_layers_of_a_stage_that_is_only_copied_from_may_lose_it() {
    let found = plain(
        "# syntax=docker/dockerfile:1\nFROM python AS web\nWORKDIR /web\n\
         COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n\
         FROM python AS server\nWORKDIR /src\nCOPY app.py .\nRUN go build -o /server .\n\
         FROM python\nCOPY --from=web /web/dist /dist\nCOPY --from=server /server /\n",
    )
    .optimize();
    assert_eq!(found.explain(), None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn one_that_is_there_is_left_alone() {
    let lines = "COPY requirements.txt .\n\
                 RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt";
    assert_eq!(with_mounts(lines).refused(), ALREADY_GOOD);
}

#[test]
fn nobody_who_did_not_ask_for_mounts_gets_one() {
    assert_eq!(plain(&format!("FROM python\nWORKDIR /app\n{PIP}\n")).refused(), ALREADY_GOOD);
    let old = format!("# syntax=docker/dockerfile:1.1\nFROM python\nWORKDIR /app\n{PIP}\n");
    assert_eq!(plain(&old).refused(), ALREADY_GOOD);
}

#[test]
fn a_cache_that_the_image_has_stays_there_and_that_is_said() {
    let words =
        "pip leaves its cache in /root/.cache/pip, which the image or a later step has today";
    let lines = "COPY requirements.txt .\nRUN pip install -r requirements.txt";
    assert_refused(&with_mounts(lines), words);
    // Somebody takes it from the stage, or counts on it.
    for end in [
        "FROM python\nCOPY --from=0 /root /root",
        "FROM python\nCOPY --from=0 / /",
        "FROM python\nCOPY --from=0 /root/.c* /x/",
        "FROM python\nRUN --mount=from=one,target=/x cp -r /x/root /y",
        "RUN cp -r /root/.cache /kept\nFROM python\nCOPY --from=0 /kept /kept",
        "RUN make --offline\nFROM python\nCOPY --from=0 /app /app",
    ] {
        assert_refused(&with_mounts(&format!("{lines}\n{end}")), words);
    }
}

#[test]
fn a_cache_of_which_more_is_told_is_left_alone() {
    let install = "RUN pip install --no-cache-dir -r requirements.txt";
    for lines in [
        // It is elsewhere, or another user's.
        &*format!("ENV PIP_CACHE_DIR=/cache\nCOPY requirements.txt .\n{install}"),
        &format!("ENV XDG_CACHE_HOME=/cache\nCOPY requirements.txt .\n{install}"),
        &format!("ENV HOME=/home/a\nCOPY requirements.txt .\n{install}"),
        &format!("USER a\nCOPY requirements.txt .\n{install}"),
        "COPY requirements.txt .\nRUN PIP_CACHE_DIR=/x pip install --no-cache-dir -r requirements.txt",
        // One of two commands leaves it in the layer, or a third one touches it.
        "COPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt && pip install a",
        "COPY requirements.txt .\n\
         RUN pip install --no-cache-dir -r requirements.txt && ls /root/.cache",
        "COPY requirements.txt .\n\
         RUN pip install -r requirements.txt && touch /root/.cache/a && rm -rf /root/.cache",
        // Its environments lie beside its cache.
        "COPY pyproject.toml .\nRUN poetry install --no-cache",
        // No chain, no shell.
        "COPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt; true",
        "COPY requirements.txt .\n\
         RUN [\"pip\", \"install\", \"--no-cache-dir\", \"-r\", \"requirements.txt\"]",
    ] {
        let project = with_mounts(lines).file("pyproject.toml", "[tool.poetry]\n");
        let found = project.optimize();
        assert!(found.rewrites.is_empty(), "{lines}:\n{}", found.patch);
    }
    let unknown = with_mounts(PIP).unknown_image().optimize();
    let mut rewrites = unknown.rewrites.iter();
    assert!(rewrites.all(|rewrite| rewrite.id != "cache-mount"), "{}", unknown.patch);
}
