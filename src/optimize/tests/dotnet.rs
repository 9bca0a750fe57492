//! Projects of .NET.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::optimize::Risk;

const LIBRARY: &str = "<Project Sdk=\"Microsoft.NET.Sdk\">\n  <ItemGroup>\n    \
    <PackageReference Include=\"Serilog\" Version=\"4.0.0\" />\n  </ItemGroup>\n</Project>\n";

const SHOP: &str = "<Project Sdk=\"Microsoft.NET.Sdk.Web\">\n  <ItemGroup>\n    \
    <ProjectReference Include=\"..\\Library\\Library.csproj\" />\n  </ItemGroup>\n</Project>\n";

/// `FROM sdk`, `WORKDIR /src`, then these lines.
fn in_src(lines: &str) -> String {
    format!("FROM sdk\nWORKDIR /src\n{lines}\n")
}

/// A solution of two projects.
fn shop(lines: &str) -> Project {
    project()
        .image("sdk")
        .file("Shop.sln", "Microsoft Visual Studio Solution File\n")
        .file("Directory.Build.props", "<Project />\n")
        .file("NuGet.Config", "<configuration />\n")
        .file("Shop/Shop.csproj", SHOP)
        .file("Shop/Program.cs", "class Program {}\n")
        .file("Library/Library.csproj", LIBRARY)
        .file("Library/A.cs", "class A {}\n")
        .dockerfile(&in_src(lines))
}

#[test]
fn a_solution_is_restored_before_its_sources() {
    let found = shop(
        "COPY . .\nARG TARGETARCH=amd64\nRUN dotnet restore -a $TARGETARCH\n\
         RUN dotnet publish -a $TARGETARCH -c Release -o /out",
    )
    .optimize();
    insta::assert_snapshot!(found.patch);
    // A project file is a program.
    assert_eq!(risk(&found), Risk::Verify);
    let split = shop("COPY . .\nRUN dotnet restore Shop/Shop.csproj && dotnet publish Shop");
    let text = split.bettered();
    let end = "RUN dotnet restore Shop/Shop.csproj\nCOPY . .\nRUN dotnet publish Shop\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY *.sln Directory.Build.props NuGet.Config ./\nCOPY Shop/*.csproj Shop/\n\
         COPY Library/*.csproj Library/\nRUN dotnet restore\nCOPY . .\nRUN dotnet publish",
        "COPY . .\nRUN dotnet publish -c Release",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn central_versions_and_a_file_of_settings_are_brought() {
    let found =
        shop("COPY . .\nRUN dotnet restore --configfile ci/feeds.config -p:Configuration=Release")
            .file("Directory.Packages.props", "<Project />\n")
            .file("global.json", "{}\n")
            .file("ci/feeds.config", "<configuration />\n")
            .file(".config/dotnet-tools.json", "{}\n")
            .optimize();
    assert_eq!(found.explain(), None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn the_tools_of_a_project_need_their_list_alone() {
    let found = shop("COPY . .\nRUN dotnet tool restore\nRUN dotnet publish Shop")
        .file(".config/dotnet-tools.json", "{}\n")
        .optimize();
    assert_eq!(found.explain(), None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn what_may_look_at_other_files_stays() {
    let lines = "COPY . .\nRUN dotnet restore";
    let with = |file: &str, text: &str| shop(lines).file(file, text);
    let target = "<Target Name=\"x\"><Exec Command=\"ls\" /></Target></Project>";
    let exec = LIBRARY.replace("</Project>", target);
    assert_refused(&with("Library/Library.csproj", &exec), "Library/Library.csproj:5 has `Exec`");
    let exists = LIBRARY.replace("<ItemGroup>", "<ItemGroup Condition=\"Exists('A.cs')\">");
    assert_refused(&with("Library/Library.csproj", &exists), "`Exists('A.cs')`");
    let import = "<Project><Import Project=\"x.xml\" /></Project>";
    assert_refused(&with("Directory.Build.props", import), "Directory.Build.props:1 has `x.xml`");
    let target = "<Project><Target Name=\"x\" BeforeTargets=\"Restore\"></Target></Project>";
    assert_refused(&with("Directory.Build.targets", target), "BeforeTargets=\"Restore\"");
    let items = LIBRARY.replace("<ItemGroup>", "<ItemGroup Condition=\"'@(Compile)' == ''\">");
    assert_refused(&with("Library/Library.csproj", &items), "`'@(Compile)' == ''`");
    let feed = "<configuration><packageSources><add key=\"own\" value=\"./packages\" />\
                </packageSources></configuration>";
    assert_refused(&with("NuGet.Config", feed), "has `./packages`, which installs from");
    assert_refused(&with("Shop/packages.config", "<packages />"), "which dotnet may read");
    assert_refused(&with("Shop/Packages.Config", "<packages />"), "which dotnet may read");
    assert_refused(&with(".config/NuGet/NuGet.Config", "<c/>"), "which dotnet may read");
    assert_refused(&with("Shop/obj/project.assets.json", "{}"), "to where dotnet installs");
    assert_refused(&shop("COPY . .\nRUN dotnet restore --lock-file-path x"), "option `--lock");
    assert_refused(&shop("COPY . .\nRUN dotnet restore --configfile x"), "`/src/x` is not among");
    assert_refused(&shop("COPY . .\nRUN dotnet restore -p:A=$(cat x)"), "line 4: ");
    assert_refused(&shop("COPY . .\nRUN dotnet tool restore"), "dotnet-tools.json` is not among");
    let variable = shop("COPY . .\nENV RestoreSources=/src/packages\nRUN dotnet restore");
    assert_refused(&variable, "the environment variable RestoreSources");
    assert_refused(&shop("COPY . .\nRUN dotnet restore $PROJECT"), "`dotnet restore $PROJECT`");
}
