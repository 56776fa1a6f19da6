/** The bounds of watches and of their streams: a part of `limits.ts`, which is what others import. */

/** Watches of all streams. A million takes about a quarter of a gigabyte. */
export const watchesMax = 4_000_000;

/** Watches of one stream: an event that fires them all names each of them, in one message. */
export const watchesPerStreamMax = 100_000;

/** How often one zxid may tell the watches of one stream, each watch counted for each event: the product has a bound. */
export const watchIdsPerZxidMax = 1_000_000;

/** Firings of watches, and entries of access lists that they have looked at, in one go. */
export const firedSliceMax = 5_000;

/** What the paths of the watches of one stream take in memory. */
export const watchPathBytesPerStreamMax = 64 * 1_048_576;

/** The same of all streams. */
export const watchPathBytesMax = 1_024 * 1_048_576;

/** Watches that one message adds and cancels: they are looked at in one go. */
export const watchesPerRequestMax = 1_000;

/**
 * Events, and answers to adds and cancels, that wait for the reader of one watch stream. A transaction that has begun
 * goes on beyond it: that is bounded by its changes and by how often one zxid may tell the watches of a stream.
 */
export const outboxEventsMax = 20_000;

/** Bytes of them, as they will be on the wire. What streams share is counted for each. */
export const outboxBytesMax = 16 * 1_048_576;

/** Events go out in messages of about this size; those of one zxid stay together as long as one message takes them. */
export const watchMessageBytes = 262_144;

/** The most bytes of a message: below the 4 MiB that gRPC clients take. A zxid with more is told in several. */
export const watchMessageBytesMax = 3.75 * 1_048_576;

/** The most events of a message, which is encoded in one go. Those of a transaction fit one. */
export const watchMessageEventsMax = 20_000;

/** Readings of the history that go on side by side, each for all watches that came while the others were busy. */
export const replaysMax = 4;

/** Transactions of the past that watches are told of in one go, before everybody else has a turn. */
export const replaySliceTransactions = 200;

/** Events of the past that watches are told in one go: very many may be told of the same transactions. */
export const replaySliceEvents = 5_000;

/** Watches that go live in one go. */
export const replaySliceWatches = 2_000;

/** Watches of an ended stream that are taken out in one go. */
export const watchDropSlice = 5_000;
