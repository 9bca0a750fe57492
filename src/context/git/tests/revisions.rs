//! Revisions that name nothing.

use super::*;
use crate::context::git::RevisionFault;

fn fault(repository: &Repository, revision: &str) -> (RevisionFault, bool) {
    match repository.tree(revision) {
        Err(GitError::Revision { reason, .. }) => (reason.fault, reason.is_shallow),
        other => panic!("{revision}: {other:?}"),
    }
}

#[test]
fn each_has_its_own_reason_in_our_words() {
    let project = Project::new().file("a", "1").committed();
    let repository = project.open();
    let absent = "0123456789".repeat(4);
    for (revision, expected) in [
        ("nope", RevisionFault::Unknown),
        ("origin/main", RevisionFault::Unknown),
        ("fffffff", RevisionFault::Unknown),
        ("nope~1", RevisionFault::Unknown),
        ("~1", RevisionFault::Unknown),
        ("HEAD~7", RevisionFault::Beyond("HEAD".to_owned())),
        ("main^2", RevisionFault::Beyond("main".to_owned())),
        ("HEAD:none", RevisionFault::Beyond("HEAD".to_owned())),
        ("HEAD@{7}", RevisionFault::Beyond("HEAD".to_owned())),
        (&absent, RevisionFault::Absent),
        ("main..HEAD", RevisionFault::Range),
        ("", RevisionFault::Empty),
    ] {
        assert_eq!(fault(&repository, revision), (expected, false), "{revision}");
    }
}

#[test]
fn an_id_of_which_too_little_is_written_is_ambiguous() {
    // Blobs whose ids both begin with these letters.
    let project = Project::new().file("a", "142").file("b", "784").committed();
    let repository = project.open();
    for revision in ["8324", "8324~1"] {
        assert_eq!(fault(&repository, revision), (RevisionFault::Ambiguous(2), false));
    }
    let error = message(repository.tree("8324"));
    assert!(error.ends_with("2 ids begin so; write more of the one you mean"), "{error}");
}

#[test]
fn a_clone_that_is_shallow_is_said_to_be() {
    let project = Project::new().file("a", "1").committed();
    project.write("a", "2");
    project.commit();
    let around = project.directory.path();
    let text = project.root.to_str().unwrap();
    git(around, &["clone", "-q", "--depth=1", &format!("file://{text}"), "shallow"]);
    let shallow = Repository::open(&around.join("shallow"), &options()).unwrap();
    assert_eq!(fault(&shallow, "HEAD~1"), (RevisionFault::Beyond("HEAD".to_owned()), true));
    assert_eq!(fault(&shallow, "a..b"), (RevisionFault::Range, false));
}

#[test]
fn what_is_no_commit_has_no_history() {
    let project = Project::new().file("a", "1").committed();
    let repository = project.open();
    for (revision, kind) in [("HEAD^{tree}", "tree"), ("HEAD:a", "blob")] {
        let error = repository.merge_base(revision, "HEAD").unwrap_err().to_string();
        assert!(error.contains(&format!("that is a {kind} and no commit")), "{error}");
    }
}
