/**
 * The file of a backup, in the order of its bytes. Numbers of fixed length have their lowest byte first; "packed" are
 * varints, doubles, texts and blobs as bytes.ts has them, and records as records.ts and rows.ts have them.
 *
 *   "corral-backup 1\n"    what the file is, and the version of its format
 *   block of the head      packed: zxid, wall time, nodes, sessions, requests, and the texts of the id of the database
 *                          and the version of the server
 *   blocks of rows         the whole state as of that zxid: the sessions, the nodes with parents before their children,
 *                          the remembered requests. Every block can be read alone
 *   block of the end       packed: nodes, sessions, requests; then the SHA-256 of every byte before this block
 *
 * A block is 13 bytes and its content:
 *
 *   1  its kind: "H", "R" or "E"
 *   4  the length of the content
 *   4  the CRC-32 of the content
 *   4  the CRC-32 of the nine bytes before
 *
 * The checksums of the blocks tell where a file is damaged, before anybody believes what is there; the one at the
 * end also tells of blocks that are missing, moved or there twice. After it comes nothing.
 */
export const formatVersion = 1;

export const magicWord = "corral-backup ";

export const magic = Buffer.from(`${magicWord}${formatVersion}\n`, "latin1");

export const blockKinds = { head: 0x48, rows: 0x52, end: 0x45 } as const;

export type BlockKind = keyof typeof blockKinds;

export const blockHeadBytes = 13;

export const hashBytes = 32;

/** How many of each there are. */
export interface BackupCounts {
  readonly nodes: number;
  readonly sessions: number;
  readonly requests: number;
}

/** What a backup says of itself. */
export interface BackupHead extends BackupCounts {
  /** The state is that just after this change. */
  readonly zxid: number;
  /** When the backup began, by the wall clock of the server. */
  readonly timeMs: number;
  /** Which database it is a backup of: 16 hexadecimal digits. */
  readonly databaseId: string;
  readonly serverVersion: string;
}
