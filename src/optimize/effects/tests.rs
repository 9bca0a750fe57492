//! The table of commands, row by row, and the shell around them.

use std::collections::BTreeSet;

use super::{Effects, Setting, place};
use crate::context::ContextPath;
use crate::dockerfile::{Mount, MountKind};

/// The effects of a script run in `/app`, in words: what is written, what is only read.
fn said(script: &str) -> String {
    let directory = ContextPath::new("app");
    let environment = [("DIR", "/data"), ("MANY", "a b"), ("TOKEN", "sha256:00")];
    let setting = Setting { directory: Some(&directory), environment: &environment };
    let arguments = ["/bin/sh", "-c", script].map(str::to_owned);
    say(&Effects::of_run(&arguments, &[], setting))
}

fn say(effects: &Effects) -> String {
    if effects.opaque.is_some() {
        return "opaque".to_owned();
    }
    let mut writes: BTreeSet<String> =
        effects.writes.iter().map(|place| format!("/{place}")).collect();
    let reads = effects.reads.iter().map(|place| format!("/{place}"));
    let reads: BTreeSet<String> = reads.filter(|place| !writes.contains(place)).collect();
    let system: Vec<_> = place::system().map(|place| format!("/{place}")).collect();
    let mut words = Vec::new();
    if system.iter().all(|place| writes.contains(place)) {
        writes.retain(|place| !system.contains(place));
        words.push("system".to_owned());
    }
    words.extend(writes);
    words.extend(reads.into_iter().map(|place| format!("reads {place}")));
    if effects.network {
        words.push("network".to_owned());
    }
    words.join(" ")
}

/// What is fetched is fetched with the settings in these places.
const FETCHED: &str = "reads /etc reads /home reads /root reads /usr network";

/// A script for each row of the table at least, with what it reads and writes.
const ROWS: &[(&str, &str)] = &[
    ("apt-get update && apt-get install -y --no-install-recommends gcc", "system network"),
    ("apt-get -qq -o Dpkg::Options::=--force-confold install gcc", "system network"),
    ("apt install ./local.deb", "system /app/local.deb network"),
    ("apt-get install -y /pkg/*.deb", "system /pkg network"),
    ("apt-get install -y python3-*", "system reads /app network"),
    ("apt-get -c apt.conf install gcc", "opaque"),
    ("apt-get -o Dir::Etc=/app install gcc", "opaque"),
    ("apt-get source gcc", "opaque"),
    ("apt-get download install", "opaque"),
    ("apt-key adv --keyserver keyserver.example.com --recv-keys 0A 0B", "system network"),
    ("apt-key add x.asc", "opaque"),
    ("apt-key adv --import x.asc", "opaque"),
    ("apk add --no-cache --virtual .build gcc musl-dev", "system network"),
    ("apk add --allow-untrusted x.apk", "opaque"),
    ("apk add --repository=https://example.com/edge x", "system network"),
    ("apk del .build", "system network"),
    ("dnf install -y --setopt=install_weak_deps=0 gcc && dnf clean all", "system network"),
    ("yum install -y https://example.com/epel.rpm", "system network"),
    ("microdnf install -y ./x.rpm", "system /app/x.rpm network"),
    ("tdnf install -y gcc", "system network"),
    ("dpkg --add-architecture i386", "system network"),
    ("dpkg -i x.deb", "system /app/x.deb network"),
    ("mkdir -p /var/log/x data", "/app/data /var/log/x"),
    ("mkdir -pm 755 /x", "/x"),
    ("mkdir --mode=700 /x", "/x"),
    ("mkdir -p /x/{a,b}", "/x"),
    ("mkdir {/x,/y}", "opaque"),
    ("mkdir ../x", "opaque"),
    ("rm -rf /var/lib/apt/lists/*", "/var/lib/apt/lists"),
    ("rm -rf /*", "opaque"),
    ("rm *.log", "/app"),
    ("rmdir /x; unlink /y; cat /z; cmp /a /b; sync /c", "/a /b /c /x /y /z"),
    ("ls", "reads /app"),
    ("ls -la /v", "/v reads /app"),
    ("echo a | tee /x", "/x"),
    ("[ \"$DIR\" = /data ] && [ 1 -lt 2 ]", ""),
    ("[ -f /x ] && test ! -d y", "reads /app/y reads /x"),
    ("[ /x -nt /y ]", "opaque"),
    ("[ -e ../x ]", "opaque"),
    ("touch -d 2020-01-01 /x", "/x"),
    ("head -n 5 /x; tail -n 1 /y; truncate -s 0 /z", "/x /y /z"),
    ("chmod -R 755 /x", "/x"),
    ("chmod a+x run.sh", "/app/run.sh"),
    ("chmod -x /x", "opaque"),
    ("chown -R app:app /x", "/x reads /etc"),
    ("chgrp app /x", "/x reads /etc"),
    ("chown --reference=/a /b", "opaque"),
    ("install -d -m 755 -o app /x", "/x reads /etc"),
    ("cp -a conf /etc/x && mv /y /z", "/app/conf /etc/x /y /z"),
    ("cp --target-directory=there a", "opaque"),
    ("ln -s /app/bin/x /usr/local/bin/x", "/app/bin/x /usr/local/bin/x"),
    ("tar -xzf /x.tgz -C /opt --strip-components=1", "/opt /x.tgz"),
    ("tar xzf /x.tgz", "/app /x.tgz"),
    ("unzip -q /x.zip -d /opt", "/opt /x.zip"),
    ("unzip /x.zip", "/app /x.zip"),
    ("unzip -P x /x.zip -d /opt", "opaque"),
    ("tar -xPf /x.tgz -C /opt", "opaque"),
    ("tar xPf /x.tgz", "opaque"),
    ("tar --checkpoint-action=exec=sh -xf /x", "opaque"),
    ("sed -i 's/a/b/g' /etc/x", "/etc/x"),
    ("sed -i 's|http://a|http://b|' /etc/x", "/etc/x"),
    ("sed -i 's/a/b/e' /etc/x", "opaque"),
    ("sed 's/a/b/;w /app/x' /etc/x", "opaque"),
    ("sed -e 's/a/b/' -e 'w x' /etc/x", "opaque"),
    (
        "groupadd -r app && useradd -r -m -d /srv/app -s /bin/false -g app app",
        "/bin/false /etc /home /srv/app /usr /var",
    ),
    ("addgroup -S app && adduser -S -G app app", "/etc /home /usr /var"),
    ("adduser -D -h app app", "opaque"),
    ("useradd --root /x app", "opaque"),
    ("echo a > /etc/x", "/etc/x"),
    ("printf '%s' a >> x 2>/dev/null; true; : ; sleep 1; false; exit 1", "/app/x"),
    ("echo *", "reads /app"),
    ("ldconfig && update-ca-certificates", "system"),
    ("locale-gen en_US.UTF-8; a2enmod rewrite; a2dismod x; a2ensite y", "system"),
    (
        "docker-php-ext-configure gd --with-x=/opt/x; docker-php-ext-install gd; \
      docker-php-ext-enable gd",
        "system /opt/x",
    ),
    ("curl -fsSL --retry 3 https://example.com/x -o /x", "/x"),
    ("curl -fsSLO https://example.com/x", "/app"),
    ("curl -sS https://example.com/x", ""),
    ("curl -K conf https://example.com/x", "opaque"),
    ("curl file:///app/x", "opaque"),
    ("curl -fsSL https://example.com/x | bash", "opaque"),
    ("wget -qO- https://example.com/x", ""),
    ("wget -q -P /x https://example.com/x", "/x"),
    ("wget https://example.com/x", "/app"),
    ("wget -i list https://example.com/x", "opaque"),
];

