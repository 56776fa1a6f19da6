import { expect } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import type { Scan } from "../../src/engine/scans.ts";
import type { Attachment } from "../../src/engine/session-keeper.ts";

/** Sessions that somebody holds, operators end and clients close; and a scan that is read while writes go on. */
export class HeldSessions {
  engine!: Engine;
  readonly sessions: number[] = [];
  /** What holders were told that is not so: an engine that they fail may go on. */
  readonly lies: string[] = [];
  #attachments: Attachment[] = [];
  /** Those that an operator is about to end. */
  #ousting = new Set<number>();
  #scan: { readonly scan: Scan; readonly shows: readonly string[] } | undefined;

  /** The server died: nobody holds anything. */
  forgetHolds(): void {
    this.#attachments = [];
    this.#ousting = new Set();
    this.#scan = undefined;
  }

  attach(which: number, timeoutMs: number): void {
    const { engine } = this;
    const ousting = this.#ousting;
    const session = engine.tree.session(this.sessions[which] ?? 0);
    if (session === undefined) return;
    const listener = {
      moved: () => {},
      ended: (cause: string) => {
        // Who is told can see it, and is told why.
        if (engine.tree.session(session.id) !== undefined) this.lies.push(`${session.id} has ended`);
        if (cause === "ousted" && !ousting.has(session.id)) this.lies.push(`${session.id} was ousted`);
      },
      ephemeralsLost: (paths: readonly string[], zxid: number) => {
        if (paths.length === 0 || engine.tree.zxid < zxid) this.lies.push(`${paths.join(", ")} lost`);
      },
    };
    engine.attach(session, timeoutMs, listener).then(
      (attachment) => {
        if (engine === this.engine) this.#attachments.push(attachment);
      },
      () => {},
    );
  }

  beat(which: number): void {
    this.#attachments.at(-1 - which)?.beat();
  }

  detach(which: number): void {
    this.#attachments.at(-1 - which)?.detach();
  }

  close(which: number): void {
    const session = this.engine.tree.session(this.sessions[which] ?? 0);
    if (session !== undefined) this.engine.closeSession(session).catch(() => {});
  }

  oust(which: number): void {
    const id = this.sessions[which] ?? 0;
    const ousting = this.#ousting;
    if (ousting.has(id)) return;
    ousting.add(id);
    const done = () => void ousting.delete(id);
    this.engine.expireSession(id, {}).then(done, done);
  }

  startScan(path: string): void {
    this.#scan?.scan.close();
    this.#scan = undefined;
    const { tree, scans } = this.engine;
    if (tree.node(path) === undefined) return;
    const below = path === "/" ? "/" : `${path}/`;
    const shows = [...tree.paths()].filter((one) => one === path || one.startsWith(below)).sort();
    const scan = scans.open(path, { withData: true, identities: [] }, () => {
      this.#scan = undefined;
    });
    this.#scan = { scan, shows };
  }

  /** Whatever was written since, a scan shows the moment at which it began. */
  readScan(): void {
    if (this.#scan === undefined) return;
    const { scan, shows } = this.#scan;
    const shown: string[] = [];
    for (let page = scan.next(); page !== undefined; page = scan.next())
      shown.push(...page.map(({ path }) => path));
    expect(shown.sort()).toEqual(shows);
    scan.close();
    this.#scan = undefined;
  }
}
