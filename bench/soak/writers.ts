import { type Client, connect, isCorralError } from "../../src/client/index.ts";

/** Nodes that are written to: the tree holds about so many, whatever happens. */
const slots = 5_000;

const dataBytes = 100;

/** Longer than any disk should take: a write that is late is late, and no failure. */
const timeoutMs = 60_000;

/** How often a batch of writes is begun, in milliseconds. */
const beatMs = 20;

/** Sessions with an ephemeral node and a watch come and go: one a second, each for so long. */
const visitMs = 3_000;

/**
 * Writes at a steady rate through one client, whatever the answers take: nodes come, are set three times, and go. What
 * was acknowledged is remembered, and compared with what is there in the end.
 */
export class Writers {
  acknowledged = 0;
  failed = 0;
  visits = 0;
  readonly #endpoint: string;
  readonly #client: Client;
  readonly #perSecond: number;
  /** What each slot holds, by what was acknowledged; one write of a slot is under way at a time. */
  readonly #known: (string | undefined)[] = new Array(slots).fill(undefined);
  readonly #busy = new Set<number>();
  readonly #visiting = new Set<Promise<void>>();
  #begun = 0;
  #timers: NodeJS.Timeout[] = [];

  static async start(endpoint: string, perSecond: number): Promise<Writers> {
    const client = await connect({ endpoints: endpoint });
    await client.create("/soak");
    await client.create("/visits");
    return new Writers(endpoint, client, perSecond);
  }

  private constructor(endpoint: string, client: Client, perSecond: number) {
    this.#endpoint = endpoint;
    this.#client = client;
    this.#perSecond = perSecond;
    const startedMs = performance.now();
    const beat = () => {
      const due = ((performance.now() - startedMs) / 1_000) * this.#perSecond;
      while (this.#begun < due) void this.#write(this.#begun++ % slots);
    };
    this.#timers = [setInterval(beat, beatMs), setInterval(() => this.#visit(), 1_000)];
  }

  /** Stops writing, waits for what is under way, and compares the tree with what was acknowledged. */
  async finish(): Promise<{ readonly wrong: number; readonly nodes: number }> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#visiting);
    while (this.#busy.size > 0) await new Promise((resolve) => setTimeout(resolve, beatMs));
    const found = new Map<string, string>();
    for await (const { path, data } of this.#client.scan("/soak", { withData: true, timeoutMs }))
      found.set(path, Buffer.from(data ?? []).toString());
    found.delete("/soak");
    const wrong = this.#known.filter((known, slot) => found.get(`/soak/${slot}`) !== known).length;
    await this.#client.close();
    return { wrong, nodes: found.size };
  }

  async #write(slot: number): Promise<void> {
    // A slot whose write is still under way is left out: the rate falls, and nothing piles up.
    if (this.#busy.has(slot)) return;
    this.#busy.add(slot);
    const before = this.#known[slot];
    const leaves = before !== undefined && Math.floor(this.#begun / slots) % 5 === 4;
    const content = leaves ? undefined : `${this.#begun}`.padEnd(dataBytes, ".");
    try {
      await this.#change(`/soak/${slot}`, before, content);
      this.#known[slot] = content;
      this.acknowledged++;
    } catch (error) {
      if (!isCorralError(error)) throw error;
      this.failed++;
      // Nobody may know whether it was done: what is there counts from now on.
      this.#known[slot] = await this.#read(`/soak/${slot}`);
    } finally {
      this.#busy.delete(slot);
    }
  }

  async #read(path: string): Promise<string | undefined> {
    try {
      return (await this.#client.get(path, { timeoutMs })).text;
    } catch (error) {
      if (isCorralError(error, "NO_NODE")) return undefined;
      throw error;
    }
  }

  async #change(path: string, before: string | undefined, after: string | undefined): Promise<void> {
    if (after === undefined) await this.#client.delete(path, { timeoutMs });
    else if (before === undefined) await this.#client.create(path, after, { timeoutMs });
    else await this.#client.set(path, after, { timeoutMs });
  }

  #visit(): void {
    const visit = (async () => {
      await using client = await connect({ endpoints: this.#endpoint });
      await using watch = client.watch("/visits", { kind: "persistent" });
      await watch.ready;
      await client.create("/visits/v-", "", { mode: "ephemeralSequential" });
      await new Promise((resolve) => setTimeout(resolve, visitMs));
      this.visits++;
    })();
    this.#visiting.add(visit);
    visit.catch(() => this.failed++).finally(() => this.#visiting.delete(visit));
  }
}
