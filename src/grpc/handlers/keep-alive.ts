import { KeepAliveEvent, type KeepAliveRequest } from "../../../gen/ts/corral/v1/session_pb.js";
import type { Caller } from "../../core/operation.ts";
import type { Refusal } from "../../core/refusal.ts";
import { type SessionRecord, tokenOf } from "../../core/session.ts";
import type { Engine } from "../../engine/engine.ts";
import {
  type Attachment,
  type AttachmentListener,
  type SessionEndCause,
  sessionEnded,
} from "../../engine/session-keeper.ts";
import { badArgument, int64 } from "../convert.ts";
import type { HandlerOf } from "./handler.ts";

type Stream = Parameters<HandlerOf<"keepAlive">>[0];

export function keepAlive(engine: Engine): HandlerOf<"keepAlive"> {
  return async (stream, caller) => {
    const first = await stream.requests.next();
    // A stream that is half-closed without a word has asked for nothing.
    if (first.done) return;
    const line = new LifeLine(engine, stream, caller);
    try {
      await line.start(first.value);
      if (first.value.close) return await line.close();
      for await (const request of stream.requests) {
        if (request.close) return await line.close();
        await line.beat(request);
      }
    } finally {
      line.end();
    }
  };
}

/** One KeepAlive stream and the session that it holds. */
class LifeLine implements AttachmentListener {
  readonly peer: string;
  readonly #engine: Engine;
  readonly #stream: Stream;
  readonly #caller: Caller;
  #sessionId = 0;
  #attachment: Attachment | undefined;
  /** The client has asked on this stream for the end of the session. */
  #closing = false;

  constructor(engine: Engine, stream: Stream, caller: Caller) {
    this.peer = stream.peer;
    this.#engine = engine;
    this.#stream = stream;
    this.#caller = caller;
  }

  async start({ sessionToken, timeoutMs, owner }: KeepAliveRequest): Promise<void> {
    if (sessionToken === "") {
      const { session, zxid } = await this.#engine.openSession(timeoutMs, owner, this.#caller);
      await this.#attach(session, 0);
      const opened = { event: KeepAliveEvent.OPENED, sessionToken: tokenOf(session), zxid: int64(zxid) };
      await this.#stream.send({ ...this.#lease(), ...opened });
    } else {
      // Who is gone already takes the session from nobody.
      this.#stream.signal.throwIfAborted();
      const session = this.#engine.authenticate(sessionToken, this.#caller.identities);
      if (owner !== "" && owner !== session.owner) {
        throw badArgument("owner", "a session keeps the owner that it was opened with");
      }
      await this.#attach(session, timeoutMs);
      await this.#stream.send({ ...this.#lease(), event: KeepAliveEvent.ATTACHED, zxid: this.#zxid() });
    }
  }

  async beat({ sessionToken, timeoutMs, owner }: KeepAliveRequest): Promise<void> {
    const attachment = this.#attachment!;
    if (sessionToken !== "" && sessionToken !== tokenOf(attachment.session)) {
      throw badArgument(
        "session_token",
        "only the first message names a session; this stream holds another one",
      );
    }
    if (timeoutMs !== 0) throw badArgument("timeout_ms", "only the first message asks for a timeout");
    if (owner !== "") throw badArgument("owner", "only the first message names an owner");
    attachment.beat();
    await this.#stream.send({
      event: KeepAliveEvent.ALIVE,
      expiresInMs: this.#expiresInMs(),
      zxid: this.#zxid(),
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    const zxid = await this.#engine.closeSession(this.#attachment!.session);
    await this.#stream.send({ event: KeepAliveEvent.CLOSED, zxid: int64(zxid) });
  }

  /** The stream is over; the session goes on. */
  end(): void {
    this.#attachment?.detach();
  }

  moved(): void {
    this.#stream.cut({ ...sessionMoved, facts: { session_id: this.#sessionId } });
  }

  ended(cause: SessionEndCause): void {
    if (!this.#closing) this.#stream.cut(sessionEnded(cause, this.#sessionId));
  }

  ephemeralsLost([path, ...morePaths]: readonly string[], zxid: number): void {
    this.#stream.push({ event: KeepAliveEvent.EPHEMERAL_LOST, path: path!, morePaths, zxid: int64(zxid) });
  }

  async #attach(session: SessionRecord, askedTimeoutMs: number): Promise<void> {
    this.#sessionId = session.id;
    this.#attachment = await this.#engine.attach(session, askedTimeoutMs, this, this.#caller);
  }

  #lease() {
    const { timeoutMs } = this.#attachment!.session;
    return { sessionId: int64(this.#sessionId), timeoutMs, expiresInMs: this.#expiresInMs() };
  }

  #expiresInMs(): number {
    return Math.floor(this.#attachment!.expiresInMs());
  }

  #zxid(): bigint {
    // A heartbeat waits for nothing, so it tells of no change that watches are still being told of.
    return int64(this.#engine.watches.sentZxid);
  }
}

const sessionMoved: Refusal = {
  reason: "SESSION_MOVED",
  message: "another KeepAlive stream holds the session now",
};
