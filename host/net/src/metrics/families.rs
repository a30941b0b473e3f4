//! Every metric, with its name, its help and where its numbers come from. docs/guide/operating.md has the same table.

use std::fmt;

use super::page::{About, Measure, Page};
use super::plugins::plugins;
use super::process::ProcessFacts;
use crate::server::Server;

pub(super) const fn plain(name: &'static str, help: &'static str) -> About {
    About { name, unit: None, help }
}

pub(super) const fn seconds(name: &'static str, help: &'static str) -> About {
    About { name, unit: Some(Measure::Seconds), help }
}

pub(super) const fn bytes(name: &'static str, help: &'static str) -> About {
    About { name, unit: Some(Measure::Bytes), help }
}

/// Writes all of them.
pub(super) fn write(server: &Server, page: &mut Page<'_>) -> fmt::Result {
    commits(server, page)?;
    log(server, page)?;
    watches(server, page)?;
    plugins(server, page)?;
    requests(server, page)?;
    sockets(server, page)?;
    let facts = server.options.process.map(|process| process()).unwrap_or_default();
    process(&facts, page)
}

fn commits(server: &Server, page: &mut Page<'_>) -> fmt::Result {
    let (metrics, vitals) = (server.engine.metrics(), server.engine.vitals());
    page.counter(plain("tega_commits", "Commits made, those of the daemon itself included."), metrics.commits.get())?;
    page.counter(plain("tega_changes", "Nodes that commits wrote or removed."), metrics.changes.get())?;
    page.counters(
        plain("tega_commits_refused", "Commits asked for and refused, by the kind of error."),
        metrics.refused.counts().map(|(kind, count)| (vec![("reason", kind)], count)),
    )?;
    page.histogram(
        seconds("tega_commit_duration", "How long commits took that were made, from the submission to the answer."),
        &metrics.commit,
    )?;
    page.histogram(
        plain("tega_batch_commits", "Commits in each batch: how many shared one write and one sync."),
        &metrics.batch_commits,
    )?;
    page.gauge(plain("tega_commit_queue_length", "Commits that wait for the writer."), vitals.queued_commits)?;
    page.gauge(plain("tega_revision", "The revision of the newest commit."), vitals.revision.0)?;
    page.gauge(plain("tega_roots", "Roots that there are."), vitals.roots)?;
    page.gauge(
        plain("tega_pending_commits", "Confirmed commits that wait for their confirmation."),
        vitals.pending_commits,
    )?;
    page.gauge(plain("tega_locks", "Locks that sessions hold."), vitals.locks)?;
    page.gauge(plain("tega_open_transactions", "Transactions open between two requests."), server.open.count())?;
    page.gauge(
        plain(
            "tega_refuses_writes",
            "1 when no commit is taken until the database is opened again, because writing failed.",
        ),
        u64::from(vitals.is_refusing),
    )?;
    page.gauge(
        plain("tega_lacks_space", "1 when commits are refused for lack of space."),
        u64::from(vitals.lacks_space),
    )
}

fn log(server: &Server, page: &mut Page<'_>) -> fmt::Result {
    let (metrics, vitals) = (server.engine.metrics(), server.engine.vitals());
    page.counter(
        bytes("tega_log_appended", "What was appended to the commit log, framing included."),
        metrics.log_appended_bytes.get(),
    )?;
    page.histogram(seconds("tega_log_fsync_duration", "How long syncs of the commit log took."), &metrics.log_sync)?;
    page.gauge(bytes("tega_log_size", "The size of the commit log."), vitals.log_bytes)?;
    page.gauge(plain("tega_log_segments", "The segments of the commit log."), vitals.log_segments)?;
    page.counter(plain("tega_snapshots", "Snapshots written."), metrics.snapshots.get())?;
    page.counter(
        plain("tega_snapshot_failures", "Snapshots that could not be written."),
        metrics.snapshot_failures.get(),
    )?;
    page.histogram(seconds("tega_snapshot_duration", "How long snapshots took to write."), &metrics.snapshot)?;
    page.gauge(
        plain("tega_snapshot_revision", "The revision of the newest snapshot, 0 without one."),
        metrics.snapshot_revision.get(),
    )
}

