//! A day with the program, on real engines: what is built runs, what is forecast happens, and
//! only what changed is sent.

use std::process::Command;

use crate::report::{assert_agreed, assert_all_reused, changed_files, step, steps, told};
use crate::workshop::{TestEngine, Workshop, engine};

on_engines!(
    the_flask_app_runs_and_every_edit_is_forecast,
    an_older_commit_is_reused,
    one_edit_among_twenty_thousand_files_sends_one_file,
    options_mean_what_they_mean_to_docker,
    no_cache_runs_everything_once,
    no_cache_filter_runs_the_stages_that_it_names,
    a_relative_cache_target_is_another_cache_than_the_full_path,
    a_stage_with_the_same_output_is_reused_after_it,
    what_another_client_built_is_known_once_it_was_reused,
    a_failed_build_says_of_no_step_that_it_was_reused_before_it_was_made,
);

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<title>Guest book</title>
<h1>Guest book</h1>
<form method="post" action="/">
  <input name="entry" aria-label="Your line" required>
  <button>Sign</button>
</form>
<ul><li>Ada was here.</li></ul>
</html>"#;

fn the_flask_app_runs_and_every_edit_is_forecast(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.copy_of("examples/flask-app");
    shop.append("app.py", &format!("# {}\n", shop.salt()));
    let name = shop.image_name("flask");

    shop.build(&["-t", &name]);
    let page = crate::container::Container::start(engine, &name).page(8000, "/");
    assert_eq!(page, PAGE);

    let unchanged = shop.build(&["-t", &name, "--no-shortcut"]);
    assert_all_reused(&unchanged);
    assert_eq!(unchanged["sent"]["files"], 0);

    for edited in ["app.py", "requirements.txt"] {
        let before = shop.read(edited);
        shop.append(edited, &format!("# {}\n", shop.salt()));
        let report = shop.build(&["-t", &name]);
        assert_agreed(&report);
        assert_eq!(told(&report), ["cached cached", "rebuild ran", "rebuild ran"], "{report:#}");
        assert_eq!(changed_files(step(&report, "COPY")), [edited]);
        let install = &step(&report, "RUN pip")["cause"];
        assert_eq!(
            (&install["kind"], &install["step"]),
            (&"parent".into(), &step(&report, "COPY")["name"])
        );
        assert_eq!(report["sent"]["files"], 1);

        shop.file(edited, &before);
        assert_all_reused(&shop.build(&["-t", &name, "--no-shortcut"]));
    }

    the_rewrite_spares_the_install(&shop, engine, &name);
}

fn the_rewrite_spares_the_install(shop: &Workshop, engine: &TestEngine, name: &str) {
    let as_it_is = shop.read("Dockerfile");
    shop.build(&["-t", name, "--optimize"]);
    shop.append("app.py", &format!("# {}\n", shop.salt()));
    let report = shop.build(&["-t", name, "--optimize"]);
    assert_agreed(&report);
    assert_eq!(step(&report, "RUN pip")["actual"], "cached", "{report:#}");
    assert_eq!(crate::container::Container::start(engine, name).page(8000, "/"), PAGE);
    assert_eq!(shop.read("Dockerfile"), as_it_is);

    let applied = shop.run(&["optimize", "--apply", "."]);
    assert!(applied.status.success(), "{applied:?}");
    shop.build(&["-t", name]);
    assert_eq!(crate::container::Container::start(engine, name).page(8000, "/"), PAGE);
    shop.append("app.py", &format!("# {}\n", shop.salt()));
    let report = shop.build(&["-t", name]);
    assert_agreed(&report);
    let install = step(&report, "RUN pip");
    assert_eq!((&install["verdict"], &install["actual"]), (&"cached".into(), &"cached".into()));
    assert_eq!(crate::container::Container::start(engine, name).page(8000, "/"), PAGE);
}

fn an_older_commit_is_reused(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file(".dockerignore", ".git\n");
    shop.file(
        "Dockerfile",
        "FROM busybox:local\nCOPY . /src\nRUN cat /src/app /src/lib/* > /all\n",
    );
    shop.file("app", &shop.salt());
    shop.file("lib/one", "1\n");
    git(&shop, &["init", "-q"]);
    commit(&shop, "first");
    shop.build(&[]);

    shop.append("app", "2\n");
    shop.file("lib/two", "2\n");
    commit(&shop, "second");
    let second = shop.build(&[]);
    assert_agreed(&second);
    assert_eq!(told(&second), ["rebuild ran", "rebuild ran"]);
    assert_eq!(changed_files(step(&second, "COPY")), ["app", "lib/two"]);

    git(&shop, &["checkout", "-q", "HEAD~1"]);
    assert_all_reused(&shop.build(&[]));
    git(&shop, &["checkout", "-q", "-"]);
    assert_all_reused(&shop.build(&[]));
}

fn git(shop: &Workshop, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args(arguments)
        .current_dir(shop.context())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
}

