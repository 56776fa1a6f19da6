import type { Refusal } from "../../src/core/refusal.ts";
import { type WatchDepth, type WatchKind, watchSpec } from "../../src/core/watch.ts";
import type { Notice, WatchMessage } from "../../src/engine/outbox.ts";
import type { WatchSink, WatchStream } from "../../src/engine/watch-stream.ts";
import type { TestEngine } from "./engine.ts";

/** What a test asks of a watch; the rest is as in a message that leaves it out. */
export interface Asked {
  readonly depth?: WatchDepth;
  readonly after?: number;
  readonly withData?: boolean;
}

/** The reader of one watch stream of an engine: it takes messages at once, or none until the test lets it. */
export class WatchReader implements WatchSink {
  readonly stream: WatchStream;
  readonly close: () => void;
  readonly messages: WatchMessage[] = [];
  /** Why the stream was ended. */
  ended: Refusal | undefined;
  readonly #server: TestEngine;
  #reading = true;
  #unread: (() => void)[] = [];

  constructor(server: TestEngine, sessionId?: number) {
    this.#server = server;
    const { stream, close } = server.engine.watch({ peer: "test", sessionId, identities: [] }, this);
    this.stream = stream;
    this.close = close;
  }

  send(message: WatchMessage, sent: () => void): void {
    this.messages.push(message);
    if (this.#reading) setImmediate(sent);
    else this.#unread.push(sent);
  }

  cut(refusal: Refusal): void {
    this.ended = refusal;
  }

  /** From now on a message that is sent stays on its way, and the next ones behind it. */
  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    this.#reading = true;
    for (const sent of this.#unread.splice(0)) setImmediate(sent);
  }

  /** Takes one message, and stays paused. */
  takeOne(): void {
    this.#unread.shift()?.();
  }

  add(
    id: number,
    kind: WatchKind,
    path: string,
    { depth = "all", after, withData = false }: Asked = {},
  ): void {
    const form = { withData, withPreviousData: false, asText: false };
    const spec = watchSpec(kind, kind === "subtree" ? depth : "all", form);
    this.#server.engine.watches.add(this.stream, { id, path, spec, afterZxid: after });
    this.stream.flush();
  }

  cancel(id: number): void {
    this.#server.engine.watches.cancel(this.stream, id);
    this.stream.flush();
  }

  /** Everything that was sent so far, a line each. */
  get lines(): string[] {
    return this.messages.flatMap(linesOf);
  }

  /** The events that were sent so far. */
  get events(): string[] {
    return this.messages.flatMap(({ notices }) => notices.map(lineOf));
  }

  /** The lines that came since this was asked last. */
  take(): string[] {
    const { lines } = this;
    this.messages.length = 0;
    return lines;
  }
}

function linesOf({ added, notices, canceled, bookmarkZxid }: WatchMessage): string[] {
  return [
    ...added.map(({ watchId, zxid }) => `added ${watchId} after ${zxid}`),
    ...notices.map(lineOf),
    ...canceled.map(({ watchId, refusal }) => `canceled ${watchId} ${refusal?.reason ?? "as asked"}`),
    ...(bookmarkZxid === undefined ? [] : [`bookmark ${bookmarkZxid}`]),
  ];
}

const signs = { nodeCreated: "+", nodeDataChanged: "=", nodeDeleted: "-", nodeChildrenChanged: "~" } as const;

/** Such as "5 +/a -> 1,2": at zxid 5, /a was created, told to the watches 1 and 2. */
function lineOf({ event: { zxid, kind, path }, watchIds }: Notice): string {
  return `${zxid} ${signs[kind]}${path} -> ${watchIds.join(",")}`;
}