fn watches(server: &Server, page: &mut Page<'_>) -> fmt::Result {
    let (metrics, vitals) = (server.engine.metrics(), server.engine.vitals());
    page.gauge(
        plain("tega_watchers", "Event streams, and WebSockets or their channels that follow nodes."),
        metrics.watchers.get(),
    )?;
    page.gauge(plain("tega_followers", "Who follows the commits: watchers and plugins."), vitals.followers)?;
    page.counter(
        plain("tega_slow_watchers", "How often a watcher fell behind what is kept in memory and went on from the log."),
        metrics.slow_watchers.get(),
    )?;
    page.counter(
        plain(
            "tega_watch_resets",
            "How often a watcher had to begin anew, because what it missed is not known any more.",
        ),
        metrics.watch_resets.get(),
    )?;
    page.gauge(plain("tega_sessions", "Sessions that are open."), vitals.sessions)
}

fn requests(server: &Server, page: &mut Page<'_>) -> fmt::Result {
    let metrics = &server.metrics;
    page.gauge(
        plain("tega_http_connections_open", "Connections that are open, WebSockets included."),
        metrics.connections.get(),
    )?;
    page.counter(plain("tega_http_connections_taken", "Connections taken."), metrics.connections_taken.get())?;
    page.counter(
        plain("tega_http_connections_refused", "Connections turned away, because there were too many."),
        metrics.connections_refused.get(),
    )?;
    page.gauge(
        plain("tega_http_requests_under_way", "Requests that are being answered, this one included."),
        metrics.requests_under_way.get(),
    )?;
    let counts: Vec<(&str, String, u64)> =
        metrics.requests().map(|(method, status, count)| (method, status.to_string(), count)).collect();
    page.counters(
        plain("tega_http_requests", "Requests answered, by method and status."),
        counts.iter().map(|(method, status, count)| (vec![("method", *method), ("status", status)], *count)),
    )?;
    page.histograms(
        seconds("tega_http_request_duration", "How long requests took until the head of the answer, by method."),
        metrics.durations().map(|(method, durations)| (vec![("method", method)], durations)),
    )?;
    page.counter(
        bytes("tega_http_received", "What came over connections, WebSockets included."),
        metrics.received_bytes.get(),
    )?;
    page.counter(bytes("tega_http_sent", "What went over connections, WebSockets included."), metrics.sent_bytes.get())
}

fn sockets(server: &Server, page: &mut Page<'_>) -> fmt::Result {
    let metrics = &server.metrics;
    page.gauge(plain("tega_websockets_open", "WebSockets that are open."), metrics.websockets.get())?;
    page.counter(
        plain("tega_websocket_frames_received", "Frames that came over WebSockets."),
        metrics.frames_received.get(),
    )?;
    page.counter(plain("tega_websocket_frames_sent", "Frames that went over WebSockets."), metrics.frames_sent.get())?;
    page.counters(
        plain("tega_websockets_closed", "WebSockets closed, by code; 1000 the client did, 1006 it was gone."),
        metrics.websockets_closed.counts().map(|(code, count)| (vec![("code", code)], count)),
    )?;
    page.gauge(plain("tega_event_streams_open", "Streams of server-sent events."), metrics.event_streams.get())
}

fn process(facts: &ProcessFacts, page: &mut Page<'_>) -> fmt::Result {
    let version = vec![("version", env!("CARGO_PKG_VERSION"))];
    page.gauges(plain("tega_build_info", "The version that runs; always 1."), [(version, 1)])?;
    if let Some(cpu_s) = facts.cpu_s {
        page.time(seconds("process_cpu", "Time that the process was running, in user and system mode."), cpu_s)?;
    }
    if let Some(started_s) = facts.started_s {
        page.moment(seconds("process_start_time", "When the process was started, since 1970."), started_s)?;
    }
    if let Some(resident_bytes) = facts.resident_bytes {
        page.gauge(bytes("process_resident_memory", "Memory of the process that is in RAM."), resident_bytes)?;
    }
    if let Some(virtual_bytes) = facts.virtual_bytes {
        page.gauge(bytes("process_virtual_memory", "Addresses that the process uses."), virtual_bytes)?;
    }
    if let Some(open_files) = facts.open_files {
        page.gauge(plain("process_open_fds", "Files that the process holds open, sockets included."), open_files)?;
    }
    if let Some(open_files_max) = facts.open_files_max {
        page.gauge(plain("process_max_fds", "Files that the process may hold open."), open_files_max)?;
    }
    match facts.threads {
        Some(threads) => page.gauge(plain("process_threads", "Threads of the process."), threads),
        None => Ok(()),
    }
}
