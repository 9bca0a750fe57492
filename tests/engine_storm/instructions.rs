//! Random instructions, all of them cheap to run.

use crate::draw::{Draw, SALT};
use crate::settings::{CONTEXT, Features};
use crate::tree::{ARCHIVE, Tree};

/// What an instruction may refer to.
pub struct Scene<'a> {
    pub tree: &'a Tree,
    pub features: Features,
    /// Whether there is no shell.
    pub is_on_nothing: bool,
    /// The stages before: number, whether it has a name, whether it stands on nothing.
    pub stages: Vec<(usize, bool, bool)>,
}

/// What every stage on an image has, for others to take.
const IN_IMAGES: &[&str] =
    &["/out", "/out/f1", "/out/f2", "/out/f3", "/d/f1", "/d", "/salt", "/out/f*", "/out/link"];

#[derive(Clone, Copy)]
enum Kind {
    Run,
    Copy,
    CopyFrom,
    Add,
    Env,
    Arg,
    Workdir,
    User,
    Shell,
    Metadata,
    Onbuild,
}

pub fn instruction(draw: &mut Draw, scene: &Scene<'_>) -> String {
    let kinds = [
        (if scene.is_on_nothing { 0 } else { 32 }, Kind::Run),
        (22, Kind::Copy),
        (
            if scene.stages.is_empty() && !scene.features.has_context { 2 } else { 22 },
            Kind::CopyFrom,
        ),
        (6, Kind::Add),
        (8, Kind::Env),
        (7, Kind::Arg),
        (9, Kind::Workdir),
        (2, Kind::User),
        (1, Kind::Shell),
        (5, Kind::Metadata),
        (2, Kind::Onbuild),
    ];
    match draw.weighted(&kinds) {
        Kind::Run => run(draw, scene),
        Kind::Copy => copy(draw, scene, "COPY"),
        Kind::CopyFrom => copy_from(draw, scene),
        Kind::Add => add(draw, scene),
        Kind::Env => env(draw),
        Kind::Arg => arg(draw),
        Kind::Workdir => workdir(draw),
        Kind::User => draw.pick(&["USER 1000", "USER 0", "USER 1000:1000", "USER root"]).to_owned(),
        Kind::Shell => {
            draw.pick(&[r#"SHELL ["/bin/sh", "-ec"]"#, r#"SHELL ["/bin/sh", "-c"]"#]).to_owned()
        }
        Kind::Metadata => metadata(draw),
        Kind::Onbuild => {
            let line = match draw.below(5) {
                0 | 1 => copy(draw, scene, "COPY"),
                2 if !scene.is_on_nothing => format!("RUN {}", command(draw)),
                3 => workdir(draw),
                _ => env(draw),
            };
            if line.contains('\n') {
                "LABEL onbuild=none".to_owned()
            } else {
                format!("ONBUILD {line}")
            }
        }
    }
}

/// The first step of a stage on nothing: keeps it apart from all other projects.
pub fn salted_copy(draw: &mut Draw, tree: &Tree) -> String {
    let source = tree.nameable(draw).unwrap_or_else(|| ".".to_owned());
    format!("COPY {source} /{SALT}/")
}

fn word(draw: &mut Draw) -> String {
    let words = ["one", "two", "three", "four  five", "$A", "${B:-none}", "\"q r\"", "x=y"];
    draw.pick(&words).to_owned()
}

fn command(draw: &mut Draw) -> String {
    let word = word(draw);
    let file = draw.pick(&["f1", "f2", "f3", "new"]);
    match draw.below(13) {
        0 => "true".to_owned(),
        1 => format!("echo {word}"),
        2 | 3 => format!("echo {word} > /out/{file} || true"),
        // What it leaves does not depend on its text.
        4 => format!("echo constant > /out/{file} || true # {word}"),
        5 => format!("cat /proc/sys/kernel/random/uuid > /out/{file} || true"),
        6 => "cp -r /d /out/copy || true".to_owned(),
        7 => format!("touch /out/{file} || true"),
        8 => "cat /out/* > /dev/null || true".to_owned(),
        9 => format!("echo {word} && \\\n    # a comment\n    echo more"),
        10 => format!("mkdir -p /made/{file} || true"),
        11 => format!("ln -sf {file} /out/link || true"),
        _ => format!("rm -f /out/new; echo {word}"),
    }
}

fn run(draw: &mut Draw, scene: &Scene<'_>) -> String {
    let mut flags = String::new();
    if scene.features.is_new && draw.percent(4) {
        flags.push_str("--network=none ");
    }
    // Each has its own place: of two in one place engines take one or the other.
    for target in &["/m", "/mnt/x"][..draw.weighted(&[(70, 0), (22, 1), (8, 2)])] {
        if let Some(mount) = mount(draw, scene, target) {
            flags.extend(["--mount=", &mount, " "]);
        }
    }
    match draw.below(20) {
        0 | 1 => format!(r#"RUN {flags}["/bin/sh", "-c", "echo {}"]"#, draw.pick(&["one", "two"])),
        2 | 3 if scene.features.is_new => {
            let (name, command) = (draw.pick(&["EOF", "'EOF'", "-END"]), command(draw));
            let end = name.trim_matches(['-', '\'']);
            let body = if command.contains('\n') { "echo one" } else { &command };
            let first = if draw.percent(20) { "#!/bin/sh\n" } else { "" };
            format!("RUN {flags}<<{name}\n{first}{body}\necho after\n{end}")
        }
        _ => format!("RUN {flags}{}", command(draw)),
    }
}

fn mount(draw: &mut Draw, scene: &Scene<'_>, target: &str) -> Option<String> {
    let named: Vec<_> = scene.stages.iter().filter(|stage| stage.1).copied().collect();
    let relative = draw.percent(20);
    let target = if relative { target.replace('/', "rel") } else { target.to_owned() };
    if scene.features.has_context && draw.percent(30) {
        let source = scene.tree.nameable(draw).map(|it| format!(",source={it}"));
        let source = source.filter(|_| draw.percent(60)).unwrap_or_default();
        return Some(format!("type=bind,from={CONTEXT}{source},target={target}"));
    }
    Some(match draw.below(12) {
        0 => format!("type=cache,target={target}"),
        1 => format!("type=cache,id={SALT},target={target},sharing=locked"),
        2 => draw.pick(&[format!("type=tmpfs,target={target}"), "type=ssh".to_owned()]),
        3 if scene.features.excludes && draw.percent(40) => {
            format!("type=secret,id=s,env={}", draw.pick(&["S", "T"]))
        }
        3 => format!("type=secret,id=s,target={target}"),
        4 if !named.is_empty() && draw.percent(30) => {
            let (stage, _, is_on_nothing) = draw.pick(&named);
            let source = if is_on_nothing { format!("/{SALT}") } else { "/out".to_owned() };
            format!("type=cache,id={SALT}-from,from=@STAGE{stage}@,source={source},target={target}")
        }
        4..=6 if !named.is_empty() => {
            let (stage, _, is_on_nothing) = draw.pick(&named);
            let source = match draw.below(3) {
                0 => String::new(),
                _ if is_on_nothing => format!(",source=/{SALT}"),
                _ => format!(",source={}", draw.pick(&IN_IMAGES[..7])),
            };
            let rw = if draw.percent(10) { ",rw" } else { "" };
            format!("type=bind,from=@STAGE{stage}@{source},target={target}{rw}")
        }
        7 => format!("type=bind,from=@BASE@,source=/out,target={target}"),
        8 => format!("type=bind,target={target}"),
        _ => {
            let source = scene.tree.nameable(draw)?;
            // The old engine cannot make a writable layer on its copy of the context.
            let rw = if scene.features.is_new && draw.percent(10) { ",rw" } else { "" };
            format!("type=bind,source={source},target={target}{rw}")
        }
    })
}

fn destination(draw: &mut Draw, scene: &Scene<'_>) -> String {
    if scene.is_on_nothing {
        return format!("/{SALT}/{}", draw.pick(&["", "x/", "y", "x"]));
    }
    draw.pick(&[
        "/d/",
        "/d/x",
        "/out/",
        "/new/deep/",
        "/new/",
        "/one",
        ".",
        "./",
        "rel/",
        "/",
        "$A/",
    ])
    .to_owned()
}

/// The flags of COPY and ADD.
fn flags(draw: &mut Draw, scene: &Scene<'_>) -> String {
    let mut flags = String::new();
    if draw.percent(10) {
        flags.push_str(draw.pick(&[
            "--chown=1000:1000 ",
            "--chown=55 ",
            "--chown=0:0 ",
            "--chown=root:root ",
        ]));
    }
    if scene.features.excludes && draw.percent(3) {
        flags.push_str(draw.pick(&["--chmod=u=rwX,go=rX ", "--chmod=go-w "]));
    } else if draw.percent(10) {
        flags.push_str(draw.pick(&["--chmod=755 ", "--chmod=0644 ", "--chmod=700 "]));
    }
    if scene.features.is_new && draw.percent(10) {
        flags.push_str("--link ");
    }
    if scene.features.excludes && draw.percent(8) {
        flags.push_str(draw.pick(&["--exclude=*.txt ", "--exclude=a ", "--exclude=**/b* "]));
    }
    flags
}

/// Sources of the context; true where there may be several.
fn sources(draw: &mut Draw, tree: &Tree) -> (String, bool) {
    let pattern = ["*.txt", "*", "a*", "s*", "[a-c]*", "*/*", "src/*", "?"];
    let one = |draw: &mut Draw| {
        let link = tree.link(draw).filter(|_| draw.percent(12));
        let link = link.map(|link| if draw.percent(40) { format!("{link}/a") } else { link });
        link.or_else(|| tree.nameable(draw)).unwrap_or_else(|| ".".to_owned())
    };
    match draw.below(12) {
        0..=6 => (one(draw), false),
        7 => (".".to_owned(), false),
        8 | 9 => (draw.pick(&pattern).to_owned(), true),
        10 => (format!("{} {}", one(draw), one(draw)), true),
        _ => (format!("./{}", one(draw)), false),
    }
}

fn copy(draw: &mut Draw, scene: &Scene<'_>, keyword: &str) -> String {
    let flags = flags(draw, scene);
    if scene.features.is_new && draw.percent(12) {
        let (name, word) = (draw.pick(&["EOF", "'EOF'", "conf"]), word(draw));
        let end = name.trim_matches('\'');
        let to = destination(draw, scene);
        let flags = flags.split(' ').filter(|flag| !flag.starts_with("--exclude"));
        let flags = flags.collect::<Vec<_>>().join(" ");
        if to.ends_with('/') && draw.percent(30) {
            return format!("{keyword} {flags}<<{name} <<two {to}\n{SALT}\n{end}\n{word}\ntwo");
        }
        return format!("{keyword} {flags}<<{name} {to}\n{SALT} {word}\n{end}");
    }
    let (from, several) = sources(draw, scene.tree);
    let mut to = destination(draw, scene);
    if flags.contains("--link") && !scene.is_on_nothing {
        // It may not depend on what is below, and must be this project's own.
        to = format!("/linked-{SALT}/");
    }
    if several && !to.ends_with('/') {
        to.push('/');
    }
    format!("{keyword} {flags}{from} {to}")
}

fn copy_from(draw: &mut Draw, scene: &Scene<'_>) -> String {
    let flags = flags(draw, scene);
    let mut to = destination(draw, scene);
    if flags.contains("--link") && !scene.is_on_nothing {
        to = format!("/linked-{SALT}/");
    }
    let is_of_context = scene.features.has_context && draw.percent(40);
    let (from, source) = if is_of_context {
        (CONTEXT.to_owned(), sources(draw, scene.tree).0)
    } else if scene.stages.is_empty() || draw.percent(5) {
        ("@BASE@".to_owned(), draw.pick(&["/out", "/out/f1", "/salt"]).to_owned())
    } else {
        let (stage, _, is_on_nothing) = draw.pick(&scene.stages);
        let source = if is_on_nothing {
            draw.pick(&[format!("/{SALT}"), format!("/{SALT}/"), format!("/{SALT}/*")])
        } else {
            draw.pick(IN_IMAGES).to_owned()
        };
        let by = if draw.percent(15) { "NUMBER" } else { "STAGE" };
        let source =
            if draw.percent(15) { source.trim_start_matches('/').to_owned() } else { source };
        (format!("@{by}{stage}@"), source)
    };
    if source.contains(['*', ' ', '[', '?']) && !to.ends_with('/') {
        to.push('/');
    }
    format!("COPY --from={from} {flags}{source} {to}")
}

fn add(draw: &mut Draw, scene: &Scene<'_>) -> String {
    let has_archive = scene.tree.0.contains_key(ARCHIVE);
    if has_archive && draw.percent(60) {
        let unpacks = scene.features.excludes && draw.percent(20);
        let flag = if unpacks { "--unpack=false " } else { "" };
        return format!("ADD {flag}{ARCHIVE} {}", destination(draw, scene));
    }
    copy(draw, scene, "ADD")
}

fn env(draw: &mut Draw) -> String {
    let value = draw.pick(&["1", "2", "$A", "${B}x", "\"a b\"", "/d"]);
    match draw.below(6) {
        4 => "ENV PATH=$PATH:/x".to_owned(),
        5 => "ENV E=$E-more".to_owned(),
        0 => format!("ENV E={value} F=2"),
        1 => format!("ENV A={value}"),
        2 => format!("ENV F {}", draw.pick(&["1", "old form"])),
        _ => format!("ENV E={value}"),
    }
}

fn arg(draw: &mut Draw) -> String {
    let automatic = ["ARG TARGETARCH", "ARG TARGETPLATFORM", "ARG BUILDOS", "ARG HTTP_PROXY"];
    match draw.below(8) {
        0 => draw.pick(&automatic).to_owned(),
        1 | 2 => format!("ARG {}", draw.pick(&["A", "B", "C"])),
        _ => format!("ARG {}={}", draw.pick(&["A", "B", "C"]), draw.below(3)),
    }
}

fn workdir(draw: &mut Draw) -> String {
    let paths =
        ["/d", "/work", "sub", "/work/../d", "/", "/d/", "$A", ".", "/out", "in$E", "/d/./x"];
    format!("WORKDIR {}", draw.pick(&paths)).replace("WORKDIR /w", &format!("WORKDIR /{SALT}w"))
}

fn metadata(draw: &mut Draw) -> String {
    let lines = [
        "LABEL a=1",
        "LABEL a=2 b=\"$A\"",
        "EXPOSE 80",
        "EXPOSE 80/udp 90",
        "VOLUME /vol",
        "VOLUME [\"/d\"]",
        "STOPSIGNAL SIGINT",
        "HEALTHCHECK CMD true",
        "HEALTHCHECK --interval=5s CMD [\"true\"]",
        "HEALTHCHECK NONE",
        "CMD [\"true\"]",
        "CMD echo one",
        "ENTRYPOINT [\"/bin/sh\"]",
        "# a comment",
        "",
    ];
    draw.pick(&lines).to_owned()
}