fn commit(shop: &Workshop, message: &str) {
    git(shop, &["add", "--all"]);
    git(shop, &["commit", "-q", "-m", message]);
}

fn one_edit_among_twenty_thousand_files_sends_one_file(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file("Dockerfile", "FROM busybox:local\nRUN --mount=target=/src cat /src/42/* > /all\n");
    // Mounted and not copied: what is sent is the same, and the engine writes no layer of it.
    for number in 0..20_000 {
        shop.file(&format!("{}/{number}", number % 100), &number.to_string());
    }
    shop.file("salt", &shop.salt());
    let first = shop.build(&[]);
    assert_eq!(first["sent"]["files"], 20_002);

    shop.file("42/4242", "edited");
    let second = shop.build(&[]);
    assert_agreed(&second);
    assert_eq!(changed_files(step(&second, "RUN")), ["42/4242"]);
    assert_eq!((&second["sent"]["files"], &second["sent"]["bytes"]), (&1.into(), &6.into()));
}

fn options_mean_what_they_mean_to_docker(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file(
        "docker/prod.Dockerfile",
        "FROM busybox:local AS one\nARG WHO=nobody\nCOPY . /src\n\
         RUN echo $WHO > /who && cd /src && find . -type f | sort > /files\nFROM one AS two\nRUN false\n",
    );
    shop.file(".dockerignore", "*.log\n!kept.log\ntmp\ndocker\n");
    shop.file("app", &shop.salt());
    for path in ["build.log", "kept.log", "sub/deep.log", "tmp/cache"] {
        shop.file(path, path);
    }
    let (one, other) = (shop.image_name("one"), shop.image_name("other"));
    let id_file = shop.beside("id");
    let report_file = shop.beside("options.json");
    let output = shop
        .command()
        .args(["-q", "-f", "docker/prod.Dockerfile", "--target", "one", "--build-arg", "WHO=me"])
        .args(["--label", "team=stories", "-t", &one, "-t", &other])
        .arg("--iidfile")
        .arg(&id_file)
        .arg("--report")
        .arg(&report_file)
        .arg(".")
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");

    let id = std::fs::read_to_string(id_file).expect("the image's id");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{id}\n"));
    let image = crate::container::image(engine, &one);
    assert_eq!(image["Id"], id.as_str());
    assert_eq!(image["Config"]["Labels"]["team"], "stories");
    assert_eq!(crate::container::image(engine, &other)["Id"], id.as_str());
    let report = crate::workshop::json(&report_file);
    assert_eq!((&report["image"], &report["target"]), (&id.as_str().into(), &"one".into()));
    assert_eq!(steps(&report).len(), 2);
    assert_eq!(
        crate::container::output(engine, &one, "cat /who /files"),
        "me\n./.dockerignore\n./app\n./kept.log\n./sub/deep.log\n"
    );

    // Ignored files may change as they like; an argument may not.
    shop.file("tmp/cache", "changed");
    let options = ["-f", "docker/prod.Dockerfile", "--target", "one", "--build-arg"];
    assert_all_reused(&shop.build(&[&options[..], &["WHO=me"]].concat()));
    let renamed = shop.build(&[&options[..], &["WHO=you"]].concat());
    assert_agreed(&renamed);
    let cause = &step(&renamed, "RUN")["cause"];
    assert_eq!((&cause["kind"], &cause["name"]), (&"argument".into(), &"WHO".into()), "{cause}");
}

fn no_cache_runs_everything_once(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file("Dockerfile", "FROM busybox:local\nCOPY app /app\nRUN cat /app\n");
    shop.file("app", &shop.salt());
    shop.build(&[]);
    let fresh = shop.build(&["--no-cache"]);
    assert_agreed(&fresh);
    assert_eq!(told(&fresh), ["rebuild ran", "rebuild ran"]);
    assert_eq!(step(&fresh, "COPY")["cause"]["kind"], "no_cache");
    assert_all_reused(&shop.build(&[]));
}

fn a_stage_with_the_same_output_is_reused_after_it(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file(
        "Dockerfile",
        "FROM busybox:local AS build\nCOPY list /list\nRUN mkdir /out && cut -d' ' -f1 /list > /out/names\n\
         FROM busybox:local\nCOPY --from=build /out /out\nRUN wc -l < /out/names > /count\n",
    );
    let salt = shop.salt();
    shop.file("list", &format!("ada 1815\n{salt} 1\n"));
    let name = shop.image_name("names");
    shop.build(&["-t", &name]);

    // What the stage makes stays the same.
    shop.file("list", &format!("ada 1852\n{salt} 2\n"));
    let same = shop.build(&["-t", &name]);
    assert_agreed(&same);
    assert_eq!(told(&same), ["rebuild ran", "rebuild ran", "depends cached", "depends cached"]);
    assert_eq!(same["agreement"]["depends"], 2);
    let cause = &step(&same, "COPY --from")["cause"];
    assert_eq!(cause["kind"], "stage_output", "{cause}");

    // Now it differs.
    shop.file("list", &format!("ada 1852\ngrace 1906\n{salt} 2\n"));
    let other = shop.build(&["-t", &name]);
    assert_agreed(&other);
    assert_eq!(told(&other), ["rebuild ran", "rebuild ran", "depends ran", "depends ran"]);
    assert_eq!(crate::container::output(engine, &name, "cat /count"), "3\n");
}

