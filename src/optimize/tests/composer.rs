//! Projects of Composer.

use super::{ALREADY_GOOD, Project, assert_refused, project};
use crate::optimize::Risk;

const ROOT: &str = r#"{
    "require": {"monolog/monolog": "^3"},
    "autoload": {"psr-4": {"App\\": "src/"}, "files": ["src/helpers.php"]},
    "repositories": [{"type": "vcs", "url": "https://example.com/fork.git"}]
}"#;
const LOCK: &str = r#"{
    "packages": [{
        "name": "monolog/monolog", "version": "3.5.0", "type": "library",
        "source": {"type": "git", "url": "https://example.com/monolog.git", "reference": "a"},
        "dist": {"type": "zip", "url": "https://example.com/monolog.zip", "reference": "a"}
    }],
    "packages-dev": []
}"#;

fn shop(lines: &str) -> Project {
    project()
        .image("php")
        .image_env("PHP_VERSION=8.3.1")
        .image_env("PHP_INI_DIR=/usr/local/etc/php")
        .image_env("COMPOSER_ALLOW_SUPERUSER=1")
        .file("composer.json", ROOT)
        .file("composer.lock", LOCK)
        .file("src/Shop.php", "<?php\n")
        .dockerfile(&format!("FROM php\nWORKDIR /app\n{lines}\n"))
}

fn with_root(root: &str) -> Project {
    shop("COPY . .\nRUN composer install").file("composer.json", root)
}

#[test]
fn an_application_that_copies_all_first() {
    let project = shop(
        "COPY --from=composer /usr/bin/composer /usr/bin/composer\nCOPY . .\n\
         RUN composer install --no-dev --no-interaction --prefer-dist\n\
         RUN composer dump-autoload --optimize\nCMD [\"php\", \"src/Shop.php\"]",
    );
    let found = project.optimize();
    insta::assert_snapshot!(found.patch);
    assert_eq!(found.rewrites[0].risk, Risk::Verify);
}

#[test]
fn scripts_plugins_and_class_maps_that_are_switched_off() {
    let root = r#"{
        "autoload": {"classmap": ["database"], "psr-4": {"App\\": "app/"}},
        "scripts": {"post-autoload-dump": ["@php artisan package:discover"], "test": "phpunit"},
        "config": {"optimize-autoloader": true, "allow-plugins": {"symfony/flex": true}}
    }"#;
    let lock = LOCK
        .replace("\"library\"", "\"composer-plugin\"")
        .replace("monolog/monolog", "symfony/flex");
    let project = shop(
        "COPY . .\nRUN composer install --no-scripts --no-autoloader --no-plugins -n\n\
         RUN composer dump-autoload -o",
    );
    let project = project.file("composer.json", root).file("composer.lock", &lock);
    let project = project.file("auth.json", "{}");
    insta::assert_snapshot!(project.optimize().patch);
    assert_eq!(project.optimize().rewrites[0].risk, Risk::Verify);
}

