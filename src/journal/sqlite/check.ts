import type Database from "better-sqlite3";
import { brokenInvariants } from "../../core/invariants.ts";
import type { NodeRecord } from "../../core/node.ts";
import { parentOf, validatePath } from "../../core/path.ts";
import { type RememberedRequest, unpackAnswer } from "../../core/request.ts";
import { reservedChildren, reservedNodes } from "../../core/reserved.ts";
import type { SessionRecord } from "../../core/session.ts";
import { Tree } from "../../core/tree.ts";
import { pageFindingsMax } from "../../limits.ts";
import { JournalUnusable } from "../journal.ts";
import { RowWriter, unpackRows } from "../rows.ts";
import { historyFindings } from "./check-history.ts";
import { sqliteCode } from "./connection.ts";
import { type DataFiles, dataFiles, existsAsPlainFile, reasonOf, sizeOf } from "./files.ts";
import { type Found, findingIn, lookInto } from "./inspect.ts";
import { DamagedRow, rowPackers } from "./loader.ts";
import { isLocked, takeLock } from "./lock.ts";
import { readMark } from "./mark.ts";
import { migrations } from "./schema.ts";

/** What a check of a data directory found. */
export interface Checked {
  /** What is wrong, a line each; none if all is well. */
  readonly problems: readonly string[];
  readonly zxid: number;
  readonly nodes: number;
  readonly sessions: number;
  /** Changes that are remembered. */
  readonly transactions: number;
}

/**
 * Looks at everything in the data directory of a server that does not run, and changes nothing.
 * @throws JournalUnusable when a server uses it, or when it holds no database that can be looked at
 */
export function checkDataDirectory(dataDir: string): Checked {
  const files = dataFiles(dataDir);
  if (isLocked(dataDir)) throw new JournalUnusable(`a server uses ${files.dir}: stop it first`);
  if (!existsAsPlainFile(files.database)) throw new JournalUnusable(`there is no database in ${files.dir}`);
  // No server may start meanwhile. Where none ever ran, nothing is made for it.
  const lock = sizeOf(files.lock) === undefined ? undefined : takeLock(files);
  try {
    return lookInto(files, migrations.length, (connection) => {
      const version = connection.pragma("user_version", { simple: true });
      if (version !== migrations.length) {
        const how = "start the server once, which brings it up to date";
        throw new JournalUnusable(`${files.database} is of an older Corral (schema ${version}): ${how}`);
      }
      return check(connection, files);
    });
  } finally {
    lock?.release();
  }
}

function check(connection: Database.Database, files: DataFiles): Checked {
  const nothing = { zxid: 0, nodes: 0, sessions: 0, transactions: 0 };
  const broken = pageFindings(connection);
  // What is on broken pages says nothing.
  if (broken.length > 0)
    return { ...nothing, problems: broken.map((line) => `pages of the database: ${line}`) };
  const found = findingIn(connection);
  if (found === undefined) return { ...nothing, problems: ["the database does not say at which zxid it is"] };
  const state = new StateCheck(found.lastZxid);
  state.read(connection);
  const history = historyFindings(connection, found.lastZxid);
  return {
    problems: [
      ...state.findings(),
      ...looseData(connection),
      ...history.problems,
      ...markFindings(files, found),
    ],
    zxid: found.lastZxid,
    nodes: state.tree.nodeCount,
    sessions: state.tree.sessionCount,
    transactions: history.transactions,
  };
}

/** What SQLite itself finds. */
function pageFindings(connection: Database.Database): string[] {
  try {
    const rows = connection.pragma(`integrity_check(${pageFindingsMax})`) as { integrity_check: string }[];
    return rows.map((row) => row.integrity_check.replaceAll("\n", " ")).filter((line) => line !== "ok");
  } catch (error) {
    // Some damage keeps it from looking further.
    if (!sqliteCode(error)?.startsWith("SQLITE_CORRUPT")) throw error;
    return [reasonOf(error)];
  }
}

/** The state as a server would load it, but going on after what is wrong. */
class StateCheck {
  readonly tree = new Tree();
  readonly #lastZxid: number;
  readonly #problems: string[] = [];

