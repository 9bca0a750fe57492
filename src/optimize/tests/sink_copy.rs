//! A COPY that moves down past the steps that do not notice it, and those that have to stay.

use super::{ALREADY_GOOD, assert_refused, flask, project};
use crate::optimize::Risk;

/// `FROM python`, `WORKDIR /app`, then these lines.
fn in_app(lines: &str) -> String {
    format!("FROM python\nWORKDIR /app\n{lines}\n")
}

const APT: &str = "RUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*";

#[test]
fn a_project_with_everything_in_the_wrong_order() {
    let found = project()
        .file("requirements.txt", "flask\n")
        .file("app.py", "print(1)\n")
        .dockerfile(
            "FROM python\n\nWORKDIR /app\n\n# The whole project.\nCOPY . .\n\n\
             # A compiler for what has no wheel.\n\
             RUN apt-get update \\\n && apt-get install -y --no-install-recommends gcc \\\n \
             && rm -rf /var/lib/apt/lists/*\n\nENV PYTHONUNBUFFERED=1\n\
             RUN groupadd -r app && useradd -r -g app app\n\n\
             RUN pip install -r requirements.txt\n\nCMD [\"python\", \"app.py\"]\n",
        )
        .took("RUN apt-get", 20.0)
        .took("RUN pip", 10.0)
        .past(&["app.py"])
        .past(&["requirements.txt"])
        .optimize();
    insta::assert_snapshot!(found.patch);
    insta::assert_debug_snapshot!(
        found
            .rewrites
            .iter()
            .map(|rewrite| (rewrite.id, &rewrite.title, &rewrite.why, rewrite.risk))
            .collect::<Vec<_>>()
    );
}

/// Lines below `WORKDIR /app`, as they are and as they become.
const BETTERED: &[(&str, &str)] = &[
    (
        "COPY . .\nRUN apt-get install -y gcc\nRUN make",
        "RUN apt-get install -y gcc\nCOPY . .\nRUN make",
    ),
    ("ADD . /app\nRUN apk add --no-cache gcc", "RUN apk add --no-cache gcc\nADD . /app"),
    // What conflicts stays behind the COPY, and the rest passes both.
    (
        "COPY . .\nRUN mkdir -p logs\nRUN apt-get install -y gcc",
        "RUN apt-get install -y gcc\nCOPY . .\nRUN mkdir -p logs",
    ),
    // Settings that the COPY has nothing to do with pass it too, in their order.
    (
        "COPY . /code\nENV A=1\nUSER root\nARG B=2\nLABEL c=d\nEXPOSE 80\nWORKDIR /work\n\
         RUN dnf install -y gcc && dnf clean all\nWORKDIR /app",
        "ENV A=1\nUSER root\nARG B=2\nLABEL c=d\nEXPOSE 80\nWORKDIR /work\n\
         RUN dnf install -y gcc && dnf clean all\nCOPY . /code\nWORKDIR /app",
    ),
    (
        "COPY app.py /code/\nWORKDIR /work\nRUN curl -fsSL https://example.com/x -o /opt/x\nRUN a",
        "WORKDIR /work\nRUN curl -fsSL https://example.com/x -o /opt/x\nCOPY app.py /code/\nRUN a",
    ),
    // A step that takes no time is not worth it, and goes along only before one that does.
    (
        "COPY . .\nRUN mkdir -p /var/log/x\nRUN apt-get install -y gcc\nRUN mkdir /var/log/y",
        "RUN mkdir -p /var/log/x\nRUN apt-get install -y gcc\nCOPY . .\nRUN mkdir /var/log/y",
    ),
    // What is installed by name needs none of the files.
    ("COPY . .\nRUN pip install gunicorn", "RUN pip install gunicorn\nCOPY . ."),
    // After the project's own packages have been hoisted.
    (
        "COPY . .\nRUN pip install -r requirements.txt\nRUN apt-get install -y curl",
        "COPY requirements.txt .\nRUN pip install -r requirements.txt\n\
         RUN apt-get install -y curl\nCOPY . .",
    ),
    // Whichever branch runs, none reads the files.
    (
        "ARG UI=yes\nCOPY . .\n\
         RUN if [ \"$UI\" = yes ]; then apk add npm && npm i -g pnpm; else echo none; fi\nRUN make",
        "ARG UI=yes\n\
         RUN if [ \"$UI\" = yes ]; then apk add npm && npm i -g pnpm; else echo none; fi\n\
         COPY . .\nRUN make",
    ),
    (
        "COPY . .\nRUN apt-get update && apt-key adv --keyserver keys.example.com --recv-keys 0A \
         || true && apt-get install -y gcc",
        "RUN apt-get update && apt-key adv --keyserver keys.example.com --recv-keys 0A \
         || true && apt-get install -y gcc\nCOPY . .",
    ),
    // By a number, an owner needs no name.
    (
        "COPY --chown=1000:1000 . .\nRUN useradd x\nRUN apt-get install -y gcc",
        "RUN useradd x\nRUN apt-get install -y gcc\nCOPY --chown=1000:1000 . .",
    ),
];

