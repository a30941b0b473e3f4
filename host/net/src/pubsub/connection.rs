//! One socket: what comes, and what is done about it.

use std::collections::VecDeque;
use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tega_engine::{Author, FollowError, Followed, Follower, Mailbox, Message, Revision, Session, SessionScope};
use tega_tree::Path;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::calls::{Called, Calls};
use super::closing::Closing;
use super::forward;
use super::frame::{self, Command};
use super::node::{self, Asked, Told};
use super::notify::{self, Listener};
use super::roster::Seat;
use super::socket::Socket;
use super::subscriptions::{Channel, Subscriptions, Telling};
use super::watches::{self, FromChannel, Watches};
use crate::limits::NODE_FRAME_BYTES_MAX;
use crate::server::Server;
use crate::server::accept::Peer;
use crate::server::stage::Stages;

/// What can come next.
enum Event {
    Frame(Result<Frame, Closing>),
    Commit(Result<Followed, FollowError>),
    Watched(FromChannel),
    Message(Arc<Message>),
    Called(Called),
    Forwarded(String),
    Tick,
    Draining,
}

/// One socket.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Socket,
    sources: Sources,
    client: Client,
}

/// What a socket hears of besides its frames.
#[derive(Debug)]
struct Sources {
    /// The commits, while a channel wants them by the original's frames.
    commits: Option<Follower>,
    /// What a session that resumes is told instead.
    watches: Watches,
    mailbox: Mailbox,
    calls: Calls,
    /// The channels that it is to be told of, where its session is of global scope: frames.
    forwarded: Option<mpsc::Receiver<String>>,
    ticks: Interval,
    stages: Stages,
}

/// What is known of a client.
#[derive(Debug)]
struct Client {
    server: Arc<Server>,
    session: Option<Session>,
    telling: Telling,
    subscriptions: Subscriptions,
    /// Where others see what it listens to.
    seat: Seat,
    /// Whether it sent what only nodes send.
    is_node: bool,
    /// The commits that it told of, which it is not told again, while they are ahead in the feed.
    own: VecDeque<Revision>,
    /// Whether a frame came since the last tick.
    heard: bool,
    pings_unanswered: u32,
}

impl Connection {
    pub(super) fn new(server: Arc<Server>, socket: Socket) -> Self {
        let period = Duration::from_millis(server.options.ping_ms.max(1));
        let mut ticks = interval_at(Instant::now() + period, period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let sources = Sources {
            commits: None,
            watches: Watches::default(),
            mailbox: server.engine.channels().mailbox(),
            calls: Calls::new(&server.options),
            forwarded: None,
            ticks,
            stages: server.stages.clone(),
        };
        let subscriptions = Subscriptions::default();
        let seat = server.roster.seat();
        let client = Client {
            server,
            session: None,
            telling: Telling::Original,
            subscriptions,
            seat,
            is_node: false,
            own: VecDeque::new(),
            heard: false,
            pings_unanswered: 0,
        };
        Self { socket, sources, client }
    }

    /// Serves the socket to its end.
    pub(super) async fn serve(mut self, peer: &Peer) {
        let _open = peer.metrics.websockets.hold();
        let mut cut = self.sources.stages.clone();
        let closing = tokio::select! {
            ended = AssertUnwindSafe(self.run()).catch_unwind() => ended.unwrap_or_else(|_| {
                tracing::error!(peer = %peer.address, "a panic while a socket was served");
                Closing::Ours(CloseCode::Error, "a fault of the server; its log says which".to_owned())
            }),
            () = cut.cut() => Closing::stopping(),
        };
        let name = self.client.session.as_ref().map(Session::name);
        tracing::debug!(peer = %peer.address, name, ?closing, "a socket was closed");
        peer.metrics.websockets_closed.increment(&closing.code().to_string());
        let Self { socket, sources, client } = self;
        // The session ends, and nothing is sent to it any more, before the client knows.
        drop((sources, client));
        tokio::select! {
            () = socket.close(&closing) => {}
            () = cut.cut() => {}
        }
    }

    async fn run(&mut self) -> Closing {
        loop {
            if let Err(closing) = self.step().await {
                return closing;
            }
        }
    }

    /// Takes what comes next. What was sent is flushed once nothing more is there to be told with it.
    async fn step(&mut self) -> Result<(), Closing> {
        let event = match next(&mut self.socket, &mut self.sources).now_or_never() {
            Some(event) => event,
            None => {
                self.socket.flush().await?;
                next(&mut self.socket, &mut self.sources).await
            }
        };
        match event {
            Event::Frame(frame) => self.frame(frame?).await,
            // Of a clearing the original told nobody.
            Event::Commit(Err(FollowError::Cleared { .. })) => Ok(()),
            Event::Commit(commit) => match self.client.told(&commit?)? {
                Some(frame) => self.socket.send(frame).await,
                None => Ok(()),
            },
            Event::Watched(told) => self.socket.send(watches::frame(told)?).await,
            Event::Message(message) => self.message(&message).await,
            Event::Called(Called::Asked(call)) => match self.sources.calls.ask(call) {
                Some(frame) => self.socket.send(frame).await,
                None => Ok(()),
            },
            Event::Called(Called::Answered(frame)) | Event::Forwarded(frame) => self.socket.send(frame).await,
            Event::Tick => self.tick().await,
            Event::Draining => Err(Closing::stopping()),
        }
    }

    async fn frame(&mut self, frame: Frame) -> Result<(), Closing> {
        self.client.heard = true;
        let text = match frame {
            Frame::Text(text) => text,
            Frame::Binary(_) => {
                return Err(Closing::Ours(CloseCode::Unsupported, "frames are text, not binary".to_owned()));
            }
            Frame::Close(_) => return Err(Closing::Theirs),
            Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) => return Ok(()),
        };
        let command = frame::parse(&text, self.client.session.as_ref().map(Session::scope))?;
        tracing::trace!(?command, "a frame came");
        let command = match command {
            Command::Notify(told) => return self.client.take(&told, self.sources.commits.is_some()).await,
            Command::Sync { number, roots } => return self.sync(&number, &roots).await,
            Command::Refer { number, roots } => return self.refer(&number, &roots).await,
            command => command,
        };
        let Some(reply) = self.client.obey(command, &mut self.sources)? else { return Ok(()) };
        self.socket.send(reply).await
    }

