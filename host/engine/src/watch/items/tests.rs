//! Items of commits, as tables.

use super::*;
use crate::Revision;

fn value(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap()
}

/// A commit of changes written as `put PATH JSON` or `delete PATH`, split by ` ; `, on a tree made the same way.
fn commit(before: &str, changes: &str) -> Commit {
    let author = Arc::new(Author::daemon());
    let run = |tree: Tree, script: &str| {
        let mut draft = Draft::new(tree);
        let mut made = Vec::new();
        for operation in script.split(" ; ").filter(|operation| !operation.is_empty()) {
            let words: Vec<&str> = operation.splitn(3, ' ').collect();
            let path = Path::parse(words[1]).unwrap();
            let change = match words[0] {
                "put" => draft.put(path, value(words[2])),
                _ => draft.delete(path),
            };
            made.push(crate::AuthoredChange {
                change: change.unwrap(),
                author: Arc::clone(&author),
                removed: None,
                ephemeral: None,
            });
        }
        (draft.into_tree(), made)
    };
    let (before, _) = run(Tree::default(), before);
    let (after, changes) = run(before.clone(), changes);
    let (revision, time, message) = (Revision(1), jiff::Timestamp::UNIX_EPOCH, None);
    Commit {
        revision,
        time,
        author,
        message,
        changes,
        effects: Vec::new(),
        hops: 0,
        before,
        after,
        record_bytes: 0,
        held_bytes: 0,
    }
}

fn check(before: &str, changes: &str, pattern: &str, expected: &str) {
    let patterns: Vec<Pattern> = pattern.split(' ').map(|pattern| Pattern::parse(pattern).unwrap()).collect();
    let told: Vec<String> = items(&commit(before, changes), &patterns.iter().collect::<Vec<_>>())
        .into_iter()
        .map(|item| match item.kind {
            ItemKind::Put(value) => format!("put {} {}", item.path, value.to_json()),
            ItemKind::Delete(value) if item.parents > 0 => {
                format!("delete {} {} with {}", item.path, value.to_json(), item.parents)
            }
            ItemKind::Delete(value) => format!("delete {} {}", item.path, value.to_json()),
        })
        .collect();
    assert_eq!(told.join(" ; "), expected, "{before} | {changes} | {pattern}");
}

#[test]
fn a_change_at_or_below_a_path_is_told_as_it_is() {
    check("", "put n.m.o 1", "n.m.o", "put n.m.o 1");
    check("", "put n.m.o.p 1", "n.m.o", "put n.m.o.p 1");
    check("put n.m.o 1", "delete n.m.o", "n.m.o", "delete n.m.o 1");
    check("", "put n.m.oo 1 ; put nn 2", "n.m.o", "");
}

#[test]
fn a_change_above_is_narrowed_to_what_matches() {
    check("", r#"put n {"a":0,"m":{"o":1,"x":2}}"#, "n.m.o", "put n.m.o 1");
    check("put n.m.o 1", r#"put n.m {"x":2}"#, "n.m.o", "delete n.m.o 1");
    check("put n.m.o 1", "delete n", "n.m.o", "delete n.m.o 1");
    check("", "put n 7", "n.m.o", "");
    check("put n.x 1", "delete n.x", "n.m.o", "");
    check(
        r#"put n {"a":{"o":1},"b":{"o":2}}"#,
        r#"put n {"b":{"o":3},"c":{"o":4},"d":{}}"#,
        "n.*.o",
        "delete n.a.o 1 ; put n.b.o 3 ; put n.c.o 4",
    );
}

#[test]
fn a_deletion_tells_what_was_there_right_before_it() {
    check("put a.b 1", "put a.b 2 ; delete a.b", "a.b", "put a.b 2 ; delete a.b 2");
    check("put a.b 1", "delete a.b ; put a.b 3", "a", "delete a.b 1 ; put a.b 3");
    check("", r#"put a {"b":{"c":1}} ; put a.b.c 2 ; delete a"#, "a.b.c", "put a.b.c 1 ; put a.b.c 2 ; delete a.b.c 2");
}

#[test]
fn several_patterns_are_told_change_by_change() {
    check(
        r#"put a {"x":0,"y":0}"#,
        r#"put b 1 ; put a {"x":1,"y":2} ; delete a ; put b 2"#,
        "a.y b a.x a",
        "put b 1 ; put a.y 2 ; put a.x 1 ; put a {\"x\":1,\"y\":2} ; delete a.y 2 ; delete a.x 1 ; delete a {\"x\":1,\"y\":2} ; put b 2",
    );
}

#[test]
fn a_deletion_tells_how_many_of_the_watched_parents_went_with_it() {
    let before = "put a.b.c.d 1 ; put x 1";
    check(before, "delete a.b.c.d", "a.b", "delete a.b.c.d 1 with 2");
    check(before, "delete a.b.c.d", "a.b.c.d", "delete a.b.c.d 1");
    check(before, "delete a.b.c.d", "a.**", "delete a.b.c.d 1 with 2");
    check(before, "delete a.b.c.d", "**", "delete a.b.c.d 1 with 2");
    check(before, "delete a.b.c.d", "*.b a.*.c", "delete a.b.c.d 1 with 2 ; delete a.b.c.d 1 with 1");
    check("put a.b.c.d 1 ; put a.x 1", "delete a.b.c.d", "a", "delete a.b.c.d 1 with 2");
    check("put a {\"b\":{\"c\":1}}", "delete a.b.c", "a", "delete a.b.c 1");
}
