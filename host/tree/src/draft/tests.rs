//! Changes of a tree, as scripts with the tree they come to.

use super::*;
use crate::ReadPath;
use crate::testing::{node_text, path, value};

/// Runs a script, one commit a line: operations `put PATH JSON`, `delete PATH`, `merge PATH JSON` split by ` ; `; gives the
/// answers of those that failed, and the tree.
fn run(script: &str) -> (Tree, Vec<String>) {
    let (mut tree, mut errors) = (Tree::default(), Vec::new());
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut draft = Draft::new(tree.clone());
        let mut replayed = Draft::new(tree.clone());
        for operation in line.split(" ; ") {
            let mut words = operation.splitn(3, ' ');
            let (verb, at, json) = (words.next().unwrap(), path(words.next().unwrap()), words.next());
            let done = match verb {
                "put" => draft.put(at, value(json.unwrap())).map(|change| vec![change]),
                "delete" => draft.delete(at).map(|change| vec![change]),
                "merge" => draft.merge(at, &value(json.unwrap())),
                other => panic!("{other}"),
            };
            match done {
                Ok(changes) => changes.into_iter().for_each(|change| replayed.apply(&change).unwrap()),
                Err(error) => errors.push(error.to_string()),
            }
        }
        tree = draft.into_tree();
        assert_eq!(text(&tree), text(&replayed.into_tree()), "replay of {line}");
    }
    (tree, errors)
}

/// Every root with its version, and every node as `name@version`, implied containers with `~`.
fn text(tree: &Tree) -> String {
    let roots: Vec<String> = tree
        .roots()
        .map(|(name, root)| format!("{name}#{} {}", root.version, root.node().map_or("-".into(), node_text)))
        .collect();
    roots.join(" | ")
}

fn check(script: &str, expected: &str) {
    let (tree, errors) = run(script);
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(text(&tree), expected, "{script}");
}

#[test]
fn a_put_replaces_the_node_whole_makes_parents_and_stamps_what_it_wrote() {
    check("put a.b.c 1", "a#0 ~{b:~{c:1@0}@0}@0");
    check("put a.b {\"c\":1,\"d\":2}\nput a.b {\"c\":1}", "a#1 ~{b:{c:1@1}@1}@1");
    check("put a.b 1\nput a.c 2", "a#1 ~{b:1@0 c:2@1}@1");
    check("put a 1\nput a {\"b\":null}\nput a [1,{\"x\":2}]", "a#2 [1,{\"x\":2}]@2");
    check("put a.b 1 ; put a.c 2 ; put b 3", "a#0 ~{b:1@0 c:2@0}@0 | b#0 3@0");
}

#[test]
fn a_delete_takes_along_the_parents_that_only_puts_had_made() {
    check("put a.b.c.d 1\ndelete a.b.c.d", "a#1 ~{}@1");
    check("put a.b {} ; put a.b.c.d 1\ndelete a.b.c.d", "a#1 ~{b:{}@1}@1");
    check("put a.b.c 1 ; put a.b.d 2\ndelete a.b.c", "a#1 ~{b:~{d:2@0}@1}@1");
    check("put a {\"b\":{\"c\":1}}\ndelete a.b.c", "a#1 {b:{}@1}@1");
}

#[test]
fn versions_go_on_counting_over_the_deletion_of_a_root() {
    check("put a 1\nput a 2\ndelete a", "a#2 -");
    check("put a 1\ndelete a\nput a.b 1", "a#2 ~{b:1@2}@2");
    check("put a 1 ; delete a ; put a 2", "a#0 2@0");
}

#[test]
fn a_merge_changes_exactly_what_rfc_7396_says() {
    // The examples of RFC 7396, appendix A, each below a root.
    for (before, patch, after) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, "null", "null"),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"a":1,"e":null}"#),
        ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ] {
        let (tree, errors) = run(&format!("put r {before}\nmerge r {patch}"));
        assert_eq!((tree.node(&path("r")).unwrap().to_value(), errors), (value(after), vec![]), "{before} {patch}");
    }
    check("put a.b.c 1 ; put a.d 2\nmerge a.b {\"c\":null}", "a#1 ~{b:~{}@1 d:2@0}@1");
    check("put a.b 1\nmerge a {\"x\":null}", "a#0 ~{b:1@0}@0");
    check("merge a.b {\"c\":1,\"d\":null}", "a#0 ~{b:{c:1@0}@0}@0");
}

