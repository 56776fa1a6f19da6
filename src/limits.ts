/** Every bound of the system, under one name each. What a user may change is in the configuration instead. */
export * from "./limits/memory.ts";

export * from "./limits/scans.ts";

export * from "./limits/watches.ts";

/** The most data a node can hold: ZooKeeper's documented 1 MiB, here for the data alone. */
export const dataBytesMax = 1_048_576;

/** The longest access control list, in bytes: some hundred entries. */
export const aclBytesMax = 8_192;

/** The longest path. Deep enough for 2,000 levels, short enough to stay a key. */
export const pathBytesMax = 16_384;

/** The largest message the server reads: a node's data, its path and room to spare. */
export const messageBytesMax = 4 * 1_048_576;

/** Fields of one message at all its levels, repeated ones each: decoding costs depend on them more than on bytes. */
export const messagePartsMax = 50_000;

/** Levels of messages, and of groups, in one message. Those of the contract have five at most. */
export const messageDepthMax = 32;

/** Children on one page of a List when the caller does not say. */
export const listPageSizeDefault = 1_000;

/** Children on one page of a List with their Stats: each has to be looked up, and encoded. */
export const listPageStatsMax = 4_000;

/** The most children on one page of a List. */
export const listPageSizeMax = 10_000;

/** A List page ends early once its names reach this size, so that no answer grows past a message. */
export const listPageBytesMax = 1_048_576;

/** A page of a List with Stats, or of a scan, ends early once it has looked at this many entries of access lists. */
export const pageAclEntriesMax = 20_000;

/** Sessions open at once: each costs a row, a heartbeat and a place in the expiry wheel. */
export const sessionsMax = 200_000;

/** The name under which a client opens its sessions. */
export const sessionOwnerBytesMax = 256;

/** Ephemeral nodes of one session: they go under one zxid, in one step that nothing interrupts. */
export const ephemeralsPerSessionMax = 8_192;

/** Bytes of their paths: what the change, its row of history and its events take grows with them. */
export const ephemeralPathBytesPerSessionMax = 1_048_576;

/**
 * Data and previous data that the events of one transaction carry together. They travel in one message, which has
 * to stay below the 4 MiB that gRPC clients take; the events beyond it are told without data.
 */
export const eventDataBytesMax = 3 * 1_048_576;

/** The same with all else that they carry: a transaction of many events has less room for data. */
export const eventBytesMax = 3.75 * 1_048_576;

/** Conditions and operations of one transaction, unless the configuration says otherwise. */
export const transactionOperationsMaxDefault = 1_000;

/** Changes under one zxid: they are decided, and made visible, in one step that nothing interrupts. */
export const transactionChangesMax = 10_000;

/** Bytes of data in these changes. */
export const transactionDataBytesMax = 4 * 1_048_576;

/**
 * Bytes of paths in these changes. A deep subtree repeats its own in each of them, and the events of all of them
 * travel in one message, a path twice: once for the node, once for its parent.
 */
export const transactionPathBytesMax = 1_048_576;

/** Bytes of data and names that one transaction answers: its answer has to stay below the 4 MiB that clients take. */
export const transactionAnswerBytesMax = 3 * 1_048_576;

/** Names in a row that a sequential create looks at before it looks further away. */
export const sequenceTriesMax = 32;

/** The longest TTL of a node, in milliseconds: ZooKeeper's, 34 years. */
export const ttlMsMax = 2 ** 40 - 1;

/** How far the wall clock and the monotonic one may drift apart before the difference is a jump. */
export const clockToleranceMs = 1_000;

/** Jumps of the wall clock that are known. Of more, the two oldest count as one. */
export const clockJumpsMax = 64;

/** What of the time that a server was down counts in ages, at most: it cannot be told from a jump of the clock. */
export const downtimeCountedMsMax = 1_800_000;

/** How often a server that writes nothing notes that it is there. */
export const clockSeenIntervalMs = 600_000;

/** Nodes whose time is over that are reaped in one go, before everybody else has a turn. */
export const reapSliceNodes = 200;

/** Requests with an id that are remembered, so that a retry is answered and not done again. */
export const rememberedRequestsMax = 100_000;

/** Characters of their ids and answers. */
export const rememberedRequestsBytesMax = 32 * 1_048_576;