#[test]
fn each_row_of_the_table_has_its_effects() {
    for (script, expected) in ROWS {
        let fetches = script.starts_with("curl") || script.starts_with("wget");
        let expected = match *expected {
            "opaque" => "opaque".to_owned(),
            expected if fetches => format!("{expected} {FETCHED}").trim().to_owned(),
            expected => expected.to_owned(),
        };
        assert_eq!(said(script), expected, "{script}");
    }
    let is_shown = |name: &&str| {
        ROWS.iter().any(|(script, expected)| {
            let has = |word: &str| word.trim_matches(';') == *name;
            *expected != "opaque" && script.split_whitespace().any(has)
        })
    };
    let missing: Vec<_> = super::commands::names().filter(|name| !is_shown(name)).collect();
    assert!(missing.is_empty(), "no line shows {missing:?}");
}

#[test]
fn the_shell_is_followed_only_as_far_as_it_is_certain() {
    for (script, expected) in [
        ("set -e; cd /x; touch y", "/x/y"),
        ("cd /x && touch y && cd z && touch v", "/x/y /x/z/v"),
        ("(cd /x && touch y) && touch z", "/app/z /x/y"),
        ("{ touch /x; touch /y; }", "/x /y"),
        ("touch $DIR/x \"${DIR}/y\"", "/data/x /data/y"),
        ("touch /x || true", "/x"),
        ("touch \\\n  /x", "/x"),
        ("FOO=bar touch /x", "/x"),
        ("export FOO=bar && touch /x", "/x"),
        ("touch /x 2>&1", "/x"),
        ("cat < /x", "reads /x"),
        ("/usr/bin/touch /x", "/x"),
        ("if [ a = b ]; then touch /x; fi", "/x"),
        (
            "if test -e /a; then touch /x; elif [ -e /b ]; then touch /y; else touch /z; fi",
            "/x /y /z reads /a reads /b",
        ),
        ("touch /v && if true; then (touch y); fi && touch z", "/app/y /app/z /v"),
        ("case \"$DIR\" in a) touch /x ;; b|c) touch /y ;; *) exit 1 ;; esac", "/x /y"),
        ("pip install flask", "system network"),
        ("pip install -r requirements.txt", "system reads /app network"),
    ] {
        assert_eq!(said(script), expected, "{script}");
    }
    for script in [
        "cd /x; touch y",
        "cd /x || true; touch y",
        "set -e; cd /x && true; touch y",
        "set -e; { cd /x; } || true; touch y",
        "(set -e); cd /x; touch y",
        "cd; touch y",
        "cd - && touch y",
        "cd /x | true; touch y",
        "touch $MANY",
        "touch $UNKNOWN",
        "touch /x/$TOKEN",
        "DIR=/y; touch $DIR",
        "touch $HOME/x",
        "touch ~/x",
        "touch $(cat x)",
        "touch `cat x`",
        "touch /x &",
        "case $(cat /x) in a) true ;; esac",
        "case a in $(cat /x)) true ;; esac",
        "case a in a) make ;; esac",
        "case a in a) cd /x ;; esac; touch y",
        "if cd /x; then touch y; fi",
        "if true; then cd /x; fi; touch y",
        "if make; then true; fi",
        "if true; then make; fi",
        "if true; then true; elif make; then true; fi",
        "if true; then true; else make; fi",
        "if true; then touch $UNKNOWN; fi",
        "if true; then touch /x; fi > /y",
        "if true; then touch /x; fi | cat",
        "if true; then set -e; fi; cd /x; touch y",
        "if set -e; then true; fi; cd /x; touch y",
        "[ a = b ] && [ $(cat x) = c ]",
        "[[ a = b ]]",
        "for x in a b; do touch /x; done",
        "f() { touch /x; }",
        "cat <<< x",
        "make",
        "./run.sh",
        "sh run.sh",
        "bin/touch /x",
        "/app/touch /x",
        "env X=y touch /x",
        "eval touch /x",
        ". /x",
        "time touch /x",
        "touch /x > ../y",
        "pip install .",
        "",
    ] {
        assert_eq!(said(script), "opaque", "{script}");
    }
}

