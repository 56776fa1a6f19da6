import { CorralError } from "./errors.ts";

/**
 * A folder of the tree that a client takes for the whole of it, so that several applications, or tests, can share
 * one server. ZooKeeper's chroot. Paths are put under it on their way out, and it is cut off on their way in.
 */
export class Namespace {
  readonly #root: string;

  /** @param root an absolute path; "/", the default, for the whole tree. */
  constructor(root = "/") {
    if (!root.startsWith("/") || (root !== "/" && root.endsWith("/"))) {
      throw new CorralError("BAD_ARGUMENTS", `the namespace must be an absolute path: ${root}`, {
        code: "INVALID_ARGUMENT",
        field: "namespace",
      });
    }
    this.#root = root === "/" ? "" : root;
  }

  /** The path as the server knows it. A relative one is left as it is: the server says what is wrong with it. */
  toServer(path: string): string {
    if (this.#root === "" || !path.startsWith("/")) return path;
    return path === "/" ? this.#root : this.#root + path;
  }

  /** The path as the caller knows it. */
  fromServer(path: string): string {
    if (this.#root === "") return path;
    if (path === this.#root) return "/";
    return path.startsWith(`${this.#root}/`) ? path.slice(this.#root.length) : path;
  }

  /** The same of anything that was caught. */
  errorToCaller(error: unknown): unknown {
    return error instanceof CorralError ? this.errorFromServer(error) : error;
  }

  /** An error whose path is the caller's. Its message keeps the server's. */
  errorFromServer(error: CorralError): CorralError {
    if (this.#root === "" || error.path === undefined) return error;
    const facts = { ...error.facts, path: this.fromServer(error.path) };
    return new CorralError(error.reason, error.message, { ...error, facts }, error.outcomeUnknown);
  }
}
