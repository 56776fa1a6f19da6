// Of scans, and of backups, which are scans of everything.

/** Scans under way at once: each looks at every change. */
export const scansMax = 64;

/** Those of one address, and of one identity: nobody keeps all others out. */
export const scansPerHolderMax = 16;

/** Backups under way at once. They have places of their own, whatever clients scan. */
export const backupsMax = 4;

/** Nodes in one message of a scan: what is read in one go. */
export const scanPageNodesMax = 1_000;

/** A message of a scan ends once its nodes reach this size. */
export const scanPageBytesMax = 262_144;

/** Nodes that a scan keeps as they were because they changed before it came to them. */
export const scanKeptNodesMax = 100_000;

/** Bytes of these. */
export const scanKeptBytesMax = 64 * 1_048_576;

/** The same of all scans together. A backup counts for itself. */
export const scansKeptBytesMax = 256 * 1_048_576;

/** How long the reader of a scan may take for one message. */
export const scanIdleMaxMs = 60_000;

/** A block of a backup ends once its rows reach this size; one row always fits. */
export const backupBlockBytes = 262_144;

/** The largest block of a backup that is read: one row with all that a remembered answer can hold. */
export const backupBlockBytesMax = 64 * 1_048_576;

/** The most bytes of a backup in one message: below the 4 MiB that gRPC clients take. */
export const backupChunkBytesMax = 1_048_576;

/** Sessions, or remembered requests, that a backup packs in one go, before everybody else has a turn. */
export const backupPageRows = 1_000;
