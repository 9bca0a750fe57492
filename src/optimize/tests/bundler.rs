//! Projects of Bundler.

use super::{ALREADY_GOOD, Project, assert_refused, project};
use crate::optimize::Risk;

const GEMFILE: &str = "source \"https://rubygems.org\"\n\nruby file: \".ruby-version\"\n\n\
                       gem \"rails\", \"~> 7.1\"\ngroup :development, :test do\n  \
                       gem \"debug\", platforms: %i[ mri windows ]\nend\n";
const LOCK: &str = "GEM\n  remote: https://rubygems.org/\n  specs:\n    rails (7.1.2)\n\n\
                    DEPENDENCIES\n  rails (~> 7.1)\n\nBUNDLED WITH\n   2.4.1\n";

fn rails(lines: &str) -> Project {
    project()
        .image("ruby")
        .image_env("RUBY_VERSION=3.2.2")
        .image_env("GEM_HOME=/usr/local/bundle")
        .image_env("BUNDLE_SILENCE_ROOT_WARNING=1")
        .image_env("BUNDLE_APP_CONFIG=/usr/local/bundle")
        .file("Gemfile", GEMFILE)
        .file("Gemfile.lock", LOCK)
        .file(".ruby-version", "3.2.2\n")
        .file("app/models/user.rb", "class User\nend\n")
        .dockerfile(&format!("FROM ruby\nWORKDIR /app\n{lines}\n"))
}

#[test]
fn an_application_that_copies_all_first() {
    let project = rails(
        "RUN gem install bundler -v 2.4.1\nRUN bundle config --global frozen 1\nCOPY . .\n\
         RUN bundle install\nRUN bundle exec rake assets:precompile",
    );
    let found = project.optimize();
    insta::assert_snapshot!(found.patch);
    assert_eq!(found.rewrites[0].risk, Risk::Verify);
}

#[test]
fn a_frozen_lock_file_is_not_written() {
    for lines in [
        "COPY . .\nRUN bundle install --deployment --without development test",
        "COPY . .\nRUN bundle install --frozen --jobs=4",
        "ENV BUNDLE_DEPLOYMENT=1 BUNDLE_PATH=vendor/bundle BUNDLE_WITHOUT=test\nCOPY . .\n\
         RUN bundle install",
        "COPY . .\nRUN bundle config set --local without test\n\
         RUN BUNDLE_FROZEN=true bundle install",
    ] {
        let found = rails(lines).optimize();
        assert_eq!(found.explain(), None, "{lines}");
        assert_eq!(found.rewrites[0].risk, Risk::None, "{lines}");
        assert!(found.text.contains("COPY .ruby-version Gemfile Gemfile.lock ./\n"), "{lines}");
    }
}