/** Those that one more makes the server forget: room for an answer of many changes is made by several. */
export const forgottenPerRequestMax = 100;

/** Bytes of what a transaction read that are remembered with its answer. */
export const rememberedReadBytesMax = 8_192;

/** For how long they are remembered: time that passed, however the wall clock is set. */
export const rememberedRequestAgeMaxMs = 3_600_000;

/** The longest id of a request. */
export const requestIdCharsMax = 128;

/** The shortest id of a request without a session: whoever guesses it gets its answer. */
export const sessionlessRequestIdCharsMin = 16;

/** Rows that a restore writes in one transaction. */
export const restoreBatchRows = 50_000;

/** Findings of SQLite's own check that `corral fsck` prints. */
export const pageFindingsMax = 100;

/** The bytes of a quota's limits. Four numbers with their names are about a hundred. */
export const quotaLimitsBytesMax = 1_024;

/** Bytes of a node's access control list that no quota counts: what lists in use have, so that usage is ZooKeeper's. */
export const quotaFreeAclBytes = 256;

/** How many levels below the root a quota may lie: a write looks for one at each level of its path. */
export const quotaDepthMax = 64;

/** New quotas of one transaction: the usage of each starts with a look at all writes that wait for the disk. */
export const quotasPerTransactionMax = 20;

/** How long nothing is said of a limit that operators were just warned of. */
export const quotaWarningIntervalMs = 60_000;

/** Limits that operators are warned of within that time. */
export const quotaWarningsMax = 100;

/** Writes that may wait for the disk; beyond it the server answers OVERLOADED rather than queue. */
export const pendingWritesMax = 100_000;

/** Bytes of data and paths that may wait for the disk. */
export const pendingBytesMax = 256 * 1_048_576;

/** Changes in one SQLite transaction: bounds the time of a commit, and of the work after it, under load. */
export const batchChangesMax = 500;

/** Bytes in one SQLite transaction. */
export const batchBytesMax = 16 * 1_048_576;

/** Packed history that one read takes from the disk, at least one batch: it delays the commits behind it. */
export const historyPageBytesMax = 262_144;

/** Packed history that is kept in memory, for watches that resume from a moment ago. */
export const recentHistoryBytesMax = 8 * 1_048_576;

/** Batches of the history that one commit prunes at most: more than it adds, few enough to cost little. */
export const prunedBatchesMax = 4;

/** Zxids and session ids are JavaScript numbers, exact up to here: at a million writes a second, 285 years. */
export const zxidMax = Number.MAX_SAFE_INTEGER;

/** The longest that one of Node's timers can run: 24.8 days, the largest signed 32-bit number. */
export const timerMsMax = 2 ** 31 - 1;

/** Answers of one turn of the event loop, on all connections: what is asked for beyond it waits for the next turn. */
export const turnAnswerBytesMax = 1_048_576;

/** How long the one message of a call may take to be complete. */
export const messageTimeoutMs = 60_000;

/** Bytes of messages of one connection that are not complete, or wait for their handlers. */
export const heldMessageBytesPerConnectionMax = 64 * 1_048_576;

/** The same of all connections. */
export const heldMessageBytesMax = 256 * 1_048_576;

/** How long a new connection may take to say that it speaks HTTP/2. */
export const prefaceTimeoutMs = 5_000;

/** How often the files of keys and certificates are read again: how long a new one may go unnoticed. */
export const keyFilesIntervalMs = 5_000;

/** The longest `authorization` that is looked at. Tokens are some hundred characters. */
export const authorizationCharsMax = 8_192;

/** Tokens whose check is remembered: it takes a tenth of a millisecond. */
export const tokensKept = 10_000;

/** How far the clocks of a token's issuer and of this server may be apart. */
export const tokenClockSkewMs = 30_000;

/** Wrong credentials in a row that a network is forgiven: an IPv4 address, or an IPv6 /64. */
export const authFailuresFree = 10;

/** How long a network has to wait after one more; each further one doubles it. */
export const authBackoffMs = 100;

/** The longest that a network has to wait. */
export const authBackoffMaxMs = 10_000;

/** Networks whose failures, and whose new users, are remembered. */
export const authFailuresKept = 10_000;

/** Users with passwords that one network may show at once, which nobody has shown before. */
export const newUsersFree = 1_000;

