import { clientVerb } from "../client-verb.ts";

/** Tells who the caller is. */
export const whoami = clientVerb({
  name: "whoami",
  args: [],
  flags: {},
  about: "Prints everybody that the server knows you as, as access control lists name them.",
  example: "corral whoami",
  grpcurl: "-plaintext localhost:7181 corral.v1.Coordination/WhoAmI",
  async run({ client, out, timeoutMs, signal }) {
    await out.many(await client.whoAmI({ timeoutMs, signal }), ({ scheme, id }) =>
      out.part(`${scheme}:${id}`),
    );
    return 0;
  },
});
