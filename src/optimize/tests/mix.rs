//! Projects of Mix.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::optimize::Risk;

const SCRIPT: &str = "defmodule Shop.MixProject do\n  use Mix.Project\n\n  def project do\n    \
    [app: :shop, version: \"0.1.0\", deps: [{:jason, \"~> 1.4\"}]]\n  end\nend\n";

const CONFIG: &str = "import Config\nconfig :shop, a: 1\nimport_config \"#{config_env()}.exs\"\n";

/// A service: `FROM elixir`, `WORKDIR /app`, `ENV MIX_ENV=prod`, then these lines.
fn shop(lines: &str) -> Project {
    project()
        .image("elixir")
        .image_env("ELIXIR_VERSION=v1.17.0")
        .file("mix.exs", SCRIPT)
        .file("mix.lock", "%{}\n")
        .file("config/config.exs", CONFIG)
        .file("config/dev.exs", "import Config\n")
        .file("config/prod.exs", "import Config\n")
        .file("config/runtime.exs", "import Config\nFile.exists?(\"x\")\n")
        .file("lib/shop.ex", "defmodule Shop do\nend\n")
        .dockerfile(&format!("FROM elixir\nWORKDIR /app\nENV MIX_ENV=prod\n{lines}\n"))
}

#[test]
fn packages_are_fetched_and_compiled_before_the_code() {
    let found = shop(
        "COPY . .\nRUN mix local.hex --force && mix local.rebar --force\n\
         RUN mix deps.get --only $MIX_ENV\nRUN mix deps.compile\nRUN mix release",
    )
    .optimize();
    insta::assert_snapshot!(found.patch);
    // A script is a program.
    assert_eq!(risk(&found), Risk::Verify);
    let split = shop("COPY . .\nRUN mix do deps.get, deps.compile && mix compile");
    let end = "RUN mix do deps.get, deps.compile\nCOPY . .\nRUN mix compile\n";
    assert!(split.bettered().ends_with(end), "{}", split.bettered());
}

#[test]
fn an_umbrella_brings_the_scripts_of_its_projects() {
    let child = "[app: :web, deps_path: \"../../deps\", deps: [{:core, in_umbrella: true}]]\n";
    let found = shop("COPY . .\nRUN mix deps.get\nRUN mix deps.compile --skip-umbrella-apps")
        .file("mix.exs", "[apps_path: \"apps\", deps: []]\n")
        .file("config/config.exs", "import Config\nimport_config \"../apps/*/config/config.exs\"\n")
        .file("apps/web/mix.exs", child)
        .file("apps/web/lib/web.ex", "\n")
        .file("apps/web/config/config.exs", "import Config\n")
        .file("apps/core/mix.exs", "[app: :core]\n")
        .optimize();
    assert_eq!(found.explain(), None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn a_package_in_the_project_and_a_file_of_the_version() {
    let script = "[version: File.read!(\"VERSION\"), deps: [{:own, path: \"own\"}]]\n";
    let found = shop("COPY . .\nRUN mix deps.get --check-locked\nRUN mix compile")
        .file("mix.exs", script)
        .file("VERSION", "1\n")
        .file("own/mix.exs", "[app: :own]\n")
        .file("own/lib/own.ex", "\n")
        .optimize();
    assert_eq!(found.explain(), None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY mix.exs mix.lock ./\nRUN mix deps.get --only prod\nRUN mkdir config\n\
         COPY config/config.exs config/prod.exs config/\nRUN mix deps.compile\nCOPY . .\n\
         RUN mix compile",
        "COPY mix.exs mix.lock ./\nCOPY config/config.exs config/prod.exs config/\n\
         RUN mix do deps.get, deps.compile\n\
         COPY lib lib\nRUN mix release",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn what_may_look_at_other_files_stays() {
    let lines = "COPY . .\nRUN mix deps.get\nRUN mix deps.compile";
    let with = |file: &str, text: &str| shop(lines).file(file, text);
    let script = |text: &str| with("mix.exs", &format!("{SCRIPT}{text}\n"));
    assert_refused(&script("{_, 0} = System.cmd(\"git\", [])"), "mix.exs:8 has `System.cmd`");
    assert_refused(&script("if File.dir?(\"x\"), do: 1"), "mix.exs:8 has `File.`");
    assert_refused(&script("[\"deps.get\": [\"x\"]]"), "mix.exs:8 has `\"deps.get\":`");
    assert_refused(&script("deps_path: \"elsewhere\""), "mix.exs:8 has `deps_path:`");
    assert_refused(&script("a = File.read!(\"GONE\")"), "`/app/GONE` is not among");
    let config = with("config/prod.exs", "import Config\nCode.eval_file(\"x\")\n");
    assert_refused(&config, "config/prod.exs:2 has `Code.`");
    let import = with("config/config.exs", "import_config other\n");
    assert_refused(&import, "config/config.exs:1 has `import_config other`");
    // `deps.compile` compiles a package of the project with the others.
    let own = "[deps: [{:own, path: \"own\"}]]\n";
    let compiled = shop("COPY . .\nRUN mix do deps.get, deps.compile")
        .file("mix.exs", own)
        .file("own/mix.exs", "[app: :own]\n");
    assert_refused(&compiled, "mix.exs has `path: \"own\"`, which installs");
    let apps = shop("COPY . .\nRUN mix do deps.get, deps.compile")
        .file("mix.exs", "[apps_path: \"apps\"]\n")
        .file("apps/a/mix.exs", "[app: :a]\n");
    assert_refused(&apps, "mix.exs has `apps_path: \"apps\"`, which installs");
    assert_refused(&with("deps/jason/mix.exs", "old"), "to where mix installs");
    assert_refused(&with("_build/prod/x", "old"), "to where mix installs");
    assert_refused(&with(".hex/hex.config", "x"), "which mix may read");
    assert_refused(
        &shop("COPY . .\nRUN mix do deps.get, compile"),
        "reads the project's own files",
    );
    let elsewhere = shop(&format!("ENV MIX_DEPS_PATH=/app/d\n{lines}"));
    assert_refused(&elsewhere, "environment variable MIX_DEPS_PATH");
    let other = shop("COPY . .\nRUN MIX_EXS=other.exs mix deps.get");
    assert_refused(&other, "environment variable MIX_EXS");
}
