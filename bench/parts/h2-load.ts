import http2 from "node:http2";

/** What a run of calls came to. Times in milliseconds. */
export interface LoadResult {
  readonly calls: number;
  readonly failures: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** A gRPC message with its five-byte head: not compressed, and so long. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(5 + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

/**
 * Calls one unary method with ready-made frames, `inFlight` calls at any time over `connections` connections:
 * gRPC over bare HTTP/2, so that the load costs little more than the sockets.
 */
export async function load(options: {
  readonly address: string;
  readonly method: string;
  readonly frames: readonly Buffer[];
  readonly inFlight: number;
  readonly connections: number;
}): Promise<LoadResult> {
  const { address, method, frames, inFlight, connections } = options;
  const sessions = Array.from({ length: connections }, () => http2.connect(`http://${address}`));
  const path = `/corral.v1.Coordination/${method}`;
  const latenciesMs = new Float64Array(frames.length);
  let next = 0;
  let failures = 0;
  const startMs = performance.now();
  const worker = async (index: number) => {
    const session = sessions[index % connections]!;
    for (let i = next++; i < frames.length; i = next++) {
      const sentMs = performance.now();
      if ((await call(session, path, frames[i]!)) !== "0") failures++;
      latenciesMs[i] = performance.now() - sentMs;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, index) => worker(index)));
  const seconds = (performance.now() - startMs) / 1000;
  await Promise.all(sessions.map((session) => new Promise<void>((resolve) => session.close(resolve))));
  latenciesMs.sort();
  const quantile = (q: number) => latenciesMs[Math.min(frames.length - 1, Math.floor(q * frames.length))]!;
  return {
    calls: frames.length,
    failures,
    seconds,
    perSecond: frames.length / seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: latenciesMs.at(-1)!,
  };
}

/** One call; answers its grpc-status. */
function call(session: http2.ClientHttp2Session, path: string, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let status = "none";
    stream.on("response", (headers) => {
      if (headers["grpc-status"] !== undefined) status = String(headers["grpc-status"]);
    });
    stream.on("trailers", (trailers) => {
      status = String(trailers["grpc-status"]);
    });
    stream.on("close", () => resolve(status));
    stream.on("error", reject);
    stream.resume();
    stream.end(body);
  });
}
