import type { Listener, ListenerStatus } from "../listen/listener.ts";
import type { Metric } from "./metric.ts";

export type NamedStatus = Pick<Listener, "status"> & { readonly name: string };

export function* listenerMetrics(listeners: () => readonly NamedStatus[]): Iterable<Metric> {
  function ofEach(
    type: Metric["type"],
    name: string,
    help: string,
    read: (status: ListenerStatus) => number,
  ): Metric {
    const values = () =>
      listeners().map(({ name: listener, status }) => {
        return { value: read(status()), labels: { listener } };
      });
    return { name, help, type, values };
  }
  yield ofEach(
    "gauge",
    "holdfast_connections",
    "Open connections.",
    ({ connectionsOpen }) => connectionsOpen,
  );
  yield ofEach(
    "gauge",
    "holdfast_websockets",
    "Open WebSocket connections.",
    ({ webSocketsOpen }) => webSocketsOpen,
  );
  yield ofEach(
    "gauge",
    "holdfast_streams",
    "Open byte streams, which are neither HTTP nor WebSocket.",
    ({ streamsOpen }) => streamsOpen,
  );
  yield ofEach(
    "counter",
    "holdfast_connections_accepted_total",
    "Connections accepted.",
    ({ acceptedTotal }) => acceptedTotal,
  );
  yield ofEach(
    "counter",
    "holdfast_http_requests_total",
    "HTTP requests.",
    ({ requestsTotal }) => requestsTotal,
  );
  yield ofEach(
    "gauge",
    "holdfast_calls",
    "gRPC calls that are not answered yet.",
    ({ callsOpen }) => callsOpen,
  );
  yield ofEach("counter", "holdfast_calls_total", "gRPC calls.", ({ callsTotal }) => callsTotal);
  yield ofEach(
    "counter",
    "holdfast_messages_received_total",
    "WebSocket messages received.",
    ({ messagesReceivedTotal }) => messagesReceivedTotal,
  );
  yield ofEach(
    "counter",
    "holdfast_messages_sent_total",
    "WebSocket messages sent.",
    ({ messagesSentTotal }) => messagesSentTotal,
  );
  yield ofEach(
    "counter",
    "holdfast_stream_bytes_received_total",
    "Bytes received over byte streams, without those of TLS.",
    ({ streamBytesReceivedTotal }) => streamBytesReceivedTotal,
  );
  yield ofEach(
    "counter",
    "holdfast_stream_bytes_sent_total",
    "Bytes sent over byte streams, without those of TLS.",
    ({ streamBytesSentTotal }) => streamBytesSentTotal,
  );
  yield {
    name: "holdfast_refused_total",
    help: "Connections and requests turned away or cut, by reason.",
    type: "counter",
    *values() {
      for (const { name, status } of listeners()) {
        for (const [reason, value] of Object.entries(status().refusedTotal)) {
          yield { value, labels: { listener: name, reason } };
        }
      }
    },
  };
}
