//! A folder written in format 1 is opened as it was: log and snapshot, all that they can hold.

use std::path::PathBuf;

use tega_log::FileStorage;

use super::*;
use crate::{HistoryLimits, Retention, Which};

/// The kept folder. Whoever changes the format keeps it, and adds another.
fn kept() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1")
}

fn options() -> Options {
    let history = HistoryLimits { versions: 3, bytes: usize::MAX };
    Options {
        history,
        retention: Retention { bytes: None, ..Retention::default() },
        reserve_bytes: 0,
        ..Options::default()
    }
}

/// What was written when the folder was made.
async fn write(engine: &Engine) {
    for n in 0..5 {
        put(engine, "inv.ne1", &format!(r#"{{"mtu":{n},"addr":["10.0.0.{n}/31",{{"x":null}}],"up":true}}"#))
            .await
            .unwrap();
    }
    put(engine, "inv.ne1.\"a.b\".c", "1.50").await.unwrap();
    put(engine, "gone.x.y", "\"ä\"").await.unwrap();
    let mut transaction = begin(engine);
    transaction.delete(path("gone.x.y")).unwrap();
    transaction.merge(path("inv"), value(r#"{"ne1":{"up":null},"ne2":{}}"#)).unwrap();
    transaction.tag(&"inv".into(), "golden", &Which::Version(Version(5))).unwrap();
    transaction.set_message("all kinds".into()).unwrap();
    engine.commit(transaction).await.unwrap();
    let mut delete = begin(engine);
    delete.delete(path("gone")).unwrap();
    engine.commit(delete).await.unwrap();
    let mut pending = begin(engine);
    pending.put(path("inv.ne2.name"), value("\"b\"")).unwrap();
    pending.confirm_within(std::time::Duration::from_secs(600_000)).unwrap();
    engine.commit(pending).await.unwrap();
    engine.snapshot().await.unwrap();
    let mut back = begin(engine);
    back.rollback(path("inv.ne1"), &Which::Tag("golden".into())).unwrap();
    engine.commit(back).await.unwrap();
}

#[tokio::test]
async fn a_folder_of_format_1_is_opened_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    if !kept().exists() {
        // A new one is made where there is none.
        let engine = Engine::open(FileStorage::open(kept()).unwrap(), &options(), Arc::new(Fixed)).unwrap().0;
        write(&engine).await;
        engine.stop().await.unwrap();
    }
    for entry in std::fs::read_dir(kept()).unwrap() {
        let file = entry.unwrap().path();
        std::fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    let storage = FileStorage::open(folder.path()).unwrap();
    let (engine, report) = Engine::open(storage, &options(), Arc::new(Fixed)).unwrap();
    assert_eq!((report.snapshot, report.position.revision), (Some(Revision(10)), Revision(11)));
    assert_eq!(
        read(&engine, "inv").as_deref(),
        Some(r#"{"ne1":{"a.b":{"c":1.50},"addr":["10.0.0.4/31",{"x":null}],"mtu":4,"up":true},"ne2":{"name":"b"}}"#)
    );
    let state = engine.state();
    let inv = state.past("inv").unwrap();
    assert_eq!(inv.versions, [4, 5, 6, 7, 8].map(Version));
    assert_eq!(inv.tags, [("golden".to_owned(), Version(5))]);
    let old = |version| state.root_at("inv", &Which::Version(Version(version))).unwrap().node.unwrap().to_json();
    assert_eq!(old(6), r#"{"ne1":{"a.b":{"c":1.50},"addr":["10.0.0.4/31",{"x":null}],"mtu":4},"ne2":{}}"#);
    let gone = state.past("gone").unwrap();
    assert_eq!((gone.versions, read(&engine, "gone")), (vec![0, 1, 2].into_iter().map(Version).collect(), None));
    assert_eq!(state.pending().len(), 1);
    assert!(matches!(put(&engine, "inv.ne2", "1").await, Err(CommitError::Pending { .. })));
    // The same state once more, from the log alone.
    engine.stop().await.unwrap();
    drop(engine);
    std::fs::remove_file(folder.path().join("snapshot-00000000000000000010.jsonl")).unwrap();
    let storage = FileStorage::open(folder.path()).unwrap();
    let (again, report) = Engine::open(storage, &options(), Arc::new(Fixed)).unwrap();
    assert_eq!(report.snapshot, None);
    let images = |state: &State| {
        state
            .tree
            .roots()
            .map(|(name, root)| (name.to_string(), root.version(), root.node().map(image)))
            .collect::<Vec<_>>()
    };
    assert_eq!(images(&again.state()), images(&state));
}

/// A node exactly, with versions and flags.
fn image(node: &tega_tree::Node) -> String {
    let mut image = Vec::new();
    node.write_image(&mut image);
    String::from_utf8(image).unwrap()
}
