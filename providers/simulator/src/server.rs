//! HTTP on loopback: reads a request, asks the cloud, sends the answer as the fault would have it.

use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admin;
use crate::answer::{Answer, Delivery, Outcome};
use crate::aws::Aws;
use crate::azure::Azure;
use crate::gate::Gate;
use crate::gcp::Gcp;
use crate::request::Request;

/// Larger requests are refused.
const LARGEST_REQUEST: usize = 1 << 20;

/// How long answers under way may take when the server is stopped.
const FAREWELL: Duration = Duration::from_millis(500);

/// Everything that is served.
#[derive(Debug)]
pub(crate) struct Clouds {
    pub(crate) aws: Aws,
    pub(crate) azure: Option<Azure>,
    pub(crate) gcp: Option<Gcp>,
    pub(crate) gate: Gate,
}

/// Serves until told to stop.
pub(crate) async fn serve(listener: TcpListener, clouds: Arc<Clouds>, mut stopped: watch::Receiver<bool>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "the simulator cannot listen");
            return;
        }
    };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, clouds.clone(), stopped.clone()));
                }
                // Out of descriptors, mostly: give the others time to close.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            () = told_to_stop(&mut stopped) => break,
        }
    }
    drop(listener);
    let farewell = async { while connections.join_next().await.is_some() {} };
    // Answers that stall are cut off here.
    let _cut_off = tokio::time::timeout(FAREWELL, farewell).await;
}

async fn connection(stream: TcpStream, clouds: Arc<Clouds>, mut stopped: watch::Receiver<bool>) {
    // Without it small answers wait for the peer's acknowledgement; the connection works all the same.
    let _slower = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let stream = Stream { stream, reset: reset.clone() };
    let service = service_fn(|request| respond(request, &clouds, &reset));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // Errors here are resets we wanted or clients that left.
    let _ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told_to_stop(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
}

/// Also when nobody is left to tell it.
async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    let _told = stopped.wait_for(|stop| *stop).await.is_ok();
}

async fn respond(
    request: http::Request<Incoming>,
    clouds: &Clouds,
    reset: &AtomicBool,
) -> io::Result<http::Response<AnswerBody>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_REQUEST).collect().await else {
        return Ok(response(Answer::html(413, "Content Too Large"), Delivery::Whole));
    };
    let request = Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.to_bytes(),
    };
    if request.path.starts_with(admin::PREFIX) {
        return Ok(response(admin::answer(&request, &clouds.gate), Delivery::Whole));
    }
    let outcome = match (&clouds.azure, &clouds.gcp) {
        (Some(azure), _) if Azure::takes(&request) => azure.handle(&request, &clouds.gate),
        (_, Some(gcp)) if Gcp::takes(&request) => gcp.handle(&request, &clouds.gate),
        _ => clouds.aws.handle(&request, &clouds.gate),
    };
    let Outcome { mut answer, delivery, delay } = outcome;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if request.method == http::Method::HEAD {
        answer.body.clear();
    }
    match delivery {
        Delivery::Whole => Ok(response(answer, delivery)),
        Delivery::Truncated if answer.body.len() > 1 => Ok(response(answer, delivery)),
        Delivery::Truncated | Delivery::Reset => {
            reset.store(true, Ordering::Relaxed);
            Err(io::ErrorKind::ConnectionReset.into())
        }
        Delivery::Stall => std::future::pending().await,
    }
}

fn response(answer: Answer, delivery: Delivery) -> http::Response<AnswerBody> {
    let whole = answer.body.len() as u64;
    let (bytes, broken) = match delivery {
        Delivery::Truncated => (answer.body[..answer.body.len() / 2].to_vec(), true),
        _ => (answer.body, false),
    };
    let remaining = (!bytes.is_empty()).then(|| Bytes::from(bytes));
    let mut response =
        http::Response::new(AnswerBody { bytes: remaining, announced: whole, broken, flushed: false });
    *response.status_mut() =
        http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().extend(answer.headers);
    response
}

/// A body in one piece, which may announce more than it has.
struct AnswerBody {
    bytes: Option<Bytes>,
    announced: u64,
    broken: bool,
    flushed: bool,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            self.announced -= bytes.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if !self.broken {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // What is pending is flushed: the first half leaves before the connection breaks.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none() && !self.broken
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}

/// A connection that can be reset instead of closed.
struct Stream {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // When it fails, the connection is closed instead: an answer that never came, either way.
            let _closed_instead = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
