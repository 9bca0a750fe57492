//! Packages by name that open a stage, and the installs of other languages that they pass.

use super::{Project, flask, risk};
use crate::optimize::Risk;

const MANIFEST: &str = "requirements.txt";

/// Three commits of which two change the manifest.
fn shop(dockerfile: &str) -> Project {
    flask(dockerfile)
        .commits(&[
            &[(MANIFEST, "flask\n"), ("app.py", "1\n")],
            &[(MANIFEST, "flask==1\n")],
            &[("app.py", "2\n")],
            &[(MANIFEST, "flask==3.1.3\n")],
        ])
        .took("RUN npm", 20.0)
        .took("RUN pip", 30.0)
}

/// A stage that installs a project's packages, and one on it that begins with a RUN.
fn stages(run: &str, rest: &str) -> String {
    format!(
        "FROM python AS packages\nWORKDIR /app\nCOPY requirements.txt .\n\
         RUN pip install --prefix=/install -r requirements.txt\n\nFROM packages AS assets\n\n\
         # To make them small\n{run}\n\nCOPY . .\nRUN make\n\n{rest}"
    )
}

const NPM: &str = "RUN npm install cssmin uglify-js -g";

#[test]
fn a_step_that_opens_a_stage_is_done_in_the_one_below() {
    let rest = "FROM python\nCOPY --from=packages /install /srv\nCOPY --from=assets /app /app\n";
    let found = shop(&stages(NPM, rest)).optimize();
    assert_eq!(found.explain(), None);
    let expected = format!(
        "FROM python AS packages\nWORKDIR /app\n# To make them small\n{NPM}\n\
         COPY requirements.txt .\nRUN pip install --prefix=/install -r requirements.txt\n\n\
         FROM packages AS assets\n\nCOPY . .\nRUN make\n\n{rest}"
    );
    assert_eq!(found.text, expected);
    assert_eq!(risk(&found), Risk::Verify);
    assert_eq!(found.rewrites[0].id, "lower-run");
}

#[test]
fn a_step_stays_in_its_stage_where_others_would_have_the_packages() {
    for (run, rest) in [
        // Somebody else is built on that stage, or takes from where packages are.
        (NPM, "FROM packages AS other\nRUN make\nFROM python\nCOPY --from=other /x /x\n"),
        (NPM, "FROM python\nCOPY --from=packages /usr/local /usr/local\n"),
        (NPM, "FROM python\nCOPY --from=0 / /x\n"),
        (NPM, "FROM python\nRUN --mount=type=bind,from=packages,target=/x make\n"),
        (NPM, "FROM python\nRUN --mount=type=bind,from=Packages,target=/x make\n"),
        (NPM, "FROM python\nRUN --mount=type=bind,from=0,target=/x make\n"),
        // It may read the files, or nobody knows what it does.
        ("RUN npm install", ""),
        ("RUN npm install -g .", ""),
        ("RUN make tools", ""),
        ("RUN --mount=type=cache,target=/root/.npm npm install -g x", ""),
        // It shares its packages with what is installed there.
        ("RUN pip install uglify", ""),
    ] {
        let asked = if rest.is_empty() { "" } else { "COPY --from=assets /app /app\n" };
        let found = shop(&stages(run, &format!("{rest}{asked}"))).optimize();
        assert!(found.rewrites.is_empty(), "of:\n{run}\n{rest}\n{}", found.patch);
    }
    // A variable that only the stage below has.
    let lines = stages(NPM, "").replace("WORKDIR /app\n", "WORKDIR /app\nARG LEVEL=1\n");
    assert!(shop(&lines).optimize().rewrites.is_empty());
    // A trigger.
    let lines = stages(NPM, "").replace("WORKDIR /app\n", "WORKDIR /app\nONBUILD RUN x\n");
    assert!(shop(&lines).optimize().rewrites.is_empty());
}

/// Packages by name need nothing of another language's manifests, where these change often.
#[test]
fn packages_by_name_pass_an_install_of_another_language() {
    let text = |run: &str| {
        format!(
            "FROM python\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n\
             {run}\nCOPY . .\nRUN make\n"
        )
    };
    let found = shop(&text("RUN npm install -g pnpm@9")).optimize();
    let expected = "FROM python\nWORKDIR /app\nRUN npm install -g pnpm@9\nCOPY requirements.txt .\n\
                    RUN pip install -r requirements.txt\nCOPY . .\nRUN make\n";
    assert_eq!(found.text, expected, "{:?}", found.explain());
    assert_eq!(risk(&found), Risk::Verify);
    for stays in [
        "RUN pip install gunicorn",
        "RUN uv pip install gunicorn",
        "RUN npm install -g ./x",
        "RUN npm install -g pnpm && make",
    ] {
        assert!(shop(&text(stays)).optimize().rewrites.is_empty(), "{stays}");
    }
    // Manifests that hardly ever change are not worth it, nor where nobody knows.
    let seldom = flask(&text("RUN npm install -g pnpm@9")).took("RUN npm", 20.0).past(&[MANIFEST]);
    assert!(seldom.optimize().rewrites.is_empty());
}
