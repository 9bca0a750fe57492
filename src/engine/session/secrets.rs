//! `moby.buildkit.secrets.v1.Secrets`: what `RUN --mount=type=secret` reads.

use std::collections::BTreeMap;
use std::fmt;

use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::{self, SecretsServer};
use bollard_buildkit_proto::moby::buildkit::secrets::v1::{GetSecretRequest, GetSecretResponse};
use tonic::{Request, Response, Status};

/// The one method that is offered.
pub(super) const GET_SECRET: &str = "/moby.buildkit.secrets.v1.Secrets/GetSecret";

/// The secrets of one build by id. They are shown nowhere.
pub(super) struct Secrets(BTreeMap<String, Vec<u8>>);

impl Secrets {
    /// The service for these secrets.
    pub(super) fn serve(secrets: BTreeMap<String, Vec<u8>>) -> SecretsServer<Self> {
        SecretsServer::new(Self(secrets))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[tonic::async_trait]
impl secrets_server::Secrets for Secrets {
    async fn get_secret(
        &self,
        request: Request<GetSecretRequest>,
    ) -> Result<Response<GetSecretResponse>, Status> {
        let id = &request.get_ref().id;
        let data = self
            .0
            .get(id)
            .cloned()
            // The engine goes on without a secret that is not required.
            .ok_or_else(|| Status::not_found(format!("no secret has the id `{id}`")))?;
        Ok(Response::new(GetSecretResponse { data }))
    }
}

#[cfg(test)]
mod tests {
    use super::secrets_server::Secrets as _;
    use super::*;

    #[tokio::test]
    async fn only_given_secrets_are_given_and_none_is_shown() {
        let secrets = Secrets([("token".to_owned(), b"hunter2".to_vec())].into());
        let ask = |id: &str| {
            let request = GetSecretRequest { id: id.to_owned(), ..GetSecretRequest::default() };
            secrets.get_secret(Request::new(request))
        };
        assert_eq!(ask("token").await.unwrap().into_inner().data, b"hunter2");
        assert_eq!(ask("other").await.unwrap_err().code(), tonic::Code::NotFound);
        assert_eq!(format!("{secrets:?}"), r#"{"token"}"#);
    }
}