  constructor(lastZxid: number) {
    this.#lastZxid = lastZxid;
    this.tree.zxid = lastZxid;
  }

  read(connection: Database.Database): void {
    const writer = new RowWriter(4_096);
    const sink = {
      node: (path: string, record: NodeRecord, data: Uint8Array) => this.#node(path, record, data),
      session: (session: SessionRecord) => this.#session(session),
      request: (request: RememberedRequest) => this.#request(request),
    };
    this.#noting(() => {
      for (const pack of rowPackers(connection, this.#lastZxid)) {
        writer.clear();
        this.#noting(() => {
          pack(writer);
          unpackRows(writer.view(), sink);
        });
      }
    });
  }

  findings(): string[] {
    const missing = reservedNodes.filter(({ path }) => this.tree.node(path) === undefined);
    const problems = [...this.#problems, ...missing.map(({ path }) => `${path} is missing`)];
    if (this.tree.node("/") === undefined) return problems;
    return [...problems, ...brokenInvariants(this.tree), ...this.#uncounted()];
  }

  /** A node that has more children than it has ever counted: sequence numbers come from that. */
  #uncounted(): string[] {
    const { tree } = this;
    return [...tree.paths()].flatMap((path) => {
      const { numChildren, creates } = tree.node(path)!;
      const counted = numChildren - (reservedChildren.get(path) ?? 0);
      return counted <= creates ? [] : [`${path} has ${counted} children, and counts ${creates} creations`];
    });
  }

  #node(path: string, record: NodeRecord, data: Uint8Array): void {
    const badPath = validatePath(path);
    if (badPath !== undefined) throw new DamagedRow(badPath.message);
    const parent = path === "/" ? undefined : this.tree.node(parentOf(path));
    if (path !== "/" && parent === undefined) throw new DamagedRow(`${path} has no parent`);
    if (parent !== undefined && parent.pzxid < record.czxid) {
      this.#problems.push(`${path} was created at zxid ${record.czxid}, of which its parent does not know`);
    }
    this.tree.loadNode(path, record, data);
  }

  #session(session: SessionRecord): void {
    if (session.id > this.#lastZxid)
      throw new DamagedRow(`session ${session.id} was opened after the last zxid`);
    this.tree.putSession(session);
  }

  #request({ zxid, answer }: RememberedRequest): void {
    if (zxid > this.#lastZxid)
      throw new DamagedRow(`the request of zxid ${zxid} was made after the last zxid`);
    try {
      unpackAnswer(answer);
    } catch {
      throw new DamagedRow(`the answer to the request of zxid ${zxid} cannot be read`);
    }
  }

  /** What is wrong with a row is noted. */
  #noting(look: () => void): void {
    try {
      look();
    } catch (error) {
      if (!(error instanceof DamagedRow || error instanceof RangeError)) throw error;
      this.#problems.push(error.message);
    }
  }
}

/** Data that were put aside for a node that has none there. */
function looseData(connection: Database.Database): string[] {
  const select = `
    SELECT path FROM large_data
    WHERE NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.path = large_data.path AND nodes.data IS NULL)`;
  const paths = connection.prepare<[], string>(select).pluck().all();
  return paths.map((path) => `there are data put aside for ${path}, which has none there`);
}

function markFindings(files: DataFiles, { databaseId, lastZxid }: Found): string[] {
  const mark = readMark(files.mark);
  if (mark === undefined) return [`${files.mark} is missing: nobody knows whether acknowledged writes are`];
  if (mark === "unreadable") return [`${files.mark} cannot be read`];
  if (mark.databaseId !== databaseId)
    return [`${files.mark} speaks of database ${mark.databaseId}, and this one is ${databaseId}`];
  if (mark.zxid > lastZxid)
    return [
      `the database ends at zxid ${lastZxid}, but zxid ${mark.zxid} was acknowledged: the last writes are missing`,
    ];
  if (mark.clean && mark.zxid < lastZxid)
    return [
      `${files.mark} says that the server stopped at zxid ${mark.zxid}, and the database is at ${lastZxid}`,
    ];
  return [];
}
