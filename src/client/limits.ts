/** Every bound of the client, and the defaults of its options. */

/** How long a call may take, everything included, in milliseconds. */
export const callTimeoutMsDefault = 10_000;

/** How long an endpoint may take to accept a connection, or to answer the first message on it, in milliseconds. */
export const connectTimeoutMs = 2_000;

/**
 * How long a write that was sent may be sent again, in milliseconds: well within the hour for which the server
 * remembers that it has done it.
 */
export const repetitionMsMax = 600_000;

/** Calls on their way at the same time. The rest wait in the client. */
export const callsInFlightMax = 1_024;

/** Those among them that are calls of their own: each is a stream of its connection, which proxies allow some of. */
export const unaryCallsMax = 256;

/** With this many calls on their way, further ones share a stream. */
export const pipelineFromDefault = 16;

/** The largest request that does, in bytes: a larger one gains nothing, and would hold up the others. */
export const pipelinedBytesMax = 65_536;

/** A message with such operations ends once their requests reach this size, in bytes. */
export const pipelineMessageBytes = 65_536;

/** Operations in one such message. */
export const pipelineMessageOperationsMax = 1_000;

/** A pipeline that has nothing to do for so long is ended, in milliseconds. */
export const pipelineIdleMs = 1_000;

/** One that is older takes no more operations, in milliseconds: the next acts as who this client is by then. */
export const pipelineAgeMsMax = 60_000;

/** The first wait before something is tried again, in milliseconds; it doubles each time. */
export const backoffMsMin = 25;

/** The longest such wait, in milliseconds. */
export const backoffMsMax = 1_000;

/** How long the goodbye of a session may take when a client is closed, in milliseconds. */
export const goodbyeTimeoutMs = 2_000;

/** Sessions that were lost and whose nodes this client still wants gone. More are left to the server's timeout. */
export const lostSessionsMax = 16;

/** Events that wait for the reader of one watch. At this many it is taken off the stream, until the reader is back. */
export const watchQueueEventsMax = 1_000;

/** Bytes of data that wait for the reader of one watch, likewise. */
export const watchQueueBytesMax = 4 * 1_048_576;

/** Watches that one message adds and cancels: what the server takes. */
export const watchesPerMessageMax = 1_000;

/** A watch stream is broken when it is silent for this many times what the server promised. */
export const bookmarksMissedMax = 3;

/** How often HTTP/2 pings a connection with calls on it, in milliseconds. */
export const pingIntervalMs = 3_000;

/**
 * How long the answer to such a ping may take, in milliseconds. Both together are less than the time of a call, so
 * that a read on a half-open connection is made again in time.
 */
export const pingTimeoutMs = 6_000;

/** Nodes that are read at the same time to show the children of one. */
export const readsAtOnceMax = 64;

/** The longest that one of Node's timers can run: 24.8 days, the largest signed 32-bit number. */
export const timerMsMax = 2 ** 31 - 1;
