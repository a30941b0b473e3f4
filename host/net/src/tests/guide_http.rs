//! The guides to the data paths and to operating show what the server answers: each line in them is run.

use super::Server;
use super::guide::commands;
use super::told::{Told, ask};

const DATA: &str = include_str!("../../../../docs/guide/http.md");
const OPERATING: &str = include_str!("../../../../docs/guide/operating.md");

/// A line of the guide, and what it says comes back.
#[derive(Debug, Default)]
struct Shown {
    verb: &'static str,
    url: &'static str,
    headers: Vec<&'static str>,
    body: &'static str,
    /// Whether the status and headers are shown.
    with_head: bool,
    answer: String,
}

impl Shown {
    /// Reads a line such as `curl -i -X PUT -H 'If-Match: *' -d 1 'localhost:8739/a?version=1'`.
    fn parse(line: &'static str) -> Self {
        let mut shown = Self { verb: "GET", ..Self::default() };
        let quoted = line.split('\'').enumerate();
        let words = quoted.flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        let mut words = words.skip(1);
        while let Some(word) = words.next() {
            match word {
                "-i" => shown.with_head = true,
                "-X" => shown.verb = words.next().unwrap(),
                "-H" => shown.headers.push(words.next().unwrap()),
                "-d" => shown.body = words.next().unwrap(),
                url => shown.url = url.strip_prefix("localhost:8739").unwrap(),
            }
        }
        shown
    }

    /// What of an answer the guide should show.
    fn told(&self, told: &Told) -> String {
        let text = told.text();
        if !self.with_head {
            return text.trim_end().to_owned();
        }
        let reason = http::StatusCode::from_u16(told.status).unwrap().canonical_reason().unwrap();
        let mut shown = format!("HTTP/1.1 {} {reason}\n", told.status);
        // Those that the guide names.
        for line in self.answer.lines().skip(1).take_while(|line| !line.is_empty()) {
            let name = line.split(':').next().unwrap();
            shown.push_str(&format!("{name}: {}\n", told.header(name).unwrap_or_default()));
        }
        format!("{shown}\n{}", text.trim_end())
    }
}

fn lines(page: &'static str) -> Vec<Shown> {
    commands(page).into_iter().map(|(command, answer)| Shown { answer, ..Shown::parse(command) }).collect()
}

#[tokio::test]
async fn each_line_of_the_guides_gives_what_it_says() {
    // How many lines each has at least.
    for (page, count) in [(DATA, 30), (OPERATING, 1)] {
        let lines = lines(page);
        assert!(lines.len() >= count, "{}", lines.len());
        check(lines).await;
    }
}

async fn check(lines: Vec<Shown>) {
    let server = Server::start().await;
    // What differs from run to run, with what stands for it in the guide.
    let history = server.engine.state().position.history.to_string();
    let stands = [(history.as_str(), "5f3c9d2a81b04e67"), (&history[..8], "5f3c9d2a")];
    let mut wrong = Vec::new();
    for shown in lines {
        let headers: Vec<String> = shown.headers.iter().map(|header| format!(" | {header}")).collect();
        let line = format!("{} {}{}", shown.verb, shown.url, headers.concat()).replace(stands[1].1, stands[1].0);
        let told = shown.told(&ask(&server, &line, shown.body).await);
        let told = stands.iter().fold(told, |told, (real, shown)| told.replace(real, shown));
        if told.trim_end() != shown.answer.trim_end() {
            wrong.push(format!("{} {}\n{told}", shown.verb, shown.url));
        }
    }
    assert!(wrong.is_empty(), "the guide is wrong; it should say:\n{}", wrong.join("\n"));
}
