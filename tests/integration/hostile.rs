//! Guests that do harm, one fault each: the daemon answers meanwhile, memory comes back, and the reason is readable.
//!
//! All are the guest `hostile`, told by its settings what to do; each has a file and a name of its own, so none is tried twice.

mod cases;
mod daemon;
mod files;
mod witness;

use cases::CASES;
use daemon::Daemon;

/// How much more memory the daemon may have at the end than before, in MiB: a fraction of what the guests took in turn. What the
/// allocator of the system keeps for later is in it.
const KEPT_MIB: u64 = 160;

/// With one table for all: the witness sees what each does to the others.
#[tokio::test(flavor = "multi_thread")]
async fn no_guest_harms_others_and_each_is_ended_with_a_readable_reason() {
    let daemon = Daemon::start(CASES).await;
    daemon.witness("nothing", tokio::time::sleep(std::time::Duration::from_millis(300))).await;
    let (before, guests_before) = (daemon.resident_mib(), daemon.guests_bytes().await);
    for case in CASES {
        let told = daemon.witness(case.name, daemon.trigger(case)).await;
        assert!(told.contains(case.told), "{}: {told}", case.name);
        assert!(case.is_short(&told), "{}: {} bytes are told", case.name, told.len());
    }
    let after = daemon.resident_mib();
    let guests_after = daemon.guests_bytes().await;
    println!(
        "the daemon's memory: {before} MiB before, {after} MiB after; its guests': {guests_before} bytes, {guests_after} bytes"
    );
    assert!(guests_after <= guests_before, "{guests_before} bytes before, {guests_after} bytes after");
    assert!(after < before + KEPT_MIB, "{before} MiB before, {after} MiB after");
    assert_eq!(daemon.call("probe.echo").await.0, 200);
    daemon.stop().await;
}
