//! `moby.filesync.v1.FileSync`: the engine pulls the directories that the frontend asks for.
//!
//! Served by hand instead of with the generated service, since its messages cannot hold names
//! that are not UTF-8 (see [`packet`](super::packet)).

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::{Request as HttpRequest, Response as HttpResponse};
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::{Request, Response, Status, Streaming};
use tower::Service;

use super::locals::{Locals, Wanted};
use super::packet::{Packet, PacketCodec};
use super::sender::{self, Report};

/// The one method that is offered.
pub(super) const DIFF_COPY: &str = "/moby.filesync.v1.FileSync/DiffCopy";

/// The service.
#[derive(Debug, Clone)]
pub(super) struct FileSync {
    locals: Arc<Locals>,
    report: Arc<Report>,
}

impl FileSync {
    /// Serves `locals` and tells `report` of what was sent.
    pub(super) fn new(locals: Locals, report: Arc<Report>) -> Self {
        Self { locals: Arc::new(locals), report }
    }

    fn diff_copy(&self, request: Request<Streaming<Packet>>) -> Result<Transfer, Status> {
        let wanted = Wanted::from_metadata(request.metadata())?;
        tracing::debug!(?wanted, "the engine asks for files");
        let selection = self.locals.select(&wanted)?;
        if wanted.asks_for_context() {
            self.report.note_asked(&selection);
        }
        let outgoing = sender::start(selection, request.into_inner(), Arc::clone(&self.report));
        Ok(Response::new(ReceiverStream::new(outgoing)))
    }
}

type Transfer = Response<ReceiverStream<Result<Packet, Status>>>;

impl NamedService for FileSync {
    const NAME: &'static str = "moby.filesync.v1.FileSync";
}

impl Service<HttpRequest<Body>> for FileSync {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let method = DiffCopy(self.clone());
        Box::pin(async move {
            if request.uri().path() != DIFF_COPY {
                return Ok(Status::unimplemented("only DiffCopy is offered").into_http());
            }
            Ok(Grpc::new(PacketCodec).streaming(method, request).await)
        })
    }
}

struct DiffCopy(FileSync);

impl StreamingService<Packet> for DiffCopy {
    type Response = Packet;
    type ResponseStream = ReceiverStream<Result<Packet, Status>>;
    type Future = Ready<Result<Transfer, Status>>;

    fn call(&mut self, request: Request<Streaming<Packet>>) -> Self::Future {
        ready(self.0.diff_copy(request))
    }
}
