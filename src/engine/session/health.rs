//! `grpc.health.v1.Health`: the engine asks every few seconds whether the session is alive, and
//! ends the build when it is not answered.

use bollard_buildkit_proto::health::health_check_response::ServingStatus;
use bollard_buildkit_proto::health::health_server::{self, HealthServer};
use bollard_buildkit_proto::health::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
};
use tokio_stream::Pending;
use tonic::{Request, Response, Status};

/// The one method that is offered.
pub(super) const CHECK: &str = "/grpc.health.v1.Health/Check";

/// Answers that all is well, which is true whenever it can answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Health;

impl Health {
    /// The service.
    pub(super) fn serve() -> HealthServer<Self> {
        HealthServer::new(Self)
    }
}

#[tonic::async_trait]
impl health_server::Health for Health {
    type WatchStream = Pending<Result<HealthCheckResponse, Status>>;

    async fn check(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() }))
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        Err(Status::unimplemented("only Check is offered"))
    }

    async fn watch(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("only Check is offered"))
    }
}