#[test]
fn what_is_not_known_is_compared() {
    let lines = "COPY . .\nRUN composer install";
    let unlocked = shop(lines).file(".dockerignore", "composer.lock\n").optimize();
    assert_eq!(unlocked.rewrites[0].risk, Risk::Verify);
    let plugin = LOCK.replace("\"library\"", "\"composer-plugin\"");
    let known = plugin.replace("monolog/monolog", "phpstan/extension-installer");
    assert_eq!(shop(lines).file("composer.lock", &known).optimize().rewrites[0].risk, Risk::Verify);
    let forbidden = with_root(r#"{"config": {"allow-plugins": false}}"#);
    let forbidden = forbidden.file("composer.lock", &plugin).optimize();
    assert_eq!(forbidden.rewrites[0].risk, Risk::Verify);
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY composer.json composer.lock ./\nRUN composer install --no-scripts --no-autoloader\n\
         COPY . .\nRUN composer dump-autoload -o",
        "RUN apt-get update && apt-get install -y composer\nCOPY composer.* ./\n\
         RUN composer install && rm -rf /x\nCOPY . .",
        "COPY . .\nRUN composer dump-autoload -o",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn scripts_and_the_autoloader_read_the_sources() {
    let classes = r#"{"autoload": {"classmap": ["src/"]}}"#;
    assert_refused(&with_root(classes), "`autoload: classmap` reads the project's own files");
    assert_refused(&with_root(classes), "add --no-autoloader to the install");
    let development = r#"{"autoload-dev": {"classmap": ["tests/"]}}"#;
    assert_refused(&with_root(development), "`autoload-dev: classmap`");
    for config in ["optimize-autoloader", "classmap-authoritative"] {
        let root = format!(
            r#"{{"autoload": {{"psr-4": {{"A\\": "a"}}}}, "config": {{"{config}": true}}}}"#
        );
        assert_refused(&with_root(&root), "`autoload: psr-4`");
    }
    for option in ["-o", "-a", "-no", "--optimize-autoloader", "--classmap-authoritative"] {
        let project = shop(&format!("COPY . .\nRUN composer install {option}"));
        assert_refused(&project, "`autoload: psr-4`");
    }
    for event in ["post-install-cmd", "pre-install-cmd", "post-autoload-dump", "post-update-cmd"] {
        let root = format!(r#"{{"scripts": {{"{event}": "@php artisan x"}}}}"#);
        assert_refused(&with_root(&root), &format!("`the script {event}`"));
        assert_refused(&with_root(&root), "add --no-scripts to the install");
    }
    let own = r#"{"scripts": {"pre-command-run": "x"}}"#;
    let quiet = shop("COPY . .\nRUN composer install --no-scripts").file("composer.json", own);
    assert_refused(&quiet, "`the script pre-command-run`");
    let plugin = LOCK.replace("\"library\"", "\"composer-plugin\"");
    let plugin = shop("COPY . .\nRUN composer install").file("composer.lock", &plugin);
    assert_refused(&plugin, "`the plugin monolog/monolog` reads the project's own files");
    let dump = shop("COPY . .\nRUN composer install --no-autoloader; composer dump-autoload");
    assert_refused(&dump, "dump the autoloader in another one below the COPY");
}

#[test]
fn packages_of_the_project_itself() {
    for repository in [
        r#"[{"type": "path", "url": "packages/*"}]"#,
        r#"{"a": {"type": "artifact", "url": "zips"}}"#,
        r#"[{"type": "vcs", "url": "../fork"}]"#,
        r#"[{"type": "composer", "url": "file:///app/repo"}]"#,
    ] {
        let project = with_root(&format!(r#"{{"repositories": {repository}}}"#));
        assert_refused(&project, "composer.json has `");
        assert_refused(&project, "installs from the project's own files");
    }
    let inline = with_root(r#"{"repositories": [{"type": "package", "package": {}}]}"#);
    assert_refused(&inline, "is not understood");
    let locked = LOCK.replace("\"zip\"", "\"path\"");
    let locked = shop("COPY . .\nRUN composer install").file("composer.lock", &locked);
    assert_refused(&locked, "composer.lock has `monolog/monolog: ");
}

#[test]
fn files_and_variables_that_composer_notices() {
    let lines = "COPY . .\nRUN composer install";
    let reads = "which composer may read or write";
    assert_refused(&shop(lines).file(".git/HEAD", "ref: refs/heads/main\n"), reads);
    assert_refused(&shop(lines).file("vendor/autoload.php", "x"), "to where composer installs");
    let moved = with_root(r#"{"config": {"vendor-dir": "lib/deps"}}"#).file("lib/deps/x", "");
    assert_refused(&moved, "to where composer installs");
    let programs = with_root(r#"{"config": {"bin-dir": "bin"}}"#).file("bin/console", "");
    assert_refused(&programs, "to where composer installs");
    let homely = with_root(r#"{"config": {"vendor-dir": "$HOME/x"}}"#);
    assert_refused(&homely, "is not understood");
    assert_refused(&with_root(r#"{"config": {"cafile": "ca.pem"}}"#), "`\"cafile\"`");
    assert_refused(&with_root("{\n\"a\": }"), "composer.json:2 has `");
    assert_refused(&with_root("[]"), "is not understood");
    for (name, value) in [
        ("COMPOSER", "other.json"),
        ("COMPOSER_HOME", "/app/home"),
        ("COMPOSER_MIRROR_PATH_REPOS", "1"),
        ("PHPRC", "/app"),
        ("PHP_INI_SCAN_DIR", "conf"),
    ] {
        let project = shop(&format!("ENV {name}={value}\n{lines}"));
        assert_refused(&project, &format!("environment variable {name} "));
    }
    let vendor = shop(&format!("ENV COMPOSER_VENDOR_DIR=deps\n{lines}")).file("deps/x", "");
    assert_refused(&vendor, "to where composer installs");
    let told = shop(&format!("RUN composer config -g repo.x path /app/x\n{lines}"));
    assert_refused(&told, "may tell composer where to look");
    let phar = shop("COPY . .\nRUN php composer.phar install").file("composer.phar", "x");
    assert_refused(&phar, "`php composer.phar install` is not an install");
}
