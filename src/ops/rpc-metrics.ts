import type { MethodFigures } from "../figures.ts";
import { counter, histogram, type Labels, type Metric, type Sample } from "./exposition.ts";

/** All methods. */
type Calls = readonly MethodFigures[];

/** Under the names and labels of go-grpc-prometheus, for which boards exist. */
export const rpcMetrics: readonly Metric<Calls>[] = [
  counter("grpc_server_started_total", "Calls that were begun.", (calls) =>
    each(calls, ({ started }) => started),
  ),
  counter("grpc_server_handled_total", "Calls that have ended, by the code that they ended with.", (calls) =>
    calls.flatMap((figures) => byCode(figures)),
  ),
  counter("grpc_server_msg_received_total", "Messages that were received.", (calls) =>
    each(calls, ({ received }) => received),
  ),
  counter("grpc_server_msg_sent_total", "Messages that were sent.", (calls) =>
    each(calls, ({ sent }) => sent),
  ),
  histogram(
    "grpc_server_handling_seconds",
    "How long calls took, streams from their first message to their end.",
    (calls) => each(calls, ({ seconds }) => seconds),
  ),
];

function each(calls: Calls, value: (figures: MethodFigures) => Sample[1]): Sample[] {
  return calls.map((figures) => [labelsOf(figures), value(figures)]);
}

/** OK always, so that a rate of failures can be told from the start; other codes once they occur. */
function byCode(figures: MethodFigures): Sample[] {
  const labels = labelsOf(figures);
  return codes.flatMap((code, at) => {
    const count = figures.ended[at]!;
    return at === 0 || count > 0 ? [[{ ...labels, grpc_code: code }, count]] : [];
  });
}

function labelsOf({ service, method, kind }: MethodFigures): Labels {
  return { grpc_type: kind, grpc_service: service, grpc_method: method };
}

/** gRPC's codes by their numbers, as those boards spell them. */
const codes = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];
