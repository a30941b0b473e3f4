//! OPTIONS, and pages of other origins.

use super::Server;
use super::told::check;
use crate::{NetOptions, ServeError};

#[tokio::test]
async fn options_tells_what_a_path_takes() {
    let server = Server::start().await;
    let patches = "application/merge-patch+json, application/json-patch+json";
    check(
        &server,
        &[
            (
                "OPTIONS /a/b",
                "",
                &format!(
                    "204 | allow: GET, HEAD, PUT, PATCH, DELETE, OPTIONS | accept-patch: {patches} | -content-length"
                ),
            ),
            ("OPTIONS /", "", "204 | allow: GET, HEAD, OPTIONS | -accept-patch"),
            ("OPTIONS /_roots", "", "204 | allow: GET, HEAD, OPTIONS"),
            ("OPTIONS /_rpc", "", "204 | allow: POST, OPTIONS"),
            ("OPTIONS /_none", "", "404"),
        ],
    )
    .await;
}

#[tokio::test]
async fn no_origin_is_let_in_that_is_not_named() {
    let server = Server::start().await;
    let page = "origin: https://a.example";
    check(
        &server,
        &[
            (&format!("PUT /a | {page}"), "1", "200 | -access-control-allow-origin | -vary"),
            (
                &format!("OPTIONS /a | {page} | access-control-request-method: PUT"),
                "",
                "204 | -access-control-allow-origin | -access-control-allow-methods | -access-control-max-age",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn pages_of_origins_that_are_named_are_let_in() {
    let cors_origins = vec!["https://a.example".to_owned(), "http://localhost:3000".to_owned()];
    let server = Server::start_with(NetOptions { cors_origins, ..NetOptions::default() }).await;
    let asks = "access-control-request-method: PUT | access-control-request-headers: if-match,x-y";
    check(
        &server,
        &[
            (
                "PUT /a | origin: https://a.example",
                "1",
                "200 | access-control-allow-origin: https://a.example | access-control-expose-headers: etag, tega-position, link, idempotency-replayed | vary: origin",
            ),
            ("GET /none | origin: http://localhost:3000", "", "404 | access-control-allow-origin: http://localhost:3000"),
            ("GET /a | origin: https://b.example", "", "200 | -access-control-allow-origin | -access-control-expose-headers | vary: origin"),
            ("GET /a | origin: http://a.example", "", "200 | -access-control-allow-origin"),
            ("GET /a", "", "200 | -access-control-allow-origin | vary: origin"),
            (
                &format!("OPTIONS /a | origin: https://a.example | {asks}"),
                "",
                "204 | access-control-allow-origin: https://a.example | access-control-allow-methods: GET, HEAD, PUT, PATCH, DELETE, OPTIONS | access-control-allow-headers: if-match,x-y | access-control-max-age: 600 | vary: origin",
            ),
            (&format!("OPTIONS /a | origin: https://b.example | {asks}"), "", "204 | -access-control-allow-origin | -access-control-allow-methods"),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_no_origin_is_refused_at_the_start() {
    for origin in ["*", "https://a.example/", "a.example"] {
        let options = NetOptions { cors_origins: vec![origin.to_owned()], ..NetOptions::default() };
        let error = Server::start_with(options).await.served().await.unwrap_err();
        assert!(matches!(error, ServeError::CorsOrigin { .. }), "{error}");
    }
}