#[test]
fn small_projects_are_bettered() {
    for (before, after) in BETTERED {
        let found = flask(&in_app(before)).optimize();
        // The last step may have had no line ending.
        assert_eq!(found.text, in_app(after), "of:\n{before}\n{:?}", found.explain());
        assert!(found.is_proven(), "{before}");
        let again = flask(&found.text).optimize();
        assert!(again.rewrites.is_empty(), "again:\n{}", again.patch);
    }
}

#[test]
fn a_file_without_a_last_line_ending_keeps_it_so() {
    let text = "FROM python\nWORKDIR /app\nCOPY . .\nRUN apt-get install -y gcc";
    let expected = "FROM python\nWORKDIR /app\nRUN apt-get install -y gcc\nCOPY . .";
    assert_eq!(flask(text).bettered(), expected);
    let windows = text.replace('\n', "\r\n");
    assert_eq!(flask(&windows).bettered(), expected.replace('\n', "\r\n"));
}

#[test]
fn a_good_order_is_left_alone_without_a_word() {
    for lines in [
        format!("{APT}\nCOPY . .\nRUN make"),
        "COPY . .\nRUN mkdir -p /var/log/x && chown nobody /var/log/x".to_owned(),
        "COPY . .\nRUN make\nRUN ./configure".to_owned(),
        "COPY . .\nENV A=1\nLABEL b=c".to_owned(),
    ] {
        assert_eq!(flask(&in_app(&lines)).refused(), ALREADY_GOOD, "of:\n{lines}");
    }
}