fn no_cache_filter_runs_the_stages_that_it_names(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file("salt", &shop.salt());
    let dockerfile = "FROM busybox:local AS kept\nCOPY salt /salt\nRUN cp /salt /kept\n\
                      FROM busybox:local AS Named\nCOPY salt /salt\nRUN cp /salt /named\n\
                      FROM busybox:local AS own\nCOPY salt /own\nRUN cp /own /owner\n\
                      FROM kept\nCOPY --from=named /named /named\nCOPY --from=own /owner /owner\n";
    shop.file("Dockerfile", dockerfile);
    shop.build(&[]);
    let report = shop.build(&["--no-cache-filter", "named"]);
    let agreement = &report["agreement"];
    assert_eq!((&agreement["false_cached"], &agreement["false_rebuild"]), (&0.into(), &0.into()));
    let of_step = |instruction| {
        let step = step(&report, instruction);
        [&step["verdict"], &step["actual"]].map(|word| word.as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(of_step("RUN cp /own /owner"), ["cached", "cached"], "{report:#}");
    assert_eq!(of_step("RUN cp /salt /named"), ["rebuild", "ran"], "{report:#}");
    // Its COPY is the same step as the one that is named.
    assert_eq!(of_step("RUN cp /salt /kept"), ["rebuild", "ran"], "{report:#}");
    // The engine tells of the shared COPY once, so not every step is judged.
    let again = &shop.build(&[])["agreement"];
    assert_eq!(again["right"], again["steps"], "{again:#}");
}

fn a_relative_cache_target_is_another_cache_than_the_full_path(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    shop.file("salt", &shop.salt());
    let with_target = |target: &str| {
        let run = format!("RUN --mount=type=cache,target={target} ls /work/store > /seen");
        shop.file(
            "Dockerfile",
            &format!("FROM busybox:local\nWORKDIR /work\nCOPY salt .\n{run}\n"),
        );
    };
    with_target("store");
    shop.build(&[]);
    assert_all_reused(&shop.build(&["--no-shortcut"]));
    for target in ["/work/store", "./store", "store"] {
        with_target(target);
        assert_agreed(&shop.build(&[]));
        assert_all_reused(&shop.build(&["--no-shortcut"]));
    }
}

fn what_another_client_built_is_known_once_it_was_reused(engine: &TestEngine) {
    let (ours, theirs) = (Workshop::new(engine), Workshop::new(engine));
    let (before, after) = (ours.salt(), ours.salt());
    let dockerfile = format!("FROM {}\nCOPY a.txt /a\nRUN cat /a\n", ours.base());
    for (shop, content) in [(&ours, &before), (&theirs, &after)] {
        shop.file("Dockerfile", &dockerfile);
        shop.file("a.txt", content);
        shop.build(&[]);
    }
    // Nobody told us that the engine has this already, but that it has such a step; it asks for the
    // file, and finds out.
    ours.file("a.txt", &after);
    assert_eq!(told(&ours.build(&[])), ["unknown cached", "unknown cached"]);
    assert_all_reused(&ours.build(&[]));
    ours.file("a.txt", &before);
    assert_all_reused(&ours.build(&[]));
}

fn a_failed_build_says_of_no_step_that_it_was_reused_before_it_was_made(engine: &TestEngine) {
    let shop = Workshop::new(engine);
    let dockerfile = |last: &str| {
        let text = "FROM busybox:local AS x\nCOPY a.txt /b\nARG A=1\nRUN echo \"$A\" > /c\n\
                    FROM busybox:local\nCOPY . /all\nCOPY --from=x /c /c\n";
        shop.file("Dockerfile", &format!("{text}{last}\n"));
    };
    shop.file(".dockerignore", "Dockerfile\n");
    shop.file("a.txt", &shop.salt());
    dockerfile("COPY a.txt /d");
    shop.build(&[]);

    dockerfile("COPY --from=busybox:local /not/there /d");
    shop.append("a.txt", "more");
    let report = shop.beside("failed.json");
    let path = report.to_str().expect("a path in UTF-8");
    let failed = shop.run(&["build", "--build-arg", "A=2", "--report", path, "."]);
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    let failed = crate::workshop::json(&report);
    for step in steps(&failed).iter().filter(|step| step["verdict"] == "rebuild") {
        assert_ne!(step["actual"], "cached", "{failed:#}");
    }

    dockerfile("COPY a.txt /d");
    let mended = shop.build(&["--build-arg", "A=2"]);
    assert_eq!(mended["agreement"]["false_cached"], 0, "{mended:#}");
    assert_all_reused(&shop.build(&["--build-arg", "A=2"]));
}
