//! Installs below what makes directories.

use super::{Project, flask, risk};
use crate::optimize::Risk;

const PIP: &str = "RUN pip install -r requirements.txt\n";

/// These lines between `COPY . .` and the install, with these above both.
fn between(above: &str, lines: &str) -> Project {
    flask(&format!("FROM python\n{above}WORKDIR /app\nCOPY . .\n{lines}\n{PIP}"))
}

#[track_caller]
fn risk_of(project: &Project) -> Risk {
    risk(&project.optimize())
}

#[test]
fn directories_of_their_own_are_passed_for_certain() {
    for lines in [
        "RUN mkdir -p /data",
        "RUN mkdir --parents /data/a/b /store && mkdir -p '/my cache/x'",
        "RUN mkdir -p /data\nRUN mkdir -p /store",
        "LABEL made=here\nRUN mkdir -p /data\nEXPOSE 80",
    ] {
        let mut project = between("ENV LEVEL=1\nUSER root\n", lines);
        let found = project.optimize();
        let expected = format!(
            "FROM python\nENV LEVEL=1\nUSER root\nWORKDIR /app\nCOPY requirements.txt .\n{PIP}\
             COPY . .\n{lines}\n"
        );
        assert_eq!((&*found.text, risk(&found)), (&*expected, Risk::None), "{lines}");
        project.only_certain = true;
        assert_eq!(project.bettered(), expected, "{lines}");
    }
}

#[test]
fn what_does_more_than_to_make_directories_is_verified() {
    for lines in [
        // It fails where the install has made it, or gives it another mode.
        "RUN mkdir /data",
        "RUN mkdir -p -m 700 /data",
        "RUN mkdir -pm 700 /data",
        "RUN mkdir -p /data && chmod 700 /data",
        "RUN mkdir -p /data; mkdir -p /store",
        "RUN X=1 mkdir -p /data",
        // It begins where the install works.
        "RUN mkdir -p logs",
        "RUN mkdir -p /app/logs",
        // It may be the home of a user.
        "RUN mkdir -p /home/app/data",
        "RUN mkdir -p /root/data",
        // It does not run as other steps do.
        "RUN --network=none mkdir -p /data",
        "RUN [\"mkdir\", \"-p\", \"/data\"]",
        "SHELL [\"/bin/bash\", \"-c\"]\nRUN mkdir -p /data",
    ] {
        assert_eq!(risk_of(&between("", lines)), Risk::Verify, "{lines}");
    }
}

#[test]
fn a_directory_that_an_install_may_be_led_to_is_verified() {
    const MADE: &str = "RUN mkdir -p /data/x";
    for above in [
        "ENV PIP_CACHE_DIR=/data/pip\n",
        "ENV WHERE=/data\n",
        "ENV WHERE=../data\n",
        "ENV WHERE=/\n",
        "ARG WHERE=/data\n",
        // Its user may live there.
        "USER app\n",
        "RUN useradd -d /data app\n",
        // An earlier step was told of it.
        "COPY app.py /data/app.py\n",
        "RUN echo /data > /where\n",
        "LABEL where=/data\n",
    ] {
        assert_eq!(risk_of(&between(above, MADE)), Risk::Verify, "{above}");
    }
    let plain = || between("", MADE);
    assert_eq!(risk_of(&plain()), Risk::None);
    assert_eq!(risk_of(&plain().image_env("WHERE=/data")), Risk::Verify);
    assert_eq!(risk_of(&plain().unknown_image()), Risk::Verify);
    let named = plain().file("requirements.txt", "flask==3.1.3 # as in ../data/list\n");
    assert_eq!(risk_of(&named), Risk::Verify);
    let other = plain().file("requirements.txt", "flask==3.1.3 # of data/list\n");
    assert_eq!(risk_of(&other), Risk::None);
    // Who makes the directory above both is its owner.
    let text = format!("FROM python\nWORKDIR /srv/app\nCOPY . .\nRUN mkdir -p /srv/data\n{PIP}");
    assert_eq!(risk_of(&flask(&text)), Risk::Verify);
}
