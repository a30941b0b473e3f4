//! What each error becomes.

use tega_engine::{ConfirmId, Lock, Rejection};
use tega_tree::{Path, Version};

use super::*;

fn path() -> Path {
    Path::parse("a.b").unwrap()
}

#[test]
fn each_way_a_commit_fails_has_its_status_and_only_what_passes_is_to_be_tried_again() {
    let rejection = Rejection { reason: "no".into(), place: None };
    let (by, reason) = ("guard".to_owned(), "it is away".to_owned());
    let version = FailedCondition::Version { path: path(), expected: Version(1), found: None };
    let since = jiff::Timestamp::UNIX_EPOCH;
    let lock = Lock { path: path(), holder: "bob".into(), reason: None, since };
    for (error, status, again) in [
        (CommitError::Change(ChangeError::NotFound { path: path() }), 404, false),
        (CommitError::Change(ChangeError::BelowLeaf { path: path(), leaf: path() }), 409, false),
        (CommitError::Change(ChangeError::TooDeep { path: path(), levels: 101 }), 400, false),
        (CommitError::Change(ChangeError::NameTooLong { path: path(), bytes: 2000 }), 400, false),
        (CommitError::Conditions { failed: vec![version] }, 409, false),
        (
            CommitError::Conditions { failed: vec![FailedCondition::Absent { path: path(), found: Version(1) }] },
            409,
            false,
        ),
        (CommitError::Locked { path: path(), lock: Box::new(lock) }, 423, false),
        (CommitError::Pending { path: path(), id: ConfirmId("0a".into()) }, 409, false),
        (CommitError::View { path: path(), view: path(), owner: "p".into() }, 409, false),
        (CommitError::KeyReused { key: "k".into() }, 422, false),
        (CommitError::NotPending { id: ConfirmId("0a".into()) }, 404, false),
        (CommitError::Past(PastError::NoRoot { root: "a".into() }), 404, false),
        (CommitError::TagName { name: "1".into() }, 400, false),
        (CommitError::Stale { path: Path::parse("a").ok() }, 409, false),
        (CommitError::Unsettled, 503, true),
        (CommitError::Rejected { by: by.clone(), rejection }, 422, false),
        (CommitError::JudgeUnavailable { by, reason }, 503, true),
        (CommitError::Limit { what: "a record", found: 2, limit: 1 }, 413, false),
        (CommitError::Busy, 503, true),
        (CommitError::NoSpace, 507, false),
        (CommitError::OutcomeUnknown, 503, false),
        (CommitError::Refusing, 503, false),
        (CommitError::Stopped, 503, true),
    ] {
        let text = error.to_string();
        let response = Problem::from(error).into_response(Form::Text);
        assert_eq!(response.status().as_u16(), status, "{text}");
        assert_eq!(response.headers().contains_key(RETRY_AFTER), again, "{text}");
    }
}

#[test]
fn a_fault_of_ours_does_not_tell_its_cause() {
    let problem = Problem::internal("the secret cause");
    assert_eq!(problem.cause(), Some("the secret cause"));
    assert!(!serde_json::to_string(&problem).unwrap().contains("secret"));
    assert!(!problem.to_string().contains("secret"));
}

#[test]
fn the_guide_lists_every_problem_with_its_status_and_title() {
    let table = include_str!("../../../../../docs/guide/problems.md");
    let source = include_str!("kind.rs");
    let facts = source.lines().filter_map(|line| Some(line.split_once("=> (S::")?.1.split('"').collect::<Vec<_>>()));
    let mut known: Vec<(&str, &str)> = facts.map(|facts| (facts[1], facts[3])).collect();
    let row = |line: &'static str| Some((line.strip_prefix("| `")?.split('`').next()?, line.split(" | ").nth(2)?));
    let mut listed: Vec<(&str, &str)> = table.lines().filter_map(row).collect();
    listed.sort_unstable();
    known.sort_unstable();
    assert!(known.len() > 40, "{known:?}");
    assert_eq!(listed, known);
    let kinds = [Kind::BelowLeaf, Kind::NoLongerKept, Kind::KeyReused, Kind::NoSpace, Kind::ForeignOrigin];
    for (status, word, title) in kinds.map(Kind::facts) {
        let row = format!("| `{word}` | {} | {title} |", status.as_u16());
        assert!(table.contains(&row), "{row}");
    }
}
