// A server of the test's own, for what Corral's would not do.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  status as codes,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { ExistsResponseSchema } from "../../gen/ts/corral/v1/node_pb.js";
import {
  KeepAliveEvent,
  KeepAliveRequestSchema,
  KeepAliveResponseSchema,
} from "../../gen/ts/corral/v1/session_pb.js";
import { connect } from "../../src/client/index.ts";
import { connectTimeoutMs } from "../../src/client/limits.ts";
import { connectClient, eventually } from "../support/client.ts";
import { definitionOf } from "../support/grpc-definition.ts";

type Unary = ServerUnaryCall<Uint8Array, Uint8Array>;
type Duplex = ServerDuplexStream<Uint8Array, Uint8Array>;

let endpoint: string;
/** The authorization of each call. */
let seen: (string | Buffer | undefined)[];
/** How KeepAlive streams are answered. */
let sessions: "granted" | "refused" | "silent once";

beforeEach(async () => {
  seen = [];
  sessions = "granted";
  const note = (metadata: Metadata) => seen.push(metadata.get("authorization")[0]);
  const { exists, keepAlive, watch } = Coordination.method;
  const server = new Server();
  server.addService(
    {
      exists: definitionOf(Coordination, exists),
      keepAlive: definitionOf(Coordination, keepAlive),
      watch: definitionOf(Coordination, watch),
    },
    {
      exists: ({ metadata }: Unary, respond: sendUnaryData<Uint8Array>) => {
        note(metadata);
        respond(null, toBinary(ExistsResponseSchema, create(ExistsResponseSchema, { zxid: 7n })));
      },
      keepAlive: (call: Duplex) => {
        note(call.metadata);
        if (sessions === "silent once") {
          sessions = "granted";
          return;
        }
        call.on("data", (bytes: Uint8Array) => {
          if (sessions === "refused")
            return call.emit("error", { code: codes.PERMISSION_DENIED, details: "not you" });
          const { close } = fromBinary(KeepAliveRequestSchema, bytes);
          const event = close ? KeepAliveEvent.CLOSED : KeepAliveEvent.OPENED;
          const answer = { event, sessionId: 1n, sessionToken: "t", timeoutMs: 6_000, expiresInMs: 6_000 };
          call.write(toBinary(KeepAliveResponseSchema, create(KeepAliveResponseSchema, answer)));
          if (close) call.end();
          return undefined;
        });
        call.on("end", () => call.end());
      },
      watch: (call: Duplex) => {
        note(call.metadata);
        call.emit("error", { code: codes.PERMISSION_DENIED, details: "not you" });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  onTestFinished(() => server.forceShutdown());
  endpoint = `127.0.0.1:${port}`;
});

test("the authorization goes with every call and stream", async () => {
  const { client } = await connectClient(endpoint, { authorization: "Bearer secret" });
  expect(await client.look("/")).toEqual({ stat: undefined, zxid: 7 });
  await client
    .watch("/")
    .next()
    .catch(() => {});
  expect(seen).toEqual(["Bearer secret", "Bearer secret", "Bearer secret"]);
});

test("a status without a reason is UNKNOWN, with its code", async () => {
  const { client } = await connectClient(endpoint);
  await expect(client.get("/")).rejects.toMatchObject({ reason: "UNKNOWN", code: "UNIMPLEMENTED" });
});

test("a stream that will never do ends all watches, with the reason", async () => {
  const { client } = await connectClient(endpoint);
  const interruptions: string[] = [];
  client.onInterruption(({ message }) => interruptions.push(message));
  for (const watch of [client.watch("/a"), client.watch("/b")])
    await expect(watch.next()).rejects.toMatchObject({ reason: "UNKNOWN", code: "PERMISSION_DENIED" });
  await eventually(() => interruptions.length > 0);
  expect(interruptions[0]).toBe("PERMISSION_DENIED: not you");
});

test("what a server said last is the cause when there is no session in time", async () => {
  sessions = "refused";
  const refused = connect({ endpoints: endpoint, timeoutMs: 3_000 });
  await expect(refused).rejects.toMatchObject({
    reason: "DEADLINE_EXCEEDED",
    message: "there was no answer within 3000 ms: PERMISSION_DENIED: not you",
    cause: { code: "PERMISSION_DENIED" },
  });
});

test("a server that takes a stream and says nothing is given up after a while", async () => {
  sessions = "silent once";
  const { client, clock } = await connectClient(endpoint);
  expect(client.state).toBe("connected");
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(connectTimeoutMs);
});
