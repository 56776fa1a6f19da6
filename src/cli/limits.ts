/** Every bound of the command. */

/** Lines of the shell that are kept from one to the next. */
export const historyLinesMax = 1_000;

/** Bytes of one line of a file of lines: more than any node's in an export, whose data JSON may make six times longer. */
export const lineBytesMax = 64 * 1_048_576;

/** Names of nodes that completion offers. */
export const completionNamesMax = 1_000;

/** The longest TTL that a server takes, in milliseconds: the same as in its own limits, which no verb has to load. */
export const ttlMsMax = 2 ** 40 - 1;

/** How long completion waits for the server before it has nothing to offer, in milliseconds. */
export const completionTimeoutMs = 1_000;

/** How long to look why an endpoint cannot be reached, in milliseconds. */
export const causeTimeoutMs = 1_000;

/** Nodes that deleteall deletes in one change when it works in parts: operations of one transaction. */
export const batchMax = 1_000;

/** By how much a restore raises the zxid: more changes than were lost, so that no client is ahead of the server. */
export const restoreRaiseZxidDefault = 1_000_000_000;

/** How long after the first signal to stop others count as the same request, in milliseconds: npm may be slow to pass its own on. */
export const signalEchoMs = 2_000;

/** How often a wait for a server to be empty looks how many sessions are left, in milliseconds. */
export const drainPollMs = 250;

/** How old what was read of a token's file may be, in milliseconds. */
export const tokenFileReadMs = 1_000;

/** Characters of a secret that is typed. */
export const secretCharsMax = 1_000;