#[test]
fn a_relative_path_needs_the_directory() {
    let setting = Setting { directory: None, environment: &[] };
    let arguments = |script: &str| ["sh", "-c", script].map(str::to_owned);
    assert_eq!(say(&Effects::of_run(&arguments("touch x"), &[], setting)), "opaque");
    assert_eq!(say(&Effects::of_run(&arguments("touch /x"), &[], setting)), "/x");
    let program = ["touch", "/x", "*"].map(str::to_owned);
    assert_eq!(say(&Effects::of_run(&program, &[], setting)), "opaque");
}

#[test]
fn mounts_are_written_to_where_they_are() {
    let setting = Setting { directory: None, environment: &[] };
    let arguments = ["sh", "-c", "true"].map(str::to_owned);
    let mounted = |kind, target: Option<&str>, text: &str| {
        let mount = Mount {
            kind,
            target: target.map(str::to_owned),
            text: text.to_owned(),
            ..Mount::default()
        };
        say(&Effects::of_run(&arguments, &[mount], setting))
    };
    assert_eq!(mounted(MountKind::Cache, Some("/root/.cache"), ""), "/root/.cache");
    assert_eq!(mounted(MountKind::Secret, None, ""), "/run/secrets");
    for (target, text) in
        [(None, ""), (Some("x"), ""), (Some("/x"), "target=$X"), (Some("/../x"), "")]
    {
        assert_eq!(mounted(MountKind::Cache, target, text), "opaque", "{target:?}");
    }
}

#[test]
fn steps_are_independent_where_their_places_are_apart() {
    let effects = |script: &str| {
        let setting = Setting { directory: None, environment: &[] };
        Effects::of_run(&["sh", "-c", script].map(str::to_owned), &[], setting)
    };
    for (a, b, expected) in [
        ("mkdir /x", "mkdir /y", true),
        ("mkdir /x", "mkdir /x/y", false),
        ("cat < /x", "cat < /x", true),
        ("cat < /x", "touch /x", false),
        ("touch /bin/x", "touch /usr/bin/y", false),
        ("apt-get install -y gcc", "mkdir /app/x", true),
        ("apt-get install -y gcc", "mkdir /srv/x", false),
        ("apt-get install -y gcc", "chown app /app/x", false),
        ("apt-get install -y gcc", "apt-get install -y make", false),
        ("make", "mkdir /x", false),
    ] {
        assert_eq!(effects(a).is_independent_of(&effects(b)), expected, "{a}, {b}");
        assert_eq!(effects(b).is_independent_of(&effects(a)), expected, "{b}, {a}");
    }
}

proptest::proptest! {
    #[test]
    fn no_script_makes_it_panic(
        text in "[ -~\n]{0,40}|(apt-get|install|cd|/x|tar|-xf|curl|-o|sed|s/a/b/|chmod|&&|;|\\||é|[ \"'$`(){}<>*\\\\=-]){0,20}",
    ) {
        let _ = said(&text);
    }
}
