/** A port cannot be had; the message says why in one line. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** What a user is told when a server cannot listen, with a hint where another server may be in the way. */
export function listenError(
  error: NodeJS.ErrnoException,
  { host, port, hint = "" }: { readonly host: string; readonly port: number; readonly hint?: string },
): ListenError {
  switch (error.code) {
    case "EADDRINUSE":
      return new ListenError(`port ${port} on ${host} is already in use${hint}`, { cause: error });
    case "EACCES":
      return new ListenError(`this user may not listen on port ${port} of ${host}`, { cause: error });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new ListenError(`${host} is not an address of this machine`, { cause: error });
    default:
      return new ListenError(`cannot listen on port ${port} of ${host}: ${error.message}`, { cause: error });
  }
}