#[test]
fn a_change_that_does_not_fit_names_the_place_and_changes_nothing() {
    let deep = format!("put a {}1{}", "[".repeat(99), "]".repeat(99));
    for (script, error) in [
        ("put a.b 1\nput a.b.c.d 2", "a.b is a leaf"),
        ("put a null\nput a.b 2", "a is a leaf"),
        ("put a [1]\nput a.0 2", "a is a leaf"),
        ("put a.b 1\ndelete a.c", "nothing at a.c"),
        ("delete a", "nothing at a"),
        ("put a.b 1\nmerge a.b.c {\"d\":1}", "a.b is a leaf"),
        (&format!("{deep}\nput b.{}", deep.trim_start_matches("put ")), "101 levels"),
    ] {
        let (tree, errors) = run(script);
        let (before, _) = run(script.lines().next().unwrap());
        assert!(errors.len() == 1 && errors[0].contains(error), "{script}: {errors:?}");
        assert!(script.lines().count() == 1 || text(&tree) == text(&before), "{script}");
    }
}

#[test]
fn an_old_tree_stays_as_it_was() {
    let (old, _) = run("put a.b {\"c\":1}\nput z 1");
    let before = text(&old);
    let mut draft = Draft::new(old.clone());
    draft.put(path("a.b.c"), value("2")).unwrap();
    draft.delete(path("z")).unwrap();
    let savepoint = draft.clone();
    draft.put(path("a"), value("3")).unwrap();
    assert_eq!(text(&old), before);
    assert_eq!(text(&savepoint.into_tree()), "a#1 ~{b:{c:2@1}@1}@1 | z#1 -");
    assert_eq!(text(draft.tree()), "a#1 3@1 | z#1 -");
}

#[test]
fn a_path_reads_on_into_arrays_and_a_near_miss_is_found() {
    let (tree, _) = run(concat!(
        r#"put addr [{"ifname":"lo","mtu":65536,"a":[{"local":"::1"}]},{"ifname":"eth0","mtu":1500}]"#,
        "\n",
        r#"put hosts {"10.0.0.1":{"name":"c"},"10":{"x":1},"Ethernet0|10.0.0.56/31":{"mtu":1}}"#,
    ));
    for (read, found) in [
        ("addr.1.ifname", Some("\"eth0\"")),
        ("addr.(ifname=eth0).mtu", Some("1500")),
        ("addr.[ifname=lo].a.(local=\"::1\")", Some(r#"{"local":"::1"}"#)),
        ("addr.(mtu=1500).ifname", Some("\"eth0\"")),
        ("addr.01", None),
        ("addr.+1", None),
        ("addr.2", None),
        ("addr.0.mtu.x", None),
        ("hosts.(name=c)", None),
    ] {
        let value = tree.find(&ReadPath::parse(read).unwrap()).map(|found| found.to_value().to_json());
        assert_eq!(value.as_deref(), found, "{read}");
    }
    let near = |text| tree.near_miss(&ReadPath::parse(text).unwrap()).map(|path| path.to_string());
    assert_eq!(near("hosts.10.0.0.1.name").as_deref(), Some("hosts.\"10.0.0.1\".name"));
    assert_eq!(near("hosts.Ethernet0|10.0.0.56.31.mtu").as_deref(), Some("hosts.\"Ethernet0|10.0.0.56/31\".mtu"));
    assert_eq!(near("hosts.10.0.0.2"), None);
}

#[test]
fn a_root_is_counted_up_once_without_a_change_of_its_nodes() {
    let (tree, _) = run("put a.b 1\nput z 1");
    let mut draft = Draft::new(tree);
    for root in ["a", "a", "new"] {
        draft.touch_root(&Name::from(root));
    }
    assert_eq!(text(draft.tree()), "a#1 ~{b:1@0}@0 | new#0 - | z#0 1@0");
    draft.put(path("a.b"), Value::Null).unwrap();
    assert_eq!(text(draft.tree()), "a#1 ~{b:null@1}@1 | new#0 - | z#0 1@0");
    assert!(draft.touched().map(Name::as_str).eq(["a", "new"]));
}

#[test]
fn a_root_can_be_set_as_it_was_kept() {
    let (from, _) = run("put a.b 1\nput a.c 2\ndelete a.b");
    let mut tree = Tree::default();
    let root = from.root("a").unwrap();
    tree.set_root(Name::from("a"), root.version(), root.node().cloned());
    tree.set_root(Name::from("gone"), Version(7), None);
    assert_eq!(text(&tree), format!("{} | gone#7 -", text(&from)));
    tree.set_root(Name::from("a"), Version(9), None);
    assert_eq!(text(&tree), "a#9 - | gone#7 -");
}
