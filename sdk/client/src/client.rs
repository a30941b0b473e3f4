//! Requests over HTTP.
//!
//! ```text
//! client.rs   the client; data, calls, backups
//! plugins.rs  what is asked and done about plugins
//! ```

mod plugins;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::connector::{self, Connector};
use crate::error::innermost;
use crate::limits::{ANSWER_BYTES_MAX, ANSWER_WAIT_MS_MAX, CONNECT_MS_MAX};
use crate::path::url_path;
use crate::{ClientError, ConnectError, Problem, RequestError, Scope, Session, SessionError, Stream};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A client of one server. A clone is another handle to the same connections.
///
/// Paths are in the dotted form, `hosts."10.0.0.1".name`; [`name_in_path`](crate::name_in_path) writes a name into one. Proxies
/// set in the environment are not used.
///
/// A request that is dropped before its answer is there may have taken effect all the same.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    /// Without a slash at its end.
    address: String,
    /// What makes connections that are none of the network.
    connector: Option<Connector>,
}

impl Client {
    /// Makes a client of the server at an address such as `http://127.0.0.1:8739`. Nothing is sent yet.
    ///
    /// # Errors
    /// Where it is no such address, or the HTTP client can't be set up.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        let address = base_url.to_owned();
        let url = match Url::parse(base_url) {
            Ok(url) if url.scheme() == "http" => url,
            Ok(_) => return Err(ClientError::NotHttp { address }),
            Err(error) => return Err(ClientError::NotUrl { address, source: error.into() }),
        };
        let user = !url.username().is_empty() || url.password().is_some();
        if user || url.query().is_some() || url.fragment().is_some() {
            return Err(ClientError::Surplus { address });
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, JSON);
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .connect_timeout(Duration::from_millis(CONNECT_MS_MAX))
            .read_timeout(Duration::from_millis(ANSWER_WAIT_MS_MAX))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| ClientError::Setup(error.into()))?;
        Ok(Self { http, address: url.as_str().trim_end_matches('/').to_owned(), connector: None })
    }

    /// Makes a client of a server that is reached over streams which `connect` makes, each for one request or session. The
    /// address names it in errors, and is not looked up.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn over<S: Stream + 'static>(
        base_url: &str,
        connect: impl Fn() -> io::Result<S> + Send + Sync + 'static,
    ) -> Result<Self, ClientError> {
        Ok(Self { connector: Some(Connector::new(connect)), ..Self::new(base_url)? })
    }

    /// The server's address, without a slash at its end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Reads a node: JSON text, as the server wrote it.
    ///
    /// # Errors
    /// [`RequestError::Refused`] with status 404 where there is nothing; the others as they say.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn get(&self, path: &str) -> Result<String, RequestError> {
        self.send(self.request(Method::GET, &url_path(path)?)).await
    }

    /// Reads a node in a state of the past, as [`get`](Self::get).
    ///
    /// # Errors
    /// [`RequestError::Refused`] with status 404 where there was nothing, or no such state, 410 where it is no longer kept; the others
    /// as they say.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn get_as_of(&self, path: &str, state: &AsOf) -> Result<String, RequestError> {
        let (name, value) = match state {
            AsOf::Version(version) => ("version", version),
            AsOf::Time(time) => ("at", time),
        };
        let target = format!("{}?{name}={}", url_path(path)?, utf8_percent_encode(value, NON_ALPHANUMERIC));
        self.send(self.request(Method::GET, &target)).await
    }

    /// Writes a node whole, with the parents it lacks: `json` is JSON text.
    ///
    /// # Errors
    /// [`RequestError::Refused`] with status 400 for text that is no JSON, 409 below a leaf, 422 if a plugin refuses; the others
    /// as they say.
    ///
    /// # Durability
    /// What the server promises: unless its operator chose otherwise, the write survives a loss of power.
    ///
    /// # Cancel safety
    /// The write may have been made.
    pub async fn put(&self, path: &str, json: impl Into<String>) -> Result<(), RequestError> {
        let request = self.request(Method::PUT, &url_path(path)?);
        self.send(request.header(CONTENT_TYPE, JSON).body(json.into())).await.map(drop)
    }

    /// Removes a node and all below it.
    ///
    /// # Errors
    /// [`RequestError::Refused`] with status 404 where there is nothing; the others as they say.
    ///
    /// # Durability
    /// As for [`put`](Self::put).
    ///
    /// # Cancel safety
    /// The node may have been removed.
    pub async fn delete(&self, path: &str) -> Result<(), RequestError> {
        self.send(self.request(Method::DELETE, &url_path(path)?)).await.map(drop)
    }

    /// Calls a method and gives its result as JSON text. `positional` is anything that is an array as JSON, `named` anything that
    /// is an object.
    ///
    /// # Errors
    /// [`RequestError::Refused`] where there is no such method or it answers with an error; the others as they say.
    ///
    /// # Cancel safety
    /// The method may have been called.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(client: tega_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use serde_json::json;
    /// let port = client.call("ports.reserve", &json!(["ne1"]), &json!({"speed": 10})).await?;
    /// let port: u32 = serde_json::from_str(&port)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call(
        &self,
        path: &str,
        positional: &(impl Serialize + ?Sized),
        named: &(impl Serialize + ?Sized),
    ) -> Result<String, RequestError> {
        // Tells whether it is a path; the command takes it as it is.
        url_path(path)?;
        let command = format!("/_rpc?path={}", utf8_percent_encode(path, NON_ALPHANUMERIC));
        let body =
            serde_json::to_string(&Arguments { args: positional, kwargs: named }).map_err(RequestError::Arguments)?;
        let request = self.request(Method::POST, &command).header(CONTENT_TYPE, JSON).body(body);
        let answer = self.send(request).await?;
        if answer.is_empty() {
            // The original's answer for every result that Python takes for false.
            return Ok("null".to_owned());
        }
        self.read::<Answer>(&answer).map(|answer| answer.result.get().to_owned())
    }

    /// The roots with their versions.
    ///
    /// # Errors
    /// As they say.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn roots(&self) -> Result<BTreeMap<String, u64>, RequestError> {
        let answer = self.send(self.request(Method::GET, "/_roots")).await?;
        if answer.is_empty() {
            // The original's answer where there is none.
            return Ok(BTreeMap::new());
        }
        self.read(&answer)
    }

    /// Takes a consistent copy of the server's database, while it goes on. It is whole once [`Backup::next`] gave its end.
    ///
    /// # Errors
    /// [`RequestError::Refused`] with status 404 where the database has no commit yet; the others as they say.
    ///
    /// # Cancel safety
    /// It leaves nothing.
    pub async fn backup(&self) -> Result<Backup, RequestError> {
        let response = self.answer(self.request(Method::GET, "/_backup")).await?;
        let status = response.status();
        if !status.is_success() {
            let content_type = response.headers().get(CONTENT_TYPE).cloned();
            let body = self.body(response).await?;
            let content_type = content_type.as_ref().and_then(|text| text.to_str().ok()).unwrap_or_default();
            return Err(RequestError::Refused(Problem::read(status, content_type, &body)));
        }
        let header = |name: &str| response.headers().get(name).and_then(|text| text.to_str().ok());
        let file_name = header("content-disposition").and_then(file_name).map(str::to_owned);
        let position = header("tega-position").map(str::to_owned);
        let (Some(file_name), Some(position)) = (file_name, position) else {
            return Err(self.not_understood(std::io::Error::other("the answer does not say what the copy is called")));
        };
        Ok(Backup { client: self.clone(), response, file_name, position })
    }

    /// Opens a session of this name: one word, by which others know it.
    ///
    /// # Errors
    /// Where the name is none, or no session opens.
    ///
    /// # Cancel safety
    /// The session is closed again.
    pub async fn session(&self, name: &str, scope: Scope) -> Result<Session, SessionError> {
        Session::open(&self.address, self.connector.as_ref(), name, scope).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.address))
    }

    /// Sends a request and gives the body of an answer that is a success.
    async fn send(&self, request: RequestBuilder) -> Result<String, RequestError> {
        let response = self.answer(request).await?;
        let status = response.status();
        let content_type = response.headers().get(CONTENT_TYPE).cloned();
        let body = self.body(response).await?;
        if !status.is_success() {
            let content_type = content_type.as_ref().and_then(|text| text.to_str().ok()).unwrap_or_default();
            return Err(RequestError::Refused(Problem::read(status, content_type, &body)));
        }
        String::from_utf8(body).map_err(|error| self.not_understood(error))
    }

    /// Sends a request and gives the answer as far as its head.
    async fn answer(&self, request: RequestBuilder) -> Result<Response, RequestError> {
        let Some(connector) = &self.connector else {
            return request.send().await.map_err(|error| self.failed(error));
        };
        let mut request = request.build().map_err(|error| self.failed(error))?;
        request.headers_mut().entry(ACCEPT).or_insert(JSON);
        let stream = connector.connect().map_err(|error| ConnectError::new(&self.address, &error))?;
        let answer = timeout(Duration::from_millis(ANSWER_WAIT_MS_MAX), connector::send(stream, request)).await;
        let answer = answer.map_err(|_| RequestError::TimedOut { address: self.address.clone() })?;
        answer.map_err(|error| RequestError::Broken { address: self.address.clone(), source: error })
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, RequestError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(RequestError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn read<T: DeserializeOwned>(&self, json: &str) -> Result<T, RequestError> {
        serde_json::from_str(json).map_err(|error| self.not_understood(error))
    }

    fn failed(&self, error: reqwest::Error) -> RequestError {
        let address = self.address.clone();
        match error {
            error if error.is_connect() && error.is_timeout() => ConnectError::TimedOut { address }.into(),
            error if error.is_connect() => ConnectError::new(&address, &error).into(),
            error if error.is_timeout() => RequestError::TimedOut { address },
            error => RequestError::Broken { address, source: innermost(&error).to_string().into() },
        }
    }

    fn not_understood(&self, error: impl std::error::Error + Send + Sync + 'static) -> RequestError {
        RequestError::NotUnderstood { address: self.address.clone(), source: error.into() }
    }
}

/// Which state of the past of a root is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// A version of the root: its number, a count back from the present one such as `-1`, or a tag.
    Version(String),
    /// The state at a time, such as `2026-03-01T12:00:00Z`.
    Time(String),
}

