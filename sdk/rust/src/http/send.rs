//! How a request is sent through `wasi:http`, step by step, and what each of its errors means.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode as HttpError, Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme,
};
use wasip2::io::streams::StreamError;

use super::request::Request;
use super::response::Response;
use crate::error::{Error, Result};
use crate::raw::types::ErrorCode;
use crate::time::nanoseconds;

/// What is read at once, in bytes.
const PART: u64 = 64 * 1024;

/// The largest body that the daemon sends, in bytes. Past it the connection breaks off, so it is told before.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(super) fn send(request: &Request) -> Result<Response> {
    let url = Url::parse(&request.url)?;
    if request.body.len() > BODY_BYTES_MAX {
        return Err(told(&HttpError::HttpRequestBodySize(None), &url));
    }
    let outgoing = outgoing(request, &url)?;
    let body = if request.body.is_empty() { None } else { outgoing.body().ok() };
    let sending = outgoing_handler::handle(outgoing, options(request)?).map_err(|error| told(&error, &url))?;
    // A server may answer before it has read all; and where the connection is at fault, waiting for the answer tells why.
    if let Some(body) = body {
        let _ = write(body, &request.body);
    }
    let answer = sending.subscribe();
    answer.block();
    drop(answer);
    let answered =
        sending.get().and_then(std::result::Result::ok).ok_or_else(|| unmade(request, "it was sent already"))?;
    let incoming = answered.map_err(|error| told(&error, &url))?;
    read(incoming, &url)
}

fn outgoing(request: &Request, url: &Url<'_>) -> Result<OutgoingRequest> {
    let headers = Fields::new();
    for (name, value) in &request.headers {
        let added = headers.append(name, value.as_bytes());
        added.map_err(|error| Error::invalid(format!("the header {name:?} can't be sent: {error}")))?;
    }
    if !request.body.is_empty() && headers.get("content-length").is_empty() {
        let length = request.body.len().to_string();
        headers.append("content-length", length.as_bytes()).map_err(|error| Error::invalid(error.to_string()))?;
    }
    let outgoing = OutgoingRequest::new(headers);
    let part = |set: std::result::Result<(), ()>, what: &str| set.map_err(|()| unmade(request, what));
    part(outgoing.set_method(&method(&request.method)), "its method is none")?;
    part(outgoing.set_scheme(Some(if url.tls { &Scheme::Https } else { &Scheme::Http })), "its scheme is none")?;
    part(outgoing.set_authority(Some(url.authority)), "its host is none")?;
    part(outgoing.set_path_with_query(Some(url.path)), "its path is none")?;
    Ok(outgoing)
}

fn options(request: &Request) -> Result<Option<RequestOptions>> {
    let Some(timeout) = request.timeout else { return Ok(None) };
    let (options, time) = (RequestOptions::new(), Some(nanoseconds(timeout)));
    let set = [
        options.set_connect_timeout(time),
        options.set_first_byte_timeout(time),
        options.set_between_bytes_timeout(time),
    ];
    if set.iter().any(std::result::Result::is_err) {
        return Err(unmade(request, "its timeout can't be set"));
    }
    Ok(Some(options))
}

fn write(body: OutgoingBody, mut bytes: &[u8]) -> std::result::Result<(), ()> {
    let stream = body.write()?;
    while !bytes.is_empty() {
        let room = usize::try_from(stream.check_write().map_err(|_| ())?).unwrap_or(usize::MAX);
        if room == 0 {
            stream.subscribe().block();
            continue;
        }
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        stream.write(now).map_err(|_| ())?;
        bytes = later;
    }
    stream.blocking_flush().map_err(|_| ())?;
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|_| ())
}

fn read(incoming: IncomingResponse, url: &Url<'_>) -> Result<Response> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let headers = incoming.headers().entries().into_iter().map(|(name, value)| (name, text(value))).collect();
    let mut response = Response { status: incoming.status(), headers, body: Vec::new() };
    let body = incoming.consume().map_err(|()| broken("it was read already", url))?;
    let stream = body.stream().map_err(|()| broken("it was read already", url))?;
    loop {
        match stream.blocking_read(PART) {
            Ok(part) => response.body.extend(part),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(broken_off(&error.to_debug_string(), url));
            }
        }
    }
    drop(stream);
    drop(IncomingBody::finish(body));
    Ok(response)
}

