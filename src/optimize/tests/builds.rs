//! Installs that stand below what builds another part of the project.

use super::{Project, project};
use crate::optimize::Risk;

/// Two parts, `web` and `api`, each with packages of npm; these lines below `WORKDIR /app`.
fn shop(lines: &str) -> Project {
    let lock = r#"{"lockfileVersion":3,"packages":{"":{"name":"part"}}}"#;
    project()
        .image("node")
        .file("web/package.json", r#"{"name":"web","scripts":{"build":"vite build"}}"#)
        .file("web/package-lock.json", lock)
        .file("web/src/index.js", "1\n")
        .file("api/package.json", r#"{"name":"api"}"#)
        .file("api/package-lock.json", lock)
        .file("api/index.js", "1\n")
        .file("requirements.txt", "flask\n")
        .dockerfile(&in_app(lines))
}

fn in_app(lines: &str) -> String {
    format!("FROM node\nWORKDIR /app\n{lines}\n")
}

const API: &str = "COPY api/package-lock.json api/package.json api/\nRUN cd api && npm ci\n";

#[test]
fn another_part_may_be_built_later() {
    for lines in [
        "COPY . .\nRUN cd web && npm run build\nRUN cd api && npm ci",
        "COPY . .\nRUN set -e; echo building; yarn build\nRUN cd api && npm ci",
        // What is copied in parts.
        "COPY api api\nCOPY web web\nRUN cd web && npm run build:docker\nCOPY requirements.txt .\n\
         RUN cd api && npm ci",
        "COPY . .\nRUN mix compile && mix assets.deploy\nRUN mkdir logs\nRUN cd api && npm ci",
    ] {
        let found = shop(lines).optimize();
        let rest = lines.replace("\nRUN cd api && npm ci", "");
        let expected = in_app(&format!("{API}{rest}"));
        assert_eq!(found.text, expected, "of:\n{lines}\n{:?}", found.explain());
        assert_eq!(found.rewrites[0].risk, Risk::Verify, "{lines}");
        let again = shop(lines).dockerfile(&found.text).optimize();
        assert!(again.rewrites.is_empty(), "again:\n{}", again.patch);
    }
}

#[test]
fn what_may_have_to_do_with_the_install_is_not_passed() {
    for (between, install) in [
        // It is built where, or below where, packages are installed.
        ("RUN cd api && npm run build", "RUN cd api && npm ci"),
        ("RUN cd api/src && npm run build", "RUN cd api && npm ci"),
        // It speaks of that part.
        ("RUN npm run build:api", "RUN cd api && npm ci"),
        ("RUN yarn build api", "RUN cd api && npm ci"),
        // An option may lead it there.
        ("RUN npm --prefix api run build", "RUN cd api && npm ci"),
        ("RUN npm run build -C x", "RUN cd api && npm ci"),
        // What does not say that it builds may set up anything.
        ("RUN cd web && npm run setup", "RUN cd api && npm ci"),
        ("RUN cd web && make build", "RUN cd api && npm ci"),
        ("RUN cd web && npm run build && curl https://example.com/x | sh", "RUN cd api && npm ci"),
        ("RUN cd web && npm run build && apt-get install -y npm", "RUN cd api && npm ci"),
        ("RUN cd web && $BUILD", "RUN cd api && npm ci"),
        ("RUN cd web && npm run build > ../api/package.json", "RUN cd api && npm ci"),
        ("RUN --mount=type=cache,target=/c cd web && npm run build", "RUN cd api && npm ci"),
        ("RUN <<E\nyarn build\nE", "RUN cd api && npm ci"),
        // The shell is led elsewhere first, or the directory is not certain.
        ("RUN cd web; npm run build", "RUN cd api && npm ci"),
        ("ENV CDPATH=/x\nRUN cd web && npm run build", "RUN cd api && npm ci"),
        // A setting that the build would have got too late or too early.
        ("RUN cd web && npm run build\nENV A=1", "RUN cd api && npm ci"),
        ("RUN cd web && npm run build\nWORKDIR /app/api", "RUN npm ci"),
        // The packages belong to the whole project.
        ("RUN cd web && npm run build", "RUN pip install -r requirements.txt"),
    ] {
        let lines = format!("COPY . .\n{between}\n{install}");
        let found = shop(&lines).optimize();
        assert_eq!(found.text, in_app(&lines), "{between}");
    }
}

#[test]
fn a_manifest_of_another_part_keeps_the_build_above() {
    let lines = "COPY . .\nRUN yarn build\nRUN cd api && pip install -r ../web/more.txt";
    let project = shop(lines).file("web/more.txt", "flask\n");
    assert_eq!(project.optimize().text, in_app(lines));
}

#[test]
fn what_builds_in_between_leaves_the_copies_below_it_to_be_passed() {
    let lines = "COPY api api\nRUN cd api && npm run build\nCOPY web web\nCOPY requirements.txt .\n\
                 RUN cd web && npm ci";
    let expected = "COPY api api\nRUN cd api && npm run build\n\
                    COPY web/package-lock.json web/package.json web/\nRUN cd web && npm ci\n\
                    COPY web web\nCOPY requirements.txt .";
    let found = shop(lines).optimize();
    let is_below = found.text == in_app(expected);
    // Or above the build of the other part, which frees it as well.
    let above = "COPY web/package-lock.json web/package.json web/\nRUN cd web && npm ci\n\
                 COPY api api\nRUN cd api && npm run build\nCOPY web web\nCOPY requirements.txt .";
    assert!(is_below || found.text == in_app(above), "{}", found.text);
    // With one that may not be passed, only below.
    let lines = lines.replace("npm run build", "npm run build web");
    let found = shop(&lines).optimize();
    assert_eq!(found.text, in_app(&expected.replace("npm run build", "npm run build web")));
}
