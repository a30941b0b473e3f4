//! The guide to watching shows what the server tells: each line in it is run.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::Response;

use super::told::ask;
use super::{NetOptions, PATIENCE, Server, Socket};

const PAGE: &str = include_str!("../../../../docs/guide/watching.md");

/// What a line of the guide does.
#[derive(Debug)]
enum Step {
    /// `$ curl .. &`, with the events that are shown below it.
    Watch { url: String, headers: Vec<String>, shown: Vec<String> },
    /// `$ curl ..`, with the answer, or the events of the watch that is open.
    Ask { line: String, body: String, shown: Vec<String> },
    /// `$ kill %1`.
    Kill,
    /// `-> FRAME`.
    Send(String),
    /// `<- FRAME`, with its second line.
    Frame(String),
}

impl Step {
    /// Reads a line such as `curl -X PUT -d 1 'localhost:8739/a?version=1'`.
    fn parse(command: &str) -> Self {
        let (mut verb, mut body, mut url, mut headers, mut is_watch) =
            ("GET", String::new(), String::new(), Vec::new(), false);
        let quoted = command.split('\'').enumerate();
        let words = quoted.flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        let mut words = words.skip(1);
        while let Some(word) = words.next() {
            match word {
                "-N" => {}
                "-X" => verb = words.next().unwrap(),
                "-H" => headers.push(words.next().unwrap().to_owned()),
                "-d" => body = words.next().unwrap().to_owned(),
                "&" => is_watch = true,
                "%1" => return Self::Kill,
                other => url = other.strip_prefix("localhost:8739").unwrap().to_owned(),
            }
        }
        match is_watch {
            true => Self::Watch { url, headers, shown: Vec::new() },
            false => Self::Ask { line: format!("{verb} {url}"), body, shown: Vec::new() },
        }
    }

    fn show(&mut self, text: &str) {
        match self {
            Self::Watch { shown, .. } | Self::Ask { shown, .. } => {
                shown.extend(text.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned));
            }
            Self::Kill | Self::Send(_) | Self::Frame(_) => assert_eq!(text.trim(), ""),
        }
    }
}

/// The lines of the blocks that are run.
fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in PAGE.split("\n```").skip(1).step_by(2) {
        let Some(block) = ["console\n", "frames\n"].iter().find_map(|kind| block.strip_prefix(kind)) else { continue };
        let mut shown = String::new();
        for line in block.lines() {
            let step = if let Some(command) = line.strip_prefix("$ ") {
                Step::parse(command)
            } else if let Some(frame) = line.strip_prefix("-> ") {
                Step::Send(frame.to_owned())
            } else if let Some(frame) = line.strip_prefix("<- ") {
                Step::Frame(frame.to_owned())
            } else {
                match (line.strip_prefix("   "), steps.last_mut()) {
                    (Some(json), Some(Step::Frame(frame))) => frame.push_str(&format!("\n{json}")),
                    _ => shown.push_str(&format!("{line}\n")),
                }
                continue;
            };
            if let Some(last) = steps.last_mut() {
                last.show(&std::mem::take(&mut shown));
            }
            steps.push(step);
        }
        if let Some(last) = steps.last_mut() {
            last.show(&shown);
        }
    }
    steps
}

/// A watch that is open, and what of it was read.
struct Open {
    response: Response,
    text: String,
}

impl Open {
    /// The next event, or the time to come back; keep-alives are passed over.
    async fn next(&mut self) -> String {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                if !event.starts_with(':') {
                    return event;
                }
            } else {
                let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.unwrap().unwrap();
                self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
            }
        }
    }
}

/// A server with what differs from run to run, and what stands for it in the guide.
struct Run {
    server: Server,
    open: Option<Open>,
    socket: Option<Socket>,
    stands: [(String, &'static str); 2],
}

impl Run {
    fn real(&self, text: &str) -> String {
        self.stands.iter().fold(text.to_owned(), |text, (real, shown)| text.replace(shown, real))
    }

    fn shown(&self, text: &str) -> String {
        self.stands.iter().fold(text.to_owned(), |text, (real, shown)| text.replace(real, shown))
    }

    /// What comes of a step, and what the guide shows.
    async fn take(&mut self, step: &Step) -> (Vec<String>, Vec<String>) {
        match step {
            Step::Watch { url, headers, shown } => {
                let mut request = self.server.request("GET", &self.real(url));
                for header in headers {
                    let (name, value) = header.split_once(": ").unwrap();
                    request = request.header(name, self.real(value));
                }
                self.open = Some(Open { response: request.send().await.unwrap(), text: String::new() });
                (self.events(shown.len()).await, shown.clone())
            }
            Step::Ask { line, body, shown } => {
                let told = ask(&self.server, line, body).await;
                assert_eq!((told.status, told.text().as_str()), (200, ""), "{line}");
                (self.events(shown.len()).await, shown.clone())
            }
            Step::Kill => {
                self.open = None;
                Default::default()
            }
            Step::Send(frame) => {
                let frame = self.real(frame);
                if self.socket.is_none() {
                    self.socket = Some(self.server.socket().await);
                }
                self.socket.as_mut().unwrap().send(&frame).await;
                Default::default()
            }
            Step::Frame(frame) => {
                let text = self.socket.as_mut().unwrap().text().await;
                (vec![self.shown(&text)], vec![frame.clone()])
            }
        }
    }

    async fn events(&mut self, count: usize) -> Vec<String> {
        let mut events = VecDeque::new();
        for _ in 0..count {
            let event = self.open.as_mut().expect("a watch is open").next().await;
            events.push_back(self.shown(&event));
        }
        events.into()
    }
}

#[tokio::test]
async fn each_line_of_the_guide_to_watching_gives_what_it_says() {
    // So that bookmarks are there soon, and not before what comes at once.
    let quiet = Duration::from_millis(300);
    let options = NetOptions { keep_alive_ms: u64::try_from(quiet.as_millis()).unwrap(), ..NetOptions::default() };
    let server = Server::start_with(options).await;
    let history = server.engine.state().position.history.to_string();
    let stands = [(history, "5f3c9d2a81b04e67"), ("1970-01-01T00:00:00Z".to_owned(), "2026-03-01T12:00:00Z")];
    let mut run = Run { server, open: None, socket: None, stands };
    let mut wrong = Vec::new();
    let steps = steps();
    assert!(steps.len() > 25, "{}", steps.len());
    for step in &steps {
        let (told, shown) = run.take(step).await;
        if told != shown {
            wrong.push(format!("{step:?}\n{}", told.join("\n\n")));
        }
    }
    assert!(wrong.is_empty(), "the guide is wrong; it should say:\n{}", wrong.join("\n"));
}