/// Why an answer is not whole. The host tells that in words alone: `http-error-code` knows none of the errors of bodies.
fn broken(why: &str, url: &Url<'_>) -> Error {
    let host = url.authority;
    if why.contains("HttpResponseBodySize") {
        return told(&HttpError::HttpResponseBodySize(None), url);
    }
    if why.contains("ConnectionReadTimeout") || why.contains("HttpResponseTimeout") {
        return told(&HttpError::HttpResponseTimeout, url);
    }
    Error::new(ErrorCode::Unavailable, format!("the answer of {host} broke off: {why}"))
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "OPTIONS" => Method::Options,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}

fn unmade(request: &Request, why: &str) -> Error {
    Error::invalid(format!("{} {} is no request: {why}", request.method, request.url))
}

/// A body that ended too early. What kind of error it is stands in its words alone.
fn broken_off(error: &str, url: &Url<'_>) -> Error {
    if error.contains("size exceeds limit") {
        return told(&HttpError::HttpResponseBodySize(None), url);
    }
    broken(error, url)
}

fn told(error: &HttpError, url: &Url<'_>) -> Error {
    let host = url.authority;
    let (code, message) = match error {
        HttpError::HttpRequestDenied => (
            ErrorCode::Denied,
            format!("this plugin is not granted `hosts` for {host}; the daemon's log names the file"),
        ),
        HttpError::HttpRequestUriInvalid => (ErrorCode::Invalid, format!("{host:?} is no host")),
        HttpError::ConnectionLimitReached => (ErrorCode::Busy, "too many requests over HTTP at once".to_owned()),
        HttpError::ConnectionTimeout | HttpError::DnsTimeout => {
            (ErrorCode::Deadline, format!("{host} was not reached in time"))
        }
        HttpError::ConnectionReadTimeout | HttpError::ConnectionWriteTimeout | HttpError::HttpResponseTimeout => {
            (ErrorCode::Deadline, format!("{host} did not answer in time"))
        }
        HttpError::HttpRequestBodySize(_) => (ErrorCode::Limit, "the body of the request is too large".to_owned()),
        HttpError::HttpResponseBodySize(_) => (ErrorCode::Limit, format!("the answer of {host} is too large")),
        HttpError::TlsProtocolError | HttpError::TlsCertificateError | HttpError::TlsAlertReceived(_) => (
            ErrorCode::Unavailable,
            format!("{host} was not reached safely: its certificate, or its TLS, does not fit"),
        ),
        HttpError::ConnectionRefused | HttpError::DnsError(_) | HttpError::DestinationNotFound => {
            (ErrorCode::Unavailable, format!("{host} was not reached"))
        }
        other => (ErrorCode::Unavailable, format!("{host} did not answer well: {other}")),
    };
    Error::new(code, message)
}

/// The parts of a URL that a request has.
#[derive(Debug, PartialEq)]
struct Url<'a> {
    tls: bool,
    authority: &'a str,
    path: &'a str,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        let wrong = || Error::invalid(format!("{text:?} is no URL: those begin with http:// or https:// and a host"));
        let (tls, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            _ => return Err(wrong()),
        };
        // What is after the hash is not for the server.
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.is_empty() {
            return Err(wrong());
        }
        Ok(Self { tls, authority, path: if path.is_empty() { "/" } else { path } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_scheme_a_host_and_a_path() {
        let parsed = |text| Url::parse(text).map(|url| (url.tls, url.authority, url.path));
        assert_eq!(parsed("https://a.org"), Ok((true, "a.org", "/")));
        assert_eq!(parsed("HTTP://[::1]:80/a/b?c=/d#e"), Ok((false, "[::1]:80", "/a/b?c=/d")));
        assert_eq!(parsed("http://a.org?b"), Ok((false, "a.org", "?b")));
        for text in ["", "a.org", "ftp://a.org", "http://", "http:///a"] {
            assert!(parsed(text).unwrap_err().message.contains("is no URL"), "{text}");
        }
    }
}
