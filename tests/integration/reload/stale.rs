//! A transform that reads elsewhere than it judges: what it read there must not change before its commit.

use serde_json::json;

use super::GRANTS;
use crate::server::TestServer;

const ROUNDS: usize = 300;

/// The guest lets `left.n` and `right.n` have 100 together. Each of two writers puts 60 in one of them, at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn no_write_slips_by_a_transform_on_a_stale_read() {
    // Of time enough, however slow the machine: this is about what was read.
    let settings = format!("{GRANTS}[limits]\njudge_ms = 60000\n");
    let server = TestServer::with_plugins(&[("swap", &settings)]).await;
    let (mut lefts, mut rights) = (0, 0);
    for round in 0..ROUNDS {
        server.put_ok("/left/n", "0").await;
        server.put_ok("/right/n", "0").await;
        let (left, right) = tokio::join!(server.put("/left/n", "60"), server.put("/right/n", "60"));
        let values = (server.value("/left/n").await, server.value("/right/n").await);
        let statuses = (left.status.as_u16(), right.status.as_u16());
        match statuses {
            (200, 422) => lefts += 1,
            (422, 200) => rights += 1,
            _ => panic!("round {round}: {left:?}, {right:?}, {values:?}"),
        }
        let expected = if statuses.0 == 200 { (json!(60), json!(0)) } else { (json!(0), json!(60)) };
        assert_eq!(values, expected, "round {round}");
    }
    println!("{ROUNDS} rounds of two writers at once: left {lefts}, right {rights}, both 0");
}
