import { ByteReader, ByteWriter } from "../bytes.ts";
import { type Acl, openAcl, parseAcl } from "../core/acl.ts";
import type { NodeRecord } from "../core/node.ts";
import type { RequestMark } from "../core/request.ts";
import type { SessionRecord } from "../core/session.ts";

/**
 * Packs what a state is made of, for the history, for the way from the journal's worker, and for backups.
 *
 * One writer says each access control list once, however many nodes have it: afterwards, which of them it is. 0 is
 * the open one.
 */
export class RecordWriter extends ByteWriter {
  readonly #acls = new Map([[openAcl.text, 0]]);

  override clear(): void {
    super.clear();
    this.#acls.clear();
    this.#acls.set(openAcl.text, 0);
  }

  node(node: NodeRecord): void {
    this.integer(node.czxid);
    this.integer(node.mzxid);
    this.integer(node.pzxid);
    this.double(node.ctimeMs);
    this.double(node.mtimeMs);
    this.signed(node.version);
    this.signed(node.creates);
    this.signed(node.aversion);
    this.integer(node.ephemeralOwner);
    this.signed(node.lifetimeMs);
    this.acl(node.acl);
    this.integer(node.dataLength);
    this.integer(node.numChildren);
  }

  acl({ text }: Acl): void {
    const known = this.#acls.get(text);
    this.integer(known ?? this.#acls.size);
    if (known !== undefined) return;
    this.#acls.set(text, this.#acls.size);
    this.text(text);
  }

  session({ id, secret, timeoutMs, owner }: SessionRecord): void {
    this.integer(id);
    this.text(secret);
    this.integer(timeoutMs);
    this.text(owner);
  }

  /** A remembered request without its place in the order. */
  request({ key, fingerprint, answer }: RequestMark & { readonly answer: string }): void {
    this.text(key);
    this.text(fingerprint);
    this.text(answer);
  }
}

/** Reads what a RecordWriter wrote. @throws RangeError */
export class RecordReader extends ByteReader {
  readonly #acls: Acl[] = [openAcl];

  node(): NodeRecord {
    return {
      czxid: this.integer(),
      mzxid: this.integer(),
      pzxid: this.integer(),
      ctimeMs: this.double(),
      mtimeMs: this.double(),
      version: this.signed(),
      creates: this.signed(),
      aversion: this.signed(),
      ephemeralOwner: this.integer(),
      lifetimeMs: this.signed(),
      acl: this.acl(),
      dataLength: this.integer(),
      numChildren: this.integer(),
    };
  }

  acl(): Acl {
    const number = this.integer();
    if (number === this.#acls.length) this.#acls.push(parseAcl(this.text()));
    const acl = this.#acls[number];
    if (acl === undefined) throw new RangeError(`there is no access control list ${number}`);
    return acl;
  }

  session(): SessionRecord {
    return { id: this.integer(), secret: this.text(), timeoutMs: this.integer(), owner: this.text() };
  }

  request(): RequestMark & { readonly answer: string } {
    return { key: this.text(), fingerprint: this.text(), answer: this.text() };
  }
}