#[test]
fn steps_that_may_notice_the_files_stay() {
    let mut wrong = Vec::new();
    for (lines, words) in [
        // A command reads what is copied, or what the shell makes of it.
        ("COPY . .\nRUN apt-get install -y $(cat packages.txt)", "`apt-get install -y $(cat"),
        ("COPY . .\nRUN xargs apt-get install -y < packages.txt", "`xargs apt-get install -y`"),
        ("COPY . .\nRUN apt-get install -y ./x.deb", "line 4 reads or writes `/app`"),
        ("COPY . .\nRUN apt-get install -y *.deb", "line 4 reads or writes `/app`"),
        ("COPY . .\nRUN apt-get install -y gcc; ls", "line 4 reads or writes `/app`"),
        ("COPY . .\nRUN apt-get install -y gcc; make", "`make`"),
        ("COPY . .\nRUN apt-get install -y gcc && rm -rf /app/tests", "reads or writes `/app`"),
        ("COPY . .\nRUN apt-get install -y gcc; cp app.py /opt", "reads or writes `/app`"),
        ("COPY . .\nRUN apt-get -c apt.conf install -y gcc", "`apt-get -c apt.conf"),
        ("COPY . .\nRUN apt-get -o Dir::Etc=/app install -y gcc", "`apt-get -o Dir::Etc"),
        ("COPY . .\nRUN sh setup.sh && apt-get install -y gcc", "`sh setup.sh`"),
        ("COPY . .\nRUN cd /tmp; apt-get install -y gcc; touch x", "`cd /tmp"),
        ("COPY . .\nRUN echo * > /list && apt-get install -y gcc", "reads or writes `/app`"),
        ("COPY . .\nRUN <<EOF\napt-get install -y gcc\nEOF\nRUN dnf install -y x.rpm", "/app"),
        ("COPY . .\nRUN --mount=type=cache,target=/app/c apt-get install -y gcc", "`/app`"),
        ("COPY . .\nRUN --mount=type=cache,target=c apt-get install -y gcc", "the mount"),
        ("COPY . .\nRUN if [ -f app.py ]; then apt-get install -y gcc; fi", "writes `/app`"),
        ("COPY . .\nRUN test -e x || apt-get install -y gcc", "writes `/app`"),
        ("COPY . .\nRUN if make; then apt-get install -y gcc; fi", "`make`"),
        ("COPY . .\nRUN if true; then apt-get install -y gcc; else make; fi", "`make`"),
        ("COPY . .\nRUN apt-key adv --import x.asc && apt-get install -y gcc", "`apt-key adv"),
        // What is copied lies where packages are, or is looked for by the command.
        ("COPY . /usr/local/lib/app\nRUN apt-get install -y gcc", "`/usr/local/lib/app`"),
        ("COPY app.py /etc/apt/apt.conf.d/x\nRUN apt-get install -y gcc", "`/etc/apt"),
        ("COPY . /\nRUN apt-get install -y gcc", "`/`"),
        ("COPY . /var/www/html\nRUN apt-get install -y apache2", "`/var/www/html`"),
        ("COPY app.py /tmp/\nRUN apt-get install -y gcc", "`/tmp"),
        // Names of owners come from a file that the step writes.
        ("COPY --chown=app . .\nRUN useradd x && apt-get install -y gcc", "`/etc/passwd`"),
        // Variables lead the command to the files.
        ("ENV PATH=/app/bin:$PATH\nCOPY . .\nRUN apt-get install -y gcc", "variable PATH "),
        ("ENV APT_CONFIG=/app/apt.conf\nCOPY . .\nRUN apt-get install -y gcc", "APT_CONFIG "),
        ("COPY . .\nRUN LD_PRELOAD=/app/x.so apt-get install -y gcc", "variable LD_PRELOAD "),
        ("COPY . .\nRUN export LD_LIBRARY_PATH=/app && apt-get install -y gcc", "LD_LIBRARY"),
        // What the COPY says changes with what stands between.
        ("ARG D=x\nCOPY . /$D\nENV D=y\nRUN apt-get install -y gcc", "line 5: ENV stands"),
        ("COPY . .\nWORKDIR /app/x\nRUN apt-get install -y gcc", "line 4: WORKDIR stands"),
        ("COPY . /a/b\nWORKDIR /a\nRUN apt-get install -y gcc", "line 4: WORKDIR stands"),
        ("COPY . .\nARG SOURCE_DATE_EPOCH=1\nRUN apt-get install -y gcc", "line 4: ARG stands"),
        ("COPY . .\nVOLUME /app\nRUN apt-get install -y gcc", "line 4: VOLUME stands"),
        ("COPY . .\nONBUILD RUN x\nRUN apt-get install -y gcc", "line 4: ONBUILD stands"),
        // What stays cannot be passed either.
        (
            "COPY . .\nRUN make\nRUN apt-get install -y gcc",
            "line 4: RUN stands between the COPY on line 3 and the install on line 5",
        ),
        ("COPY . .\nRUN make\nENV A=1\nRUN apt-get install -y gcc", "stands between"),
        ("COPY . .\nRUN useradd app && chown app .\nRUN apt-get install -y gcc", "line 4: RUN"),
    ] {
        let found = flask(&in_app(lines)).file("packages.txt", "gcc\n").optimize();
        let reason = found.explain().unwrap_or(found.patch);
        if !reason.contains(words) {
            wrong.push(format!("of:\n{lines}\n`{words}` is not in: {reason}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let curl = flask(&in_app("COPY . .\nRUN apt-get install -y x && curl https://example.com/x"));
    let reason = curl.file(".curlrc", "").refused();
    assert!(reason.contains("`.curlrc`, which the command may read"), "{reason}");
}

#[test]
fn earlier_steps_may_have_led_the_command_to_the_files() {
    for earlier in [
        "RUN echo 'deb [trusted=yes] file:/app/debs ./' > /etc/apt/sources.list.d/x.list",
        "RUN ln -s /app /usr/local/lib/app",
        "RUN ln -s . /srv/app",
        "RUN make link-to=/app",
        "COPY x.list /etc/apt/sources.list.d/",
        "COPY links /usr/share/there",
    ] {
        let lines = in_app(&format!("{earlier}\nCOPY . .\nRUN apt-get install -y gcc"));
        let project = flask(&lines)
            .file("x.list", "deb file:/app/debs ./\n")
            .file("links/a", "")
            .link("links/b", "/app");
        let reason = project.refused();
        assert!(reason.contains("line 3: ") && reason.contains("where to look"), "{reason}");
    }
}

#[test]
fn what_cannot_be_known_is_to_be_verified() {
    let risk = |lines: &str| {
        let found = flask(&in_app(lines)).optimize();
        assert_eq!(found.rewrites.len(), 1, "{lines}: {:?}", found.explain());
        found.rewrites[0].risk
    };
    assert_eq!(risk(&format!("COPY . .\n{APT}")), Risk::None);
    // Packages of other makers install there.
    assert_eq!(risk(&format!("COPY . /opt/app\n{APT}")), Risk::Verify);
    assert_eq!(risk(&format!("COPY . /srv/app\n{APT}")), Risk::Verify);
    // Who knows what that has set up.
    assert_eq!(risk(&format!("RUN make\nCOPY . .\n{APT}")), Risk::Verify);
    // What another stage brings is not known.
    assert_eq!(risk(&format!("COPY . .\nCOPY --from=python /x /y/\n{APT}")), Risk::Verify);
    let unknown = flask(&in_app(&format!("COPY . .\n{APT}"))).unknown_image().optimize();
    assert_eq!(unknown.rewrites[0].risk, Risk::Verify);
}

#[test]
fn nothing_is_gained_where_the_files_count_already() {
    let text = in_app("COPY app.py /etc/x/\nCOPY app.py .\nRUN apt-get install -y gcc");
    let reason = flask(&text).refused();
    assert!(reason.contains("line 5 reads or writes `/etc/x/app.py`"), "{reason}");
}

#[test]
fn packages_of_the_system_may_come_before_those_of_a_language() {
    let lines = "COPY . .\nRUN rm -f Gemfile.lock\nRUN bundle install\nRUN apt-get update\n\
                 RUN apt-get install -y nodejs";
    let found = flask(&in_app(lines)).file("Gemfile", "source 'https://rubygems.org'\n").optimize();
    let expected = "RUN apt-get update\nRUN apt-get install -y nodejs\nCOPY . .\n\
                    RUN rm -f Gemfile.lock\nRUN bundle install";
    assert_eq!(found.text, in_app(expected), "{:?}", found.explain());
    // A program that is built may find what the system has now.
    assert_eq!(found.rewrites[0].risk, Risk::Verify);
    for lines in [
        // Not where files of the project are meant, or nobody knows what is.
        "COPY . .\nRUN rm -f x && make && bundle install\nRUN apt-get install -y nodejs",
        "COPY . .\nRUN rm -f x\nRUN bundle install\nRUN apt-get install -y ./x.deb",
        "COPY . .\nRUN rm -f x\nRUN bundle install\nRUN apt-get install -y a && touch /app/b",
    ] {
        let found = flask(&in_app(lines)).file("Gemfile", "source 'x'\n").optimize();
        assert!(!found.text.contains("apt-get install -y nodejs\nCOPY"), "{}", found.patch);
        assert!(!found.text.contains("x.deb\nCOPY"), "{}", found.patch);
        assert!(!found.text.contains("/app/b\nCOPY"), "{}", found.patch);
    }
}

#[test]
fn a_project_below_usr_src_is_to_be_verified() {
    let text = |run: &str| format!("FROM python\nWORKDIR /usr/src/app\nCOPY . .\nRUN {run}\n");
    let found = flask(&text("apt-get update && apt-get install -y gcc")).optimize();
    let expected = "FROM python\nWORKDIR /usr/src/app\n\
                    RUN apt-get update && apt-get install -y gcc\nCOPY . .\n";
    assert_eq!((found.text.as_str(), found.rewrites[0].risk), (expected, Risk::Verify));
    for run in [
        "apt-get install -y gcc; touch /usr/src/app/x",
        "apt-get install -y gcc; ls /usr/src",
        "apt-get install -y gcc; touch x",
    ] {
        assert_refused(&flask(&text(run)), "line 4 reads or writes `/usr/src/app`");
    }
    // What touches the project alone stays with it.
    let lines = |below: &str| {
        format!(
            "FROM python\nWORKDIR /usr/src/app\nCOPY . .\nRUN rm -f app.pyc\n\
             RUN apt-get update\nRUN apt-get install -y gcc{below}\n"
        )
    };
    let found = flask(&lines("")).optimize();
    let sunk = found.rewrites.iter().find(|rewrite| rewrite.id == "sink-copy");
    assert_eq!(sunk.map(|sunk| sunk.risk), Some(Risk::Verify));
    assert!(found.text.contains(" -y gcc\nCOPY . .\nRUN rm -f"), "{}", found.text);
    for below in [" && touch app.pyc", " && ls /usr/src/app", " && cat /usr/src/app/app.pyc"] {
        let found = flask(&lines(below)).optimize();
        assert!(!found.text.contains(&format!("{below}\nCOPY")), "{}", found.text);
    }
    let all = "FROM python\nCOPY . /usr/src\nRUN apt-get install -y gcc\n";
    assert_refused(&flask(all), "line 3 reads or writes `/usr/src`");
}