/** How often, after that, it may show one more: each may be a guess of somebody's password. */
export const newUserIntervalMs = 500;

/** Users that are remembered as seen before. */
export const usersKept = 50_000;

/** Bytes of the audit log that may wait while its disk is full; beyond it lines are dropped, and the log says so. */
export const auditWaitingBytesMax = 1_048_576;

/** How often the journal looks after its disk. */
export const careIntervalMs = 1_000;

/** How soon it goes on when it left something undone: commits come in between. */
export const careAgainMs = 50;

/** By how much the zxids are raised when a loss of acknowledged writes was accepted, as by a restore: above all lost ones. */
export const lossRaisesZxidBy = 1_000_000_000;

/** Disk space kept back for a full disk: as much as the WAL holds when it is due, so that it can always be folded. */
export const diskReserveBytes = 16 * 1_048_576;

/** What of it is kept for a start on a full disk, for which SQLite needs 32 KiB. */
export const diskReserveForStartBytes = 65_536;

/** Free pages of the database that are given back to the file system in one step. */
export const vacuumedPagesMax = 512;

/** Free pages that the database keeps in any case: 4 MiB. */
export const keptFreePagesMin = 1_024;

/** How often the server looks how near it is to its limits. */
export const headroomIntervalMs = 5_000;

/** Bytes of the log of a server in the background, before it begins anew; the one from before is kept beside it. */
export const logFileBytesMax = 10 * 1_048_576;

/** How often one kind of warning that strangers can cause is written to the log. */
export const warningIntervalMs = 1_000;

/** How often the server looks for streams and connections that have outlived their credentials, or their age. */
export const lifetimesIntervalMs = 1_000;

/** How long a connection that was asked to go may take to finish its calls. */
export const connectionGoodbyeMs = 10_000;

/** Connections open at once on the port for health checks alone. One more ends the oldest. */
export const healthConnectionsMax = 100;

/** Connections open at once on the port for operations. One more ends the one that has been silent for longest. */
export const opsConnectionsMax = 64;

/** The longest request line and headers that this port reads. It reads no bodies. */
export const opsRequestBytesMax = 8_192;

/** How long a request to it may take to arrive. */
export const opsRequestTimeoutMs = 10_000;

/** How long a connection to it, or to the health port, may be idle: longer than scrapers wait between scrapes. */
export const opsIdleMaxMs = 75_000;

/** How often the event loop is looked at, to measure how late it is. */
export const loopDelayResolutionMs = 20;

/** For how long its delays are kept together. */
export const loopDelayWindowMs = 30_000;

/** Connections that are told at the same time that they are too many; beyond it they are dropped in silence. */
export const refusedConnectionsMax = 64;

/** How long a refused connection may take to read why. */
export const refusalLingerMs = 1_000;

/** Messages that may wait for a client which does not read its stream. */
export const unreadMessagesMax = 1_000;

/** The longest part of a text that an error quotes: all of an error has to fit the 8 KiB that gRPC clients take. */
export const errorTextCharsMax = 300;

/** Watchers of a path in one answer when the caller does not say. */
export const watchersListedDefault = 1_000;

/** The most watchers in one answer. */
export const watchersListedMax = 10_000;

/** Sessions, or ephemeral nodes of one, in one answer when the caller does not say. */
export const sessionsListedDefault = 1_000;

/** The most of them in one answer. */
export const sessionsListedMax = 10_000;

/** Such an answer ends early once it reaches this size. */
export const sessionsListedBytesMax = 1_048_576;

/** Watch streams that are sent to in one go; nobody is answered before all have been. */
export const flushSliceStreams = 500;

/** Bytes that are sent to them in one go. */
export const flushSliceBytes = 1_048_576;

/** Operations of one Pipeline whose answers are not sent yet; the client is not read from while there are more. */
export const pipelineInFlightMax = 10_000;

/** Operations of one Pipeline that are begun in one go, before everybody else has a turn: those of one commit. */
export const pipelineSliceOperations = 1_000;

/** Bytes of answers after which everybody else has a turn: one page of children with Stat is more. */
export const pipelineSliceBytes = 262_144;

/** Bytes of answers that wait for the reader of one Pipeline. */
export const pipelineAnswerBytesMax = 8 * 1_048_576;

/** Answers go out in messages of about this size. */
export const pipelineMessageBytes = 65_536;
