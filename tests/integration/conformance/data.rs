//! GET, PUT and DELETE of paths.

use super::script::run;
use crate::server::TestServer;

#[tokio::test]
async fn a_value_is_stored_as_it_is_and_reached_by_each_way_to_write_its_path() {
    let server = TestServer::start().await;
    run(&server, r#"
        > PUT /a/b/c?tega_id=t {"s": "x", "i": 123456789012345678901234567890, "f": 1.50, "t": true, "l": [1, null, {"x": 2}]}
        < 200 empty
        # One path, written in many ways.
        > GET /a/b/c/s?tega_id=t
        < 200 json "x"
        > GET /a/b/c/s/?tega_id=t
        < 200 json "x"
        > GET /a.b.c.s?tega_id=t
        < 200 json "x"
        > GET /a/b.c/s?tega_id=t
        < 200 json "x"
        > GET /a%2Eb/c.s?tega_id=t
        < 200 json "x"
        > GET /a%2Fb/c?tega_id=t
        < 404 text there is nothing at a/b.c
        ~ the same path: `10.0.0.1/31` was out of its reach
        > GET /a//b?tega_id=t
        < 400 text empty name
        ~ a node of an empty name
        # Numbers keep their text; an array is one leaf, which reading may go on into.
        > GET /a/b/c?tega_id=t
        < 200 json {"f":1.50,"i":123456789012345678901234567890,"l":[1,null,{"x":2}],"s":"x","t":true}
        > GET /a/b/c/l/2/x?tega_id=t
        < 200 json 2
        ~ 404
        # What could not be stored can be.
        > PUT /n?tega_id=t null
        < 200 empty
        ~ 500: a root could only be an object, and null was no value
        > PUT /a/n?tega_id=t {"x": null}
        < 200 empty
        ~ 500
        > GET /n
        < 200 json null
        > PUT /a/n?tega_id=t NaN
        < 400 text not a JSON value
        ~ 200, and the database could not be started again
        > PUT /a/n?tega_id=t Infinity
        < 400 text not a JSON value
        ~ as before
        # What the internal form holds can be put back.
        > PUT /i?tega_id=t {"_version": 9, "c": {"_value": 5, "_version": 3, "_oid": "c"}}
        < 200 empty
        > GET /i?tega_id=t
        < 200 json {"c":5}
        > PUT /i?tega_id=t {"_own": 1, "copy_": 2}
        < 200 empty
        > GET /i?tega_id=t
        < 200 json {"_own":1,"copy_":2}
        ~ names that begin with `_` were dropped, and `copy_` broke the node
        # An object's name with a dot is one name, which quotes reach.
        > PUT /h?tega_id=t {"10.0.0.1": {"x": 1}}
        < 200 empty
        > GET /h/%2210.0.0.1%22/x?tega_id=t
        < 200 json 1
        ~ no path reached it
        # Below a leaf.
        > PUT /a/b/c/s/below?tega_id=t 1
        < 409 text a.b.c.s is a leaf
        ~ 200, and the value was lost
    "#)
    .await;
}

#[tokio::test]
async fn reads_name_versions_forms_and_regular_expressions() {
    let server = TestServer::start().await;
    run(&server, r#"
        > PUT /a?tega_id=t {"x": 1, "yy": {"z": 2}}
        < 200 empty
        > PUT /a/yy/z?tega_id=t 3
        < 200 empty
        > GET /a/yy/z?tega_id=t&version=0
        < 200 json 2
        > GET /a/yy/z?tega_id=t&version=-1
        < 200 json 2
        > GET /a/yy/z?tega_id=t&version=1
        < 200 json 3
        > GET /a?tega_id=t&version=2
        < 404 text a is at version 1; there is no version 2 yet
        > GET /a?tega_id=t&version=-2
        < 404 text 2 versions before the present one was before a was first made
        > GET /a?tega_id=t&version=
        < 200 json {"x":1,"yy":{"z":3}}
        ~ 500
        > GET /a?tega_id=t&version=+
        < 200 json {"x":1,"yy":{"z":3}}
        ~ 500
        > GET /a?tega_id=t&version=1.5
        < 400 text version=1.5 is wrong: it takes a version such as 3, -1 for the one before, a tag or a time
        ~ 500
        > GET /a/none?tega_id=t
        < 404 text there is nothing at a.none
        # Reads pass over a transaction, even one that there is not.
        > GET /a/x?tega_id=t&txid=none
        < 200 json 1
        # The internal form.
        > GET /a?tega_id=t&internal=True
        < 200 json {"_oid":"a","_parent":null,"_version":1,"_ephemeral":false,"x":{"_value":1,"_oid":"x","_parent":"a","_version":0,"_ephemeral":false},"yy":{"_oid":"yy","_parent":"a","_version":1,"_ephemeral":false,"z":{"_value":3,"_oid":"z","_parent":"yy","_version":1,"_ephemeral":false}}}
        # Regular expressions, one for each name, from its start; what the groups were; only at that depth.
        > GET /a%5C.(y)(q)%3F%5C.z?tega_id=t&regex_flag=True
        < 200 json {"a.yy.z":{"groups":[["y",null]],"instance":3}}
        > GET /a%5C/y?tega_id=t&regex_flag=True
        < 200 json {"a.yy":{"groups":[],"instance":{"z":3}}}
        > GET /a%5C.none?tega_id=t&regex_flag=True
        < 200 json {}
        > GET /a%5C.x%5C.y?tega_id=t&regex_flag=True
        < 200 json {}
        ~ 500 where it went below a leaf
        > GET /a%5C.(?tega_id=t&regex_flag=True
        < 400 text (
        ~ 500
        > GET /a%5C.x?tega_id=t&regex_flag=True&version=9
        < 404 text a is at version 1; there is no version 9 yet
        > GET /a%5C.x?tega_id=t&regex_flag=False
        < 404 text there is nothing at "a\\".x
    "#)
    .await;
}

#[tokio::test]
async fn a_write_is_made_whole_or_refused_with_the_reason() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        > PUT /a/b?tega_id=t {"c": 1}
        < 200 empty
        > PUT /a/d?tega_id=t 1
        < 200 empty
        > PUT /a/b?tega_id=t
        < 400 text not a JSON value
        ~ 500
        > PUT /a/b?tega_id=t {nope
        < 400 text not a JSON value
        ~ 500
        > PUT /a/b 1
        < 200 empty
        ~ 400: tega_id was mandatory
        # The version that the node must have; 0 and nothing are no condition.
        > PUT /a/b?tega_id=t&version=2 2
        < 200 empty
        > PUT /a/b?tega_id=t&version=2 3
        < 409 text a.b is expected at version 2 and is at version 3
        ~ 500; 409 was meant, and both clients take them alike
        > PUT /a/b?tega_id=t&version=0 3
        < 200 empty
        > PUT /a/b?tega_id=t&version= 3
        < 200 empty
        > PUT /a/none?tega_id=t&version=1 3
        < 409 text a.none is expected at version 1 and is not there
        ~ 500
        > PUT /none?tega_id=t&version=1 3
        < 409 text none is expected at version 1 and is not there
        ~ 500
        > PUT /a/b?tega_id=t&version=x 3
        < 400 text version=x is wrong: it takes a whole number from 0 on
        ~ 500
        > PUT /a/b?tega_id=t&txid=none 3
        < 404 text no transaction none is open
        > DELETE /a/b?tega_id=t&txid=none
        < 404 text no transaction none is open
    "#,
    )
    .await;
}

#[tokio::test]
async fn a_deletion_of_what_is_not_there_is_refused_and_versions_go_on() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        > PUT /a/b?tega_id=t {"c": 1}
        < 200 empty
        > PUT /a/d?tega_id=t 1
        < 200 empty
        > PUT /a/b?tega_id=t 2
        < 200 empty
        # Deleting.
        > DELETE /a/b?tega_id=t&version=1
        < 409 text a.b is expected at version 1 and is at version 2
        ~ 500
        > DELETE /a/b?tega_id=t&version=2
        < 200 empty
        > DELETE /a/b?tega_id=t
        < 404 text there is nothing at a.b
        ~ 500
        > DELETE /a/d/e?tega_id=t
        < 404 text there is nothing at a.d.e
        ~ 500
        > DELETE /none/at/all?tega_id=t
        < 404 text there is nothing at none.at.all
        ~ 200: the missing root was made
        > DELETE /none?tega_id=t
        < 404 text there is nothing at none
        ~ 500
        # A root that is emptied stays, with its version; one that is deleted goes on counting when it is made again.
        > DELETE /a/d?tega_id=t
        < 200 empty
        > GET /_roots
        < 200 json {"a":4}
        > DELETE /a?tega_id=t
        < 200 empty
        > PUT /a?tega_id=t {}
        < 200 empty
        > GET /_roots
        < 200 json {"a":6}
        ~ it began at 0 again, which broke what is caught up by version
    "#,
    )
    .await;
}

#[tokio::test]
async fn names_of_megabytes_are_refused_by_the_limit_they_are_over() {
    let server = TestServer::start().await;
    let long = "n".repeat(10_000_000);
    let rows = format!("> PUT /a?tega_id=t {{\"{long}\": 1}}\n< 400 text over the limit of 1024");
    run(&server, &rows).await;
    let rows = format!("> PUT /a/{}?tega_id=t 1\n< 414 text over the limit of 8192", &long[..50_000]);
    run(&server, &rows).await;
    run(&server, "> GET /_roots\n< 200 json {}").await;
}
