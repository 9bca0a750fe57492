//! Why a build was not compared, in words that many builds share.

/// The reason, without what is of one build alone.
pub(super) fn of(message: &str) -> String {
    let says = |text: &str| message.contains(text);
    let known = if ["127.0.0.1:9", "dial tcp", "error fetching", "no such host"]
        .iter()
        .any(|it| says(it))
    {
        "takes something from the network"
    } else if says("no checkout: ") {
        "the clone lacks a file of the commit"
    } else if says("no Dockerfile ") {
        "one of the commits has no such Dockerfile"
    } else if says("not found") && says("checksum of ref") {
        "copies a file that the repository does not have"
    } else if says("did not complete successfully") {
        "a RUN fails on nothing but a shell"
    } else {
        return format!("another reason: {}", without_ids(message));
    };
    known.to_owned()
}

/// The message without words in which an id is.
fn without_ids(message: &str) -> String {
    let is_id = |word: &&str| word.contains("::") || word.contains("sha256:");
    message.split_whitespace().filter(|word| !is_id(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_builds_fail_for_has_one_name() {
        let lacking = "failed to solve: failed to compute cache key: failed to calculate checksum of \
                       ref 1::2: \"/dist\": not found";
        assert_eq!(of(lacking), "copies a file that the repository does not have");
        assert_eq!(of("Get \"https://a\": dial tcp: lookup a"), "takes something from the network");
        assert_eq!(of("cannot copy a::b to c"), "another reason: cannot copy to c");
    }
}
