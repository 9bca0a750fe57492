//! Projects of Maven.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::optimize::Risk;

const POM: &str = "<project>\n  <parent>\n    <groupId>org.springframework.boot</groupId>\n    \
    <artifactId>spring-boot-starter-parent</artifactId>\n    <relativePath/>\n  </parent>\n\
    </project>\n";

/// A POM with these elements.
fn pom(inner: &str) -> String {
    format!("<project>{inner}</project>\n")
}

/// A service of one module: `FROM maven`, `WORKDIR /build`, then these lines.
fn service(lines: &str) -> Project {
    project()
        .image("maven")
        .image_env("MAVEN_HOME=/usr/share/maven")
        .image_env("MAVEN_CONFIG=/root/.m2")
        .image_env("JAVA_HOME=/opt/java")
        .file("pom.xml", POM)
        .file("src/main/java/App.java", "class App {}\n")
        .dockerfile(&format!("FROM maven\nWORKDIR /build\n{lines}\n"))
}

#[test]
fn packages_and_plugins_are_fetched_before_the_sources() {
    let found =
        service("COPY . .\nRUN mvn -B dependency:go-offline\nRUN mvn -B -o package").optimize();
    insta::assert_snapshot!(found.patch);
    // What the parent says is not known.
    assert_eq!(risk(&found), Risk::Verify);
    let split = service("COPY . .\nRUN mvn dependency:go-offline && mvn package -DskipTests");
    let end =
        "COPY pom.xml .\nRUN mvn dependency:go-offline\nCOPY . .\nRUN mvn package -DskipTests\n";
    assert!(split.bettered().ends_with(end), "{}", split.bettered());
}

#[test]
fn a_project_of_modules_brings_every_pom_and_its_wrapper() {
    let project = service("COPY . .\nRUN ./mvnw -q dependency:go-offline\nRUN ./mvnw -o package")
        .file("pom.xml", &pom("<modules><module>core</module><module>web</module></modules>"))
        .file("core/pom.xml", &pom("<parent><artifactId>all</artifactId></parent>"))
        .file("core/src/A.java", "class A {}\n")
        .file("web/pom.xml", &pom("<modules><module>api/own.xml</module></modules>"))
        .file("web/api/own.xml", &pom("<parent><relativePath>..</relativePath></parent>"))
        .file("unrelated/pom.xml", "not even XML")
        .file("mvnw", "#!/bin/sh\n")
        .file(".mvn/maven.config", "-B\n-T 1C\n")
        .file(".mvn/jvm.config", "-Xmx1g\n")
        .file(
            ".mvn/wrapper/maven-wrapper.properties",
            "distributionUrl=https\\://repo.example/maven.zip\n",
        );
    let found = project.optimize();
    assert_eq!(found.explain(), None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn another_pom_and_a_file_of_settings_are_named() {
    let project = service("COPY . .\nRUN mvn -f backend -s ci/settings.xml dependency:resolve")
        .file("backend/pom.xml", POM)
        .file("backend/src/A.java", "class A {}\n")
        .file("ci/settings.xml", "<settings/>");
    let found = project.optimize();
    assert_eq!(found.explain(), None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY pom.xml .\nRUN mvn dependency:go-offline\nCOPY src src\nRUN mvn package",
        "COPY mvnw pom.xml ./\nCOPY .mvn .mvn\nRUN ./mvnw dependency:go-offline\nCOPY . .\n\
         RUN ./mvnw package",
        "COPY . .\nRUN --mount=type=cache,target=/root/.m2 mvn package",
        "COPY pom.xml .\nRUN mvn verify --fail-never\nCOPY . .\nRUN mvn package",
    ] {
        let project = service(lines).file("mvnw", "#!/bin/sh\n").file(".mvn/jvm.config", "-ea\n");
        assert_eq!(project.refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn what_builds_reads_the_sources() {
    let project = service("COPY . .\nRUN mvn -B package");
    assert_refused(&project, "put `RUN mvn dependency:go-offline` above the COPY");
    let plugin = service("COPY . .\nRUN mvn dependency:go-offline spring-boot:start");
    assert_refused(&plugin, "is not an install that is understood");
}

#[test]
fn what_may_look_at_other_files_stays() {
    let lines = "COPY . .\nRUN mvn dependency:go-offline";
    let with = |file: &str, text: &str| service(lines).file(file, text);
    let exists = "<profiles><profile><activation><file><exists>src/x</exists></file>\
                  </activation></profile></profiles>";
    assert_refused(&with("pom.xml", &pom(exists)), "pom.xml:1 has `src/x`");
    let system = "<dependencies><dependency><systemPath>${basedir}/lib/a.jar</systemPath>\
                  </dependency></dependencies>";
    assert_refused(&with("pom.xml", &pom(system)), "installs from the project's own files");
    let own = "<repositories><repository><url>file:${project.basedir}/repo</url></repository>\
               </repositories>";
    assert_refused(&with("pom.xml", &pom(own)), "`file:${project.basedir}/repo`");
    let module = "<modules><module>gone</module></modules>";
    assert_refused(&with("pom.xml", &pom(module)), "`/build/gone/pom.xml` is not among");
    let extension = "<extensions><extension><artifactId>jgitver-maven-plugin</artifactId>\
                     </extension></extensions>";
    assert_refused(&with(".mvn/extensions.xml", extension), "the extension jgitver-maven-plugin");
    assert_refused(&with(".mvn/maven.config", "-s\nother.xml\n"), ".mvn/maven.config has `-s");
    assert_refused(&with(".mvn/jvm.config", "-javaagent:a.jar\n"), "`-javaagent:a.jar`");
    assert_refused(&with("target/app.jar", "old"), "to where mvn installs");
    assert_refused(&with(".m2/settings.xml", "<settings/>"), "which mvn may read");
    let settings = service("COPY . .\nRUN mvn -s s.xml dependency:go-offline")
        .file("s.xml", "<settings>\n<localRepository>r</localRepository></settings>");
    assert_refused(&settings, "s.xml:2 has `localRepository`");
    let opts = service(&format!("ENV MAVEN_OPTS=-javaagent:/build/a.jar\n{lines}"));
    assert_refused(&opts, "environment variable MAVEN_OPTS");
    let arguments = service(&format!("ENV MAVEN_ARGS='-f other'\n{lines}"));
    assert_refused(&arguments, "environment variable MAVEN_ARGS");
    let local = service("COPY . .\nRUN mvn -Dmaven.repo.local=.m2r dependency:go-offline");
    assert_refused(&local, "-Dmaven.repo.local .m2r");
    let log = service("COPY . .\nRUN mvn -l log.txt dependency:go-offline");
    assert_refused(&log, "mvn's option `-l`");
    let wrapper = service("COPY . .\nRUN ./mvnw dependency:go-offline")
        .file("mvnw", "#!/bin/sh\n")
        .file(".mvn/wrapper/maven-wrapper.properties", "distributionUrl=file\\:maven.zip\n");
    assert_refused(&wrapper, "`distributionUrl=file\\:maven.zip`");
    // A mode that a RUN changes would be changed back by the COPY that comes to stand below it.
    let chmod = service("COPY . .\nRUN chmod +x mvnw && ./mvnw dependency:go-offline")
        .file("mvnw", "#!/bin/sh\n");
    assert_refused(&chmod, "`chmod +x mvnw`");
    let earlier = service(
        "RUN echo '<settings/>' > /root/.m2/settings.xml\nCOPY . .\nRUN mvn dependency:go-offline",
    );
    assert_refused(&earlier, "may tell mvn where to look");
}