    /// Tells a node the roots that it asks for, each whole, as far as they are there. Its version of one says nothing of what it
    /// holds; but one that it has and that was deleted here is told as deleted.
    async fn sync(&mut self, number: &str, roots: &[Asked]) -> Result<(), Closing> {
        self.client.is_node = true;
        let state = self.client.server.engine.state();
        for (path, version) in roots {
            let frame = match state.tree.node(path) {
                Some(node) => notify::whole(path, node),
                None if *version >= 0 && state.tree.root(path.root()).is_some() => notify::gone(path),
                None => continue,
            };
            if frame.len() > NODE_FRAME_BYTES_MAX {
                tracing::error!(root = %path, bytes = frame.len(), "a root is too large to be told to a node");
                continue;
            }
            self.client.subscriptions.told(path, state.revision());
            self.socket.send(frame).await?;
        }
        self.socket.send(format!("RESPONSE {number} SYNC None\nnull")).await
    }

    /// Asks a node to tell of its roots.
    async fn refer(&mut self, number: &str, roots: &[Path]) -> Result<(), Closing> {
        self.client.is_node = true;
        for frame in forward::answer(number, roots) {
            self.socket.send(frame).await?;
        }
        Ok(())
    }

    async fn message(&mut self, message: &Message) -> Result<(), Closing> {
        if !self.client.subscriptions.has_key(&message.channel) {
            // It waited while the client unsubscribed.
            return Ok(());
        }
        let dropped = self.sources.mailbox.dropped();
        if dropped > 0 {
            return Err(Closing::too_slow(format!("too slow: {dropped} messages were lost")));
        }
        let sender = message.author.name.as_deref().unwrap_or("None");
        self.socket.send(format!("MESSAGE {} {sender}\n{{\"message\": {}}}", message.channel, message.body)).await
    }

    async fn tick(&mut self) -> Result<(), Closing> {
        let client = &mut self.client;
        if std::mem::take(&mut client.heard) {
            client.pings_unanswered = 0;
            return Ok(());
        }
        let limit = client.server.options.pings_unanswered_max;
        if client.pings_unanswered >= limit {
            return Err(Closing::policy(format!("{limit} pings were left unanswered")));
        }
        client.pings_unanswered += 1;
        self.socket.ping().await
    }
}

impl Client {
    /// The frame that tells of a commit, where there is anything to be told.
    fn told(&mut self, commit: &Followed) -> Result<Option<String>, Closing> {
        let revision = commit.revision();
        while self.own.front().is_some_and(|own| *own < revision) {
            self.own.pop_front();
        }
        if self.own.front() == Some(&revision) {
            return Ok(None);
        }
        let listener = match &self.session {
            Some(_) if self.is_node => Listener::Node,
            session => Listener::Client(session.as_ref().map(Session::name)),
        };
        notify::frame(commit, &self.subscriptions, listener)
    }

    /// Commits what a node told, in its name. It is not told of it again, if it `listens` to commits at all.
    async fn take(&mut self, told: &[Told], listens: bool) -> Result<(), Closing> {
        let Some(session) = &self.session else { return Ok(()) };
        self.is_node = true;
        let author = Arc::new(Author::node(session.name().to_owned()));
        let made = node::commit(&self.server.engine, &author, told).await?;
        if listens {
            self.own.extend(made);
        }
        Ok(())
    }

