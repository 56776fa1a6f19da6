// Connects over TLS as the JSON in its second argument says, {ca, cert?, key?, authorization?}, asks who it is, and
// prints the schemes and ids, one a line. whoami.py and go/whoami do the same.
import { readFileSync } from "node:fs";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { WhoAmIRequestSchema, WhoAmIResponseSchema } from "../../gen/ts/corral/v1/acl_pb.js";

const [address = "", json = "{}"] = process.argv.slice(2);
const { ca, cert, key, authorization } = JSON.parse(json);
const read = (file?: string) => (file === undefined ? null : readFileSync(file));
const client = new Client(address, credentials.createSsl(read(ca), read(key), read(cert)));
const metadata = new Metadata();
if (authorization !== undefined) metadata.set("authorization", authorization);
client.makeUnaryRequest(
  "/corral.v1.Coordination/WhoAmI",
  () => Buffer.from(toBinary(WhoAmIRequestSchema, create(WhoAmIRequestSchema))),
  (bytes) => fromBinary(WhoAmIResponseSchema, bytes),
  {},
  metadata,
  { deadline: Date.now() + 20_000 },
  (error, response) => {
    client.close();
    if (error) throw error;
    for (const { scheme, id } of response!.identities) console.log(`${scheme}:${id}`);
  },
);