/// A copy of a database on its way.
#[derive(Debug)]
pub struct Backup {
    client: Client,
    response: Response,
    file_name: String,
    position: String,
}

impl Backup {
    /// What its file is to be called, for a database to be opened with it: one name, without a folder.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The position of the database that it holds.
    pub fn position(&self) -> &str {
        &self.position
    }

    /// The next bytes of it; none at its end.
    ///
    /// # Errors
    /// Where it does not come whole.
    ///
    /// # Cancel safety
    /// No bytes are lost.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, RequestError> {
        let chunk = self.response.chunk().await.map_err(|error| self.client.failed(error))?;
        Ok(chunk.map(|chunk| chunk.to_vec()))
    }
}

/// The name in a header such as `attachment; filename="x"`; none where it is no plain name.
fn file_name(disposition: &str) -> Option<&str> {
    let name = disposition.split_once("filename=\"")?.1.strip_suffix('"')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (name.bytes().all(is_plain) && !name.starts_with('.') && !name.is_empty()).then_some(name)
}

/// The body of a call.
#[derive(Serialize)]
struct Arguments<'a, P: ?Sized, N: ?Sized> {
    args: &'a P,
    kwargs: &'a N,
}

/// The answer to a call.
#[derive(Deserialize)]
struct Answer {
    result: Box<RawValue>,
}
