//! The guide shows what the server answers: each line in it is run.

use http::header::CONTENT_TYPE;

use super::{Answer, Server};

/// A line of the guide, and what it says comes back.
#[derive(Debug, Default)]
struct Shown {
    verb: String,
    path: String,
    body: Option<String>,
    answer: String,
}

impl Shown {
    /// Reads a line such as `curl -X PUT -d 1 'localhost:8739/a?version=1'`.
    fn parse(line: &str) -> Self {
        let mut shown = Self::default();
        let quoted = line.split('\'').enumerate();
        let words = quoted.flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        let mut words = words.skip(1);
        while let Some(word) = words.next() {
            match word {
                "-X" => shown.verb = words.next().unwrap().to_owned(),
                "-d" => shown.body = Some(words.next().unwrap().to_owned()),
                url => shown.path = url.strip_prefix("localhost:8739").unwrap().to_owned(),
            }
        }
        if shown.verb.is_empty() {
            shown.verb = if shown.body.is_some() { "POST" } else { "GET" }.to_owned();
        }
        shown
    }
}

/// The commands of a page, each with what it says comes back.
pub(super) fn commands(page: &'static str) -> Vec<(&'static str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => commands.push((command, String::new())),
                None => {
                    let answer = &mut commands.last_mut().unwrap().1;
                    answer.push_str(line);
                    answer.push('\n');
                }
            }
        }
    }
    commands
}

fn lines(page: &'static str) -> Vec<Shown> {
    commands(page).into_iter().map(|(command, answer)| Shown { answer, ..Shown::parse(command) }).collect()
}

/// The id that an answer tells, where it tells one.
fn id(answer: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_str(answer).ok()?;
    ["txid", "confirm"].iter().find_map(|name| answer.get(name)?.as_str().map(str::to_owned))
}

#[tokio::test]
async fn each_line_of_the_guide_gives_what_it_says() {
    let page = include_str!("../../../../docs/guide/management.md");
    let server = Server::start().await;
    let _bob = server.session("bob", &["SUBSCRIBE inventory local False"]).await;
    // What differs from run to run, with what stands for it in the guide.
    let mut stands = vec![
        (server.engine.state().position.history.to_string(), "5f3c9d2a81b04e67".to_owned()),
        ("1970-01-01T00:00:00Z".to_owned(), "2026-03-01T12:00:00Z".to_owned()),
    ];
    let mut wrong = Vec::new();
    let lines = lines(page);
    assert!(lines.len() > 40, "{}", lines.len());
    for shown in lines {
        let path = stands.iter().fold(shown.path.clone(), |path, (real, told)| path.replace(told, real));
        let mut request = server.request(&shown.verb, &path);
        if let Some(body) = &shown.body {
            // What curl says of every body.
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.clone());
        }
        let answer = Answer::of(request.send().await.unwrap()).await.body;
        stands.extend(id(&answer).zip(id(&shown.answer)));
        let told = stands.iter().fold(answer, |answer, (real, told)| answer.replace(real, told));
        if told.trim() != shown.answer.trim() {
            wrong.push(format!("{} {}\n{}", shown.verb, shown.path, told.trim()));
        }
    }
    assert!(wrong.is_empty(), "the guide is wrong; it should say:\n{}", wrong.join("\n"));
}
