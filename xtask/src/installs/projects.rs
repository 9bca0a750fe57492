//! A small project for each package manager, each with its COPY above its install. Where a machine
//! may well reach no registry of theirs, it needs no packages.

/// A project.
#[derive(Debug)]
pub(super) struct Project {
    /// The package manager.
    pub(super) tool: &'static str,
    /// How the base image gets it, as a shell's script in an image of Debian with Python.
    pub(super) setup: &'static str,
    /// The files; the first one is edited, its text is a line that may be said twice.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// The Dockerfile behind its FROM.
    pub(super) dockerfile: &'static str,
}

/// Installs packages of Debian.
macro_rules! debian {
    ($packages:literal) => {
        concat!("apt-get update && apt-get install -y --no-install-recommends ", $packages)
    };
}

const POM: &str = "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local.shop</groupId>
  <artifactId>shop</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-api</artifactId>
      <version>2.0.13</version>
    </dependency>
  </dependencies>
</project>
";

pub(super) const ALL: &[Project] = &[
    Project {
        tool: "pip",
        setup: "pip --version",
        files: &[("app.py", "import six\n"), ("requirements.txt", "six==1.17.0\n")],
        dockerfile: "WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
    },
    Project {
        tool: "pip with a cache mount",
        setup: "pip --version",
        files: &[("app.py", "import six\n"), ("requirements.txt", "six==1.17.0\n")],
        dockerfile: "WORKDIR /app\nCOPY requirements.txt .\n\
                     RUN pip install --no-cache-dir -r requirements.txt\nCOPY . .\n",
    },
    Project {
        tool: "uv",
        setup: "pip install --no-cache-dir uv",
        files: &[("app.py", "import six\n"), ("requirements.txt", "six==1.17.0\n")],
        dockerfile: "WORKDIR /app\nCOPY . .\nRUN uv pip install --system -r requirements.txt\n",
    },
    Project {
        tool: "poetry",
        setup: "pip install --no-cache-dir poetry",
        files: &[
            ("app.py", "import six\n"),
            (
                "pyproject.toml",
                "[tool.poetry]\nname = \"shop\"\nversion = \"1\"\ndescription = \"\"\nauthors = []\n\
                 package-mode = false\n[tool.poetry.dependencies]\npython = \"^3.9\"\n",
            ),
        ],
        dockerfile: "WORKDIR /app\nCOPY . .\nRUN poetry install --no-root\n",
    },
    Project {
        tool: "npm",
        setup: debian!("npm"),
        files: &[
            ("app.js", "require('ms');\n"),
            ("package.json", "{\"name\": \"shop\", \"dependencies\": {\"ms\": \"2.1.3\"}}\n"),
        ],
        dockerfile: "WORKDIR /app\nCOPY . .\nRUN npm install\n",
    },
    Project {
        tool: "go",
        setup: debian!("golang-go"),
        files: &[
            ("main.go", "package main\n\nfunc main() {}\n// a\n"),
            ("go.mod", "module local/shop\n\ngo 1.19\n"),
        ],
        dockerfile: "WORKDIR /app\nCOPY . .\nRUN go mod download\n",
    },
    Project {
        tool: "cargo",
        setup: debian!("cargo"),
        files: &[
            ("src/main.rs", "fn main() {}\n// a\n"),
            ("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n"),
            ("src/other.rs", "\n"),
        ],
        dockerfile: "WORKDIR /app\nCOPY . .\nRUN cargo fetch\n",
    },
    Project {
        tool: "composer",
        setup: debian!("composer"),
        files: &[
            ("index.php", "<?php\n"),
            ("composer.json", "{\"name\": \"local/shop\", \"require\": {}}\n"),
        ],
        dockerfile: "WORKDIR /app\nCOPY . .\nRUN composer install\n",
    },
    Project {
        tool: "bundler",
        setup: debian!("bundler"),
        files: &[("app.rb", "require 'rake'\n"), ("Gemfile", "source \"https://rubygems.org\"\n")],
        dockerfile: "WORKDIR /app\nCOPY . .\nRUN bundle install\n",
    },
    Project {
        tool: "mix",
        setup: debian!("elixir"),
        files: &[
            ("lib/shop.ex", "# a\n"),
            (
                "mix.exs",
                "defmodule Shop.MixProject do\n  use Mix.Project\n\n  def project do\n    \
                 [app: :shop, version: \"0.1.0\", deps: []]\n  end\nend\n",
            ),
        ],
        dockerfile: "WORKDIR /app\nCOPY . .\nRUN mix deps.get\nRUN mix compile\n",
    },
    Project {
        tool: "mvn",
        setup: debian!("maven"),
        files: &[("src/main/java/Shop.java", "class Shop {}\n// a\n"), ("pom.xml", POM)],
        dockerfile: "WORKDIR /app\nCOPY . .\nRUN mvn -q dependency:go-offline\n",
    },
    Project {
        tool: "apt-get",
        setup: "true",
        files: &[("a.txt", "a\n")],
        dockerfile: "RUN apt-get update\nRUN apt-get install -y --no-install-recommends tree\n",
    },
];
