//! Projects of Gradle.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::optimize::Risk;

const BUILD: &str = "plugins { id 'java' }\nrepositories { mavenCentral() }\n\
                     dependencies { implementation 'org.slf4j:slf4j-api:2.0.13' }\n";

const WRAPPER: &str = "distributionUrl=https\\://services.example/gradle-8.8-bin.zip\n";

/// A program of one project: `FROM gradle`, `WORKDIR /app`, then these lines.
fn program(lines: &str) -> Project {
    project()
        .image("gradle")
        .image_env("GRADLE_HOME=/opt/gradle")
        .image_env("GRADLE_VERSION=8.8")
        .image_env("JAVA_HOME=/opt/java")
        .file("settings.gradle", "rootProject.name = 'app'\n")
        .file("build.gradle", BUILD)
        .file("src/main/java/App.java", "class App {}\n")
        .dockerfile(&format!("FROM gradle\nWORKDIR /app\n{lines}\n"))
}

#[test]
fn packages_are_fetched_before_the_sources() {
    let found = program(
        "COPY . .\nRUN gradle --no-daemon dependencies\nRUN gradle --no-daemon installDist",
    )
    .optimize();
    insta::assert_snapshot!(found.patch);
    // A script is a program.
    assert_eq!(risk(&found), Risk::Verify);
}

#[test]
fn a_build_of_projects_brings_scripts_catalogs_and_what_they_are_built_with() {
    let found = program("COPY . .\nRUN ./gradlew dependencies\nRUN ./gradlew :web:bootJar")
        .file(
            "settings.gradle",
            "pluginManagement { includeBuild('logic') }\ninclude 'web', 'lib:a'\n",
        )
        .file("build.gradle", &format!("{BUILD}apply from: \"$rootDir/ci/checks.gradle\"\n"))
        .file("ci/checks.gradle", "ext.checked = true\n")
        .file("ci/deploy.sh", "#!/bin/sh\n")
        .file("gradle.properties", "org.gradle.jvmargs=-Xmx1g\n")
        .file("gradle/libs.versions.toml", "[versions]\n")
        .file("gradle/wrapper/gradle-wrapper.jar", "jar")
        .file("gradle/wrapper/gradle-wrapper.properties", WRAPPER)
        .file("gradlew", "#!/bin/sh\n")
        .file("buildSrc/build.gradle.kts", "plugins { `kotlin-dsl` }\n")
        .file("buildSrc/src/main/kotlin/conventions.gradle.kts", "plugins { java }\n")
        .file("buildSrc/src/main/kotlin/Versions.kt", "val a = 1\n")
        .file("logic/settings.gradle", "rootProject.name = 'logic'\n")
        .file("logic/src/main/groovy/Plugin.groovy", "class Plugin {}\n")
        .file("web/build.gradle", BUILD)
        .file("web/gradle.lockfile", "empty=\n")
        .file("lib/a/build.gradle.kts", "plugins { java }\n")
        .file("unrelated/build.gradle", "files('x')")
        .optimize();
    assert_eq!(found.explain(), None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn a_build_in_kotlin_below_its_context() {
    let project = program("WORKDIR /src/server\nCOPY . /src/\nRUN gradle dependencies")
        .file("server/settings.gradle.kts", "rootProject.name = \"server\"\n")
        .file("server/build.gradle.kts", "plugins { kotlin(\"jvm\") version \"2.0.0\" }\n")
        .file("server/src/main/kotlin/A.kt", "fun main() {}\n");
    let found = project.optimize();
    assert_eq!(found.explain(), None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY build.gradle settings.gradle ./\nRUN gradle dependencies\nCOPY . .\nRUN gradle build",
        "COPY *.gradle gradlew ./\nCOPY gradle gradle\nRUN ./gradlew dependencies\nCOPY src src\n\
         RUN ./gradlew build",
        "COPY . .\nRUN --mount=type=cache,target=/root/.gradle gradle build",
    ] {
        let project = program(lines)
            .file("gradlew", "#!/bin/sh\n")
            .file("gradle/wrapper/gradle-wrapper.properties", WRAPPER);
        assert_eq!(project.refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn what_builds_reads_the_sources() {
    let project = program("COPY . .\nRUN gradle --no-daemon build -x test");
    assert_refused(&project, "put `RUN gradle dependencies` above the COPY");
}

#[test]
fn what_may_look_at_other_files_stays() {
    let lines = "COPY . .\nRUN gradle dependencies";
    let with = |file: &str, text: &str| program(lines).file(file, text);
    let script = |text: &str| with("build.gradle", &format!("{BUILD}{text}\n"));
    assert_refused(&script("version = file('VERSION').text"), "build.gradle:4 has `text`");
    assert_refused(&script("if (file('src/x').exists()) {}"), "`exists`");
    assert_refused(&script("def v = 'git describe'.execute()"), "`execute`");
    assert_refused(&script("x = files('libs/a.jar')"), "installs from the project's own files");
    assert_refused(&script("x = fileTree('libs')"), "`fileTree`");
    assert_refused(&script("repositories { maven { url 'repo' } }"), "has `repo`, which installs");
    assert_refused(&script("apply from: 'gone.gradle'"), "`/app/gone.gradle` is not among");
    assert_refused(&script("x =~ /a/"), "build.gradle:4 has `x =~ /a/`");
    let gone = with("settings.gradle", "include 'gone'\n");
    assert_refused(&gone, "settings.gradle has `include 'gone'`");
    let elsewhere = "include 'a'\nproject(':a').projectDir = file('src')\n";
    assert_refused(&with("settings.gradle", elsewhere), "settings.gradle:2 has `projectDir`");
    let whole = with("settings.gradle", "includeBuild('..')\n");
    assert_refused(&whole, "`includeBuild '..'`");
    assert_refused(&with("buildSrc/build/x", "old"), "to where gradle installs");
    assert_refused(&with(".gradle/8.8/x", "old"), "which gradle may read");
    assert_refused(&with("local.properties", "sdk.dir=/x"), "which gradle may read");
    assert_refused(&program("COPY . .\nRUN gradle dependencies -I a.gradle"), "option `-I`");
    assert_refused(&program("COPY . .\nRUN gradle -g home dependencies"), "option `-g home`");
    let opts = program(&format!("ENV GRADLE_OPTS=-javaagent:/app/a.jar\n{lines}"));
    assert_refused(&opts, "environment variable GRADLE_OPTS");
    let property = program(&format!("ENV ORG_GRADLE_PROJECT_libs=/app/libs\n{lines}"));
    assert_refused(&property, "environment variable ORG_GRADLE_PROJECT_libs");
    let wrapper = program("COPY . .\nRUN ./gradlew dependencies").file("gradlew", "#!/bin/sh\n");
    let local = "distributionUrl=gradle.zip\n";
    assert_refused(
        &wrapper.file("gradle/wrapper/gradle-wrapper.properties", local),
        "has `distributionUrl=gradle.zip`",
    );
    let init = program(&format!("COPY ci/init.gradle /root/.gradle/\n{lines}"))
        .file("ci/init.gradle", "allprojects {}\n");
    assert_refused(&init, "may tell gradle where to look");
}
