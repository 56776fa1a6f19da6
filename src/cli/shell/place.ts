import { posix } from "node:path";

/** Where in the tree somebody is, as in a file system. */
export class Place {
  #path = "/";
  #before = "/";

  get path(): string {
    return this.#path;
  }

  /** A path as seen from here, with "." and ".." in it. */
  absolute(path: string): string {
    return posix.resolve(this.#path, path);
  }

  /** "-" is where one was before. */
  target(word: string | undefined): string {
    return word === undefined ? "/" : word === "-" ? this.#before : this.absolute(word);
  }

  go(path: string): void {
    this.#before = this.#path;
    this.#path = path;
  }
}
