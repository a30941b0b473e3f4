//! What a request asks of a command: its arguments, who asks, and why.

use http::header::CONTENT_TYPE;
use http::request::Parts;
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tega_engine::{Author, Transaction};
use tega_tree::Path;

use crate::answer::problem::{Kind, Problem};
use crate::command::Command;
use crate::described::{ALWAYS, Argument, Others, Place, Use};
use crate::request::args::{Args, is_true};
use crate::request::body;
use crate::rpc;
use crate::server::Server;
use crate::server::accept::Peer;

/// The type of a body that holds arguments.
const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// What a request asks of a command.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) args: Args,
    /// What stands in the path where the command's name has `{name}` or the like, decoded; else nothing.
    pub(super) segment: String,
    message: Option<String>,
}

impl Asked {
    /// Reads the arguments in the URL of a use.
    ///
    /// # Errors
    /// Where they are not UTF-8, or one is not described and the use refuses such.
    pub(super) fn of_url(used: &Use, head: &Parts) -> Result<Self, Problem> {
        Self::new(used, head, head.uri.query())
    }

    /// Reads the arguments in the URL, and those in the body, where it is a form's.
    ///
    /// # Errors
    /// As [`Asked::of_url`], and where the body can't be read.
    ///
    /// # Cancel safety
    /// What was read is lost when it is dropped.
    pub(super) async fn of_form(
        server: &Server,
        peer: &Peer,
        used: &Use,
        head: &Parts,
        body: Incoming,
    ) -> Result<Self, Problem> {
        let is_form = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(FORM));
        if !is_form {
            return Self::of_url(used, head);
        }
        let body = body::read(server, peer, body).await?;
        let not_text = |_| Problem::new(Kind::BadArgument, "the arguments in the body are not UTF-8");
        let form = std::str::from_utf8(&body).map_err(not_text)?;
        Self::new(used, head, Some(&format!("{}&{form}", head.uri.query().unwrap_or_default())))
    }

    fn new(used: &Use, head: &Parts, query: Option<&str>) -> Result<Self, Problem> {
        let args = Args::parse(query)?;
        let message = args.message(&head.headers)?;
        let name = head.uri.path().strip_prefix("/_").unwrap_or_default();
        let segment = Command::named(name).and_then(|command| command.segment_of(name)).unwrap_or_default();
        let segment = percent_decode_str(segment).decode_utf8_lossy().into_owned();
        let asked = Self { args, segment, message };
        if used.others == Others::Refused {
            asked.only(used.arguments)?;
        }
        Ok(asked)
    }

    /// Refuses other arguments than these, and who and why: one that is misspelt would go unheard.
    ///
    /// # Errors
    /// Where there are others.
    pub(super) fn only(&self, known: &[Argument]) -> Result<(), Problem> {
        let in_url = |argument: &&Argument| argument.place == Place::Query;
        let mut all: Vec<&str> = known.iter().filter(in_url).map(|argument| argument.name).collect();
        for always in ALWAYS.iter().filter(in_url).filter(|always| !all.contains(&always.name)).collect::<Vec<_>>() {
            all.push(always.name);
        }
        let Some(name) = self.args.names().find(|name| !all.contains(name)) else { return Ok(()) };
        let detail = format!("there is no argument {name:?} here; there are {}", all.join(", "));
        Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", name))
    }

    /// The name of who asks, where one is given.
    ///
    /// # Errors
    /// Where it is too long.
    pub(super) fn name(&self) -> Result<Option<&str>, Problem> {
        rpc::name(&self.args)
    }

    /// Who asks.
    ///
    /// # Errors
    /// Where the name is too long.
    pub(super) fn author(&self, server: &Server) -> Result<Author, Problem> {
        Ok(server.engine.sessions().author(self.name()?))
    }

    /// Why, where it says so.
    pub(super) fn message(&self) -> Option<String> {
        self.message.clone()
    }

    /// Begins a transaction of who asks.
    ///
    /// # Errors
    /// Where the name or the message is too long.
    pub(super) fn begin(&self, server: &Server) -> Result<Transaction, Problem> {
        let mut transaction = server.engine.begin(self.author(server)?);
        if let Some(message) = self.message() {
            transaction.set_message(message)?;
        }
        Ok(transaction)
    }

    /// The path that an argument must name.
    ///
    /// # Errors
    /// Where it names none.
    pub(super) fn path(&self, name: &'static str) -> Result<Path, Problem> {
        Ok(Path::parse(self.args.required(name)?)?)
    }

    /// The root that an argument must name.
    ///
    /// # Errors
    /// Where it names none.
    pub(super) fn root(&self, name: &'static str) -> Result<Path, Problem> {
        let path = self.path(name)?;
        if path.len() > 1 {
            let detail = format!("{name}={path} is wrong: it takes a root, and this is a node below one");
            return Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", name));
        }
        Ok(path)
    }

    /// A flag, which is `true` or `false` as the original's clients or others write it: what is neither is not taken for a no.
    ///
    /// # Errors
    /// Where it is something else.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Problem> {
        match self.args.text(name) {
            None | Some("False" | "false" | "0") => Ok(false),
            Some(word) if is_true(word) => Ok(true),
            Some(word) => {
                let detail = format!("{name}={word} is wrong: it takes true or false");
                Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", name))
            }
        }
    }

    /// How many entries a page of the answer is to have.
    ///
    /// # Errors
    /// Where it is no number from 1 to `most`.
    pub(super) fn limit(&self, default: usize, most: usize) -> Result<usize, Problem> {
        let Some(limit) = self.args.number("limit")? else { return Ok(default) };
        let limit = usize::try_from(limit).ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| {
            let detail = format!("limit= takes a number from 1 to {most}");
            Problem::new(Kind::BadArgument, detail).with_fact("argument", "limit").with_fact("limit", most)
        })
    }
}