    /// Does what a frame asks for, and gives the reply where there is one.
    fn obey(&mut self, command: Command, sources: &mut Sources) -> Result<Option<String>, Closing> {
        let engine = &self.server.engine;
        match command {
            Command::Session { name, scope, telling } => {
                let mut session = engine.sessions().open(&name, scope);
                sources.calls.serve(session.take_calls());
                self.session = Some(session);
                sources.forwarded = self.seat.set_session(&name, scope);
                self.is_node = false;
                self.telling = telling;
                let server_id = &self.server.options.server_id;
                return Ok(Some(match telling {
                    Telling::Original => format!("SESSIONACK {server_id}"),
                    Telling::Resumable => watches::acknowledged(server_id, engine),
                }));
            }
            Command::Subscribe { channel, scope, from } => return self.subscribe(channel, scope, from, sources),
            Command::Unsubscribe { channel, reply } => {
                if let Some(removed) = self.subscriptions.remove(&channel) {
                    sources.watches.end(removed.text());
                }
                self.seat.remove(&channel);
                if !self.subscriptions.has_key(&channel.key) {
                    sources.mailbox.unsubscribe(&channel.key);
                    self.session.iter().for_each(|session| session.answer_no_longer_for(&channel.key));
                }
                self.settle_commits(sources);
                return Ok(Some(reply));
            }
            Command::UnsubscribeAll => {
                self.seat.clear();
                for key in self.subscriptions.clear() {
                    sources.mailbox.unsubscribe(&key);
                    self.session.iter().for_each(|session| session.answer_no_longer_for(&key));
                }
                self.settle_commits(sources);
                sources.watches.end_all();
                return Ok(Some("UNSUBSCRIBE\nnull".to_owned()));
            }
            Command::Publish { channel, body, sender } => {
                let author = sender.map_or_else(|| self.author(), |sender| Author::client(Some(sender), false));
                let sender = Some(sources.mailbox.id());
                engine.channels().publish(Message { channel, author: Arc::new(author), body, sender, hops: 0 });
            }
            Command::Call(call) => sources.calls.make(&self.server, call, self.author())?,
            Command::Answer { number, json } => sources.calls.answered(&number, &json)?,
            // Those of nodes were dealt with before.
            Command::Notify(_) | Command::Sync { .. } | Command::Refer { .. } | Command::Unknown => {}
        }
        Ok(None)
    }

    /// The client as an author.
    fn author(&self) -> Author {
        Author::client(self.session.as_ref().map(|session| session.name().to_owned()), self.session.is_some())
    }

    /// Listens to a channel. By the original's frames the commits after the present one are told: what a client does once it knows
    /// that this was handled is among them. A session that resumes is told from where on.
    fn subscribe(
        &mut self,
        channel: Channel,
        scope: SessionScope,
        from: Option<String>,
        sources: &mut Sources,
    ) -> Result<Option<String>, Closing> {
        let engine = &self.server.engine;
        let state = engine.state();
        let after = (self.telling == Telling::Original).then(|| state.revision());
        if after.is_none() {
            for replaced in self.subscriptions.make_place(&channel) {
                sources.watches.end(replaced.text());
                self.seat.remove(&replaced);
            }
        }
        let pattern = self.subscriptions.add(channel.clone(), after, &self.server.options)?;
        self.seat.add(&channel, scope);
        sources.mailbox.subscribe(&channel.key);
        // A node listens to the names of its clients and plugins, and is asked for the methods that these serve.
        if let (Some(session), SessionScope::Global) = (&self.session, scope)
            && session.scope() == SessionScope::Global
        {
            session.answer_for(&channel.key);
        }
        if self.telling == Telling::Resumable {
            return Ok(Some(sources.watches.begin(&self.server, channel.text(), pattern, from.as_deref())));
        }
        if sources.commits.is_none() && self.subscriptions.want_commits() {
            sources.commits = Some(engine.follow(&state.position));
        }
        Ok(None)
    }

    /// Who wants no commits must not be told that some were lost.
    fn settle_commits(&self, sources: &mut Sources) {
        if !self.subscriptions.want_commits() {
            sources.commits = None;
        }
    }
}

/// Waits for what comes next.
///
/// # Cancel safety
/// Nothing is lost when it is dropped.
async fn next(socket: &mut Socket, sources: &mut Sources) -> Event {
    let commit = async {
        match &mut sources.commits {
            Some(commits) => commits.next().await,
            None => pending().await,
        }
    };
    let forwarded = async {
        match &mut sources.forwarded {
            Some(frames) => match frames.recv().await {
                Some(frame) => frame,
                None => pending().await,
            },
            None => pending().await,
        }
    };
    tokio::select! {
        frame = socket.next() => Event::Frame(frame),
        commit = commit => Event::Commit(commit),
        told = sources.watches.next() => Event::Watched(told),
        message = sources.mailbox.next() => Event::Message(message),
        called = sources.calls.next() => Event::Called(called),
        frame = forwarded => Event::Forwarded(frame),
        _ = sources.ticks.tick() => Event::Tick,
        () = sources.stages.draining() => Event::Draining,
    }
}
