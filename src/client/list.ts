import type { ListResponse } from "../../gen/ts/corral/v1/node_pb.js";
import { childOf, type Stat, statFromProto } from "./node.ts";

/** A child, as it is listed. */
export interface Child {
  readonly name: string;
  readonly path: string;
  /** Its Stat, if it was asked for. */
  readonly stat: Stat | undefined;
}

/** Answers the page that a token stands for; the first one for "". */
export type PageReader = (pageToken: string) => Promise<ListResponse>;

/**
 * The children of a node by name, read a page at a time as they are iterated. Each page is of its own moment: a
 * child that is there all the while is listed once.
 */
export class Listing implements AsyncIterableIterator<Child, undefined> {
  readonly #path: string;
  readonly #readPage: PageReader;
  readonly #children: AsyncGenerator<Child, undefined>;
  #first: ListResponse | undefined;

  /** @internal use `client.list`. */
  constructor(path: string, readPage: PageReader) {
    this.#path = path;
    this.#readPage = readPage;
    this.#children = this.#read();
  }

  /** The zxid of the first page: a watch after it misses nothing. Undefined before the first child was asked for. */
  get zxid(): number | undefined {
    return this.#first && Number(this.#first.zxid);
  }

  /** The Stat of the node itself, as of the first page. */
  get stat(): Stat | undefined {
    return this.#first?.stat && statFromProto(this.#first.stat);
  }

  next(): Promise<IteratorResult<Child, undefined>> {
    return this.#children.next();
  }

  return(): Promise<IteratorResult<Child, undefined>> {
    return this.#children.return(undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async *#read(): AsyncGenerator<Child, undefined> {
    let pageToken = "";
    do {
      const page = await this.#readPage(pageToken);
      this.#first ??= page;
      for (const { name, stat } of page.children)
        yield { name, path: childOf(this.#path, name), stat: stat && statFromProto(stat) };
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return undefined;
  }
}
