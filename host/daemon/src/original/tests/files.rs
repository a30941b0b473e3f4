//! Files, lines and commits.

use super::limits::LEFT_OUT_LISTED_MAX;
use super::*;

#[test]
fn a_folder_is_read_from_the_last_snapshot_on_to_its_torn_end() {
    let (commits, report) = read(&fixture("nodes"), None).unwrap();
    let expected = std::fs::read_to_string(fixture("nodes/expected.txt")).unwrap();
    let text = format!("{}\nleft out\n{}", shown(&commits), left_out(&report));
    assert_eq!(text, expected);
    let names = |files: &[PathBuf]| files.iter().map(|file| file_name(file).to_owned()).collect::<Vec<_>>();
    assert_eq!(report.server_id, "global");
    assert_eq!(names(&report.files), ["log.global.1", "log.global.2"]);
    assert_eq!(names(&report.passed_over), ["log.global.0", "log.global.2.bak"]);
    assert_eq!((report.commits, report.puts, report.deletes), (10, 10, 2));
    assert_eq!((report.rollbacks, report.snapshots, report.without_data), (2, 2, 0));
    assert_eq!(report.left_out_count, 10);
    assert!(commits[0].is_snapshot() && !commits[1].is_snapshot());
    let OriginalChange::Snapshot { instance, .. } = &commits[0].changes[0] else { panic!("{commits:?}") };
    let mtu = instance.member("ne1").and_then(|ne1| ne1.member("mtu")).unwrap();
    assert_eq!(mtu.to_json(), r#"{"_value":1500,"_version":0,"_oid":"mtu","_parent":"ne1","_ephemeral":false}"#);
}

#[test]
fn old_files_are_read_and_one_of_several_servers_is_named() {
    let error = whole(read(&fixture("old"), None).unwrap_err());
    assert!(error.contains("name one of them: global, local1"), "{error}");
    let error = whole(read(&fixture("old"), Some("local2")).unwrap_err());
    assert!(error.contains("no log of the server \"local2\", but of: global, local1"), "{error}");
    let (commits, report) = read(&fixture("old"), Some("global")).unwrap();
    let expected = std::fs::read_to_string(fixture("old/expected.txt")).unwrap();
    assert_eq!(format!("{}\nleft out\n{}", shown(&commits), left_out(&report)), expected);
    assert_eq!((report.snapshots, report.without_data, report.rollbacks), (2, 2, 1));
    assert_eq!(read(&fixture("old"), Some("local1")).unwrap().0.len(), 1);
}

/// A snapshot of one root as a file.
fn snapshot(root: &str) -> String {
    format!(
        "?\n{{'ope': 'SS', 'path': '{root}', 'tega_id': None, 'instance': {{'_oid': '{root}', '_parent': None}}}}\n@1.5\n"
    )
}

#[test]
fn reading_begins_with_the_last_file_that_begins_with_a_whole_snapshot() {
    let [one, two, three] = ["a", "b", "c"].map(snapshot);
    let cut = three.replace("@1.5\n", "");
    let plain = put("x.y", "1");
    let check = |files: &[(&str, &str)], expected: Result<&[&str], &str>| {
        let folder = folder(files);
        match (read(folder.path(), None), expected) {
            (Ok((_, report)), Ok(expected)) => {
                let read: Vec<_> = report.files.iter().map(|file| file_name(file)).collect();
                assert_eq!(read, expected, "{files:?}");
            }
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{files:?}: {error}"),
            (other, _) => panic!("{files:?}: {other:?}"),
        }
    };
    check(&[("log.s.0", &plain), ("log.s.1", &one), ("log.s.2", &two)], Ok(&["log.s.2"]));
    check(&[("log.s.9", &one), ("log.s.10", &plain), ("log.s.11", &plain)], Ok(&["log.s.9", "log.s.10", "log.s.11"]));
    check(&[("log.s.0", &plain), ("log.s.1", &one), ("log.s.2", &cut)], Ok(&["log.s.1", "log.s.2"]));
    check(&[("log.s.0", &plain), ("log.s.1", "")], Ok(&["log.s.0", "log.s.1"]));
    check(&[("log.s.0", &plain), ("log.s.1", "?\n@1.5\n")], Ok(&["log.s.1"]));
    check(&[("log.s.0", &plain), ("log.s.1", "?\n")], Ok(&["log.s.0", "log.s.1"]));
    check(&[("log.s.7", &one)], Ok(&["log.s.7"]));
    check(&[("log.s.0", &one)], Ok(&["log.s.0"]));
    check(&[("log.a.b.0", &plain), ("log.a.b.1", &plain)], Ok(&["log.a.b.0", "log.a.b.1"]));
    check(&[("log.s.1", &plain)], Err("log.s.0 is missing"));
    check(&[("log.s.0", &plain), ("log.s.2", &plain), ("log.s.3", &plain)], Err("log.s.1 is missing"));
    check(&[("log.s", ""), ("log.s.01", ""), ("log.s.-1", ""), ("log..1", ""), ("x.s.0", "")], Err("holds no file"));
    assert!(matches!(read_folder(Path::new("/no/such"), None), Err(OriginalError::Folder { .. })));
}

#[test]
fn a_line_of_another_form_stops_the_reading_with_its_place() {
    let operation = "{'ope': 'PUT', 'path': 'a', 'tega_id': None, 'instance': {}}";
    for (text, line, fault) in [
        ("?\nhello world\n@1\n", 2, "neither a mark"),
        ("??\n", 1, "neither a mark"),
        ("1434112046.1363673\n", 1, "neither a mark"),
        ("-1\n", 1, "neither a mark"),
        ("-x a b\n", 1, "neither a mark"),
        ("99999999999999999999 a b\n", 1, "neither a mark"),
        (&format!("{operation}\n"), 1, "outside a commit"),
        (&format!("?\n{operation}\n@1\n{operation}\n"), 4, "outside a commit"),
        ("?\n-1 None a\n", 2, "within a commit"),
        ("-1 some one some root\n", 1, "can't be told"),
        ("?\n{}\n", 2, "'ope' and 'path' have to be strings"),
        ("?\n{'ope': 'PUT', 'path': 1, 'instance': 1}\n", 2, "'ope' and 'path' have to be strings"),
        ("?\n{'ope': 'PUT', 'path': 'a'}\n", 2, "'instance' is missing"),
        ("?\n{'ope': 'POST', 'path': 'a', 'instance': 1}\n", 2, "none of PUT, DELETE"),
        ("?\n{'ope': 'PUT', 'path': 'a', 'tega_id': 1, 'instance': 1}\n", 2, "'tega_id' is neither"),
        ("?\n{'ope': 'SS', 'path': 'a.b', 'instance': {}}\n", 2, "a snapshot is of a root"),
        ("?\n{'ope': 'SS', 'path': 'a', 'instance': 1}\n", 2, "a snapshot is of a root"),
    ] {
        let error = whole(read_text(text).unwrap_err());
        assert!(error.contains(&format!("log.s.0:{line} can't be used")) && error.contains(fault), "{text}: {error}");
    }
    let folder = folder(&[]);
    std::fs::write(folder.path().join("log.s.0"), b"?\n{'ope': '\xff'}\n").unwrap();
    let error = whole(read(folder.path(), None).unwrap_err());
    assert!(
        error.contains("log.s.0:2") && error.contains("begins \"{'ope': '\u{fffd}'}\"") && error.contains("not UTF-8")
    );
}

#[test]
fn a_torn_end_and_a_commit_without_an_end_are_left_out_and_said() {
    let good = put("a.b", "1");
    for (tail, commits, things) in [
        ("", 1, ""),
        ("?", 1, ""),
        ("?\n", 1, ""),
        (
            "?\n{'ope': 'DELETE', 'path': 'a.b', 'instance': 1}\n",
            1,
            "log.s.0:4: a commit has no end (operations: 1): nobody was told that it was made\n",
        ),
        ("-1 None", 1, "log.s.0:4: the file ends in the middle of this line, which begins \"-1 None\"\n"),
        ("\0\0\0", 1, "log.s.0:4: the file ends in the middle of this line, which begins \"\\0\\0\\0\"\n"),
        ("\n\r\n", 1, ""),
    ] {
        let (read, report) = read_text(&format!("{good}{tail}")).unwrap();
        assert_eq!((read.len(), left_out(&report).as_str()), (commits, things), "{tail:?}");
    }
    let whole_length = good.len();
    for length in 0..whole_length {
        let (read, report) = read_text(&format!("{good}{}", &good[..length])).unwrap();
        // From the `@` on the commit counts; a time that is cut off may still be one.
        let ended = good[..length].contains('@');
        assert_eq!(read.len(), if ended { 2 } else { 1 }, "{length}");
        let lost = length > "?\n".len() && (!ended || read.last().unwrap().time.is_none());
        assert_eq!(report.left_out_count > 0, lost, "{length}");
    }
    let (read, report) = read_text(&good.replace('\n', "\r\n")).unwrap();
    assert_eq!((read.len(), report.left_out_count), (1, 0));
}

#[test]
fn the_author_and_the_root_of_a_rollback_are_told_apart_by_the_roots_that_there_are() {
    let roots = put("a", "{}") + &put("a b", "{}") + &put("c", "{}");
    for (line, expected) in [
        ("-1 me c", Some("rollback c -1 by me")),
        ("-1 None c", Some("rollback c -1 by nobody")),
        ("-1  c", Some("rollback c -1 by ")),
        ("-10 not me c", Some("rollback c -10 by not me")),
        ("3 c", Some("rollback c 3 by nobody")),
        ("0 me c", Some("rollback c 0 by me")),
        ("-1 me unknown", Some("rollback unknown -1 by me")),
        ("-1 unknown", Some("rollback unknown -1 by nobody")),
        ("-1 x a", Some("rollback a -1 by x")),
        ("-1 x a b", Some("rollback \"a b\" -1 by x")),
        ("-1 c a", Some("rollback a -1 by c")),
        ("-1 a b", Some("rollback \"a b\" -1 by nobody")),
        ("-1 who knows what", None),
    ] {
        let read = read_text(&format!("{roots}{line}\n"));
        let found = read.ok().map(|(commits, _)| shown(&commits[3..]));
        let change = found.as_deref().and_then(|text| text.split_once("\n  ")).map(|(_, change)| change);
        assert_eq!(change, expected.map(|text| format!("{text}\n")).as_deref(), "{line}");
    }
    let both = format!("{roots}{}-1 x a b\n", put("b", "{}"));
    assert!(whole(read_text(&both).unwrap_err()).contains("can't be told"));
}

#[test]
fn a_time_is_taken_as_utc_and_one_that_cannot_be_read_is_said() {
    for (text, time) in [
        ("2026-11-22 11:05:55.135717", Some("2026-11-22T11:05:55.135717Z")),
        ("2026-11-22 11:05:55", Some("2026-11-22T11:05:55Z")),
        ("1452522994.876741:!", Some("2016-01-11T14:36:34.876741Z")),
        ("1453123635.47389:+", Some("2016-01-18T13:27:15.47389Z")),
        ("1452522994.0", Some("2016-01-11T14:36:34Z")),
        ("1452522994", None),
        ("2026-11-22 11:05", None),
        ("", None),
        ("2026-11-22 11:6", None),
        ("99999999999999999999.5", None),
        ("1e9", None),
        ("yesterday", None),
    ] {
        let (commits, report) = read_text(&put("a.b", "1").replace("2026-11-22 11:05:55", text)).unwrap();
        assert_eq!(commits[0].time.map(|time| time.to_string()).as_deref(), time, "{text}");
        assert_eq!(report.left_out_count, u64::from(time.is_none()));
    }
}

#[test]
fn what_names_no_node_of_a_tree_is_left_out_but_still_touches_its_root() {
    let long = "n".repeat(1025);
    let deep = ["a"; 101].join(".");
    for (path, reason) in [
        ("_x.y", "the root name \"_x\" is reserved"),
        ("a._version.b", "the name \"_version\" is reserved"),
        (&*format!("a.{long}"), "a name of 1025 bytes"),
        (&*deep, "a path of 101 names"),
    ] {
        let (commits, report) = read_text(&put(path, "1")).unwrap();
        assert_eq!((commits[0].changes.len(), commits[0].roots.len()), (0, 1), "{path}");
        assert!(left_out(&report).contains(reason), "{}", left_out(&report));
    }
    let (commits, report) = read_text(&put("a. x/\\\\y\\n..é", "{'': 0, 'b.c': {}, '_d': 1}")).unwrap();
    assert_eq!(report.left_out_count, 0);
    let expected = r#"put a." x/\\y\n"."".é {"":0,"b.c":{}} by nobody"#;
    assert!(shown(&commits).contains(expected), "{}", shown(&commits));
}

#[test]
fn ephemeral_nodes_in_a_snapshot_went_with_the_server() {
    let root = "{'_oid': 'r', '_parent': None, 'x': {'_value': 1, '_ephemeral': True}, 'y': {'_value': 0, '_ephemeral': False}}";
    let text = format!("?\n{{'ope': 'SS', 'path': 'r', 'tega_id': None, 'instance': {root}}}\n@1.5\n");
    let (commits, report) = read_text(&text).unwrap();
    assert!(shown(&commits).contains("snapshot r {\"y\":0} by nobody"), "{}", shown(&commits));
    assert_eq!(left_out(&report), "log.s.0:2: r.x: it is ephemeral: its session ended with the server\n");
}

#[test]
fn a_report_lists_no_end_of_things_but_counts_them_all() {
    let mut report = Report::default();
    let thing = LeftOut { file: PathBuf::new(), line: 1, path: None, reason: Reason::Ephemeral };
    for _ in 0..LEFT_OUT_LISTED_MAX + 5 {
        report.leave_out(thing.clone());
    }
    assert_eq!(report.left_out.len(), LEFT_OUT_LISTED_MAX);
    assert_eq!(report.left_out_count, 100_005);
}
