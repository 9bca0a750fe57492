//! A Dockerfile as it can be built without a registry.

/// The same text, line by line, without what only a registry could give: the frontend that a
/// `syntax` directive names, and images of a given digest, which get a tag with the digest in it.
/// Another digest is another image still.
pub(super) fn without_registry(text: &str) -> String {
    let mut is_head = true;
    let mut line = |line: &str| {
        is_head &= line.starts_with('#');
        if is_head && is_syntax(line) {
            return "#\n".to_owned();
        }
        let word = line.split_whitespace().next().unwrap_or_default();
        let names_images = ["FROM", "ARG", "COPY"].iter().any(|it| word.eq_ignore_ascii_case(it));
        if names_images { without_digests(line) } else { line.to_owned() }
    };
    text.split_inclusive('\n').map(&mut line).collect()
}

fn is_syntax(comment: &str) -> bool {
    let directive = comment.trim_start_matches('#').split_once('=');
    directive.is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("syntax"))
}

/// The text with tags in the place of digests: `node:20@sha256:ab…` as `node:20-sha256-ab…`; a name without a tag gets one. Tags are at most 128 letters
/// long, which half of a digest leaves room in.
pub(super) fn without_digests(line: &str) -> String {
    const MARK: &str = "@sha256:";
    let mut rest = line;
    let mut written = String::new();
    while let Some((before, after)) = rest.split_once(MARK) {
        let digits = after.find(|it: char| !it.is_ascii_hexdigit()).unwrap_or(after.len());
        let (digest, behind) = after.split_at(digits);
        let name = before.rsplit([' ', '=', '/']).next().unwrap_or_default();
        let joint = if name.contains([':', '}']) { '-' } else { ':' };
        let kept = digest.get(..32).unwrap_or(digest);
        written.extend([before, &joint.to_string(), "sha256-", kept]);
        rest = behind;
    }
    written + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_registry_is_gone_and_every_line_stays() {
        let digest = "0123456789abcdef".repeat(4);
        let half = &digest[..32];
        let text = format!(
            "# syntax=docker/dockerfile:1\n# escape=`\nARG BASE=node@sha256:{digest}\n\
             # syntax=comment\nFROM a/node:20@sha256:{digest} AS x\n\
             COPY --from=b@sha256:{digest} /a /b\nRUN echo @sha256:{digest}"
        );
        let expected = format!(
            "#\n# escape=`\nARG BASE=node:sha256-{half}\n\
             # syntax=comment\nFROM a/node:20-sha256-{half} AS x\n\
             COPY --from=b:sha256-{half} /a /b\nRUN echo @sha256:{digest}"
        );
        assert_eq!(without_registry(&text), expected);
    }
}
