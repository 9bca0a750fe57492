//! ADD of a URL: what of it decides whether the engine reuses it, and what stands on it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use crate::report::told;
use crate::workshop::{Workshop, engine};
use sha2::{Digest as _, Sha256};

/// Serves this content at every address of a port, for as long as the test runs.
fn serve(content: &str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{content}",
        content.len()
    );
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = BufReader::new(&stream).lines().map_while(Result::ok);
            head.take_while(|line| !line.is_empty()).for_each(drop);
            // Whoever hangs up early has what it wanted.
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    address
}

fn checksum(content: &str) -> String {
    format!("--checksum=sha256:{} ", hex::encode(Sha256::digest(content)))
}

/// What was forecast of the ADD and the RUN, and what the engine did.
const EXPECTED: [&str; 9] = [
    "first: unknown ran, unknown ran",
    "again: unknown cached, unknown cached",
    "a checksum: unknown cached, unknown cached",
    "again: cached cached, cached cached",
    "another address: cached cached, cached cached",
    "another address, no checksum: unknown cached, unknown cached",
    "another content: unknown ran, unknown ran",
    "the first again: cached cached, cached cached",
    "another name: rebuild ran, rebuild ran",
];

#[test]
fn an_address_and_its_checksum_are_forecast_as_the_engine_takes_them() {
    for version in ["26.1", "28.5", "28.5-containerd"] {
        let shop = Workshop::new(&engine(version));
        let base = shop.base();
        let (one, two) = (shop.salt(), shop.salt());
        let (here, there, other) = (serve(&one), serve(&one), serve(&two));
        let (of_one, of_two) = (checksum(&one), checksum(&two));
        let build = |checksum: &str, url: &str| {
            let text = format!("FROM {base}\nADD {checksum}http://{url} /f\nRUN cat /f\n");
            shop.file("Dockerfile", &text);
            told(&shop.build(&["--no-shortcut"])).join(", ")
        };
        let mut story = Vec::new();
        for (what, checksum, url) in [
            ("first", "", format!("{here}/f")),
            ("again", "", format!("{here}/f")),
            ("a checksum", &*of_one, format!("{here}/f")),
            ("again", &of_one, format!("{here}/f")),
            ("another address", &of_one, format!("{there}/g/f")),
            ("another address, no checksum", "", format!("{there}/g/f")),
            ("another content", &of_two, format!("{other}/f")),
            ("the first again", &of_one, format!("{here}/f")),
            ("another name", &of_one, format!("{here}/h")),
        ] {
            story.push(format!("{what}: {}", build(checksum, &url)));
        }
        assert_eq!(story, EXPECTED, "{version}");
    }
}