#[test]
fn a_gemfile_that_includes_others() {
    let project = rails("COPY --chown=app . .\nRUN bundle check || bundle install --jobs 4")
        .file("Gemfile", "source 'https://rubygems.org'\neval_gemfile 'gems/base.rb'\n")
        .file("gems/base.rb", "gem 'rails'\neval_gemfile \"more/web.rb\"\n")
        .file("gems/more/web.rb", "gem 'puma', github: 'puma/puma', branch: 'main'\n")
        .file("gems/unused.rb", "");
    insta::assert_snapshot!(project.optimize().patch);
    let again = project.bettered();
    assert_eq!(project.dockerfile(&again).refused(), ALREADY_GOOD);
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY Gemfile Gemfile.lock .ruby-version ./\nRUN bundle install\nCOPY . .",
        "COPY Gemfile* .ruby-version ./\nRUN bundle install && rm -rf ~/.bundle\nCOPY . .\n\
         RUN bundle exec rake assets:precompile",
        "COPY . .\nRUN bundle exec rake",
        "COPY . .\nRUN bundle config set frozen true",
    ] {
        assert_eq!(rails(lines).refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn gemfiles_that_need_the_sources_or_are_programs() {
    let lines = "COPY . .\nRUN bundle install";
    for line in [
        "gemspec",
        "gemspec path: 'engines/a'",
        "gem 'a', path: 'engines/a'",
        "gem 'a', :path => '../a'",
        "path 'engines' do\nend",
        "gem 'a', git: '/app/vendor/a'",
        "gem 'a', git: 'file:///app/a'",
        "source 'file:///app/gems'",
    ] {
        let project = rails(lines).file("Gemfile", &format!("{line}\n"));
        assert_refused(&project, "Gemfile:1 has `");
        assert_refused(&project, "installs from the project's own files");
    }
    for line in [
        "gem 'a' if ENV['A']",
        "gem 'a', File.read('VERSION')",
        "Dir['engines/*'].each { |e| gem e, path: e }",
        "plugin 'a'",
        "gem 'a', install_if: true",
        "require_relative 'gems'",
        "git_source(:a) { |repo| \"/app/#{repo}\" }",
        "ruby File.read('.ruby-version')",
        "eval File.read('Gemfile.local')",
        "gem \"a\", \"#{VERSION}\"",
    ] {
        let project = rails(lines).file("Gemfile", &format!("{line}\n"));
        assert_refused(&project, "Gemfile:1 has `");
        assert_refused(&project, "is not understood");
    }
    let included =
        rails(lines).file("Gemfile", "eval_gemfile 'b.rb'\n").file("b.rb", "\ngemspec\n");
    assert_refused(&included, "b.rb:2 has `gemspec`");
    let versioned = rails(lines).file("Gemfile", "eval_gemfile 'b/c.rb'\n");
    let versioned = versioned.file("b/c.rb", "ruby file: '.ruby-version'\n");
    assert_refused(&versioned, "b/c.rb:1 has `ruby file: '.ruby-version'`");
    let gone = rails(lines).file(".dockerignore", ".ruby-version\n");
    assert_refused(&gone, "`/app/.ruby-version` is not among");
    let locked = rails(lines).file("Gemfile.lock", "PATH\n  remote: .\n  specs:\n    a (1)\n");
    assert_refused(&locked, "Gemfile.lock:1 has `PATH`");
    let local = rails(lines).file("Gemfile.lock", "GIT\n  remote: /app/a\n");
    assert_refused(&local, "Gemfile.lock:2 has `remote: /app/a`");
}

#[test]
fn files_that_bundler_reads_or_writes() {
    let lines = "COPY . .\nRUN bundle install";
    for file in
        [".bundle/config", "vendor/cache/rack-3.gem", "rack-3.0.gem", "gems.rb", "Cargo.toml"]
    {
        assert_refused(&rails(lines).file(file, "x"), "which bundler may read or write");
    }
    let vendored = rails("COPY . .\nRUN bundle install --deployment").file("vendor/bundle/x", "x");
    assert_refused(&vendored, "to where bundler installs");
    let elsewhere = rails("COPY . .\nRUN bundle install --path gems").file("gems/x.rb", "x");
    assert_refused(&elsewhere, "to where bundler installs");
    let by_variable =
        rails("ENV BUNDLE_PATH=/app/gems\nCOPY . .\nRUN bundle install").file("gems/x.rb", "x");
    assert_refused(&by_variable, "to where bundler installs");
    let shims = rails(lines).image_env("PATH=/root/.rbenv/shims:/usr/bin");
    assert_refused(&shims, "the COPY brings `.ruby-version`");
}

#[test]
fn variables_commands_and_settings_that_lead_elsewhere() {
    for (lines, words) in [
        ("ENV BUNDLE_GEMFILE=/app/gems/Gemfile\nCOPY . .\nRUN bundle install", "BUNDLE_GEMFILE"),
        ("ENV RUBYOPT=-r./boot\nCOPY . .\nRUN bundle install", "RUBYOPT"),
        ("ENV RUBYLIB=lib\nCOPY . .\nRUN bundle install", "RUBYLIB"),
        ("ENV BUNDLE_APP_CONFIG=.bundle\nCOPY . .\nRUN bundle install", "BUNDLE_APP_CONFIG"),
        ("ENV BUNDLE_LOCAL__RACK=/app/rack\nCOPY . .\nRUN bundle install", "BUNDLE_LOCAL__RACK"),
        ("ENV RUBYGEMS_GEMDEPS=-\nCOPY . .\nRUN bundle install", "RUBYGEMS_GEMDEPS"),
        ("COPY . .\nRUN bundle install; bundle exec rake", "`bundle exec rake` is not an install"),
        ("COPY . .\nRUN bundle install --binstubs", "bundler's option `--binstubs`"),
        ("COPY . .\nRUN bundle install --gemfile=a", "bundler's option `--gemfile=a`"),
        ("COPY . .\nRUN bundle config set local.a b\nRUN bundle install", "stands between"),
        ("RUN bundle config local.a /app/a\nCOPY . .\nRUN bundle install", "may tell bundler"),
        ("RUN bundle config set path x\nCOPY . .\nRUN bundle install", "may tell bundler"),
        ("COPY . .\nRUN bin/bundle install", "`bin/bundle install` is not an install"),
    ] {
        assert_refused(&rails(lines), words);
    }
}
