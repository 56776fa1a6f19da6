import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type Http2Session,
  type Http2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { keepStreamsInSlots, OpenStreams } from "../../src/grpc/adapter/open-streams.ts";

/** A bare HTTP/2 server that answers `/now` and leaves everything else open, and a client of it. */
async function open(): Promise<{ client: ClientHttp2Session; session: Http2Session; taken: boolean }> {
  const server = createServer();
  const sessions = new Promise<{ session: Http2Session; taken: boolean }>((resolve) => {
    server.on("session", (session) => resolve({ session, taken: keepStreamsInSlots(session) }));
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    stream.respond();
    if (headers[":path"] === "/now") stream.end("x");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on("error", () => {});
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return { client, ...(await sessions) };
}

function request(
  client: ClientHttp2Session,
  path: string,
): { stream: Http2Stream; closed: Promise<unknown> } {
  const stream = client.request({ ":path": path });
  stream.on("error", () => {});
  stream.resume();
  return { stream, closed: once(stream, "close") };
}

test("canary: a session of this Node has the table of its streams where slots can take its place", async () => {
  const { client, taken } = await open();
  expect(taken).toBe(true);
  await Promise.all(Array.from({ length: 500 }, () => request(client, "/now").closed));
});

test("a session that has streams already keeps its table", async () => {
  const { client, session } = await open();
  const { stream } = request(client, "/later");
  await once(stream, "response");
  expect(keepStreamsInSlots(session)).toBe(false);
});

test("a session that ends takes the streams with it that are open", async () => {
  const { client, session } = await open();
  const requests = Array.from({ length: 50 }, () => request(client, "/later"));
  await Promise.all(requests.map(({ stream }) => once(stream, "response")));
  const leaving = [3, 20, 40].map((n) => requests[n]!);
  for (const { stream } of leaving) stream.close();
  await Promise.all(leaving.map(({ closed }) => closed));
  session.destroy();
  await Promise.all(requests.map(({ closed }) => closed));
});

test("a session that is asked to close waits for the streams that are open", async () => {
  const { client, session } = await open();
  const { stream, closed } = request(client, "/later");
  await once(stream, "response");
  const over = once(session, "close");
  session.close();
  stream.close();
  await Promise.all([closed, over]);
});

const id = fc.integer({ min: 1, max: 8 });
const step = fc.oneof(
  fc.record({ do: fc.constant("set" as const), id }),
  fc.record({ do: fc.constant("delete" as const), id }),
);

test("slots hold what a Map would", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new Map<number, Http2Stream>();
      const slots = new OpenStreams();
      for (const { do: what, id } of steps) {
        const stream = { id } as Http2Stream;
        if (what === "delete") expect(slots.delete(id)).toBe(map.delete(id));
        else for (const table of [map, slots]) table.set(id, stream);
        expect(slots.size).toBe(map.size);
        for (let any = 0; any <= 9; any++) expect(slots.get(any)).toBe(map.get(any));
      }
      const told: [number, Http2Stream][] = [];
      slots.forEach((stream, id) => {
        told.push([id, stream]);
      });
      expect(told).toEqual([...map]);
    }),
  );
});

test("a stream that leaves while the others are told is not told", () => {
  const slots = new OpenStreams();
  for (const id of [1, 3, 5]) slots.set(id, { id } as Http2Stream);
  const told: number[] = [];
  slots.forEach((_, id) => {
    told.push(id);
    slots.delete(3);
  });
  expect(told).toEqual([1, 5]);
});
