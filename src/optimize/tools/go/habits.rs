//! What the go command reads beside module files, and where it keeps modules.

use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Habits, Install, Variables, is_remote_address};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: &[],
    read_at_home: &[".config", ".git-credentials", ".gitconfig", ".netrc", ".ssh"],
    variables: &[Variables {
        prefix: "GO",
        harmless: &[
            "GO111MODULE",
            "GO386",
            "GOAMD64",
            "GOARCH",
            "GOARM",
            "GOARM64",
            "GODEBUG",
            "GOEXPERIMENT",
            // Read by `check`.
            "GOFLAGS",
            "GOGC",
            "GOINSECURE",
            "GOLANG_VERSION",
            "GOMAXPROCS",
            "GOMEMLIMIT",
            "GOMODCACHE",
            "GONOPROXY",
            "GONOSUMDB",
            "GOOS",
            "GOPATH",
            "GOPRIVATE",
            "GOPROXY",
            "GOSUMDB",
            "GOSU_VERSION",
            "GOTELEMETRY",
            "GOTOOLCHAIN",
            "GOTRACEBACK",
            "GOVCS",
            "GOWORK",
        ],
        addresses: &[],
        paths: &["GOBIN", "GOCACHE", "GOROOT", "GOTMPDIR"],
    }],
    leading: &["CGO_"],
    settings: &["go env -w", "go/env"],
};

/// Flags of `GOFLAGS` that lead to no other files.
const FLAGS: &[&str] = &[
    "-mod=mod",
    "-mod=readonly",
    "-modcacherw",
    "-trimpath",
    "-v",
    "-x",
    "-buildvcs=false",
    "-buildvcs=true",
    "-buildvcs=auto",
];

/// The variables whose value decides, and files that lie where modules are kept.
pub(super) fn check(install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
    let led = |name: &str| Err(Reason::Environment { tool: "go", name: name.to_owned() });
    let value = |name: &str| around.variable(install, name).unwrap_or_default();
    let is_known_flag = |flag: &str| {
        FLAGS.contains(&flag) || ["-tags=", "-ldflags=", "-p="].iter().any(|f| flag.starts_with(f))
    };
    if !value("GOFLAGS").split_whitespace().all(is_known_flag) {
        return led("GOFLAGS");
    }
    if !matches!(value("GOWORK"), "" | "auto" | "off") {
        return led("GOWORK");
    }
    let is_known_proxy = |proxy: &str| {
        let proxy = proxy.trim();
        matches!(proxy, "" | "direct" | "off") || is_remote_address(proxy)
    };
    if !value("GOPROXY").split([',', '|']).all(is_known_proxy) {
        return led("GOPROXY");
    }
    if value("GOSUMDB").contains("file:") {
        return led("GOSUMDB");
    }
    check_places(install, around)
}

/// Whether the COPY brings anything to where modules, or programs, are kept.
fn check_places(install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
    let mut kept: Vec<ContextPath> = Vec::new();
    for (name, below) in [("GOMODCACHE", &[""][..]), ("GOPATH", &["pkg", "bin"])] {
        for path in around.variable(install, name).unwrap_or_default().split(':') {
            if path.is_empty() {
                continue;
            }
            if !path.starts_with('/') {
                return Err(Reason::Environment { tool: "go", name: name.to_owned() });
            }
            kept.extend(below.iter().map(|below| ContextPath::new(path).join(below)));
        }
    }
    let has_gopath = around.variable(install, "GOPATH").is_some_and(|path| !path.is_empty());
    for (place, source) in around.landing.places() {
        // Without the variable they are kept below the home directory, wherever that is.
        let components: Vec<&[u8]> = place.components().collect();
        let is_default = !has_gopath
            && components.windows(2).any(|pair| matches!(pair, [b"go", b"pkg" | b"bin"]));
        if is_default || kept.iter().any(|kept| place.starts_with(kept)) {
            return Err(Reason::Written { tool: "go", file: source.clone() });
        }
    }
    Ok(())
}
