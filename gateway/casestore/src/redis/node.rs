//! One server and the connection to it. Many calls share the connection; it is made anew by the next call after it
//! broke, once for all who wait. A call that meets the break is lost, and its caller is told: nothing is sent twice
//! here.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, Pipeline, ProtocolVersion, PushInfo,
    PushKind, Value,
};

use super::keys::{self, Place};
use super::script;

/// After an attempt to connect failed, the next one is not before this.
const PAUSE: Duration = Duration::from_millis(100);

/// Calls that may wait for the writer of a connection.
const WRITES_WAITING: usize = 1024;

/// Why there is no reply.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// It was certainly not sent.
    NotSent(String),
    /// It was sent, or may have been.
    Lost(String),
}

/// Times of a connection.
#[derive(Debug, Clone)]
pub(super) struct Times {
    pub(super) response: Duration,
    pub(super) connect: Duration,
}

/// One server.
pub(super) struct Node {
    info: ConnectionInfo,
    times: Times,
    live: Mutex<Option<Arc<Live>>>,
    /// One attempt to connect at a time; when the last one failed and why.
    connecting: tokio::sync::Mutex<Option<(Instant, String)>>,
    trips: Arc<AtomicU64>,
    data_set: DataSet,
}

/// The random name of the data set that was opened, once it was: a server that comes back with another one, or with
/// none, has lost its cases, and nothing may be decided upon what is left.
pub(super) type DataSet = Arc<OnceLock<Vec<u8>>>;

struct Live {
    connection: MultiplexedConnection,
    broken: Arc<AtomicBool>,
}

impl Node {
    pub(super) fn new(
        info: ConnectionInfo,
        times: Times,
        trips: Arc<AtomicU64>,
        data_set: DataSet,
    ) -> Arc<Self> {
        // Without NODELAY each small command waits for the answer to the one before: 40 ms instead of one.
        let tcp = TcpSettings::default().set_nodelay(true);
        let redis =
            info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        let info = info.set_tcp_settings(tcp).set_redis_settings(redis);
        let (live, connecting) = (Mutex::new(None), tokio::sync::Mutex::new(None));
        Arc::new(Self { info, times, live, connecting, trips, data_set })
    }

    /// The server's address, without user and password.
    pub(super) fn address(&self) -> String {
        self.info.addr().to_string()
    }

    /// Another server, reached in the same way.
    pub(super) fn sibling(&self, host: &str, port: u16) -> Arc<Self> {
        let info = self.info.clone().set_addr(ConnectionAddr::Tcp(host.to_owned(), port));
        Self::new(info, self.times.clone(), self.trips.clone(), self.data_set.clone())
    }

    /// Sends one command and waits for its reply, which may be an error of the server's.
    pub(super) async fn send(&self, cmd: &Cmd) -> Result<Value, Failure> {
        let live = self.live().await?;
        self.trips.fetch_add(1, Ordering::Relaxed);
        let mut connection = live.connection.clone();
        let sent = connection.send_packed_command(cmd).await;
        sent.map_err(|error| live.lost(&error))
    }

    /// Sends commands together and waits for all their replies.
    pub(super) async fn send_all(&self, pipeline: &Pipeline) -> Result<Vec<Value>, Failure> {
        let live = self.live().await?;
        self.trips.fetch_add(1, Ordering::Relaxed);
        let mut connection = live.connection.clone();
        let sent = connection.send_packed_commands(pipeline, 0, pipeline.len()).await;
        sent.map_err(|error| live.lost(&error))
    }

    /// Makes the next call connect anew.
    pub(super) fn leave(&self) {
        if let Some(live) = self.standing() {
            live.broken.store(true, Ordering::Release);
        }
    }

    /// A connection of its own that hands on what the server pushes. It is not made anew by itself.
    pub(super) async fn listen(
        &self,
        pushed: impl Fn(PushInfo) + Send + Sync + 'static,
    ) -> Result<MultiplexedConnection, String> {
        let config = self.config().set_push_sender(move |push| {
            pushed(push);
            Ok::<_, std::convert::Infallible>(())
        });
        let client = Client::open(self.info.clone()).map_err(|error| self.told(&error))?;
        let connected = client.get_multiplexed_async_connection_with_config(&config).await;
        connected.map_err(|error| self.told(&error))
    }

    fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.times.connect))
            .set_response_timeout(Some(self.times.response))
            .set_pipeline_buffer_size(WRITES_WAITING)
    }

    fn told(&self, error: &redis::RedisError) -> String {
        format!("{}: {error}", self.address())
    }

    fn standing(&self) -> Option<Arc<Live>> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.clone().filter(|live| !live.broken.load(Ordering::Acquire))
    }

    async fn live(&self) -> Result<Arc<Live>, Failure> {
        if let Some(live) = self.standing() {
            return Ok(live);
        }
        let mut last = self.connecting.lock().await;
        if let Some(live) = self.standing() {
            return Ok(live);
        }
        if let Some((_, reason)) = last.as_ref().filter(|(at, _)| at.elapsed() < PAUSE) {
            return Err(Failure::NotSent(reason.clone()));
        }
        match self.connect().await {
            Ok(live) => {
                *last = None;
                let live = Arc::new(live);
                *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(live.clone());
                Ok(live)
            }
            Err(reason) => {
                *last = Some((Instant::now(), reason.clone()));
                Err(Failure::NotSent(reason))
            }
        }
    }

    async fn connect(&self) -> Result<Live, String> {
        let broken = Arc::new(AtomicBool::new(false));
        let told = broken.clone();
        // The connection tells at once when it is gone: then the next call connects before it sends.
        let mut connection = self
            .listen(move |push| {
                if push.kind == PushKind::Disconnection {
                    told.store(true, Ordering::Release);
                }
            })
            .await?;
        let mut scripts = Pipeline::new();
        for script in script::ALL {
            scripts.cmd("SCRIPT").arg("LOAD").arg(script.text);
        }
        scripts.cmd("HGET").arg(keys::key(Place::Beside, "meta")).arg("data-set");
        let loaded = connection.send_packed_commands(&scripts, 0, scripts.len()).await;
        let mut replies = loaded.map_err(|error| self.told(&error))?;
        self.check_data_set(replies.pop().unwrap_or_default())?;
        for reply in replies {
            if let Value::ServerError(error) = reply {
                // The scripts are sent with their text until the server knows them.
                tracing::debug!(server = self.address(), %error, "a script was not loaded");
            }
        }
        Ok(Live { connection, broken })
    }

    fn check_data_set(&self, found: Value) -> Result<(), String> {
        let Some(expected) = self.data_set.get() else { return Ok(()) };
        match found {
            Value::BulkString(found) if found == *expected => Ok(()),
            // Another server of the cluster has it.
            Value::ServerError(error) if error.code() == "MOVED" => Ok(()),
            Value::ServerError(error) => Err(format!("{}: {error}", self.address())),
            _ => Err(format!(
                "{} has not got the cases that it had: it came back empty, or with other data. Give it its append-only \
                 file back; or start again, to begin with what it has",
                self.address()
            )),
        }
    }
}

impl Live {
    fn lost(&self, error: &redis::RedisError) -> Failure {
        self.broken.store(true, Ordering::Release);
        Failure::Lost(if error.is_timeout() { "no answer in time".to_owned() } else { error.to_string() })
    }
}
