//! A wire that breaks when it is told to: it hands bytes on between a store and a server.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What the wire does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Wire {
    /// Hands everything on.
    Whole,
    /// Hands questions on, and breaks instead of handing on the answer.
    BreaksBeforeTheAnswer,
    /// Hands questions on, and keeps the answers.
    KeepsAnswers,
    /// Breaks instead of handing on the question.
    BreaksBeforeTheQuestion,
}

const WIRES: [Wire; 4] =
    [Wire::Whole, Wire::BreaksBeforeTheAnswer, Wire::KeepsAnswers, Wire::BreaksBeforeTheQuestion];

/// A wire to a server.
pub struct Proxy {
    pub port: u16,
    wire: Arc<AtomicU8>,
}

impl Proxy {
    /// A whole wire to the server on this port.
    pub async fn start(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(AtomicU8::new(0));
        let now = wire.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else { continue };
                near.set_nodelay(true).unwrap();
                far.set_nodelay(true).unwrap();
                let ((near_reads, near_writes), (far_reads, far_writes)) =
                    (near.into_split(), far.into_split());
                let (asks, answers) = (now.clone(), now.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = hand_on(near_reads, far_writes, asks, false) => {}
                        () = hand_on(far_reads, near_writes, answers, true) => {}
                    }
                });
            }
        });
        Self { port, wire }
    }

    /// From now on the wire does this.
    pub fn set(&self, wire: Wire) {
        self.wire.store(wire as u8, Ordering::SeqCst);
    }

    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

/// Returns when the wire breaks; both ends are closed then.
async fn hand_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wire: Arc<AtomicU8>, answers: bool) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        match (WIRES[usize::from(wire.load(Ordering::SeqCst))], answers) {
            (Wire::BreaksBeforeTheAnswer, true) | (Wire::BreaksBeforeTheQuestion, false) => return,
            (Wire::KeepsAnswers, true) => {}
            _ => {
                if to.write_all(&bytes[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
