//! A guest that reaches for what is outside of tega: hosts, files, variables, the time. It answers how that ended.

mod files;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tega_plugin::{Changes, Error, Rejection, Result, environment, http, own, random, time, tree};

/// How an attempt ended: with a value, or with a code and a message.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Ended {
    Ok(Value),
    Err { code: String, message: String },
}

impl From<Result<Value>> for Ended {
    fn from(result: Result<Value>) -> Self {
        match result {
            Ok(value) => Self::Ok(value),
            Err(Error { code, message }) => Self::Err { code: code.to_string(), message },
        }
    }
}

#[derive(Deserialize)]
struct Fetch {
    url: String,
    /// How many bytes it sends.
    #[serde(default)]
    bytes: usize,
}

#[derive(Deserialize)]
struct At {
    path: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct For {
    ms: u64,
}

fn fetch(fetch: Fetch) -> Result<Ended> {
    Ok(answer(&fetch).into())
}

fn answer(fetch: &Fetch) -> Result<Value> {
    let answer = http::post(&fetch.url).header("x-from", "reach").body(vec![b'x'; fetch.bytes]).send()?;
    let location = answer.header("location");
    Ok(
        json!({ "status": answer.status, "bytes": answer.body.len(), "location": location, "begin": begin(&answer.text()) }),
    )
}

fn begin(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Sends a request and leaves the answer unread for ever.
fn forget(fetch: Fetch) -> Result<Ended> {
    use wasip2::http::{outgoing_handler, types};
    let request = types::OutgoingRequest::new(types::Fields::new());
    let authority = fetch.url.trim_start_matches("http://");
    // What can't be set makes no request, which is seen.
    let _ = request.set_scheme(Some(&types::Scheme::Http));
    let _ = request.set_authority(Some(authority));
    let _ = request.set_path_with_query(Some("/"));
    let sent = outgoing_handler::handle(request, None).map_err(|error| Error::failed(error.to_string()));
    std::mem::forget(sent?);
    Ok(Ended::Ok(Value::Null))
}

fn count(fetch: Fetch) -> Result<Value> {
    let count: u64 = tree::get(&own(&["count"]))?.unwrap_or(0);
    let answer = answer(&fetch)?;
    tree::put(&own(&["count"]), &(count + 1))?;
    Ok(answer)
}

fn read(at: At) -> Result<Ended> {
    Ok(files::read(&at.path).map(Value::String).into())
}

fn write(at: At) -> Result<Ended> {
    Ok(files::write(&at.path, b"written").map(|()| Value::Null).into())
}

fn variable(named: Named) -> Result<Option<String>> {
    Ok(environment::variable(&named.name))
}

fn clocks() -> Result<Value> {
    let begun = time::monotonic();
    let random = (random::bytes(16) != random::bytes(16)) && random::number() != random::number();
    Ok(json!({ "now_us": time::now_us(), "goes_on": time::monotonic() >= begun, "random": random }))
}

fn sleep(wanted: For) -> Result<()> {
    time::sleep(Duration::from_millis(wanted.ms));
    Ok(())
}

/// Refuses with how a request ended that a guard makes.
fn judge(changes: &Changes) -> Result<(), Rejection> {
    let url = changes.iter().next().map(|change| change.path().join("/")).unwrap_or_default();
    Err(http::get(format!("http://127.0.0.1:1/{url}"))
        .send()
        .map_or_else(|error| error.message, |_| "was sent".into())
        .into())
}

tega_plugin::plugin! {
    wants: { hosts: ["example.org"], environment: ["TEGA_SECRET"], folders: ["/srv/reach"] },
    methods: {
        /// Posts to a URL.
        "reach.fetch" => fetch,
        /// Sends a request and leaves it.
        "reach.forget" => forget,
        /// Posts to a URL and counts, in the tree.
        "reach.count" => count,
        /// Reads a file.
        "reach.read" => read,
        /// Writes a file.
        "reach.write" => write,
        /// Reads a variable.
        "reach.variable" => variable,
        /// Reads the clocks.
        "reach.clocks" => clocks,
        /// Sleeps.
        "reach.sleep" => sleep,
    },
    guards: ["reach-guard"] => judge,
}
