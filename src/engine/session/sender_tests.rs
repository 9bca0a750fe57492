//! Transfers against an engine that is played by the test.

use tokio_stream::wrappers::ReceiverStream;

use super::super::tree::Tree;
use super::*;

/// The engine's side of a transfer.
struct Engine {
    ask: mpsc::Sender<Result<Packet, Status>>,
    outgoing: Outgoing,
}

fn engine(files: &[(&str, &[u8])]) -> Engine {
    let files =
        files.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::copy_from_slice(bytes)));
    let (ask, requests) = mpsc::channel(16);
    let selection = Tree::in_memory(files).all();
    let outgoing = start(selection, ReceiverStream::new(requests), Arc::default());
    Engine { ask, outgoing }
}

impl Engine {
    async fn request(&self, id: u32) {
        self.send(Kind::Request, id).await;
    }

    async fn send(&self, kind: Kind, id: u32) {
        let packet = Packet { kind: kind.into(), id, ..Packet::finish() };
        self.ask.send(Ok(packet)).await.unwrap();
    }

    /// Reads to the end: the names in order, the bytes of every file, and how it ended.
    async fn rest(mut self) -> (Vec<String>, Vec<Vec<u8>>, Result<(), String>) {
        let (mut names, mut files, mut announced_all) = (Vec::new(), Vec::new(), false);
        while let Some(packet) = self.outgoing.recv().await {
            let packet = match packet {
                Ok(packet) => packet,
                Err(status) => return (names, files, Err(status.message().to_owned())),
            };
            match Kind::try_from(packet.kind).unwrap() {
                Kind::Stat => match packet.stat {
                    Some(stat) => {
                        assert!(!announced_all, "an entry after the last");
                        names.push(String::from_utf8(stat.path).unwrap());
                        files.push(Vec::new());
                    }
                    None => announced_all = true,
                },
                Kind::Data => files[packet.id as usize].extend(packet.data),
                Kind::Finish => assert!(announced_all),
                other => panic!("{other:?}"),
            }
        }
        (names, files, Ok(()))
    }
}

#[tokio::test]
async fn entries_come_in_order_and_files_on_request() {
    let large = vec![7; 3 * CHUNK + 1];
    let engine = engine(&[("b", b"bee"), ("a-b", &large), ("a/c", b"sea")]);
    // Component by component: what is in `a` comes before `a-b`.
    for id in [1, 2] {
        engine.request(id).await;
    }
    engine.send(Kind::Finish, 0).await;
    let (names, files, ended) = engine.rest().await;
    assert_eq!(names, ["a/c", "a-b", "b"]);
    assert_eq!(files, [Vec::new(), large, b"bee".to_vec()]);
    assert_eq!(ended, Ok(()));
}

#[tokio::test]
async fn an_id_is_asked_for_once_and_must_exist() {
    for ids in [&[0, 0][..], &[9]] {
        let engine = engine(&[("a", b"x")]);
        for &id in ids {
            engine.request(id).await;
        }
        let (.., ended) = engine.rest().await;
        assert!(ended.unwrap_err().starts_with("the engine broke the transfer protocol"));
    }
}

#[tokio::test]
async fn an_engine_that_goes_away_ends_the_transfer() {
    let Engine { ask, outgoing } = engine(&[("a", b"x")]);
    drop(ask);
    let (ask, _) = mpsc::channel(1);
    let (.., ended) = Engine { ask, outgoing }.rest().await;
    assert!(ended.is_err());
}
